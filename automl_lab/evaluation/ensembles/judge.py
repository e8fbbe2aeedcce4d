"""How good a recipe is, honestly: whatever it learns is learned on other rows than those that judge it, fold by fold.

Owns the cross-fitted scores and what counts as more than noise. Refuses to score a recipe by the rows that it was learned on.

The best of many trials owes a part of its recorded score to luck (Cawley and Talbot 2010), and a combination that is judged on other rows does not. So the
choice of the best trial is judged in the same way, and combinations are put on the scale of the recorded scores by what that takes off: one is better than
the best trial exactly if it is better than a best trial that was chosen on other rows.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from automl_lab.config import parse_constraint
from automl_lab.evaluation.ensembles.apply import calibrate, combine, labels
from automl_lab.evaluation.ensembles.layers import FITS, SecondLayer
from automl_lab.evaluation.ensembles.recipe import METHODS, SUMMED, Combination, EnsembleJob, Limits, Recipe, Scores, summed
from automl_lab.evaluation.ensembles.rows import LEAST_ROWS, Fold, Measure, Rows, in_parts, known_rows
from automl_lab.evaluation.ranking import Rank, rank
from automl_lab.objectives.objective import OBJECTIVES

if TYPE_CHECKING:
    from automl_lab.evaluation.loaded import LoadedData


@dataclass(frozen=True)
class Learned:
    """A recipe with what it needs to predict rows: only two layers need anything."""

    recipe: Recipe
    second: SecondLayer | None = None

    def predict(self, rows: Rows, measure: Measure) -> dict[str, np.ndarray]:
        """As evaluate.py's ``predict``: "label" and "probability", or "value"."""
        combined = combine(self.recipe.combination, rows.predictions) if self.second is None else self.second.predict(rows)
        if measure.classes is None:
            return {"value": combined}
        probability = calibrate(self.recipe.calibration, combined)
        return {"label": labels(self.recipe, probability, measure.classes), "probability": probability}


# Their members are chosen anew for every fold. Two layers have those that all rows chose, and one trial is the recorded one.
CHOSEN_BY_FOLD = frozenset({"vote", "greedy", "blend", "pool"})
PARTS = 5  # of a single validation part: what is learned on some of its rows is judged by the others
Learner: TypeAlias = Callable[[Rows], Learned | None]


@dataclass(frozen=True)
class Judged:
    """A recipe learned on all rows, and how the same procedure did on rows that it had not learned on."""

    whole: Learned
    learned: list[Learned]  # one for each fold
    predicted: list[dict[str, np.ndarray]]  # for the rows that judge, likewise
    folds: list[Scores]
    values: Scores
    merits: np.ndarray  # the main objective of each fold, more is better
    rank: Rank | None

    @cached_property
    def standing(self) -> tuple[bool, float]:
        """Feasibility and the main objective: members are cheaper than their ensemble in every cost, which is no news."""
        return (False, -math.inf) if self.rank is None else (self.rank.feasible, self.rank.merit)


class TimeIsUp(Exception):
    """The seconds of the job are over: nothing more is learned."""


