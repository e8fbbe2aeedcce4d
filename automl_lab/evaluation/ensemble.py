"""Which candidates to average, and with which weights: chosen on out-of-fold predictions alone.

A pure function of its job and the loaded data, as a trial is. Method: greedy selection with replacement (Caruana et al. 2004), begun with the best
single candidate. Owns the choice and its scores by fold; refuses to fit anything: what is chosen becomes a source of its own.
"""

from __future__ import annotations

import io
import math
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_lab.config import Constraint, parse_constraint
from automl_lab.evaluation.loaded import Turns
from automl_lab.evaluation.ranking import Rank, rank
from automl_lab.objectives.objective import OBJECTIVES

if TYPE_CHECKING:
    from automl_lab.evaluation.loaded import LoadedData

ROUNDS = 30  # picks with replacement: the weights are multiples of a thirtieth at the finest
MOST_ROWS = 20_000  # more rows than this change no choice, and cost time at the deadline
SUMMED = ("fit_seconds", "predict_ms", "model_kb")  # what an ensemble costs is what its members cost together


@dataclass(frozen=True)
class Member:
    """A candidate that may be chosen. ``seconds`` is what fitting it on all training rows is expected to take."""

    trial: int
    predictions: str  # artefact of its out-of-fold predictions
    values: Mapping[str, float | None]
    seconds: float


@dataclass(frozen=True)
class EnsembleJob:
    """What a choice needs. Plain values only: it travels to a worker."""

    experiment: str
    protocol: str
    data: str
    members: tuple[Member, ...]
    objectives: tuple[str, ...]
    directions: tuple[str, ...]
    constraints: tuple[str, ...]
    most_members: int
    seconds: float  # that fitting the members may take together


@dataclass(frozen=True)
class EnsembleOutcome:
    """The chosen trials with their weights (whole numbers), and the ensemble's scores as a trial has them. Empty when no ensemble is better."""

    weights: dict[int, int] = field(default_factory=dict)
    folds: list[dict[str, float | None]] = field(default_factory=list)
    values: dict[str, float | None] = field(default_factory=dict)


def pack(predictions: np.ndarray, turns: Sequence[np.ndarray] = ()) -> bytes:
    """Out-of-fold predictions as compact bytes: values of shape (rows,), or probabilities of shape (rows, classes); NaN where a row was never validated.

    Of repeated folds ``predictions`` is the mean and ``turns`` are those of each repeat; they follow it.
    """
    buffer = io.BytesIO()
    np.save(buffer, _compact(predictions), allow_pickle=False)
    if len(turns) > 1:
        np.save(buffer, np.stack([_compact(turn) for turn in turns]), allow_pickle=False)
    return buffer.getvalue()


def _compact(predictions: np.ndarray) -> np.ndarray:
    two = predictions.ndim == 2 and predictions.shape[1] == 2
    return (predictions[:, 1] if two else predictions).astype(np.float32)


def unpack(data: bytes, classes: int | None) -> np.ndarray:
    """What ``pack`` was given, in double precision. Raises ``ValueError`` for bytes that are no array."""
    return _whole(np.load(io.BytesIO(data), allow_pickle=False), classes)


def unpack_turns(data: bytes, classes: int | None) -> list[np.ndarray]:
    """The predictions of each repeat, of folds that are not repeated the only ones."""
    buffer = io.BytesIO(data)
    mean = np.load(buffer, allow_pickle=False)
    turns = np.load(buffer, allow_pickle=False) if buffer.tell() < len(data) else [mean]
    return [_whole(turn, classes) for turn in turns]


def _whole(found: np.ndarray, classes: int | None) -> np.ndarray:
    found = found.astype(float)
    return np.column_stack([1 - found, found]) if classes == 2 else found


def choose(job: EnsembleJob, data: LoadedData, read: Callable[[str], bytes]) -> EnsembleOutcome:
    """The ensemble, if there is one that ranks above the best single candidate."""
    classes = None if data.protocol.CLASSES is None else len(data.protocol.CLASSES)
    predictions = {each.trial: unpack(read(each.predictions), classes) for each in job.members}
    selection = _Selection(job, data, predictions)
    counts = selection.run()
    if len(counts) < 2:
        return EnsembleOutcome()
    found = _scored(job, data, {each.trial: unpack_turns(read(each.predictions), classes) for each in job.members if each.trial in counts}, counts)
    constraints = [parse_constraint(text) for text in job.constraints]
    own = rank(found.values, job.objectives, job.directions, constraints)
    best = max(filter(None, (rank(each.values, job.objectives, job.directions, constraints) for each in job.members)), default=None)
    return found if own is not None and (best is None or _better(own, best)) else EnsembleOutcome()


