"""Runs trials and finals as Ray tasks: one worker process each, ended at once when asked, heard from while they run.

Turns Ray's failures into three plain ones; what runs in the process is ``cluster.tasks``. Refuses to retry: who runs the search decides by the kind
of failure (Ray's own retries would run an out-of-memory task again and again).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import psutil

from automl_lab.cluster.fold_cache import open_shelf
from automl_lab.cluster.tasks import LOADED, FinalJob, Finisher, import_libraries, run_bag, run_ensemble, run_final, run_trial
from automl_lab.evaluation.ensembles.bagging import BagJob
from automl_lab.evaluation.ensembles.recipe import EnsembleJob
from automl_lab.evaluation.trial import TrialJob

MOST_WARMED = 16
APART_SECONDS = 2.0  # a process starts and asks for work within so many
ROUNDS = 2  # one that was about to end when it was asked has left its import to another one
FIRST_SECONDS = 4.0  # of a search, to its first models: they are in more need of the cores than what comes last
HEEDING_SECONDS = 0.5  # that an interrupted trial has to end in
FINISHER_THREADS = 4  # a final, a look at the ensemble, and the loading of another experiment's data


class WorkerLost(Exception):
    """The worker process died, or its node did. The trial is not to blame: it may be tried again."""


class CandidateError(Exception):
    """The candidate's own code raised. The message is the traceback, from the pipeline's frames on."""


class Cancelled(Exception):
    """The attempt was cancelled on purpose."""


class Process(NamedTuple):
    """A worker process: its number, on the node of this name."""

    pid: int
    node: str


class Attempt(Protocol):
    """A task that was started."""

    async def result(self) -> Any:
        """The outcome. Raises ``WorkerLost``, ``CandidateError`` or ``Cancelled``."""

    def cancel(self, process: Process | None = None) -> None:
        """End it now; ``process`` is where it runs, as far as that is known."""


class Executor(Protocol):
    """Starts attempts; the controller knows no more of a cluster than this."""

    def cores(self) -> float:
        """Cores of the whole cluster now."""

    def gpus(self) -> float:
        """GPUs of the whole cluster now."""

    async def warm(self) -> None:
        """Start worker processes, and the one that is kept ready for finals, and have them import what they need. Returns when they have."""

    async def warm_again(self) -> None:
        """Do so where a process was ended since: the next experiment's first trials would wait for another one to import everything."""

    async def warm_final(self) -> None:
        """Have the process for finals ready, and return when it is."""

    def trial(self, job: TrialJob) -> Attempt:
        """Start one attempt; its result is ``(TrialOutcome without bytes, model artefact or None)``."""

    def final(self, job: FinalJob, cpus: float = 0.0) -> Attempt:
        """Start a final, at once or on leased ``cpus``; its result is ``(FinalScore without bytes, model artefact or None)``."""

    def ensemble(self, job: EnsembleJob) -> Attempt:
        """Start the choice of an ensemble; its result is an ``EnsembleOutcome``."""

    def bag(self, job: BagJob) -> Attempt:
        """Start the comparison of a bag with a single fit; its result is an ``EnsembleOutcome``."""

    def look(self, job: EnsembleJob) -> Attempt | None:
        """Start a look at the ensemble of now, beside everything else; None while no process is ready for it."""

    def spare(self) -> bool:
        """Whether a process that has imported its libraries is there for a final beside the one that is kept ready."""

    def expect_final(self, data: str | None = None, protocol: str | None = None) -> None:
        """A final will come: have a process ready that has its libraries, and this experiment's data where it is given."""

    def expect_no_final(self) -> None:
        """No experiment is active: the process kept ready may go."""


