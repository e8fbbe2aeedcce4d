"""The choice: which trials, combined in which way, corrected how. A pure function of its job and the loaded data, as a trial is.

Every way is judged by scores on rows that it did not learn on, and one that did worse on other data has to be better by more than noise. Owns the order of the
choices; refuses to fit any member: what is chosen becomes a source of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_lab.evaluation.ensembles.adjust import KINDS, Kind, learn_calibration, learn_label_weights, learn_threshold
from automl_lab.evaluation.ensembles.apply import labels
from automl_lab.evaluation.ensembles.averages import blend, greedy, ranked, vote
from automl_lab.evaluation.ensembles.judge import Judge, Judged, Learned, Learner, TimeIsUp, difference, with_recipe
from automl_lab.evaluation.ensembles.layers import SecondLayer, choose_layers, suits
from automl_lab.evaluation.ensembles.recipe import AS_WRITTEN, Combination, EnsembleJob, EnsembleOutcome, Method, Recipe
from automl_lab.evaluation.ensembles.rows import Rows, codes_of, unpack_turns
from automl_lab.evaluation.ensembles.stacks import pool
from automl_lab.evaluation.ranking import rank
from automl_lab.objectives.objective import OBJECTIVES

if TYPE_CHECKING:
    from automl_lab.evaluation.loaded import LoadedData

MOST_ROWS = 5_000  # more rows than this change no choice, and cost time at the deadline
QUICK_ROWS = 2_000
QUICK_POOLED = 8
LEAST_GAIN = 0.002  # of the best trial's loss, on the rows that something is learned on: less is no reason to fit more than one model
SURE = 2.0  # standard errors of the rows' differences in log-loss by which a calibration has to be better

COMBINED: Mapping[Method, Callable[..., Combination | None]] = {"greedy": greedy, "vote": vote, "blend": blend, "pool": pool}
BY_LOSS: frozenset[Method] = frozenset({"blend", "pool"})  # their weights are those of the least log-loss or error
BY_ORDER = frozenset({"roc_auc", "average_precision"})  # objectives that only see how rows are ordered: the least log-loss is another aim
QUICK: tuple[Method, ...] = ("greedy", "vote", "blend")


def choose(job: EnsembleJob, data: LoadedData, read: Callable[[str], bytes]) -> EnsembleOutcome:
    """The best recipe, if there is one that ranks above the best single candidate or says its probabilities better."""
    began = _Watch()
    classes = None if data.protocol.CLASSES is None else len(data.protocol.CLASSES)
    pooled = job.members[:QUICK_POOLED] if job.quick else job.members
    judge = Judge(job, data, {each.trial: unpack_turns(read(each.predictions), classes) for each in pooled})
    if not judge.folds:
        return began.timed(EnsembleOutcome())
    single = judge.single()
    with suppress(TimeIsUp):
        anew = judge.judge(_best_trial(judge))
        if anew is not None:
            judge.flattered(anew)
    found, cut = _tried(judge)
    compared = {"single": single, **found}
    if job.pinned:  # the user's wish: what does not hold them all is not looked at, and what does need not be better
        best = judge.preferred([each for each in found.values() if _holds(each, job.pinned)])
    else:
        best = judge.preferred([each for each in found.values() if each.standing > single.standing or _promises(judge, each, single)])
    adjusted = _adjusted if job.adjust and not job.quick else _as_it_is
    chosen = alone = adjusted(judge, single)
    if best is not None:
        together = adjusted(judge, best)
        chosen = alone if judge.better(alone, together) and not job.pinned else together
    figures: dict[str, float] = {method: float(judged.merits.mean()) for method, judged in compared.items()}
    if not (_holds(chosen, job.pinned) if job.pinned and best is not None else _worth_it(judge, chosen, single)):
        return began.timed(EnsembleOutcome(compared=figures, cut=cut and not found))
    written = {} if len(data.y_holdout) else {f"{name}{AS_WRITTEN}": value for name, value in judge.written(chosen.whole).items()}
    return began.timed(EnsembleOutcome(chosen.whole.recipe, judge.recorded(chosen.folds), {**chosen.values, **written}, figures))


class _Watch:
    """What a choice takes: on the clock, and of a core."""

    def __init__(self) -> None:
        self._clock, self._core = time.perf_counter(), time.thread_time()

    def timed(self, outcome: EnsembleOutcome) -> EnsembleOutcome:
        """The outcome with what it took."""
        return replace(outcome, seconds=time.perf_counter() - self._clock, worked=time.thread_time() - self._core)


def _holds(judged: Judged, pinned: Collection[int]) -> bool:
    return set(pinned) <= judged.whole.recipe.combination.weights.keys()


def _promises(judge: Judge, one: Judged, single: Judged) -> bool:
    """Whether it is behind the best trial by no more than noise, and better on the rows that it was learned on: an average of different candidates does
    better on new rows (see decision 15)."""
    if one.whole.second is not None or judge.better(single, one):
        return False
    loss, alone = (judge.loss(each.whole.recipe.combination) for each in (one, single))
    return loss < (1 - LEAST_GAIN) * alone


def _worth_it(judge: Judge, chosen: Judged, single: Judged) -> bool:
    """Whether no single candidate is better beyond noise; a calibrated one may be level with the best, since its probabilities are better."""
    ranks = [rank(each.values, judge.job.objectives, judge.job.directions, judge.constraints) for each in judge.job.members]
    best = max(((each.feasible, each.merit) for each in ranks if each is not None), default=None)
    if chosen.rank is None or chosen.whole.recipe == single.whole.recipe:
        return False
    if best is None or chosen.standing > best:
        return True
    if len(chosen.whole.recipe.combination.weights) > 1:
        return chosen.standing[0] == best[0] and not judge.better(single, chosen)
    return chosen.whole.recipe.calibration is not None and chosen.standing == best


def _tried(judge: Judge) -> tuple[dict[Method, Judged], bool]:
    """Every way to combine that was judged in time, and whether there was not time for all."""
    found: dict[Method, Judged] = {}
    try:
        for method, learn in _ways(judge):
            judged = judge.judge(learn)
            if judged is not None:
                found[method] = judged
    except TimeIsUp:
        return found, True
    return found, False


def _ways(judge: Judge) -> Iterator[tuple[Method, Learner]]:
    """The ways to combine that may be tried, each as what is learned from rows."""
    job = judge.job
    if job.most_members < 2 or len(judge.rows.predictions) < 2:
        return
    for method in QUICK if job.quick or not judge.complete else COMBINED:
        if method not in BY_LOSS or job.objectives[0] not in BY_ORDER:
            yield method, _learner(judge, COMBINED[method])
    if not job.quick and job.profile is not None and suits(judge.rows, job.profile):
        yield "layers", _layered(judge)


def _best_trial(judge: Judge) -> Learner:
    """The choice that a search makes without an ensemble: the best that keeps to the constraints, where any does."""

    def learn(rows: Rows) -> Learned | None:
        order, few = ranked(rows, judge.measure), rows.sample(QUICK_ROWS if judge.job.quick else MOST_ROWS)
        return Learned(Recipe(Combination("single", {next((trial for trial in order if judge.feasible(few, trial)), order[0]): 1})))

    return learn


def _learner(judge: Judge, way: Callable[..., Combination | None]) -> Learner:
    most = QUICK_ROWS if judge.job.quick else MOST_ROWS

    def learn(rows: Rows) -> Learned | None:
        found = way(rows.sample(most), judge.measure, judge.limits)
        return None if found is None else Learned(Recipe(found))

    return learn


def _layered(judge: Judge) -> Learner:
    """Which trials stand in the first layer is chosen once, by all rows: what is learned of them is the second model."""
    chosen, profile = choose_layers(judge.rows.sample(MOST_ROWS), judge.measure, judge.limits), judge.job.profile

    def learn(rows: Rows) -> Learned | None:
        return None if chosen is None or profile is None else Learned(Recipe(chosen), SecondLayer(chosen, rows, profile))

    return learn


def _as_it_is(_judge: Judge, judged: Judged) -> Judged:
    return judged


def _adjusted(judge: Judge, judged: Judged) -> Judged:
    """With a calibration and a decision of its own, each where it is better by more than noise. Two layers are left as they are: the second model
    has seen the rows that an adjustment would be learned on. So is everything where some fit lacks a class."""
    if judge.measure.classes is None or not judge.complete or judged.whole.second is not None:
        return judged
    with suppress(TimeIsUp):
        for kind in KINDS:
            found = judge.judge(_calibration(judge, judged, kind), judged)
            if found is not None and _calibrates(judge, found, judged):
                judged = found
        if _needs_labels(judge):
            found = judge.judge(_decision(judge, judged), judged)
            if found is not None and judge.better(found, judged):
                judged = found
    return judged


def _before(judged: Judged, judge: Judge, rows: Rows) -> Learned:
    """What was learned on these rows before: that of their fold, or of all rows."""
    return next((each for each, fold in zip(judged.learned, judge.folds, strict=True) if fold.learn is rows), judged.whole)


def _calibration(judge: Judge, judged: Judged, kind: Kind) -> Learner:
    def learn(rows: Rows) -> Learned | None:
        plain = with_recipe(_before(judged, judge, rows), calibration=None)
        if rows.y.nunique() < len(judge.measure.classes):  # a class without a row would be said to be impossible
            return None
        few = rows.sample(MOST_ROWS)
        probability = plain.predict(few, judge.measure)["probability"]
        return with_recipe(plain, calibration=learn_calibration(kind, probability, few.codes(judge.measure.classes)))

    return learn


def _calibrates(judge: Judge, found: Judged, before: Judged) -> bool:
    """Whether the log-loss of rows is lower by more than noise, and the main objective no worse."""
    if found.standing < before.standing:
        return False
    gain, error = difference(-_losses(judge, found), -_losses(judge, before))
    return gain > SURE * error


def _losses(judge: Judge, judged: Judged) -> np.ndarray:
    """Minus the logarithm of the true class's probability, of every row that judges."""
    parts = []
    for fold, predicted in zip(judge.folds, judged.predicted, strict=True):
        codes = fold.judge.codes(judge.measure.classes)
        parts.append(-np.log(np.maximum(predicted["probability"][np.arange(len(codes)), codes], 1e-15)))
    return np.concatenate(parts)


