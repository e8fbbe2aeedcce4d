"""Learning curves of running trials: seen while they grow, on a real Ray, and never recorded."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

import automl_lab
from automl_lab.experiment.attempts import Attempts, Live
from automl_lab.experiment.board import MOST_CURVES, Board
from automl_lab.experiment.controller import Controller
from tests.experiment.test_members import SMALL, board
from tests.experiment.test_search import slow_data
from tests.experiment.watching import until

REST = {**dict.fromkeys(("reason", "message", "result", "created", "deadline", "finished")), "run": 1, "owner": "ann", "state": "RUNNING", "phase": "searching"}
LINE = {"fold": 0, "epochs": 60, "points": [[1, 0.7, 0.6]]}


def followed(trials: int) -> Board:
    """An experiment of so many trials that readers can be told of."""
    known = board(SMALL, [(1.0, None)] * trials, seed=1)
    known.record["config"]["trials"] = trials
    known.record |= {**REST, "timings": {}}
    return known


def shown(known: Board, since: int) -> dict[int, Any]:
    """The curves that a reader is told of."""
    return {row["number"]: row["curve"] for row in known.delta(since)["trials"] if "curve" in row}


def test_a_beat_carries_the_curve_of_the_attempt_that_counts() -> None:
    known = followed(2)
    attempts = Attempts(cast("Any", None), lambda: None)
    attempts.live[1] = Live(2, cast("Any", None))
    controller = object.__new__(Controller)
    controller.runs = {"e": cast("Any", SimpleNamespace(board=known, search=SimpleNamespace(attempts=attempts)))}
    before = known.revision

    def beat(experiment: str, trial: int, attempt: int, curve: Any) -> None:
        asyncio.run(controller.beat(experiment, trial, attempt, 7, "node", curve=curve))

    for experiment, trial, attempt, curve in (("gone", 1, 2, [LINE]), ("e", 1, 1, [LINE]), ("e", 0, 1, [LINE]), ("e", 1, 2, None)):
        beat(experiment, trial, attempt, curve)
    assert (known.revision, shown(known, -1)) == (before, {})
    assert attempts.live[1].heard is not None
    beat("e", 1, 2, [LINE])
    assert shown(known, before) == {1: [LINE]}
    more = {**LINE, "points": [[1, 0.7, 0.6], [2, 0.6, None]]}
    revision = known.revision
    beat("e", 1, 2, [more])
    assert shown(known, revision) == {1: [more]}


def test_curves_stand_beside_the_rows_and_few_are_kept() -> None:
    """A row that had one could not be written to the store, and thousands of trials would fill the memory of whoever follows them."""
    known = followed(MOST_CURVES + 20)
    for number in range(MOST_CURVES + 20):
        known.draw(number, [LINE])
        known.draw(3, [LINE])  # one that goes on for long
    assert not any("curve" in row for row in known.rows.values())
    assert set(shown(known, -1)) == {3, *range(21, MOST_CURVES + 20)}
    known.draw(3, ())
    assert 3 not in shown(known, -1)


@pytest.mark.usefixtures("lab_home")
def test_the_curve_of_a_running_network_grows_and_stays_when_it_has_ended() -> None:
    ranges = {"mlp.width": 512, "mlp.layers": 3}
    settings = {"target": "y", "trials": 2, "folds": 3, "models": ["mlp"], "ranges": ranges, "resources": {"workers": 1}}
    experiment = automl_lab.automl(slow_data(), name="curve", **settings)

    def curve(snapshot: dict[str, Any], state: str = "RUNNING") -> list[dict[str, Any]]:
        row = snapshot["trials"][0]
        return row.get("curve", []) if row["state"] == state else []

    first = curve(until(experiment, lambda s: bool(curve(s))))
    assert first[-1]["points"][0][0] == 1
    epoch = first[-1]["points"][-1][0]
    grown = curve(until(experiment, lambda s: len(curve(s)) > len(first) or (bool(curve(s)) and curve(s)[-1]["points"][-1][0] > epoch)))
    assert grown[0]["points"][0] == first[0]["points"][0]
    later = curve(until(experiment, lambda s: len(curve(s)) > 1))
    assert [line["fold"] for line in later[:2]] == [0, 1]
    assert {line["epochs"] for line in later} == {80}
    ended = curve(until(experiment, lambda s: bool(curve(s, "COMPLETED")), 240.0), "COMPLETED")
    assert [line["fold"] for line in ended] == [0, 1, 2, None]
    assert all(len(line["points"]) <= 25 and line["points"][-1][0] <= 80 for line in ended)
    assert sum(len(line["points"]) for line in ended) <= 100
    assert not any("curve" in row for row in experiment.snapshot()["trials"]), "the store has none"
    experiment.stop()