class RayAttempt:
    """One Ray task. ``end`` ends its process, where a forced cancel does not do that; ``on_cut`` hears of a process that was ended."""

    def __init__(self, ref: Any, end: Callable[[], None] | None = None, on_cut: Callable[[], None] = lambda: None) -> None:
        self._ref, self._end, self._on_cut = ref, end, on_cut
        self._cancelled = False

    async def result(self) -> Any:
        """See ``Attempt``."""
        import ray  # noqa: PLC0415

        try:
            answer = await asyncio.wrap_future(self._ref.future())
        except ray.exceptions.RayError as error:
            if self._cancelled:
                raise Cancelled from None
            raise WorkerLost(type(error).__name__) from None
        if self._cancelled:  # there are estimators that take an interrupt for a wish to end with what they have
            raise Cancelled
        if isinstance(answer, str):
            raise CandidateError(answer)
        return answer

    def cancel(self, process: Process | None = None) -> None:
        """See ``Attempt``. An interrupt leaves the process and what it has imported to the next trial; only force ends a fit that is deep in native code.

        Ray takes no second cancel that would be harder than the first. So a process that heeds no interrupt is ended here, which needs it to be on this
        node; of others the task is cancelled by force at once.
        """
        import ray  # noqa: PLC0415

        self._cancelled = True
        if self._end is not None:
            self._end()
            return
        here = process is not None and process.node == ray.get_runtime_context().get_node_id()
        running = _process(process.pid) if process is not None and here else None
        if running is None:
            self._on_cut()
            ray.cancel(self._ref, force=True)
        else:
            ray.cancel(self._ref, force=False)
            asyncio.get_running_loop().call_later(HEEDING_SECONDS, self._force, running)

    def _force(self, running: psutil.Process) -> None:
        if self.pending():
            self._on_cut()
            with suppress(psutil.NoSuchProcess):
                running.kill()

    def pending(self) -> bool:
        """Whether the task has not ended."""
        import ray  # noqa: PLC0415

        return not ray.wait([self._ref], timeout=0)[0]


def _process(pid: int) -> psutil.Process | None:
    """The process of that number, which knows itself if the number is given away later; None where it has ended."""
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


