"""The search of one experiment: ask, run, tell, until the budget is used up or the user says stop.

With a budget counted in trials, trial k is asked after exactly the results of the trials up to k - window were told, in order: the same seed
gives the same trials whatever the number of workers and their timing. With a budget in time, results are told as they come and every ask
records what was told before it. Owns the order of asks and tells; knows nothing of refits and the holdout.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from automl_lab.cluster.executor import Executor
from automl_lab.cluster.leases import Lease, LeaseDesk
from automl_lab.config import ExperimentConfig
from automl_lab.data.dataset import Dataset
from automl_lab.evaluation.candidate import ALLOWED, render_candidate
from automl_lab.evaluation.pruning import too_late
from automl_lab.evaluation.ranking import violations
from automl_lab.evaluation.sampling import schedule_of
from automl_lab.evaluation.trial import TrialJob, TrialOutcome
from automl_lab.experiment.attempts import Attempts, Ended
from automl_lab.experiment.board import Board
from automl_lab.experiment.journal import Journal
from automl_lab.experiment.references import References
from automl_lab.experiment.request import profile_for
from automl_lab.experiment.rows import asked_row, finished_row, on_rows, started_row
from automl_lab.experiment.signal import Signal
from automl_lab.experiment.steering import Space, changed, space_at, spaces
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.audit import audit
from automl_lab.pipelines.source import Source
from automl_lab.search.proposals import Proposal, Proposals, Told
from automl_lab.search.strategy import STRATEGIES

LOOK_SECONDS, LATE_SECONDS = 1.0, 2.0
HELD_SECONDS = 0.1  # between looks at whether a search that is held goes on
FINISHED = frozenset({"COMPLETED", "PRUNED", "FAILED"})


class Search:
    """The search of one experiment, made anew after a restart of the controller from its recorded rows."""

    def __init__(self, board: Board, journal: Journal, desk: LeaseDesk, executor: Executor, protocol: str) -> None:
        self.board, self.journal, self.desk, self.protocol = board, journal, desk, protocol
        self.config = ExperimentConfig.model_validate(board.record["config"])
        self.dataset = Dataset.from_json(board.record["dataset"])
        self.profile = profile_for(self.config, self.dataset)  # of the last ask
        self.attempts = Attempts(executor, self._limit)
        self.reason: str | None = None
        self._left: Callable[[], float] = lambda: math.inf
        self._held: Callable[[], bool] = lambda: False
        self._exact = self.config.trials is not None
        self._ending = asyncio.Event()
        self._resumed = asyncio.Event()
        self._resumed.set()
        self._paused_at = 0.0
        self._asking = asyncio.Lock()
        self._ahead: asyncio.Task[dict[str, Any] | None] | None = None
        self._busy: set[asyncio.Task[Any]] = set()  # slots with a trial on the cluster
        self._recording: set[asyncio.Task[None]] = set()  # ends that are being written
        self._finished = Signal()
        self._untold: dict[int, dict[str, Any]] = {}
        self._prepared: Counter[str] = Counter()  # folds that were found prepared, and those that had to be
        self._sources: dict[int, str] = {}  # of trials that are asked and not sent yet
        self._references = References()
        self._next_told = 0
        self._again: deque[dict[str, Any]] = deque()
        self._next = 0
        self._entered = False  # whether the last ask is the first one of another space
        standing = board.standing
        families = [FAMILIES[name] for name in self.config.models]
        self._rungs = schedule_of(self.dataset)
        strategy = STRATEGIES[self.config.strategy]
        self.proposals = Proposals(standing.directions, families, self.profile, self.config.seed, strategy, rungs=self._rungs)

    async def run(self, left: Callable[[], float], held: Callable[[], bool] = lambda: False) -> str:
        """Search until ``left()`` seconds are none, the budget of trials is used up, or ``end`` is called; returns why it ended.

        While it is ``held()`` nothing new begins and what runs goes on: there may be more seconds when that is over.
        """
        self._left, self._held = left, held
        await asyncio.get_running_loop().run_in_executor(None, self._restore)
        workers = self.config.resources.workers or 1
        slots = {asyncio.create_task(self._slot()) for _ in range(workers)}
        ending = asyncio.create_task(self._ending.wait())
        running: set[asyncio.Task[None]] = set(slots)
        try:
            while running and (left() > 0 or held()):
                # What is left may change while it waits: a pause moves the deadline, a slower model needs more time at the end.
                timeout = min(max(left(), HELD_SECONDS), LOOK_SECONDS)
                done, _ = await asyncio.wait({*running, ending}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                if ending in done:
                    break
                running -= done
                for slot in done:
                    slot.result()  # a fault of ours ends the search loudly
        except Exception:
            self.end("a fault of one worker's slot")  # else the others would go on, and nobody could stop them
            await self._end(slots, used_up=False)
            raise
        finally:
            ending.cancel()
        return await self._end(slots, used_up=bool(running) and not self._ending.is_set())

    async def _end(self, slots: set[asyncio.Task[None]], *, used_up: bool) -> str:
        if self.reason is None:
            budget = self.config.time if used_up else None
            self.reason = f"the time of {budget:g} s was used up" if budget else f"all {self._next} trials were done"
        self._ending.set()
        self.attempts.cancel_all("cut at the deadline" if used_up else "stopped with the experiment")
        for idle in (slots - self._busy) | ({self._ahead} if self._ahead else set()):
            idle.cancel()
        if self._busy:  # cancelled on the cluster, they end within milliseconds
            _, late = await asyncio.wait(set(self._busy), timeout=LATE_SECONDS)
            for slot in late:
                slot.cancel()
        await asyncio.gather(*slots, return_exceptions=True)
        await asyncio.gather(*self._recording, return_exceptions=True)  # a trial that has ended is none that was cut, however long the database is away
        await self._close_open_rows()
        self._tell_of_cache()
        return self.reason

    def _tell_of_cache(self) -> None:
        reused, asked = self._prepared["reused"], self._prepared.total()
        if asked:
            event = self.board.event("cache", f"prepared folds: {reused} of {asked} were there already ({reused / asked:.0%})")
            self.journal.note(self.board.record["id"], event=event)

    async def _close_open_rows(self) -> None:
        """No orphan stays RUNNING: whatever could not end in time is recorded as cut."""
        for row in list(self.board.rows.values()):
            if row["state"] not in FINISHED:
                await self._record(row, Ended("PRUNED", row["attempt"], note="cut when the search ended"))

    # Steering -----------------------------------------------------------------------------------------------------------------------------

    def end(self, reason: str) -> None:
        """End the search now; what was found stays."""
        self.reason = self.reason or reason
        self._ending.set()

    @property
    def ending(self) -> bool:
        """Whether it begins nothing more."""
        return self._ending.is_set()

    @property
    def all_asked(self) -> bool:
        """Whether no trial is left to ask for."""
        return self.config.trials is not None and self._next >= self.config.trials

    def pause(self, since: float = 0.0) -> None:
        """Start no new trials; running ones go on. The time of the budget stands still, and has for ``since`` seconds."""
        if self._resumed.is_set():
            self._resumed.clear()
            self._paused_at = time.monotonic() - since

    def resume(self) -> float:
        """Go on; returns the seconds that the pause took."""
        if self._resumed.is_set():
            return 0.0
        took = self.paused_seconds()
        self._resumed.set()
        return took

    def paused_seconds(self) -> float:
        """How long the pause of now has lasted; 0 when there is none."""
        return 0.0 if self._resumed.is_set() else time.monotonic() - self._paused_at

    # One worker's slot --------------------------------------------------------------------------------------------------------------------

    async def _slot(self) -> None:
        while not self._ending.is_set():
            await self._resumed.wait()
            while self._left() <= 0:  # held, or about to be ended
                await asyncio.sleep(HELD_SECONDS)
            row = await self._ask()
            if row is None:
                return
            await self._trial(row, await self._leased(row))

    async def _leased(self, row: Mapping[str, Any]) -> Lease:
        """Cores for this row while the search is not paused: it may have been since, and what was granted meanwhile is given back."""
        asked = self.config.resources
        while True:
            await self._resumed.wait()
            lease = await self.desk.acquire(self.board.record["id"], asked.cpus_per_trial, self._gpus(row), asked.gpus)
            if self._resumed.is_set():
                return lease
            self.desk.release(lease)

    async def _ask(self) -> dict[str, Any] | None:
        """The next row to run, or None when all trials of the budget are asked."""
        async with self._asking:
            if self._again:
                row = self._again.popleft()
            else:
                proposed, self._ahead = self._ahead or self._proposing(), None
                new = await proposed
                if new is None:
                    return None
                row = new
                if self._exact:  # what the next ask may know is fixed already, so it is made while the trials run
                    self._ahead = self._proposing()
                # In one transaction, or a controller that is started again would ask otherwise.
                fields = {"steering": self.board.record["steering"]} if self._entered else {}
                self._entered = False
                self.journal.note(self.board.record["id"], row=row, **fields)
            self.board.change(row)
            return row

    def _proposing(self) -> asyncio.Task[dict[str, Any] | None]:
        return asyncio.get_running_loop().create_task(self._next_row())

    async def _next_row(self) -> dict[str, Any] | None:
        if self.all_asked:
            return None
        number = self._next
        if self._exact:
            last = number - (self.config.window or 1)
            await self._finished.until(lambda: all(n in self._untold for n in range(self._next_told, last + 1)))
            telling = [self._untold.pop(n) for n in range(self._next_told, last + 1)]
            self._next_told = max(self._next_told, last + 1)
        else:
            telling = [self._untold.pop(n) for n in list(self._untold)]
        limit = math.inf if self._exact else self._left()  # looked up here: the rows belong to the event loop
        space = self._entering(number)
        row = await asyncio.get_running_loop().run_in_executor(None, self._propose, telling, limit, space)
        self._next += 1
        return row

    def _entering(self, number: int) -> Space | None:
        """The space that waits for its first ask, which is this one; None where there is none. A wish was checked in the space of now, and goes first."""
        last = spaces(self.board.record)[-1]
        if last.since is not None or self.proposals.wished:
            return None
        last, self._entered = replace(last, since=number), True
        self.board.change(steering=changed(self.board.record, last))
        return last

    def _enter(self, space: Space) -> None:
        self.profile = replace(self.profile, ranges=space.ranges)
        self.proposals.change(space.families, self.profile)

    def _propose(self, telling: list[dict[str, Any]], limit: float, space: Space | None) -> dict[str, Any]:
        if space is not None:
            self._enter(space)
        for row in telling:
            self._tell(row)
        proposal = self.proposals.ask(limit)
        self._references.asked(proposal.number, proposal.family, self._rows(proposal))
        return self._row(proposal, [row["number"] for row in telling])

    def _row(self, proposal: Proposal, told: list[int]) -> dict[str, Any]:
        source = render_candidate(FAMILIES[proposal.family], proposal.params, self.profile)
        audit(source, ALLOWED)  # workers import the file: nothing gets there that no registered part may call
        self._sources[proposal.number] = source.text
        kept = self.journal.store.artifacts.put(source.text.encode())
        return asked_row(proposal, rows=self._rows(proposal), note=on_rows(proposal, self._rungs), source=kept, told=told)

    def _rows(self, proposal: Proposal) -> int | None:
        """How many rows of a fold it fits; None for all of them."""
        rows = self._rungs[proposal.rung]
        return None if rows == self._rungs[-1] else rows

    @property
    def schedule_words(self) -> str:
        """How many rows trials begin with, where that is not all of them."""
        first, *others = self._rungs
        return f"; trials begin with {first:,} rows, the best go on with {', '.join(f'{rows:,}' for rows in others)}" if others else ""

    async def _trial(self, row: dict[str, Any], lease: Lease) -> None:
        slot = asyncio.current_task()
        assert slot is not None  # noqa: S101  (for the type checker: coroutines run in tasks)
        self._busy.add(slot)
        try:
            ended = await self._attempt(row, lease)
            if ended is not None:
                recording = asyncio.create_task(self._record(self.board.rows[row["number"]], ended))
                self._recording.add(recording)
                recording.add_done_callback(self._recording.discard)
                await asyncio.shield(recording)
        finally:
            self._busy.discard(slot)

    async def _attempt(self, row: dict[str, Any], lease: Lease) -> Ended | None:
        try:
            if self._ending.is_set():
                return None
            job = self._job(row, self._sources.pop(row["number"], "") or await self._source(row))
            return await self.attempts.run(job, lambda attempt, note: self._started(row["number"], attempt, note))
        finally:
            self.desk.release(lease)

    async def _source(self, row: Mapping[str, Any]) -> str:
        """The text of a source that was asked before a restart."""
        text: bytes = await asyncio.get_running_loop().run_in_executor(None, self.journal.store.artifacts.get, row["source"])
        return text.decode()

    def _job(self, row: Mapping[str, Any], pipeline: str) -> TrialJob:
        standing = self.board.standing
        return TrialJob(
            experiment=self.board.record["id"],
            trial=row["number"],
            attempt=row["attempt"],
            pipeline=pipeline,
            family=row["family"],
            params=row["params"],
            profile=replace(self.profile, ranges=space_at(self.board.record, row["number"]).ranges),
            protocol=self.protocol,
            data=self.dataset.fingerprint,
            objectives=tuple(standing.objectives),
            directions=tuple(standing.directions),
            constraints=tuple(self.config.constraints),
            threads=self.config.resources.cpus_per_trial,
            gpus=self._gpus(row),
            reference=self._references.folds(row["number"], self.board.rows, standing.objectives[0]) if self.config.prune else None,
            first=self._references.is_first(row["number"]),
            incumbent=standing.usable_rank,
            rows=row["rows"],
        )

    def _gpus(self, row: Mapping[str, Any]) -> float:
        """The share of a GPU that a trial of this row's family is granted."""
        return self.config.resources.gpus_per_trial if FAMILIES[row["family"]].gpu else 0.0

    def _started(self, number: int, attempt: int, note: str | None) -> None:
        row = started_row(self.board.rows[number], attempt, note)
        event = None
        if note:
            event = self.board.event("retried", f"trial {number}: {note}")
        self.journal.note(self.board.record["id"], row=row, event=event)
        self.board.draw(number, ())  # what an attempt before it has told
        self.board.change(row)

    def fold(self, trial: int, attempt: int, index: int, scores: Mapping[str, float | None]) -> str | None:
        """A fold's scores from a worker; those of a superseded attempt are dropped. Returns why the folds after it are not worth it, if they are not, or
        after the last one why a refit is not, as long as there is another model to use: cut in its refit, the trial would not count at all.

        A worker that ends its trial itself is ready for the next one; one that is cut has to start anew, and to import everything again.
        """
        if not self.attempts.is_live(trial, attempt):
            return None
        row = self.board.rows[trial]
        if len(row["folds"]) == index:
            self.board.change({**row, "folds": [*row["folds"], dict(scores)]})
            fits = [float(fold.get("fit_seconds") or 0.0) for fold in self.board.rows[trial]["folds"]]
            return None if self._held() else too_late(fits, self.dataset.validation, self._left(), usable=self.board.standing.usable is not None)
        return None

    async def _record(self, row: Mapping[str, Any], ended: Ended) -> None:
        standing = self.board.standing
        feasible = None
        if ended.state == "COMPLETED" and ended.outcome is not None:
            rank = standing.rank(ended.outcome.values)
            feasible = None if rank is None else rank.feasible
        if ended.outcome is not None:
            self._prepared.update(reused=ended.outcome.reused, made=ended.outcome.prepared)
        if ended.outcome is not None and ended.outcome.pipeline is not None:
            row = await asyncio.get_running_loop().run_in_executor(None, self._with_rounds, row, ended.outcome)
        done = finished_row(row, ended, standing.objectives, feasible)
        broken = dict(zip(self.config.constraints, violations(done["values"], standing.constraints), strict=True)) if feasible is not None else {}
        event = self.board.event("failed", f"trial {row['number']} failed: {ended.error.strip().splitlines()[-1]}") if ended.error else None
        await self.journal.write(self.board.record["id"], row=done, event=event, mirrored=(done, broken))
        first = standing.usable is None
        if ended.outcome is not None:
            self.board.draw(row["number"], ended.outcome.curve)
        self.board.change(done)
        if first and standing.usable is not None:
            self.attempts.executor.expect_final(self.dataset.fingerprint, self.protocol)
        self._untold[row["number"]] = done
        self._finished.fire()

    def _with_rounds(self, row: Mapping[str, Any], outcome: TrialOutcome) -> dict[str, Any]:
        """The row of what was trained: with the rounds that early stopping found, and the source that says them."""
        source = Source(outcome.pipeline or "")
        audit(source, ALLOWED)
        return {**row, "params": {**row["params"], **outcome.rounds}, "source": self.journal.store.artifacts.put(source.text.encode())}

    # Told and restored --------------------------------------------------------------------------------------------------------------------

    def _tell(self, row: Mapping[str, Any]) -> None:
        standing = self.board.standing
        names = standing.objectives
        broken = tuple(violations(row["values"], standing.constraints)) if row["state"] == "COMPLETED" else ()
        folds = tuple(fold.get(names[0]) for fold in row["folds"])
        values = tuple(row["values"].get(name) for name in names)
        # Seconds differ from run to run: where the budget is a number of trials, a trial costs one.
        cost = 1.0 if self._exact else row["seconds"] or 0.0
        whole = cost if self._exact else cost * max(1.0, self.dataset.validation.fits / max(1, len(folds)))
        self.proposals.tell(Told(row["number"], row["state"], values, broken, folds, cost, whole))
        rank = standing.rank(row["values"]) if row["state"] == "COMPLETED" else None
        if rank is not None:
            self._references.told(row, rank)

    def _restore(self) -> None:
        """Ask and tell again, in the recorded order, what was asked and told before the controller died; what had not finished runs again."""
        rows = {number: row for number, row in self.board.rows.items() if row["told"] is not None}  # an ensemble was not asked for
        told = set[int]()
        entered = {space.since: space for space in spaces(self.board.record)[1:]}
        for number in range(len(rows)):
            if number in entered:
                self._enter(entered[number])
            for earlier in rows[number]["told"] or ():
                self._tell(rows[earlier])
                told.add(earlier)
            self.proposals.restore(rows[number]["family"], rows[number]["origin"], rows[number]["params"], rows[number]["parent"])
            self._references.asked(number, rows[number]["family"], rows[number]["rows"])
        if len(rows) in entered:  # recorded by a later change, while its first ask was lost
            self._enter(entered[len(rows)])
        for number, row in sorted(rows.items()):
            if row["state"] not in FINISHED:
                again = row["state"] == "RUNNING"
                note = "started again: the controller was restarted" if again else row["note"]
                self._again.append({**row, "attempt": row["attempt"] + again, "note": note, "folds": []})
            elif number not in told:
                self._untold[number] = row
        self._next, self._next_told = len(rows), max(told, default=-1) + 1

    def _limit(self) -> float | None:
        return self.config.trial_time
