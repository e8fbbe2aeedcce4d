"""What an ensemble is chosen from and what comes out of the choice: plain values that travel between the controller and a worker.

Owns the recipe: which trials, how they are combined, how the result is adjusted, all of it in numbers that become literals of a source. Refuses
to hold anything fitted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from automl_lab.config import Constraint, parse_constraint
from automl_lab.data.profile import Profile

SUMMED = ("fit_seconds", "predict_ms", "model_kb")  # what an ensemble costs is what its members cost together

Method: TypeAlias = Literal["single", "vote", "greedy", "blend", "pool", "layers"]
METHODS: tuple[Method, ...] = ("single", "greedy", "vote", "blend", "pool", "layers")  # which of those within noise is taken: the first
Scores: TypeAlias = dict[str, float | None]


@dataclass(frozen=True)
class Combination:
    """Trials and how they are combined.

    "single" is one trial; "vote", "greedy" and "blend" average with ``weights``; "pool" is the softmax of the weighted logarithms of the
    members' probabilities plus ``shifts`` (one per class), for values the weighted sum plus ``shifts[0]``; "layers" trains a model on the
    members' predictions beside the features, and its weights are all 1. Weights are above zero, in the order of the source.
    """

    method: Method
    weights: Mapping[int, float]
    shifts: tuple[float, ...] = ()


@dataclass(frozen=True)
class Calibration:
    """How probabilities are corrected: softmax of ``slope`` times their logarithms plus ``shifts``, or by the lines through ``points``.

    ``points`` are (before, after) lists, one pair for each class; for two classes of the positive class only.
    """

    kind: Literal["temperature", "sigmoid", "isotonic"]
    slope: float = 1.0
    shifts: tuple[float, ...] = ()
    points: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()


@dataclass(frozen=True)
class Recipe:
    """Everything that the source of an ensemble says besides its members' parameters.

    ``threshold`` is the least probability of the positive class that is called positive, ``label_weights`` what the probabilities of several
    classes are multiplied with before the largest is called. ``bag`` is the number of models, each fitted without one part of the rows, that
    stand for each fit; 1 means a plain fit.
    """

    combination: Combination
    calibration: Calibration | None = None
    threshold: float | None = None
    label_weights: tuple[float, ...] | None = None
    bag: int = 1

    def parameters(self, names: Mapping[int, str]) -> dict[str, float | str]:
        """What a display lists: the weight of each member by its name, and the numbers of the adjustments that are single ones."""
        found: dict[str, float | str] = {names[trial]: weight for trial, weight in self.combination.weights.items()}
        if self.calibration is not None:
            found |= {"calibration": self.calibration.kind} | ({"slope": self.calibration.slope} if self.calibration.kind == "temperature" else {})
        if self.threshold is not None:
            found["threshold"] = self.threshold
        return found | ({"bag": self.bag} if self.bag > 1 else {})

    def words(self) -> str:
        """The recipe in a few words: "trial 12, calibrated (temperature 1.31), threshold 0.37"."""
        trials = list(self.combination.weights)
        parts = [_COMBINED[self.combination.method].format(count=len(trials), first=trials[0])]
        if self.calibration is not None:
            slope = f" {1 / self.calibration.slope:.3g}" if self.calibration.kind == "temperature" else ""
            parts.append(f"calibrated ({self.calibration.kind}{slope})")
        if self.threshold is not None:
            parts.append(f"threshold {self.threshold:.2g}")
        if self.label_weights is not None:
            parts.append("labels weighted")
        if self.bag > 1:
            parts.append(f"each fit a bag of {self.bag}")
        return ", ".join(parts)


_COMBINED: Mapping[Method, str] = {
    "single": "trial {first}",
    "vote": "the average of {count} trials",
    "greedy": "a weighted average of {count} trials (greedy selection)",
    "blend": "a weighted average of {count} trials (optimised)",
    "pool": "a stack of {count} trials (weights above zero)",
    "layers": "two layers: a model on the predictions of {count} trials and the features",
}


@dataclass(frozen=True)
class Member:
    """A candidate that may be chosen.

    ``seconds`` is what fitting it on all training rows is expected to take, ``storing`` what its size adds to that, whatever is fitted beside it;
    ``folds`` are its recorded scores.
    """

    trial: int
    predictions: str  # artefact of its out-of-fold predictions
    values: Mapping[str, float | None]
    seconds: float
    family: str = ""
    folds: tuple[Mapping[str, float | None], ...] = ()
    storing: float = 0.0


@dataclass(frozen=True)
class EnsembleJob:
    """What a choice needs. ``profile`` is asked for by two layers, whose second model is built for the features; without it there are none."""

    experiment: str
    protocol: str
    data: str
    members: tuple[Member, ...]  # the best first
    objectives: tuple[str, ...]
    directions: tuple[str, ...]
    constraints: tuple[str, ...]
    most_members: int
    seconds: float  # that fitting the members once may take
    profile: Profile | None = None
    threads: int = 1
    beside: int = 1  # members that are fitted at a time
    adjust: bool = True  # calibrate probabilities and tune the decision behind a label
    within: float = math.inf  # seconds after which no more ways are tried: what has been found by then is the outcome
    quick: bool = False  # a look at what there would be now, while the search runs
    pinned: tuple[int, ...] = ()  # members that every combination has to hold


AS_WRITTEN = " as written"  # after a score's name: what the source with its literals gives on the folds, which has seen all of them


@dataclass(frozen=True)
class EnsembleOutcome:
    """The recipe and its scores as a trial has them, each fold's by what was learned on the other folds. No recipe when no ensemble is better.

    Without a holdout ``values`` also say what the source gives when its folds are run again (``AS_WRITTEN``): the only scores that can be reproduced.
    """

    recipe: Recipe | None = None
    folds: list[Scores] = field(default_factory=list)
    values: Scores = field(default_factory=dict)
    compared: dict[str, float] = field(default_factory=dict)  # the main objective of every method that was tried
    seconds: float = 0.0  # that the choice took
    worked: float = 0.0  # seconds of one core: less than those, where others want the cores as well
    cut: bool = False  # no way was judged before its time was over: that none is better is not known


class Limits:
    """Which trials may stand together: their number, their costs under the constraints, the time of their fits."""

    def __init__(self, job: EnsembleJob) -> None:
        self.job, self.members = job, {each.trial: each for each in job.members}
        self.costs: list[Constraint] = [limit for limit in map(parse_constraint, job.constraints) if limit.objective in SUMMED]

    def allow(self, trials: Iterable[int], fits: float = 1.0) -> bool:
        """Whether these trials may be fitted together, each as many times as ``fits`` says. One alone may: it is what there is without an ensemble."""
        chosen = [self.members[trial] for trial in set(trials)]
        if len(chosen) == 1 and fits <= 1:
            return True
        if len(chosen) > self.job.most_members or fits * together(chosen, self.job.beside) > self.job.seconds:
            return False
        return all(limit.violation(summed(chosen, limit.objective)) <= 0 for limit in self.costs)

    def leading(self, ranked: Iterable[int], most: int, fits: float = 1.0) -> list[int]:
        """Of trials in their order, pinned ones before the others, as many as may stand together, ``most`` at most; one that does not fit is passed over."""
        kept: list[int] = []
        for trial in dict.fromkeys((*self.job.pinned, *ranked)):
            if len(kept) < most and self.allow([*kept, trial], fits):
                kept.append(trial)
        return kept


LONG = 1.0  # seconds of a fit; shorter ones hold the interpreter most of the time, and in threads take longer than one after the other
GAIN = 0.7  # of a thread more: some of a fit holds the interpreter, and the others wait


def side_by_side(seconds: Collection[float], beside: int) -> float:
    """How long fits of so many seconds take when so many run at a time; short ones run in a row."""
    long = [each for each in seconds if each >= LONG]
    short = math.fsum(seconds) - math.fsum(long)
    return max(max(long, default=0.0), math.fsum(long) / (1 + GAIN * (beside - 1))) + short


def together(members: Collection[Member], beside: int) -> float:
    """How long a fit of these members takes when so many are fitted at a time, and what came of it is stored."""
    return side_by_side([each.seconds for each in members], beside) + math.fsum(each.storing for each in members)


def summed(members: Iterable[Member], cost: str) -> float:
    """What the members cost together; infinite when it is not known of one."""
    found = [each.values.get(cost) for each in members]
    return math.inf if None in found else math.fsum(value for value in found if value is not None)