def _needs_labels(judge: Judge) -> bool:
    names = [judge.job.objectives[0], *(constraint.objective for constraint in judge.constraints)]
    return any(name in OBJECTIVES and OBJECTIVES[name].needs == "label" for name in names)


def _decision(judge: Judge, judged: Judged) -> Learner:
    """A threshold for two classes, weights of the labels for several."""
    classes = judge.measure.classes

    def learn(rows: Rows) -> Learned | None:
        plain = with_recipe(_before(judged, judge, rows), threshold=None, label_weights=None)
        few = rows.sample(MOST_ROWS)
        probability = plain.predict(few, judge.measure)["probability"]
        if len(classes) == 2:
            return with_recipe(plain, threshold=learn_threshold(probability, lambda called: _merit(judge, few.y, called.astype(int))))
        counts = np.bincount(few.codes(classes), minlength=len(classes)) + 1.0

        def merit(weights: tuple[float, ...]) -> Any:
            return _merit(judge, few.y, codes_of(labels(Recipe(plain.recipe.combination, label_weights=weights), probability, classes), classes))

        return with_recipe(plain, label_weights=learn_label_weights(list(counts / counts.sum()), merit))

    return learn


def _merit(judge: Judge, y: Any, called: np.ndarray) -> tuple[bool, float]:
    """Of the numbers of the classes that the rows are called: feasible first, by the constraints that look at labels; then the main objective where it
    looks at labels.
    """
    broken = 0.0
    for constraint in judge.constraints:
        if constraint.objective in OBJECTIVES and OBJECTIVES[constraint.objective].needs == "label":
            broken += max(0.0, constraint.violation(judge.measure.called(constraint.objective, y, called)))
    if broken > 0:
        return False, -broken
    return True, judge.measure.of_codes(y, called) if judge.measure.needs == "label" else 0.0