class Judge:
    """Judges recipes for one choice, as long as the job's seconds last."""

    def __init__(self, job: EnsembleJob, data: LoadedData, turns: Mapping[int, Sequence[np.ndarray]]) -> None:
        self.job, self.limits, self._began = job, Limits(job), time.perf_counter()
        self.rows, self._validated = known_rows(data, turns)
        alone = len(self._validated) == 1 and len(self._validated[0].learn) < LEAST_ROWS
        self.folds = in_parts(self._validated[0], PARTS) if alone else self._validated
        self.measure = Measure(data, job.objectives[0], job.directions[0])
        self.complete = self.measure.classes is None or _every_class(data, len(self.measure.classes))
        self.constraints = [parse_constraint(text) for text in job.constraints]
        self.reference = job.members[0]
        self._flattery = 1.0
        self._plain = self._scores(self.folds, [self._single()] * len(self.folds))[1]

    def _single(self) -> Learned:
        return Learned(Recipe(Combination("single", {self.reference.trial: 1})))

    def single(self) -> Judged:
        """The best single trial."""
        return self._judged([self._single()] * len(self.folds), self._single())

    def flattered(self, anew: Judged) -> None:
        """Note what the best trial's recorded score owes to its having been chosen, by that of one that was chosen ``anew`` for every fold.

        A ratio of losses (a score's distance from 1), at most 1, so that no score leaves its range. Only the main objective chose: other scores, and
        those of constraints above all, are what they are.
        """
        name = self.job.objectives[0]
        kept, plain = _loss(name, self.single().values.get(name)), _loss(name, anew.values.get(name))
        if 0 < kept < plain < math.inf:
            self._flattery = kept / plain

    def written(self, whole: Learned) -> Scores:
        """The scores of what was learned on all rows, on the folds' own rows: what they say is flattered, but anybody can compute it from the source."""
        plain, own = (self._scores(self._validated, [each] * len(self._validated))[1] for each in (self._single(), whole))
        return means([self._as_recorded(fold.index, *each) for fold, *each in zip(self._validated, own, plain, strict=True)])

    def recorded(self, folds: list[Scores]) -> list[Scores]:
        """The scores as a trial has them: a validation part that was judged in parts is one."""
        return folds if self.folds is self._validated else [means(folds)]

    def judge(self, learn: Learner, before: Judged | None = None) -> Judged | None:
        """The procedure ``learn`` across the folds; None where it finds nothing on all rows.

        A fold with too few rows to learn from is judged by what stood ``before``: else by the best single trial. Raises ``TimeIsUp``.
        """
        whole = self._in_time(learn, self.rows)
        if whole is None:
            return None
        instead = [self._single()] * len(self.folds) if before is None else before.learned
        learned = [
            (self._in_time(learn, fold.learn) if len(fold.learn) >= LEAST_ROWS else None) or other for fold, other in zip(self.folds, instead, strict=True)
        ]
        return self._judged(learned, whole)

    def _in_time(self, learn: Learner, rows: Rows) -> Learned | None:
        if time.perf_counter() - self._began > self.job.within:
            raise TimeIsUp
        return learn(rows)

    def _judged(self, learned: list[Learned], whole: Learned) -> Judged:
        predicted, folds = self._scores(self.folds, learned)
        folds = [self._as_recorded(fold.index, *each) for fold, *each in zip(self.folds, folds, self._plain, strict=True)]
        if whole.recipe.combination.method in CHOSEN_BY_FOLD:
            main = self.job.objectives[0]
            folds = [{**fold, main: _closer(main, fold[main], self._flattery)} for fold in folds]
        values = {**means(folds), **self._costs(whole)}
        merits = np.array([self.measure.signed(each[self.job.objectives[0]]) for each in folds])
        own = rank(values, self.job.objectives, self.job.directions, self.constraints)
        return Judged(whole, learned, predicted, folds, values, merits, own)

    def _scores(self, folds: Sequence[Fold], learned: Sequence[Learned]) -> tuple[list[dict[str, np.ndarray]], list[Scores]]:
        predicted = [each.predict(fold.judge, self.measure) for each, fold in zip(learned, folds, strict=True)]
        return predicted, [self.measure.scores(fold.judge.y, found) for fold, found in zip(folds, predicted, strict=True)]

    def _as_recorded(self, index: int, own: Scores, plain: Scores) -> Scores:
        """The scores on the scale of the recorded ones.

        Kept predictions are shorter numbers than those that the trial was scored by, and a part of a fold is not the whole of it. What the best trial's
        score differs by from its recorded one is taken off, so that what changes nothing has the very score of that trial.
        """
        recorded = self.reference.folds[index] if index < len(self.reference.folds) else {}
        return {name: _shifted(value, recorded.get(name), plain.get(name)) for name, value in own.items()}

    def _costs(self, whole: Learned) -> Scores:
        members = [self.limits.members[trial] for trial in whole.recipe.combination.weights]
        added = {} if whole.second is None else whole.second.costs(self.rows)
        fits = 1.0 if whole.second is None else FITS
        costs = {cost: summed(members, cost) * (fits if cost == "fit_seconds" else 1.0) + added.get(cost, 0.0) for cost in SUMMED}
        return {cost: value for cost, value in costs.items() if math.isfinite(value)}

    def feasible(self, rows: Rows, trial: int) -> bool:
        """Whether a trial keeps on these rows to the constraints that are scores."""
        wanted = [limit for limit in self.constraints if limit.objective in OBJECTIVES and OBJECTIVES[limit.objective].kind == "score"]
        if not wanted:
            return True
        values = [self.measure.score(limit.objective, rows.y, rows.predictions[trial]) for limit in wanted]
        return all(math.isfinite(value) and limit.violation(value) <= 0 for limit, value in zip(wanted, values, strict=True))

    def loss(self, combination: Combination) -> float:
        """The main objective on all rows that count, the ones that it was learned on, as a loss."""
        merit = self.measure.merit(self.rows.y, combine(combination, self.rows.predictions))
        return _loss(self.measure.name, self.measure.signed(merit) if math.isfinite(merit) else None)

    def better(self, one: Judged, other: Judged) -> bool:
        """Whether ``one`` is feasible where the other is not, or better by more than one standard error of the folds' differences.

        Of two that are not feasible the one that breaks its constraints less is better.
        """
        if not (one.standing[0] and other.standing[0]):
            return one.standing > other.standing
        mean, error = difference(one.merits, other.merits)
        return mean > 0 and mean >= error

    def preferred(self, found: Sequence[Judged]) -> Judged | None:
        """The first of ``METHODS`` that is not worse than the best by more than one standard error (after the rule of Breiman et al. 1984)."""
        if not found:
            return None
        best = max(found, key=lambda each: each.standing)
        ordered = sorted(found, key=lambda each: METHODS.index(each.whole.recipe.combination.method))
        return next(each for each in ordered if each is best or (each.standing[0] == best.standing[0] and not self.better(best, each)))


