"""What runs in a worker process: trials, finals, the choice of an ensemble, and a process that is kept ready for these.

Owns loading data once per process, heartbeats (they carry the learning curve of a trial that has one) and thread limits. A traceback as text stands for
the candidate's own error: it is a result, not an accident of the cluster. Knows nothing of how tasks are started and ended (``cluster.executor``).
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import socket
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl_lab.cluster.fold_cache import RayFoldCache
from automl_lab.cluster.host import NAMESPACE
from automl_lab.evaluation.curve import LearningCurve
from automl_lab.evaluation.ensembles.bagging import BagJob, judge_bag
from automl_lab.evaluation.ensembles.choose import choose
from automl_lab.evaluation.ensembles.recipe import EnsembleJob, EnsembleOutcome
from automl_lab.evaluation.final import FinalScore, fit_on_all, score_finalist
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.evaluation.trial import TrialJob, TrialOutcome, evaluate
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.source import Source
from automl_lab.store.artifacts import ArtifactStore

BEAT_SECONDS = 2.0
NEWS_SECONDS = 1.0  # between beats that have something to tell
WORTH_ASKING, ANSWER_SECONDS = 0.2, 2.0  # after a fold of so many seconds a worker waits so long for word whether to go on
FOR_CHOICES = ("scipy.optimize", "sklearn.isotonic", "sklearn.linear_model")
LOADED = 2  # experiments whose data a process keeps


@dataclass(frozen=True)
class FinalJob:
    """A finalist's last fit and its meeting with the holdout."""

    experiment: str
    trial: int
    pipeline: str
    protocol: str
    data: str
    model: str | None  # artefact of the fitted pipeline, or None to refit
    threads: int
    members: int = 1  # of an ensemble that are fitted at a time
    rows: int | None = None  # of the training part to refit on; None: all of them
    deliver: bool = False  # fit on all rows, the holdout's included, and score nothing
    gpus: float = 0.0  # share of a GPU, for a fit

    @property
    def on_gpu(self) -> bool:
        """Whether it needs its share: a stored model is scored without."""
        return self.gpus > 0 and (self.deliver or self.model is None)


def import_libraries(least: float = 0.0) -> str:
    """Import what trials need, so that none of them pays for it; the name of this process. A family that cannot be used here imports nothing.

    It takes ``least`` seconds where the libraries are there already: else one process would answer for another one that has yet to start.
    """
    began = time.monotonic()
    needed = dict.fromkeys(("pandas", "sklearn.compose", "sklearn.model_selection", "sklearn.metrics", "scipy.stats", "skops.io"))
    for family in FAMILIES.values():
        if family.available() is None:
            for use in family.uses:
                needed |= dict.fromkeys([use.rpartition(".")[0]] if isinstance(use, str) else [line.split()[1] for line in use.imports])
    for name in needed:
        importlib.import_module(name)
    threading.Event().wait(max(0.0, least - (time.monotonic() - began)))
    return f"{socket.gethostname()}/{os.getpid()}"


class Finisher:
    """A process kept ready for finals: its libraries are imported and its data is loaded before the deadline comes."""

    def prepare(self, after: float) -> None:
        """Import the libraries ``after`` so many seconds. Who needs them sooner imports them himself."""
        threading.Event().wait(after)
        import_libraries()
        for name in FOR_CHOICES:  # else the first look at an ensemble pays for them, and the next ones rest by what it took
            importlib.import_module(name)

    def load(self, artifacts_url: str, data: str, protocol: str) -> None:
        """Load what a final of this experiment needs."""
        _loaded(artifacts_url, data, protocol)

    def final(self, job: FinalJob, artifacts_url: str) -> tuple[FinalScore, str | None] | str:
        """One final."""
        return run_final(job, artifacts_url)

    def ensemble(self, job: EnsembleJob, artifacts_url: str) -> EnsembleOutcome | str:
        """The choice of an ensemble."""
        return run_ensemble(job, artifacts_url)


@functools.lru_cache(maxsize=LOADED)
def _loaded(artifacts_url: str, data: str, protocol: str) -> LoadedData:
    """Loaded once per process and experiment; checked against its hash by the store."""
    with tempfile.TemporaryDirectory(prefix="automl-data-") as folder:
        parquet = Path(folder) / "data.parquet"
        parquet.write_bytes(ArtifactStore(artifacts_url).get(data))
        return load_data(Source(protocol), parquet, Path(folder))


