"""The end of an experiment: the finalists are chosen on validation scores, refitted where they are not yet, and meet the holdout once.

The winner is the best by validation; the holdout only says how good it is, since choosing by it would make it a second validation set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from automl_lab.cluster.executor import Attempt, Cancelled, CandidateError, Executor, FinalJob, WorkerLost
from automl_lab.cluster.leases import LeaseDesk
from automl_lab.evaluation.final import FinalScore
from automl_lab.experiment.board import Board
from automl_lab.experiment.journal import Journal

FINALISTS = 3
ATTEMPTS = 2


class Finish:
    """Scores the finalists of one experiment on its holdout."""

    def __init__(self, board: Board, journal: Journal, desk: LeaseDesk, executor: Executor, protocol: str) -> None:
        self.board, self.journal, self.desk, self.executor, self.protocol = board, journal, desk, executor, protocol

    def finalists(self, count: int = FINALISTS) -> list[dict[str, Any]]:
        """The best completed rows by validation, the best first; one of each source."""
        ranked = [(rank, -row["number"], row) for row in self.board.rows.values() if row["state"] == "COMPLETED" and (rank := self._rank(row)) is not None]
        chosen: dict[str, dict[str, Any]] = {}
        for _, _, row in sorted(ranked, key=lambda each: each[:2], reverse=True):
            chosen.setdefault(row["source"], row)
            if len(chosen) == count:
                break
        return list(chosen.values())

    def _rank(self, row: Mapping[str, Any]) -> Any:
        return self.board.standing.rank(row["values"])

    async def run(self, seconds: float, *, count: int = FINALISTS, hurry: bool = True) -> dict[str, Any] | None:
        """The result to record, or None when no trial completed. The winner is waited for; the others only as long as ``seconds`` last.

        Without ``hurry`` finals wait for cores as trials do, so that many experiments that end at once do not crowd out the others.
        """
        self._hurry = hurry
        rows = self.finalists(count)
        if not rows:
            return None
        until = asyncio.get_running_loop().time() + seconds
        winner = await self._score(rows[0])
        left = max(0.0, until - asyncio.get_running_loop().time())
        others = [asyncio.ensure_future(self._score(row)) for row in rows[1:]] if left > 0 else []
        if others:
            await asyncio.wait(others, timeout=None if left == float("inf") else left)
        for late in others:
            late.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        scored = [winner, *(each.result() for each in others if not each.cancelled() and each.exception() is None)]
        return {
            "winner": rows[0]["number"],
            "holdout": winner["holdout"],
            "error": winner["error"],
            "finalists": scored,
        }

    async def _score(self, row: dict[str, Any]) -> dict[str, Any]:
        job = await asyncio.get_running_loop().run_in_executor(None, self._job, row)
        answer: tuple[FinalScore, str | None] | None = None
        error = None
        for _ in range(ATTEMPTS):
            try:
                answer = await self._final(job)
            except (WorkerLost, CandidateError) as problem:
                error = str(problem)
                continue
            break
        validation = {name: row["values"].get(name) for name in self.board.standing.objectives}
        if answer is None:
            return {"number": row["number"], "validation": validation, "holdout": None, "error": error}
        score, model = answer
        if row["model"] is None:
            kept = {**self.board.rows[row["number"]], "model": model}
            await self.journal.write(self.board.record["id"], row=kept)
            self.board.change(kept)
        return {"number": row["number"], "validation": validation, "holdout": score.values, "error": None}

    async def _final(self, job: FinalJob) -> tuple[FinalScore, str | None]:
        if self._hurry:
            return await self._result(self.executor.final(job))
        lease = await self.desk.acquire(job.experiment, job.threads)
        try:
            return await self._result(self.executor.final(job, cpus=lease.cpus))
        finally:
            self.desk.release(lease)

    async def _result(self, attempt: Attempt) -> tuple[FinalScore, str | None]:
        try:
            return await attempt.result()  # type: ignore[no-any-return]
        except asyncio.CancelledError:
            attempt.cancel()
            raise
        except Cancelled as cancelled:
            raise WorkerLost("cancelled") from cancelled

    def _job(self, row: Mapping[str, Any]) -> FinalJob:
        artifacts = self.journal.store.artifacts
        return FinalJob(
            experiment=self.board.record["id"],
            trial=row["number"],
            pipeline=artifacts.get(row["source"]).decode(),
            protocol=self.protocol,
            data=self.board.record["dataset"]["fingerprint"],
            model=row["model"],
            threads=self.board.record["config"]["resources"]["cpus_per_trial"],
        )
