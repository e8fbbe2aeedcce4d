"""One trial: fit and score a candidate fold by fold, measure its costs, and refit it when it is the best so far.

A pure function of its job and the loaded data: it knows no cluster, no database and no search. It trains what ``pipeline.py`` builds and
scores it by ``evaluate.py``, the same bytes that the report runs. Refuses a pipeline that does not equal a fresh build of its source.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from automl_lab.config import Constraint, parse_constraint
from automl_lab.core.errors import IntegrityError
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import render_candidate, rounds_to_find
from automl_lab.evaluation.curve import LearningCurve
from automl_lab.evaluation.ensembles.rows import pack
from automl_lab.evaluation.loaded import LoadedData, OutOfFold
from automl_lab.evaluation.prepared import FoldCache, Folds, preparation_key
from automl_lab.evaluation.pruning import LITTLE, MORE, hopeless
from automl_lab.evaluation.ranking import Rank, rank
from automl_lab.evaluation.sampling import sampled
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.load import same_build
from automl_lab.pipelines.persist import dump_model
from automl_lab.pipelines.source import Source

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

STOPPING_SHARE = 0.15
FEW_ROUNDS = 100  # where no rows can be set aside to stop by: the most that are allowed would be far too many
COST_ROWS = 1000
COST_REPEATS, COST_SECONDS = 5, 0.25


@dataclass(frozen=True)
class TrialJob:
    """Everything one attempt at a trial needs. Plain values only: it travels to a worker."""

    experiment: str
    trial: int
    attempt: int
    pipeline: str  # source
    family: str
    params: Mapping[str, Any]  # what the source was rendered from
    profile: Profile
    protocol: str  # source of evaluate.py
    data: str  # sha256 of the Parquet in the artefact store
    objectives: tuple[str, ...]  # the first is the main one
    directions: tuple[str, ...]  # "maximize" or "minimize", of each
    constraints: tuple[str, ...] = ()
    threads: int = 1
    gpus: float = 0.0  # share of a GPU
    reference: tuple[float, ...] | None = None  # fold scores to be pruned against; None: no pruning
    first: bool = False  # of its family to complete: pruned only where it is far behind
    incumbent: Rank | None = None  # the best so far: a better one is refitted at once
    rows: int | None = None  # to fit, of each fold and for the refit; None: all of them

    @property
    def main(self) -> str:
        """The objective that counts first."""
        return self.objectives[0]

    @property
    def direction(self) -> str:
        """Of the main objective."""
        return self.directions[0]

    def parsed_constraints(self) -> list[Constraint]:
        """The constraints as objects."""
        return [parse_constraint(text) for text in self.constraints]


@dataclass
class TrialOutcome:
    """What one attempt found. ``model`` holds the refitted pipeline's bytes when it is worth keeping.

    ``rounds`` are the parameters that early stopping found, ``pipeline`` the source with them: what was trained instead of the job's.
    """

    folds: list[dict[str, float | None]] = field(default_factory=list)
    values: dict[str, float | None] = field(default_factory=dict)
    pruned: str | None = None  # why it was ended between two folds
    seconds: float = 0.0
    refit_seconds: float | None = None
    model: bytes | None = None
    predictions: bytes | None = None  # out of fold, of a trial that completed
    kept: str | None = None  # their artefact, once whoever ran the trial has stored them
    rounds: dict[str, int] = field(default_factory=dict)
    pipeline: str | None = None
    note: str | None = None  # what a reader of its row should know
    reused: int = 0  # prepared folds that were found in the cache
    prepared: int = 0  # those that had to be made, where a cache was asked
    curve: list[dict[str, Any]] = field(default_factory=list)  # the lines of its LearningCurve, where somebody listened


OnFold = Callable[[int, dict[str, float | None]], str | None]


def evaluate(job: TrialJob, data: LoadedData, on_fold: OnFold, cache: FoldCache | None = None, curve: LearningCurve | None = None) -> TrialOutcome:
    """Run the trial. ``on_fold(index, scores)`` is called after each fold and may say why the next ones are not worth it, after the last one why a
    refit is not: what all folds have scored counts in any case. A ``curve`` that listens is told which fold is fitted.

    Raises whatever the candidate raises: the caller records it.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    began = time.perf_counter()
    outcome, curve = TrialOutcome(), curve or LearningCurve()
    with tempfile.TemporaryDirectory(prefix="automl-trial-") as folder, threadpool_limits(job.threads):
        folds = _folds(job, data, cache)
        module = _stopped(job, data, outcome, Path(folder)) or Source(job.pipeline).load(Path(folder))
        collected, unfitted = OutOfFold(data), None
        every = data.protocol.folds(data.y)
        for index, rows in enumerate(every):
            curve.fold = index
            scores = _fold(job, module, rows, collected, folds)
            outcome.folds.append(scores)
            reason = on_fold(index, scores)
            outcome.pruned, unfitted = (reason, None) if index + 1 < len(every) else (None, reason)
            own = [_number(fold[job.main]) for fold in outcome.folds]
            if hopeless(own, job.reference, job.direction, little=MORE if job.first else LITTLE):
                outcome.pruned = f"hopeless after {len(own)} folds"
            if outcome.pruned:
                break
        outcome.values = _means(outcome.folds)
        if not outcome.pruned:
            outcome.predictions = pack(collected.predictions, collected.turns)
        outcome.seconds = time.perf_counter() - began
        outcome.reused, outcome.prepared = folds.reused, folds.made
        if not outcome.pruned and _worth_keeping(job, outcome.values):
            if unfitted is None:
                curve.fold = None
                _refit(job, module, data, outcome)
            else:
                outcome.note = "; ".join(filter(None, [outcome.note, unfitted]))
    return outcome


