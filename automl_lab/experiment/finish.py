"""The end of an experiment: the finalists are chosen on validation scores, refitted where they are not yet, and meet the holdout once.

Without a holdout only the winner is refitted, on all rows, and its out-of-fold score is the estimate. The winner is the best by validation;
the holdout only says how good it is, since choosing by it would make it a second validation set.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from automl_lab.cluster.executor import Attempt, Cancelled, CandidateError, Executor, WorkerLost
from automl_lab.cluster.leases import Lease, LeaseDesk
from automl_lab.cluster.tasks import FinalJob
from automl_lab.data.dataset import Dataset
from automl_lab.evaluation.ensembles.recipe import LONG
from automl_lab.evaluation.final import FinalScore
from automl_lab.evaluation.nested import nested
from automl_lab.evaluation.sampling import fold_seconds
from automl_lab.experiment.board import Board
from automl_lab.experiment.journal import Journal
from automl_lab.experiment.members import ENSEMBLE, HALF_A_GPU, members_of
from automl_lab.models.family import FAMILIES

LOG = logging.getLogger(__name__)
FINALISTS = 3
ATTEMPTS = 2
NOT_SCORED: dict[str, Any] = {"error": "not scored"}
LENIENT = 1.5  # a last fit may be expected to take so many times what is left: it is cut at the deadline, and often quicker


class Finish:
    """Scores the finalists of one experiment on its holdout."""

    def __init__(self, board: Board, journal: Journal, desk: LeaseDesk, executor: Executor, protocol: str) -> None:
        self.board, self.journal, self.desk, self.executor, self.protocol = board, journal, desk, executor, protocol
        self.dataset = Dataset.from_json(board.record["dataset"])
        self.validation = self.dataset.validation
        self._until = float("inf")
        self._finals = 1  # last fits of one row that go on at once
        self._hastened = asyncio.Event()

    def hasten(self, seconds: float) -> None:
        """Somebody wants the end now: what is not fitted and scored within so many ``seconds`` is left out, and nothing waits for cores."""
        self._until = min(self._until, asyncio.get_running_loop().time() + seconds)
        self._hastened.set()

    def finalists(self, count: int = FINALISTS) -> list[dict[str, Any]]:
        """The best completed rows by validation, the best first; one of each source. The best that has been fitted is always among them."""
        completed = [(self.board.standing.place(row), row) for row in self.board.rows.values() if row["state"] == "COMPLETED"]
        # Level with the trial that it was preferred to, an ensemble goes first.
        ranked = [(rank, row["family"] == ENSEMBLE, -row["number"], row) for rank, row in completed if rank is not None]
        chosen: dict[str, dict[str, Any]] = {}
        for *_, row in sorted(ranked, key=lambda each: each[:3], reverse=True):
            if len(chosen) < count or row["model"] is not None:
                chosen.setdefault(row["source"], row)
            if len(chosen) >= count and any(each["model"] is not None for each in chosen.values()):
                break
        return list(chosen.values())

    async def run(self, seconds: float, *, count: int = FINALISTS, hurry: bool = True, refit: float = float("inf")) -> dict[str, Any] | None:
        """The result to record, or None when no trial completed. The best that has been fitted is waited for; all else only as long as ``seconds`` last.

        The winner is refitted on all rows when that is expected to take no more than ``refit`` seconds. Without ``hurry`` finals wait for cores as
        trials do, so that many experiments that end at once do not crowd out the others.
        """
        self._hurry = hurry
        rows = self.finalists(count)
        if not rows:
            return None
        self._until = min(self._until, asyncio.get_running_loop().time() + seconds)
        # What has been fitted already is scored within moments: whatever comes after it may be late without harm.
        fitted = [row for row in rows if row["model"] is not None]
        first = next(iter(fitted or [row for row in rows if row["family"] != ENSEMBLE]), rows[0])
        scored, delivered = {first["number"]: await self._score(first)}, None
        winner = first
        for row in rows[: rows.index(first)]:  # until one can be fitted
            found, delivered = await self._scored_and_delivered(row, refit)
            if found:
                scored, winner = scored | found, row
                break
        if winner is first and scored[first["number"]]["error"] is None:
            delivered = await self._deliver(first, min(refit, self._left()))
        if self.validation.held:  # what stands before the winner could not be fitted: it is not tried again, or it would be used and not be the winner
            scored |= await self._in_time([row for row in rows[rows.index(winner) + 1 :] if row["number"] not in scored])
        result = scored[winner["number"]]
        finalists = [scored[row["number"]] for row in rows if row["number"] in scored and (self.validation.held or row is winner)]
        return {
            "winner": winner["number"],
            "estimate": "holdout" if self.validation.held else "out of fold",
            "holdout": result["holdout"],
            "error": result["error"],
            "finalists": finalists,
            "delivered": delivered,
            "nested": self._nested(),
        }

    def _nested(self) -> dict[str, Any] | None:
        """What the choice adds, where it was asked for; an ensemble has no part in it, since all folds chose its weights."""
        standing = self.board.standing
        if not self.board.record["config"]["nested"]:
            return None
        rows = [row for row in self.board.rows.values() if row["state"] == "COMPLETED" and row["feasible"] and row["family"] != ENSEMBLE]
        found = nested(rows, standing.objectives[0], standing.directions[0], self.validation)
        return None if found is None else found.to_json()

    def _left(self) -> float:
        return max(0.0, self._until - asyncio.get_running_loop().time())

    async def _scored_and_delivered(self, row: dict[str, Any], refit: float) -> tuple[dict[int, dict[str, Any]], str | None]:
        """Its score, none where it could not be fitted in time, and its model on all rows, fitted beside that where there are cores and a process for both."""
        seconds = min(refit, self._left())
        if not (self._room_for_two and self._expected(row, finals=2) <= seconds and self.executor.spare()):
            found = await self._in_time([row])
            return found, await self._deliver(row, min(refit, self._left())) if found else None
        self._finals = 2
        delivering = asyncio.ensure_future(self._deliver(row, seconds))
        try:
            found = await self._in_time([row])
            return found, await delivering if found else None
        finally:
            self._finals = 1
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)

    @property
    def _room_for_two(self) -> bool:
        """Whether two fits can go on at once; without a holdout there are none, and what waits for a GPU might be the one that is needed first."""
        return self.validation.held and self._cores > 1 and self.board.record["config"]["resources"]["gpus_per_trial"] <= HALF_A_GPU

    async def _in_time(self, rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """Score these as long as the time lasts; those that were ready by then and have a score."""
        if not rows or self._left() <= 0:
            return {}
        tasks = {asyncio.ensure_future(self._score(row)): row["number"] for row in rows}
        await self._wait(tasks, self._left())
        for task, number in tasks.items():
            if not task.cancelled() and task.exception() is not None:
                LOG.error("experiment %s: trial %d could not be scored", self.board.record["name"], number, exc_info=task.exception())
        ready = {number: task.result() for task, number in tasks.items() if not task.cancelled() and task.exception() is None}
        return {number: found for number, found in ready.items() if found["error"] is None}

    async def _wait(self, tasks: Iterable[asyncio.Future[Any]], seconds: float) -> None:
        """Wait for these so many ``seconds``, or until ``hasten`` says so; those that are not ready then are cut."""
        loop, pending, hastened = asyncio.get_running_loop(), set(tasks), asyncio.ensure_future(self._hastened.wait())
        end = loop.time() + seconds
        try:
            while pending and (left := min(end, self._until) - loop.time()) > 0:
                watched = pending if hastened.done() else {*pending, hastened}
                await asyncio.wait(watched, timeout=None if left == float("inf") else left, return_when=asyncio.FIRST_COMPLETED)
                pending = {task for task in pending if not task.done()}
        finally:
            for task in (*pending, hastened):
                task.cancel()
            await asyncio.gather(*pending, hastened, return_exceptions=True)

    async def _deliver(self, row: dict[str, Any], seconds: float) -> str | None:
        """The artefact of the winner fitted on all rows, where that is asked for and the seconds suffice; else None, and the scored model is used."""
        config = self.board.record["config"]
        if config["deliver"] != "all" or self._expected(row, self._finals) > LENIENT * seconds:
            return None
        if not self.validation.held and row["rows"] is None:  # its training rows are all rows
            model: str | None = self.board.rows[row["number"]]["model"]
            return model
        job = await asyncio.get_running_loop().run_in_executor(None, self._job, row)
        task = asyncio.ensure_future(self._final(replace(job, deliver=True)))
        await self._wait([task], 2 * seconds if seconds < self._left() else self._left())
        found = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(found, tuple):
            return found[1]
        LOG.info("experiment %s: the winner was not fitted on all rows: %r", self.board.record["name"], found)
        return None

    def _expected(self, row: Mapping[str, Any], finals: int) -> float:
        """Seconds that its fit on all rows is expected to take, where so many of its fits go on at once."""
        return self.validation.whole / (1 - self.validation.holdout) * fold_seconds(self.dataset, row) / self._beside(row, finals)

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
        return {"number": row["number"], "validation": validation, "holdout": score.values if self.validation.held else None, "error": None}

    async def _final(self, job: FinalJob) -> tuple[FinalScore, str | None]:
        if self._hurry:
            return await self._result(self.executor.final(job))
        lease = await self._leased(job)
        if lease is None:
            return await self._result(self.executor.final(job))
        try:
            return await self._result(self.executor.final(job, cpus=lease.cpus))
        finally:
            self.desk.release(lease)

    async def _leased(self, job: FinalJob) -> Lease | None:
        """Cores and GPUs as a trial waits for them; None for somebody who wants the end now."""
        gpus = self.board.record["config"]["resources"]["gpus"]
        acquiring = asyncio.ensure_future(self.desk.acquire(job.experiment, job.threads, job.gpus, gpus))
        hastened = asyncio.ensure_future(self._hastened.wait())
        try:
            await asyncio.wait({acquiring, hastened}, return_when=asyncio.FIRST_COMPLETED)
            return acquiring.result() if acquiring.done() else None
        except asyncio.CancelledError:
            if acquiring.done() and not acquiring.cancelled():
                self.desk.release(acquiring.result())
            raise
        finally:
            for each in (acquiring, hastened):
                each.cancel()

    async def _result(self, attempt: Attempt) -> tuple[FinalScore, str | None]:
        try:
            return await attempt.result()  # type: ignore[no-any-return]
        except asyncio.CancelledError:
            attempt.cancel()
            raise
        except Cancelled as cancelled:
            raise WorkerLost("cancelled") from cancelled

    def _job(self, row: Mapping[str, Any]) -> FinalJob:
        artifacts, resources = self.journal.store.artifacts, self.board.record["config"]["resources"]
        return FinalJob(
            experiment=self.board.record["id"],
            trial=row["number"],
            pipeline=artifacts.get(row["source"]).decode(),
            protocol=self.protocol,
            data=self.board.record["dataset"]["fingerprint"],
            model=row["model"],
            rows=row["rows"],
            threads=resources["cpus_per_trial"],
            gpus=resources["gpus_per_trial"] if row["family"] not in FAMILIES or FAMILIES[row["family"]].gpu else 0.0,
            members=self._beside(row, self._finals),
        )

    def _beside(self, row: Mapping[str, Any], finals: int) -> int:
        """Members that one of so many fits of an ensemble fits at a time: as many as there are cores for, where two are long enough to gain by it."""
        members = members_of(row, self.board.rows)
        long = [each for each in members if self.validation.whole * float(each["values"].get("fit_seconds") or 0.0) >= LONG]
        return max(1, self._cores // finals) if len(long) > 1 else 1

    @property
    def _cores(self) -> int:
        """Estimators that are fitted at a time: as many as there are cores for."""
        resources = self.board.record["config"]["resources"]
        return max(1, int(resources["cpus"] or 1) // int(resources["cpus_per_trial"]))