def _every_class(data: LoadedData, classes: int) -> bool:
    """Whether every fit knows all classes: one that lacks any gives fewer probabilities than there are classes, and nothing can be learned for each class.

    That is the last fit, and where no rows are held out those of the folds as well: they are run again to compute the score.
    """
    fits = [] if len(data.y_holdout) else [fit for fit, _ in data.protocol.folds(data.y)]
    return data.y.nunique() == classes and all(data.y.iloc[fit].nunique() == classes for fit in fits)


def difference(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """The mean of paired differences and its standard error; an error of zero for a single pair, which cannot have one."""
    apart = one - other
    if not np.isfinite(apart).all():
        return (0.0 if np.array_equal(one, other) else math.nan), math.inf
    return float(apart.mean()), float(apart.std(ddof=1) / math.sqrt(len(apart))) if len(apart) > 1 else 0.0


def means(folds: Sequence[Scores]) -> Scores:
    """The mean of each score; None as soon as one fold has none."""
    found: Scores = {}
    for name in folds[0]:
        scores = [fold[name] for fold in folds]
        found[name] = None if None in scores else statistics.fmean(score for score in scores if score is not None)
    return found


def _loss(name: str, value: float | None) -> float:
    """A score's distance from the best there is; infinite where it is not known, or no score."""
    if value is None or name not in OBJECTIVES or OBJECTIVES[name].kind != "score":
        return math.inf
    return 1 - value if OBJECTIVES[name].direction == "maximize" else value


def _closer(name: str, value: float | None, share: float) -> float | None:
    """The score at this share of its distance from the best there is."""
    if value is None or share == 1.0:
        return value
    return 1 - (1 - value) * share if OBJECTIVES[name].direction == "maximize" else value * share


def _shifted(own: float | None, recorded: float | None, plain: float | None) -> float | None:
    if own is None or recorded is None or plain is None:
        return own
    return recorded if own == plain else own + (recorded - plain)


def with_recipe(learned: Learned, **changes: object) -> Learned:
    """The same with other adjustments."""
    return replace(learned, recipe=replace(learned.recipe, **changes))  # type: ignore[arg-type]