class RayExecutor:
    """Attempts as Ray tasks that report to the controller's host named ``controller``."""

    def __init__(self, controller: str, artifacts_url: str) -> None:
        import ray  # noqa: PLC0415

        self._trial = ray.remote(max_retries=0)(run_trial)
        self._final = ray.remote(max_retries=0)(run_final)
        self._ensemble = ray.remote(max_retries=0)(run_ensemble)
        self._bag = ray.remote(max_retries=0)(run_bag)
        # CUDA looks once per process which GPUs it may use, and keeps their memory: a process of a GPU serves one task.
        self._trial_on_gpu = ray.remote(max_retries=0, max_calls=1)(run_trial)
        self._final_on_gpu = ray.remote(max_retries=0, max_calls=1)(run_final)
        self._controller, self._artifacts_url = controller, artifacts_url
        self._shelf: tuple[Any, int] | None = None
        self._finisher: Any = None
        self._preparing: asyncio.Future[None] | None = None  # what it imports
        self._finishing: RayAttempt | None = None
        self._expected: list[tuple[str, str]] = []  # the data and protocols of the last experiments that will have finals
        self._warmed, self._cut = 0, 0  # processes that were made ready for trials, and that were ended since

    def cores(self) -> float:
        """See ``Executor``."""
        import ray  # noqa: PLC0415

        return float(ray.cluster_resources().get("CPU", 1.0))  # type: ignore[no-untyped-call]

    def gpus(self) -> float:
        """See ``Executor``."""
        import ray  # noqa: PLC0415

        return float(ray.cluster_resources().get("GPU", 0.0))  # type: ignore[no-untyped-call]

    async def warm(self) -> None:
        """See ``Executor``. As many as the machine that answers first has cores: Ray keeps that many idle processes."""
        self._shelf = self._shelf or open_shelf()
        if self._finisher is None:
            self._new_finisher(0.0)
        await self._import(0.0)
        await self.warm_final()

    async def warm_again(self) -> None:
        """See ``Executor``."""
        if self._cut:
            self._cut = 0
            await self._import(APART_SECONDS)

    async def warm_final(self) -> None:
        """See ``Executor``. Where importing failed, finals do it for themselves."""
        if self._finisher is None:
            self._new_finisher(0.0)
        if self._preparing is not None:
            await asyncio.wait([self._preparing])

    async def _import(self, least: float) -> None:
        import ray  # noqa: PLC0415

        import_: Any = ray.remote(max_retries=3)(import_libraries)
        self._warmed = count = min(int(self.cores()), MOST_WARMED)
        for _ in range(ROUNDS if least else 1):  # at first all have to import, and where others use the cores the same one may answer twice
            asked = (asyncio.wrap_future(import_.options(num_cpus=1).remote(least).future()) for _ in range(count))
            if len(set(await asyncio.gather(*asked))) == count:
                return

    def trial(self, job: TrialJob) -> Attempt:
        """See ``Executor``."""
        name = f"trial {job.experiment[:8]}/{job.trial}.{job.attempt}"
        task = (self._trial_on_gpu if job.gpus else self._trial).options(num_cpus=job.threads, num_gpus=job.gpus, name=name)
        return RayAttempt(task.remote(job, self._controller, self._artifacts_url, self._shelf), on_cut=self._note_cut)

    def _note_cut(self) -> None:
        self._cut += 1

    def final(self, job: FinalJob, cpus: float = 0.0) -> Attempt:
        """See ``Executor``. Without cores it starts at once, beside trials that are about to be cut.

        The process kept ready takes it when it is free; starting one and importing everything would cost seconds at the deadline.
        A fit on a GPU is a task of its own: it begins when a trial that is cut gives up its share.
        """
        name = f"final {job.experiment[:8]}/{job.trial}"
        if job.on_gpu:
            return RayAttempt(self._final_on_gpu.options(num_cpus=cpus, num_gpus=job.gpus, name=name).remote(job, self._artifacts_url))
        if not cpus and self._finisher is not None and (self._finishing is None or not self._finishing.pending()):
            self._finishing = RayAttempt(self._finisher.final.remote(job, self._artifacts_url), self._renew)
            return self._finishing
        return RayAttempt(self._final.options(num_cpus=cpus, name=name).remote(job, self._artifacts_url), on_cut=self._note_cut)

    def ensemble(self, job: EnsembleJob) -> Attempt:
        """See ``Executor``. A thread of its own in the process that is ready, which nothing ends for it: the finals need that; else a task of no cores."""
        if self._finisher is not None:
            return RayAttempt(self._finisher.ensemble.remote(job, self._artifacts_url), lambda: None)
        return RayAttempt(self._ensemble.options(num_cpus=0, name=f"ensemble {job.experiment[:8]}").remote(job, self._artifacts_url))

    def bag(self, job: BagJob) -> Attempt:
        """See ``Executor``. A task of its own: when its time is over it is cut, and the process that is ready stays."""
        return RayAttempt(self._bag.options(num_cpus=0, name=f"bag {job.experiment[:8]}").remote(job, self._artifacts_url), on_cut=self._note_cut)

    def look(self, job: EnsembleJob) -> Attempt | None:
        """See ``Executor``. A thread of its own in the process that is ready: a final need not wait for it, and nothing ends that process for it."""
        return None if self._finisher is None else RayAttempt(self._finisher.ensemble.remote(job, self._artifacts_url), lambda: None)

    def spare(self) -> bool:
        """See ``Executor``. What Ray starts in the place of a process that was ended has imported only what its trials need."""
        return self._cut < self._warmed

    def expect_final(self, data: str | None = None, protocol: str | None = None) -> None:
        """See ``Executor``. One process serves all experiments of the controller; what it cannot take at once, tasks do."""
        if self._finisher is None:
            self._new_finisher(FIRST_SECONDS)
        if data is not None and protocol is not None:
            self._expected = [*(each for each in self._expected if each != (data, protocol)), (data, protocol)][-LOADED:]
            self._finisher.load.remote(self._artifacts_url, data, protocol)

    def _new_finisher(self, after: float) -> None:
        """A process that begins to import what finals need ``after`` so many seconds."""
        import ray  # noqa: PLC0415

        # One that dies by itself, of its memory say, begins anew: other experiments count on it.
        self._finisher = ray.remote(Finisher).options(num_cpus=0, max_restarts=-1, max_concurrency=FINISHER_THREADS).remote()
        self._preparing = asyncio.wrap_future(self._finisher.prepare.remote(after).future())
        self._preparing.add_done_callback(lambda done: done.cancelled() or done.exception())  # of one that was ended nobody asks

    def _renew(self) -> None:
        """A final was cut, and the process with it: another one is made ready, since other experiments count on it, and the next one will."""
        expected = self._expected
        self.expect_no_final()
        self._new_finisher(0.0)  # at once: what it was cut for has ended
        for data, protocol in expected:
            self.expect_final(data, protocol)

    def expect_no_final(self) -> None:
        """See ``Executor``."""
        import ray  # noqa: PLC0415

        if self._finisher is not None:
            ray.kill(self._finisher)
        self._finisher, self._preparing, self._finishing, self._expected = None, None, None, []
