"""The trial that does nothing, as a function, as a task of Ray, and in the real controller.

It imports Ray, so it is imported once the cluster's token is in the environment: Ray's core reads that when it is imported.
"""

from __future__ import annotations

import os
import time
from hashlib import sha256

import ray

from automl_lab.cluster.executor import RayExecutor
from automl_lab.cluster.host import NAMESPACE
from automl_lab.cluster.tasks import FinalJob, heart
from automl_lab.evaluation.final import FinalScore
from automl_lab.evaluation.trial import TrialJob, TrialOutcome
from automl_lab.experiment.controller import Controller
from automl_lab.store.database import Store


def trivial(text: str) -> float:
    """The trial: a number between 0 and 1 that depends on what is tried, so that the sampler has something to learn from."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") / 2**32


def trivial_task(job: TrialJob, controller: str, artifacts_url: str, shelf: object) -> tuple[TrialOutcome, None]:  # noqa: ARG001
    """The task of a trial as ``cluster.tasks`` has it, with ``trivial`` in the place of the training."""
    host = ray.get_actor(controller, namespace=NAMESPACE)
    identity = {"experiment": job.experiment, "trial": job.trial, "attempt": job.attempt}
    began = time.perf_counter()
    process = {"pid": os.getpid(), "node": ray.get_runtime_context().get_node_id()}
    with heart(lambda: host.call.remote("beat", {**identity, **process})):
        scores: dict[str, float | None] = {job.main: trivial(job.pipeline)}
        for index in range(2):
            host.call.remote("fold", {**identity, "index": index, "scores": scores})
    return TrialOutcome([scores, scores], scores, seconds=time.perf_counter() - began), None


def trivial_final(job: FinalJob, artifacts_url: str) -> tuple[FinalScore, None]:  # noqa: ARG001
    """The task of a final: no refit."""
    return FinalScore({"roc_auc": 0.5}, None), None


class TrivialExecutor(RayExecutor):
    """The real executor, but for what trials and finals do."""

    def __init__(self, controller: str, artifacts_url: str) -> None:
        super().__init__(controller, artifacts_url)
        self._trial = ray.remote(max_retries=0)(trivial_task)
        self._final = ray.remote(max_retries=0)(trivial_final)


def create(name: str, database_url: str, artifacts_url: str, owner: str, cluster: str | None) -> Controller:
    """The factory that the host actor calls: a real controller with trivial trials."""
    controller = Controller(Store(database_url, artifacts_url, owner), name, cluster)
    controller.executor = TrivialExecutor(name, artifacts_url)
    return controller