def _stopped(job: TrialJob, data: LoadedData, outcome: TrialOutcome, folder: Path) -> ModuleType | None:
    """The module with the rounds that early stopping finds as a literal; None for a candidate that leaves none open.

    It stops on rows that are set aside from the first fold's training rows, so that no row that is scored has a say in it there.
    """
    family = FAMILIES[job.family]
    open_ = rounds_to_find(family, job.params, job.profile)
    if open_ is None or family.stopping is None:
        return None
    parts = _parts_to_stop_by(job, data)
    if parts is None:
        found, outcome.note = FEW_ROUNDS, f"{FEW_ROUNDS} rounds, since no rows can be set aside to stop by"
    else:
        found = _rounds(job, data, parts, folder)
    outcome.rounds = {open_: found}
    outcome.pipeline = render_candidate(family, {**job.params, **outcome.rounds}, job.profile).text
    return Source(outcome.pipeline).load(folder)


def _parts_to_stop_by(job: TrialJob, data: LoadedData) -> tuple[np.ndarray, np.ndarray] | None:
    """The rows to fit and those set aside, of the first fold that has both: all that an early fold in time fits may be of one moment."""
    for rows, _ in data.protocol.folds(data.y):
        fit = sampled(data.protocol, data.y, rows, job.rows)
        inner, aside = data.protocol.aside(data.y.iloc[fit], STOPPING_SHARE)
        if len(inner) and len(aside):
            return fit[inner], fit[aside]
    return None


def _rounds(job: TrialJob, data: LoadedData, parts: tuple[np.ndarray, np.ndarray], folder: Path) -> int:
    """The rounds that early stopping finds for rows prepared as the candidate says."""
    inner, aside = parts
    family, pipeline = FAMILIES[job.family], build(Source(job.pipeline).load(folder))
    assert family.stopping is not None  # noqa: S101  (for the type checker: the caller looked)
    rows, labels, watched = data.X.iloc[inner], data.y.iloc[inner], data.X.iloc[aside]
    for _, step in pipeline.steps[:-1]:
        if hasattr(step, "fit_resample"):  # for the rows that are fitted alone
            rows, labels = step.fit_resample(rows, labels)
        else:
            rows = step.fit_transform(rows, labels)
            watched = step.transform(watched)
    return family.stopping(pipeline[-1], rows, labels.to_numpy(), watched, data.y.iloc[aside].to_numpy())


