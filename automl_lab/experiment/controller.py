"""The controller: every experiment of one user on one cluster, as coroutines of one process that no kernel owns.

Started again after a crash, it takes up all experiments that the store calls active. Owns the calls that handles and workers make; refuses
those of another version of this package, since their rows might differ.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from automl_lab.cluster.executor import Process, RayExecutor
from automl_lab.cluster.leases import LeaseDesk
from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import AutoMLLabError, RequestError, StoreError
from automl_lab.core.version import package_version
from automl_lab.experiment.board import Board
from automl_lab.experiment.journal import Journal
from automl_lab.experiment.run import Run
from automl_lab.store.database import Store

LOG = logging.getLogger(__name__)
LEAST_WINDOW = 4
LONGEST_POLL = 60.0
IDLE_SECONDS = 300.0
AGAIN_SECONDS = 5.0  # until an experiment is taken up again whose store was away
ASKING_THREADS = 2


def create(name: str, database_url: str, artifacts_url: str, owner: str, cluster: str | None) -> Controller:
    """The factory that the host actor calls."""
    return Controller(Store(database_url, artifacts_url, owner), name, cluster)


class Controller:
    """All methods are coroutines of one event loop; their arguments and results are plain values."""

    def __init__(self, store: Store, name: str, cluster: str | None = None) -> None:
        self.store, self.name, self.cluster = store, name, cluster
        self.executor = RayExecutor(name, store.artifacts.url)
        self.journal = Journal(store)
        self.runs: dict[str, Run] = {}
        self._begun: dict[str, asyncio.Future[None]] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._born = time.time()
        self.desk: LeaseDesk | None = None
        self._warming_again: asyncio.Future[None] | None = None  # kept, else nobody holds it
        self._resting: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Take up every active experiment that the store has for this cluster; those of other clusters have controllers there."""
        self.journal.start()
        # Threads that ask samplers want the interpreter all the time: the more of them, the longer every event waits for its turn.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="automl-ask"))
        self._warming = asyncio.ensure_future(self._warm())
        self.desk = LeaseDesk(self.executor.cores(), self.executor.gpus())
        mine = [record for record in await self.journal.ask(self.store.active_experiments) if record["cluster"] == self.cluster]
        for record in mine:
            if record["started"] is not None:
                await self._take_up(record)
        self._waiting += [asyncio.ensure_future(self._begin_warm(record["id"])) for record in mine if record["started"] is None]

    async def _warm(self) -> None:
        """Have processes ready for trials and one for finals: what they import in the first search would cost its first seconds."""
        await self.executor.warm()
        self._rest_later()

    async def _begin_warm(self, experiment: str) -> None:
        """Take up an experiment that did not start before. Who launches it is about to submit it, unless its process has died."""
        await asyncio.wait([self._warming])
        try:
            await self.submit(experiment)
        except Exception as error:  # noqa: BLE001  (nobody may be left to hear it: whatever it is, the record says it)
            if experiment not in self.runs:
                await self._cannot_begin(experiment, error)

    async def _take_up(self, record: Mapping[str, Any]) -> None:
        """Go on with an experiment that had started. One that cannot be taken up fails alone; while the store is away it waits."""
        id_ = record["id"]
        self._begun[id_] = asyncio.ensure_future(self._begin_first(record))
        try:
            await self._begun[id_]
        except StoreError as error:
            LOG.warning("experiment %s is taken up again in %g s: %s", record["name"], AGAIN_SECONDS, error)
            self._waiting.append(asyncio.ensure_future(self._take_up_later(record)))
        except Exception as error:  # noqa: BLE001  (whatever it is, it must not keep the others from going on)
            await self._cannot_begin(id_, error)

    async def _take_up_later(self, record: Mapping[str, Any]) -> None:
        await asyncio.sleep(AGAIN_SECONDS)
        await self._take_up(record)

    async def _cannot_begin(self, experiment: str, error: Exception) -> None:
        LOG.error("experiment %s cannot begin", experiment, exc_info=error)
        reason = str(error) if isinstance(error, AutoMLLabError) else f"it could not begin: {type(error).__name__}: {error}"
        await self.journal.write(experiment, state="FAILED", phase="done", finished=time.time(), reason=reason, message=None)

    async def _begin_first(self, record: Mapping[str, Any]) -> None:
        rows = await self.journal.ask(self.store.trials, record["id"])
        events = await self.journal.ask(self.store.events, record["id"])
        await self._run_board(Board(record, rows, events))

    async def _run_board(self, board: Board) -> None:
        assert self.desk is not None  # noqa: S101  (set by start, before any call)
        run = await asyncio.get_running_loop().run_in_executor(None, Run, board, self.journal, self.desk, self.executor)
        self.runs[board.record["id"]] = run
        self.executor.expect_final()
        run.start(self._ended)

    def _ended(self) -> None:
        """An experiment has ended: the processes that it lost are made again, unless others use what is there."""
        self._rest_later()
        if not any(run.board.active for run in self.runs.values()):
            self._warming_again = asyncio.ensure_future(self.executor.warm_again())

    def _rest_later(self) -> None:
        """Rest when nothing has gone on for a while, counted from the last time that something did."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._rest)

    def _rest(self) -> None:
        """Give back what only active experiments need."""
        if not any(run.board.active for run in self.runs.values()):
            self.executor.expect_no_final()

    async def ready(self) -> bool:
        """Wait until worker processes and the one for finals are up and have imported their libraries, those that are made again included: a start that no
        budget should pay.
        """
        await asyncio.shield(self._warming)
        if self._warming_again is not None:
            await asyncio.shield(self._warming_again)
        await self.executor.warm_final()
        self._rest_later()
        return True

    async def hello(self) -> dict[str, Any]:
        """Who answers: version, process, cores and the experiments that go on."""
        active = [run.board.record["name"] for run in self.runs.values() if run.board.active]
        return {
            "version": package_version(),
            "age": time.time() - self._born,
            "pid": os.getpid(),
            "cores": self.desk.total if self.desk else 0.0,
            "active": active,
        }

    async def submit(self, experiment: str, cluster_seconds: float | None = None) -> None:
        """Begin a recorded experiment; nothing happens when it has begun.

        Its budget of time counts from its creation, less the ``cluster_seconds`` that a cold cluster cost; without them it counts from now.
        """
        self._forget_old()
        record = await self.journal.ask(self.store.experiment, experiment)
        if experiment in self._begun:  # by somebody else: whoever asks may steer it as soon as this returns
            await asyncio.shield(self._begun[experiment])
            return
        if record["state"] != "QUEUED" or record["started"] is not None:
            return
        config = self._with_workers(ExperimentConfig.model_validate(record["config"]))
        if cluster_seconds is None:
            cluster_seconds = max(0.0, time.time() - record["created"] - record["timings"].get("prepare", 0.0))
            from_ = time.time()
        else:
            from_ = record["created"] + cluster_seconds
        fields = {
            "config": config.model_dump(mode="json"),
            "deadline": None if config.time is None else from_ + config.time,
            "timings": {**record["timings"], "cluster": cluster_seconds},
            "message": None,
        }
        if experiment not in self._begun:
            self._begun[experiment] = asyncio.ensure_future(self._begin_submitted(experiment, fields))
        await asyncio.shield(self._begun[experiment])

    async def _begin_submitted(self, experiment: str, fields: Mapping[str, Any]) -> None:
        try:
            await self.journal.write(experiment, **fields)
            await self._begin_first(await self.journal.ask(self.store.experiment, experiment))
        except BaseException:
            del self._begun[experiment]  # whoever submits it again hears of it again
            raise

    def _with_workers(self, config: ExperimentConfig) -> ExperimentConfig:
        """Fill in what depends on the cluster: the recorded configuration leaves nothing open."""
        assert self.desk is not None  # noqa: S101  (set by start, before any call)
        asked = config.resources
        if asked.gpus_per_trial > self.desk.gpus:
            has = f"has {self.desk.gpus:g}" if self.desk.gpus else "has none"
            raise RequestError(
                f"gpus_per_trial: {asked.gpus_per_trial:g} asks for a GPU and this cluster {has}; leave it out, or name a cluster that has GPUs",
                path=("resources", "gpus_per_trial"),
            )
        cpus = min(asked.cpus or int(self.desk.total), int(self.desk.total)) or 1
        if asked.cpus_per_trial > cpus:
            has = f"{cpus} core{'s' if cpus != 1 else ''}"
            raise RequestError(
                f"cpus_per_trial: a trial of {asked.cpus_per_trial} cores does not fit into the {has} of this cluster", path=("resources", "cpus_per_trial")
            )
        most = cpus // asked.cpus_per_trial
        resources = asked.model_copy(update={"cpus": cpus, "workers": min(asked.workers or most, most)})
        return config.model_copy(update={"resources": resources, "window": config.window or max(LEAST_WINDOW, resources.workers or 1)})

    async def poll(self, experiment: str, since: int, timeout: float) -> dict[str, Any]:
        """The Delta after revision ``since``, waited for up to ``timeout`` seconds."""
        return await self._board(experiment).after(since, min(timeout, LONGEST_POLL))

    async def stop(self, experiment: str) -> None:
        """End the search, keep the best, and return in the final state."""
        await self._run(experiment, "stop").stop()

    async def pause(self, experiment: str) -> None:
        """Start no new trials."""
        await self._run(experiment, "pause").pause()

    async def resume(self, experiment: str) -> None:
        """Go on after a pause."""
        await self._run(experiment, "resume").resume()

    async def prune(self, experiment: str, number: int) -> None:
        """End one running trial."""
        await self._run(experiment, "prune a trial of").prune(number)

    async def enqueue(self, experiment: str, params: Mapping[str, Any]) -> None:
        """Try a configuration next."""
        await self._run(experiment, "enqueue into").enqueue(params)

    async def extend(self, experiment: str, seconds: float | None, trials: int | None) -> None:
        """Go on for longer than was asked for."""
        await self._run(experiment, "extend").extend(seconds, trials)

    async def narrow(self, experiment: str, ranges: Mapping[str, Any]) -> None:
        """Search other ranges from the next ask on."""
        await self._run(experiment, "change the ranges of").narrow(ranges)

    async def switch(self, experiment: str, family: str, on: bool) -> None:
        """Begin trials of a family, or no more of them."""
        await self._run(experiment, "switch a family in").switch(family, on=on)

    async def pin(self, experiment: str, number: int, on: bool) -> None:
        """Have every ensemble hold a trial, or no longer."""
        await self._run(experiment, "pin a trial of").pin(number, on=on)

    async def around(self, experiment: str, number: int) -> None:
        """Try a step from a trial next."""
        await self._run(experiment, "enqueue into").around(number)

    async def beat(self, experiment: str, trial: int, attempt: int, pid: int, node: str, *, curve: Sequence[Mapping[str, Any]] | None = None) -> None:
        """A worker's heartbeat, with the learning curve so far where it has grown; that of a superseded attempt is dropped."""
        if experiment not in self.runs:
            return
        attempts, board = self.runs[experiment].search.attempts, self.runs[experiment].board
        attempts.beat(trial, attempt, Process(pid, node))
        if curve is not None and attempts.is_live(trial, attempt):
            board.draw(trial, curve)
            board.change(board.rows[trial])

    async def fold(self, experiment: str, trial: int, attempt: int, index: int, scores: Mapping[str, float | None]) -> str | None:
        """A fold's scores from a worker; returns why the folds after it are not worth it, if they are not."""
        return self.runs[experiment].search.fold(trial, attempt, index, scores) if experiment in self.runs else None

    async def workers(self, experiment: str) -> dict[int, int | None]:
        """The worker process of every running trial (known from its first heartbeat on)."""
        return {number: live.process and live.process.pid for number, live in self._run(experiment, "look into").search.attempts.live.items()}

    def _board(self, experiment: str) -> Board:
        if experiment not in self.runs:
            raise RequestError("this experiment is not known to the controller; it is read from the store")
        return self.runs[experiment].board

    def _run(self, experiment: str, what: str) -> Run:
        run = self.runs.get(experiment)
        if run is None or not run.board.active:
            raise RequestError(f"cannot {what} this experiment: it is not active")
        return run

    def _forget_old(self) -> None:
        """Finished experiments are read from the store after ten minutes."""
        old = time.time() - 600
        for id_, run in list(self.runs.items()):
            if not run.board.active and (run.board.record["finished"] or 0) < old:
                del self.runs[id_], self._begun[id_]
