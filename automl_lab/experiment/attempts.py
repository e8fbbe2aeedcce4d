"""The life of one trial on the cluster: attempts, heartbeats, limits, and how each kind of end is recorded.

A dead worker is retried once and marked; an error of the candidate, a limit or the user's hand ends the trial. Owns the running attempts of
one experiment; refuses results and heartbeats of an attempt that was superseded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from automl_lab.cluster.executor import Attempt, Cancelled, CandidateError, Executor, Process, WorkerLost
from automl_lab.core.clock import format_duration
from automl_lab.evaluation.trial import TrialJob, TrialOutcome

ATTEMPTS = 2
START_SECONDS = 120.0  # to the first heartbeat: a worker process may have to start and import its libraries
SILENT_SECONDS = 45.0
LOOK_SECONDS = 1.0
SHORTEST_LOOK = 0.01


@dataclass
class Live:
    """An attempt that runs now."""

    attempt: int
    task: Attempt
    started: float = field(default_factory=time.monotonic)
    heard: float | None = None
    process: Process | None = None
    ended_by: str | None = None  # why it was cancelled, in words for the row's note


@dataclass(frozen=True)
class Ended:
    """How a trial ended."""

    state: str
    attempt: int
    outcome: TrialOutcome | None = None
    model: str | None = None
    error: str | None = None
    note: str | None = None


class Attempts:
    """The running trials of one experiment."""

    def __init__(self, executor: Executor, limit: Callable[[], float | None]) -> None:
        self.executor, self._limit = executor, limit
        self.live: dict[int, Live] = {}

    async def run(self, job: TrialJob, on_start: Callable[[int, str | None], None]) -> Ended:
        """Run the trial to its end. ``on_start(attempt, note)`` is called when an attempt is sent to the cluster."""
        note: str | None = None
        for attempt in range(job.attempt, job.attempt + ATTEMPTS):
            live = Live(attempt, self.executor.trial(replace(job, attempt=attempt)))
            self.live[job.trial] = live
            on_start(attempt, note)
            try:
                outcome, model = await self._watched(live)
            except WorkerLost as lost:
                note = f"retried once: the worker was lost ({lost})"
                continue
            except CandidateError as error:
                return Ended("FAILED", attempt, error=str(error), note=note)
            except TimeoutError as error:
                return Ended("FAILED", attempt, error=str(error), note=note)
            except Cancelled:
                return Ended("PRUNED", attempt, note=live.ended_by)
            finally:
                self.live.pop(job.trial, None)
            note = "; ".join(filter(None, [note, outcome.note, outcome.pruned])) or None
            return Ended("PRUNED" if outcome.pruned else "COMPLETED", attempt, outcome, model, note=note)
        return Ended("FAILED", job.attempt + ATTEMPTS - 1, error="the worker was lost twice", note=note)

    async def _watched(self, live: Live) -> tuple[TrialOutcome, str | None]:
        result = asyncio.ensure_future(live.task.result())
        limit = self._limit()
        # A limit is met to within a quarter of it; nothing else needs a closer look than once a second.
        pause = LOOK_SECONDS if limit is None else min(LOOK_SECONDS, max(SHORTEST_LOOK, limit / 4))
        try:
            while True:
                done, _ = await asyncio.wait({result}, timeout=pause)
                if done:
                    return result.result()  # type: ignore[no-any-return]
                self._judge(live)
        finally:
            if not result.done():  # superseded: a frozen node's task may never resolve, and a late answer is dropped
                result.cancel()

    def _judge(self, live: Live) -> None:
        """End an attempt that is over its limit or not heard of."""
        now, limit = time.monotonic(), self._limit()
        if live.ended_by is not None:
            raise Cancelled
        if limit is not None and live.heard is not None and now - live.started > limit:
            live.task.cancel(live.process)
            raise TimeoutError(f"over its time limit of {format_duration(limit)}")
        silent = now - (live.heard or live.started)
        if silent > (SILENT_SECONDS if live.heard else START_SECONDS):
            live.task.cancel()
            raise WorkerLost(f"nothing heard for {silent:.0f} s")

    def beat(self, trial: int, attempt: int, process: Process) -> None:
        """A heartbeat of a worker. The time limit counts from the first one: waiting for a process to start is not the trial's fault."""
        live = self.live.get(trial)
        if live is not None and live.attempt == attempt:
            live.started = live.started if live.heard else time.monotonic()
            live.heard, live.process = time.monotonic(), process

    def is_live(self, trial: int, attempt: int) -> bool:
        """Whether this attempt is the one that counts."""
        return trial in self.live and self.live[trial].attempt == attempt

    def cancel(self, trial: int, why: str) -> None:
        """End a running trial on purpose; its row says ``why``."""
        live = self.live[trial]
        live.ended_by = why
        live.task.cancel(live.process)

    def cancel_all(self, why: str) -> None:
        """End everything that runs."""
        for trial in list(self.live):
            self.cancel(trial, why)