def _better(own: Rank, best: Rank) -> bool:
    """By feasibility and the main objective: members are cheaper than their ensemble in every cost, which is no news."""
    return (own.feasible, own.merit) > (best.feasible, best.merit)


class _Selection:
    """The greedy picks."""

    def __init__(self, job: EnsembleJob, data: LoadedData, predictions: Mapping[int, np.ndarray]) -> None:
        self.job, self.members = job, {each.trial: each for each in job.members}
        self.limits: list[Constraint] = [limit for limit in map(parse_constraint, job.constraints) if limit.objective in SUMMED]
        known = ~np.isnan(next(iter(predictions.values())).reshape(len(data.y), -1)).any(axis=1)
        rows = np.flatnonzero(known)
        if len(rows) > MOST_ROWS:
            rows = np.sort(np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False))
        self.y = data.y.iloc[rows]
        self.predictions = {trial: each[rows] for trial, each in predictions.items()}
        self.merit = _merit(data, job.objectives[0], job.directions[0])

    def run(self) -> Counter[int]:
        """Trial to number of picks; as many picks as were best."""
        counts: Counter[int] = Counter()
        total: np.ndarray | None = None
        best, kept = -math.inf, Counter[int]()
        for picked in range(ROUNDS):
            options = {trial: self._after(total, trial, picked) for trial in self.members if self._affordable(counts, trial)}
            if not options:
                break
            trial = max(options, key=lambda each: (options[each], each in counts, -each))  # between equals no new member
            counts[trial] += 1
            total = self.predictions[trial] if total is None else total + self.predictions[trial]
            if options[trial] > best:
                best, kept = options[trial], Counter(counts)
        return kept

    def _after(self, total: np.ndarray | None, trial: int, picked: int) -> float:
        own = self.predictions[trial]
        return self.merit(self.y, own if total is None else (total + own) / (picked + 1))

    def _affordable(self, counts: Counter[int], trial: int) -> bool:
        chosen = [self.members[each] for each in {*counts, trial}]
        if len(chosen) == 1:  # a single candidate is what there is without an ensemble
            return True
        if len(chosen) > self.job.most_members or sum(each.seconds for each in chosen) > self.job.seconds:
            return False
        return all(limit.violation(_sum(chosen, limit.objective)) <= 0 for limit in self.limits)


def _sum(members: Sequence[Member], cost: str) -> float:
    found = [each.values.get(cost) for each in members]
    return math.inf if None in found else math.fsum(value for value in found if value is not None)


def _merit(data: LoadedData, objective: str, direction: str) -> Callable[[Any, np.ndarray], float]:
    """The main objective of averaged predictions, more is better."""
    needs = OBJECTIVES[objective].needs
    formula = getattr(data.protocol, OBJECTIVES[objective].definition.name)
    classes = data.protocol.CLASSES

    def merit(y: Any, averaged: np.ndarray) -> float:
        given = _labels(averaged, classes) if needs == "label" else averaged
        value = float(formula(y, given, classes))
        return -math.inf if not math.isfinite(value) else value if direction == "maximize" else -value

    return merit


def _labels(averaged: np.ndarray, classes: Sequence[Any]) -> np.ndarray:
    labels: np.ndarray = np.asarray(classes)[averaged.argmax(axis=1)]
    return labels


def _scored(job: EnsembleJob, data: LoadedData, turns: Mapping[int, Sequence[np.ndarray]], counts: Counter[int]) -> EnsembleOutcome:
    """The scores fold by fold, each repeat by its own predictions: a mean over repeats would flatter it beside single trials."""
    classes, turn = data.protocol.CLASSES, Turns(len(data.y))
    weights = [float(count) for count in counts.values()]
    averaged = [np.average(each, axis=0, weights=weights) for each in zip(*(turns[trial] for trial in counts), strict=True)]
    folds: list[dict[str, float | None]] = []
    for _, validation in data.protocol.folds(data.y):
        part = averaged[turn.of(validation)][validation]
        given = {"value": part} if classes is None else {"label": _labels(part, classes), "probability": part}
        found = data.protocol.score(data.y.iloc[validation], given)
        folds.append({name: float(value) if math.isfinite(value) else None for name, value in found.items()})
    values: dict[str, float | None] = {}
    for name in folds[0]:
        scores = [fold[name] for fold in folds]
        values[name] = None if None in scores else statistics.fmean(score for score in scores if score is not None)
    chosen = [each for each in job.members if each.trial in counts]
    for cost in SUMMED:
        total = _sum(chosen, cost)
        if math.isfinite(total):
            values[cost] = total
    return EnsembleOutcome(dict(counts), folds, values)