def _folds(job: TrialJob, data: LoadedData, cache: FoldCache | None) -> Folds:
    key = None if cache is None else preparation_key(FAMILIES[job.family], job.params, job.profile, job.data, job.protocol)
    return Folds(data, cache, key)


def _fold(job: TrialJob, module: ModuleType, rows: tuple[np.ndarray, np.ndarray], collected: OutOfFold, folds: Folds) -> dict[str, float | None]:
    (fit, validation), data = rows, folds.data
    fit = sampled(data.protocol, data.y, fit, job.rows)
    pipeline = build(module)
    predictor, others, fit_seconds = folds.fit(pipeline, fit, validation)
    predicted = data.protocol.predict(predictor, others)
    found = data.protocol.score(data.y.iloc[validation], predicted)
    scores: dict[str, float | None] = {name: float(value) if math.isfinite(value) else None for name, value in found.items()}
    scores["fit_seconds"] = fit_seconds
    first = collected.empty
    collected.add(validation, predicted)
    if first:  # costs hardly differ between folds: one careful measurement instead of many hasty ones
        asked = {*job.objectives, *(each.objective for each in job.parsed_constraints())}
        scores["predict_ms"] = predict_ms(pipeline, data.X.iloc[validation], COST_REPEATS if "predict_ms" in asked else 1)
        if "model_kb" in asked:
            scores["model_kb"] = len(dump_model(pipeline)) / 1024
    return scores


def fit_on(pipeline: Any, data: LoadedData, rows: int | None) -> None:
    """Fit on so many of the training rows, or on all of them."""
    import numpy as np  # noqa: PLC0415

    chosen = sampled(data.protocol, data.y, np.arange(len(data.y)), rows)
    pipeline.fit(data.X.iloc[chosen], data.y.iloc[chosen])


def build(module: ModuleType) -> Any:
    """A pipeline from its source. Raises ``IntegrityError`` when two builds differ, since then the source does not determine what is trained."""
    pipeline = module.build_pipeline()
    if not same_build(pipeline, module.build_pipeline()):
        raise IntegrityError(f"{module.__name__}: two builds of the same source differ")
    return pipeline


def predict_ms(pipeline: Any, X: pd.DataFrame, repeats: int = COST_REPEATS) -> float:
    """Milliseconds to predict 1,000 rows (probabilities where the pipeline gives them), the median of some ``repeats`` after one warm-up.

    Exactly 1,000 rows are predicted, some of them repeatedly where there are fewer: a cost per call counts as a user pays it. What takes long is
    repeated less often, or not at all: a warm-up is nothing beside it.
    """
    import numpy as np  # noqa: PLC0415

    rows = X.iloc[np.resize(np.arange(len(X)), COST_ROWS)]
    predict = getattr(pipeline, "predict_proba", None) or pipeline.predict

    def once() -> float:
        began = time.perf_counter()
        predict(rows)
        return time.perf_counter() - began

    first, times = once(), list[float]()
    while first < COST_SECONDS and len(times) < repeats and sum(times) < COST_SECONDS:
        times.append(once())
    return statistics.median(times or [first]) * 1000


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _means(folds: Sequence[dict[str, float | None]]) -> dict[str, float | None]:
    """The mean of each value over the folds that measured it; None as soon as one fold's score is undefined."""
    means: dict[str, float | None] = {}
    for name in dict.fromkeys(name for fold in folds for name in fold):
        found = [fold[name] for fold in folds if name in fold]
        numbers = [value for value in found if value is not None]
        means[name] = statistics.fmean(numbers) if numbers and len(numbers) == len(found) else None
    return means


def _worth_keeping(job: TrialJob, values: dict[str, float | None]) -> bool:
    own = rank(values, job.objectives, job.directions, job.parsed_constraints())
    return own is not None and (job.incumbent is None or own > job.incumbent)


def _refit(job: TrialJob, module: ModuleType, data: LoadedData, outcome: TrialOutcome) -> None:
    began = time.perf_counter()
    pipeline = build(module)
    fit_on(pipeline, data, job.rows)
    outcome.model = dump_model(pipeline)
    outcome.values.setdefault("model_kb", len(outcome.model) / 1024)
    outcome.refit_seconds = time.perf_counter() - began
