"""The ensemble of one experiment: chosen on a worker from what its trials kept, recorded as a row of its own whose source is plain code.

Owns which trials may be members and what their fits may cost together. Refuses to be asked for: an ensemble is no trial of the search, so no
sampler hears of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from automl_lab.cluster.executor import CandidateError, Executor, WorkerLost
from automl_lab.config import ExperimentConfig
from automl_lab.data.dataset import Dataset
from automl_lab.evaluation.blend import Part, render_ensemble
from automl_lab.evaluation.candidate import ALLOWED
from automl_lab.evaluation.ensemble import EnsembleJob, EnsembleOutcome, Member
from automl_lab.evaluation.sampling import fold_seconds
from automl_lab.experiment.board import Board
from automl_lab.experiment.journal import Journal
from automl_lab.experiment.request import profile_for
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.audit import audit

LOG = logging.getLogger(__name__)
ENSEMBLE = "ensemble"
MOST_CANDIDATES = 25
CHOICE_SECONDS = 1.0
REFITS = 3.5  # fits on the training rows and on all rows are 2.25 of the former; beside each other, stored and measured they take longer


class Ensembling:
    """Chooses an ensemble among the completed trials of one experiment."""

    def __init__(self, board: Board, journal: Journal, executor: Executor, protocol: str) -> None:
        self.board, self.journal, self.executor, self.protocol = board, journal, executor, protocol
        self.config = ExperimentConfig.model_validate(board.record["config"])
        self.dataset = Dataset.from_json(board.record["dataset"])
        self._expected = (0.0, 0.0)  # when it was looked up, and what was found

    async def run(self, seconds: float) -> dict[str, Any] | None:
        """The recorded row of an ensemble that is better than every single trial, else None. ``seconds`` is what the choice and all fits may take."""
        recorded = [row for row in self.board.rows.values() if row["family"] == ENSEMBLE]
        if recorded:  # by a controller that died while it finished
            return recorded[-1]
        members = self.members()
        if len(members) < 2 or self.config.max_models < 2:
            return None
        began = time.time()
        attempt = self.executor.ensemble(self._job(members, seconds))
        result = asyncio.ensure_future(attempt.result())
        done, _ = await asyncio.wait({result}, timeout=None if seconds == float("inf") else seconds / 2)
        if not done:
            attempt.cancel()
            result.cancel()
            return None
        try:
            outcome: EnsembleOutcome = result.result()
        except (WorkerLost, CandidateError) as error:
            LOG.warning("experiment %s goes without an ensemble: %s", self.board.record["name"], error)
            return None
        return await self._record(outcome, began) if outcome.weights else None

    def expected_seconds(self) -> float:
        """What the choice and all fits would take if the best candidates were the members; looked up again once a second at most."""
        now = time.monotonic()
        if now - self._expected[0] > 1.0:
            best = self.members()[: self.config.max_models]
            needed = CHOICE_SECONDS + REFITS * sum(each.seconds for each in best)
            self._expected = (now, needed if len(best) > 1 and self.config.max_models > 1 else 0.0)
        return self._expected[1]

    def members(self) -> list[Member]:
        """The best trials by validation, the best of each family among them; of equal sources one."""
        gone_on = {row["parent"] for row in self.board.rows.values() if row["state"] == "COMPLETED"}  # a candidate counts once, with most rows
        rows = [row for row in self.board.rows.values() if row["number"] not in gone_on]
        ranked = [(rank, -row["number"], row) for row in rows if (rank := self._rank(row)) is not None]
        chosen: dict[str, dict[str, Any]] = {}
        families: set[str] = set()
        for place, (_, _, row) in enumerate(sorted(ranked, key=lambda each: each[:2], reverse=True)):
            if place < MOST_CANDIDATES or row["family"] not in families:
                families.add(row["family"])
                chosen.setdefault(row["source"], row)
        return [self._member(row) for row in chosen.values()]

    def _member(self, row: Mapping[str, Any]) -> Member:
        """A candidate with its costs on all rows, whatever it was tried on."""
        values = {name: row["values"].get(name) for name in [*self.board.standing.objectives, "predict_ms", "model_kb"]}
        seconds = fold_seconds(self.dataset, row)
        return Member(row["number"], row["predictions"], {**values, "fit_seconds": seconds}, self.dataset.validation.whole * seconds)

    def _rank(self, row: Mapping[str, Any]) -> Any:
        if row["state"] != "COMPLETED" or row["predictions"] is None or row["family"] == ENSEMBLE:
            return None
        if not FAMILIES[row["family"]].wants.prepared:  # a constant adds nothing to an average
            return None
        return self.board.standing.rank(row["values"])

    def _job(self, members: list[Member], seconds: float) -> EnsembleJob:
        standing = self.board.standing
        return EnsembleJob(
            experiment=self.board.record["id"],
            protocol=self.protocol,
            data=self.dataset.fingerprint,
            members=tuple(members),
            objectives=tuple(standing.objectives),
            directions=tuple(standing.directions),
            constraints=tuple(self.config.constraints),
            most_members=self.config.max_models,
            seconds=seconds / REFITS,
        )

    async def _record(self, outcome: EnsembleOutcome, began: float) -> dict[str, Any]:
        number = max(self.board.rows) + 1
        parts = [Part(trial, self.board.rows[trial]["family"], self.board.rows[trial]["params"], weight) for trial, weight in outcome.weights.items()]
        source = await asyncio.get_running_loop().run_in_executor(None, self._source, parts)
        rank = self.board.standing.rank(outcome.values)
        row = {
            **dict.fromkeys(("error", "model", "predictions", "told")),
            "number": number,
            "state": "COMPLETED",
            "attempt": 1,
            "family": ENSEMBLE,
            "origin": ENSEMBLE,
            "rows": None,
            "parent": None,
            "params": {f"{part.family}_{part.trial}": part.weight for part in parts},
            "distributions": {},
            "values": {**dict.fromkeys(self.board.standing.objectives), **outcome.values},
            "feasible": rank is not None and rank.feasible,
            "folds": outcome.folds,
            "seconds": time.time() - began,
            "note": f"a weighted average of {len(parts)} trials",
            "source": source,
            "asked": began,
            "started": began,
            "finished": time.time(),
            "revision": 0,
        }
        event = self.board.event("ensemble", f"trial {number} is an ensemble of trials {', '.join(str(part.trial) for part in parts)}")
        await self.journal.write(self.board.record["id"], row=row, event=event, mirrored=(row, {}))
        self.board.change(row)
        return row

    def _source(self, parts: list[Part]) -> str:
        source = render_ensemble(parts, profile_for(self.config, self.dataset))
        audit(source, ALLOWED)
        return self.journal.store.artifacts.put(source.text.encode())