def heed_interrupts() -> None:
    """Let an interrupt end the task that runs in this process. Whoever was started in the background of a script inherits that interrupts are ignored."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def run_trial(job: TrialJob, controller: str, artifacts_url: str, shelf: tuple[Any, int] | None) -> tuple[TrialOutcome, str | None] | str:
    """The task of one attempt."""
    import ray  # noqa: PLC0415

    heed_interrupts()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    Path(tempfile.gettempdir()).mkdir(parents=True, exist_ok=True)  # what sweeps a folder of temporary files sweeps the folder too
    host = ray.get_actor(controller, namespace=NAMESPACE)

    def tell(method: str, **arguments: Any) -> Any:
        return host.call.remote(method, {"experiment": job.experiment, "trial": job.trial, "attempt": job.attempt, **arguments})

    def on_fold(index: int, scores: dict[str, float | None]) -> str | None:
        answer = tell("fold", index=index, scores=scores)
        if (scores["fit_seconds"] or 0.0) < WORTH_ASKING:
            return None
        try:
            return ray.get(answer, timeout=ANSWER_SECONDS)  # type: ignore[no-any-return]
        except ray.exceptions.RayError:  # a controller that is restarted will cut the trial itself
            return None

    node, curve = ray.get_runtime_context().get_node_id(), LearningCurve()
    with heart(lambda: tell("beat", pid=os.getpid(), node=node, curve=curve.told() if curve.news else None), lambda: curve.news):
        try:
            data = _loaded(artifacts_url, job.data, job.protocol)
            with curve.listening():
                outcome = evaluate(job, data, on_fold, None if shelf is None else RayFoldCache(*shelf), curve)
        except Exception as error:  # noqa: BLE001  (whatever a candidate raises is its result)
            return _own_frames(error)
    artifacts, model = ArtifactStore(artifacts_url), None
    outcome.curve = curve.kept()
    if outcome.model is not None:
        model, outcome.model = artifacts.put(outcome.model), None
    if outcome.predictions is not None:
        outcome.kept, outcome.predictions = artifacts.put(outcome.predictions), None
    return outcome, model


def run_final(job: FinalJob, artifacts_url: str) -> tuple[FinalScore, str | None] | str:
    """The task of a final: the score and the artefact of the model that was fitted here, if one was."""
    artifacts = ArtifactStore(artifacts_url)
    try:
        data = _loaded(artifacts_url, job.data, job.protocol)
        if job.deliver:
            return FinalScore({}, None), artifacts.put(fit_on_all(job.pipeline, data, job.threads, job.members))
        model = None if job.model is None else artifacts.get(job.model)
        score = score_finalist(job.pipeline, data, model, job.threads, members=job.members, rows=job.rows)
    except Exception as error:  # noqa: BLE001  (see run_trial)
        return _own_frames(error)
    fitted = None if score.model is None else artifacts.put(score.model)
    return FinalScore(score.values, None), fitted or job.model


def run_ensemble(job: EnsembleJob, artifacts_url: str) -> EnsembleOutcome | str:
    """The task of a choice, or of a look."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    try:
        with nullcontext() if job.quick else threadpool_limits(job.threads):  # limits are the process's, and a look runs beside a final
            return choose(job, _loaded(artifacts_url, job.data, job.protocol), ArtifactStore(artifacts_url).get)
    except Exception as error:  # noqa: BLE001  (see run_trial)
        return _own_frames(error)


def run_bag(job: BagJob, artifacts_url: str) -> EnsembleOutcome | str:
    """The task of the comparison of a bag with a single fit."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    try:
        with threadpool_limits(job.threads):
            return judge_bag(job, _loaded(artifacts_url, job.data, job.protocol))
    except Exception as error:  # noqa: BLE001  (see run_trial)
        return _own_frames(error)


def _own_frames(error: Exception) -> str:
    """The traceback from the pipeline's or evaluate.py's first frame on: what lies above is our own machinery."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((i for i, frame in enumerate(frames) if Path(frame.filename).name.startswith(("pipeline", "evaluate")) and "automl-" in frame.filename), None)
    shown = frames[first:] if first is not None else frames[-6:]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(shown), *traceback.format_exception_only(error)]
    return "".join(lines)


@contextmanager
def heart(beat: Callable[[], object], news: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Beats at once and then every two seconds from a thread of its own, so that a long native fit is still heard; every second while there are ``news``."""
    quiet = threading.Event()

    def run() -> None:
        beat()
        last = time.monotonic()
        while not quiet.wait(NEWS_SECONDS):
            if news() or time.monotonic() - last > BEAT_SECONDS - NEWS_SECONDS / 2:
                beat()
                last = time.monotonic()

    thread = threading.Thread(target=run, daemon=True, name="automl-heart")
    thread.start()
    try:
        yield
    finally:
        quiet.set()
        thread.join()
