"""The row of a trial as the database and the board know it: when it is asked, when an attempt begins, and when it has ended.

Owns what is in it at each of these; refuses to write it anywhere.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from automl_lab.experiment.attempts import Ended
from automl_lab.search.proposals import Proposal


def asked_row(proposal: Proposal, *, rows: int | None, note: str | None, source: str, told: Sequence[int]) -> dict[str, Any]:
    """The row of a trial that is asked: of so many ``rows`` of a fold (None: all), from the ``source`` of that name in the artefact store.

    ``told`` are the trials whose ends the sampler heard of right before the ask.
    """
    empty = dict.fromkeys(("feasible", "seconds", "error", "model", "predictions", "started", "finished"))
    return {
        **empty,
        "number": proposal.number,
        "state": "QUEUED",
        "attempt": 1,
        "family": proposal.family,
        "origin": proposal.origin,
        "rows": rows,
        "parent": proposal.parent,
        "params": proposal.params,
        "distributions": proposal.distributions,
        "values": {},
        "folds": [],
        "note": note,
        "source": source,
        "asked": time.time(),
        "told": list(told),
        "revision": 0,
    }


def on_rows(proposal: Proposal, rungs: Sequence[int]) -> str | None:
    """The note of a trial that is fitted on the rows of one of several rungs."""
    if len(rungs) == 1:
        return None
    goes_on = "" if proposal.parent is None else f", as trial {proposal.parent} on fewer"
    return f"fitted on {rungs[proposal.rung]:,} of {rungs[-1]:,} rows{goes_on}"


def started_row(row: Mapping[str, Any], attempt: int, note: str | None) -> dict[str, Any]:
    """The row of a trial of which an attempt begins now."""
    return {**row, "state": "RUNNING", "attempt": attempt, "note": note or row["note"], "started": time.time(), "folds": []}


def finished_row(row: Mapping[str, Any], ended: Ended, objectives: list[str], feasible: bool | None) -> dict[str, Any]:
    """The row of a trial that ended."""
    outcome = ended.outcome
    values = dict.fromkeys(objectives) if outcome is None or ended.state != "COMPLETED" else outcome.values
    folds = row["folds"] if outcome is None else outcome.folds
    return {
        **row,
        "state": ended.state,
        "attempt": ended.attempt,
        "values": values,
        "folds": folds,
        "feasible": feasible,
        "seconds": outcome.seconds if outcome else time.time() - row["started"] if row["started"] else None,
        "error": ended.error,
        "note": ended.note or row["note"],
        "model": ended.model,
        "predictions": outcome.kept if outcome else None,
        "finished": time.time(),
    }
