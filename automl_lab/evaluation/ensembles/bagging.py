"""A bag or a single fit: whether the mean of models that each leave out one part of the rows is better than one model fitted on all of them.

Nothing recorded can tell, so the bag is fitted within the folds, as a trial is. Owns that comparison and gives up early where it is lost. A pure
function of its job and the loaded data.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automl_lab.evaluation.ensembles.judge import difference, means
from automl_lab.evaluation.ensembles.recipe import EnsembleOutcome, Recipe, Scores
from automl_lab.pipelines.persist import dump_model
from automl_lab.pipelines.source import Source

if TYPE_CHECKING:
    from automl_lab.evaluation.loaded import LoadedData

MODELS = 5
LEAST_FOLDS = 2  # after which a bag that is no better so far is given up
COST_ROWS = 1000


@dataclass(frozen=True)
class BagJob:
    """A bag to be judged beside what it is a bag of."""

    experiment: str
    protocol: str
    data: str
    recipe: Recipe
    pipeline: str  # source of the bag
    single: tuple[Mapping[str, float | None], ...]  # scores by fold of the single fit
    objective: str
    direction: str
    threads: int = 1


def judge_bag(job: BagJob, data: LoadedData) -> EnsembleOutcome:
    """The recipe and the bag's scores where it is better by more than one standard error of the folds' differences, else no recipe."""
    began, sign = time.perf_counter(), 1.0 if job.direction == "maximize" else -1.0
    folds: list[Scores] = []
    gains: list[float] = []
    with tempfile.TemporaryDirectory(prefix="automl-bag-") as folder:
        module = Source(job.pipeline).load(Path(folder))
        for (fit, validation), single in zip(data.protocol.folds(data.y), job.single, strict=False):
            folds.append(_fold(module, data, fit, validation, measured=not folds))
            own, other = folds[-1][job.objective], single.get(job.objective)
            gains.append(-math.inf if own is None or other is None else sign * (own - other))
            if len(gains) >= LEAST_FOLDS and sum(gains) <= 0:
                break
    mean, error = difference(np.array(gains), np.zeros(len(gains)))
    if len(gains) < max(LEAST_FOLDS, len(job.single)) or not mean > 0 or mean < error:
        return EnsembleOutcome(seconds=time.perf_counter() - began)
    costs = {name: folds[0].pop(name) for name in ("predict_ms", "fit_seconds", "model_kb")}
    return EnsembleOutcome(job.recipe, folds, {**means(folds), **costs}, seconds=time.perf_counter() - began)


def _fold(module: object, data: LoadedData, fit: np.ndarray, validation: np.ndarray, *, measured: bool) -> Scores:
    pipeline = module.build_pipeline()  # type: ignore[attr-defined]
    began = time.perf_counter()
    pipeline.fit(data.X.iloc[fit], data.y.iloc[fit])
    fit_seconds = time.perf_counter() - began
    X = data.X.iloc[validation]
    found = data.protocol.score(data.y.iloc[validation], data.protocol.predict(pipeline, X))
    scores: Scores = {name: float(value) if math.isfinite(value) else None for name, value in found.items()}
    if measured:
        rows = X.iloc[np.resize(np.arange(len(X)), COST_ROWS)]
        began = time.perf_counter()
        data.protocol.predict(pipeline, rows)
        scores |= {"fit_seconds": fit_seconds, "predict_ms": 1000 * (time.perf_counter() - began), "model_kb": len(dump_model(pipeline)) / 1024}
    return scores
