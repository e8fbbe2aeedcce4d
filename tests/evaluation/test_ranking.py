"""Which candidate is better."""

from __future__ import annotations

import math

from automl_lab.config import parse_constraint
from automl_lab.evaluation.pruning import MORE, hopeless
from automl_lab.evaluation.ranking import rank

BOUND = [parse_constraint("predict_ms <= 5")]


def test_feasible_beats_infeasible_whatever_the_score() -> None:
    good = rank({"roc_auc": 0.6, "predict_ms": 5.0}, ["roc_auc"], ["maximize"], BOUND)
    bad = rank({"roc_auc": 0.9, "predict_ms": 5.1}, ["roc_auc"], ["maximize"], BOUND)
    assert good is not None
    assert bad is not None
    assert good > bad


def test_among_the_infeasible_the_smaller_violation_wins() -> None:
    near = rank({"roc_auc": 0.6, "predict_ms": 5.5}, ["roc_auc"], ["maximize"], BOUND)
    far = rank({"roc_auc": 0.9, "predict_ms": 50.0}, ["roc_auc"], ["maximize"], BOUND)
    assert near is not None
    assert far is not None
    assert near > far


def test_a_lower_loss_is_better() -> None:
    low, high = (rank({"rmse": value}, ["rmse"], ["minimize"], []) for value in (1.0, 2.0))
    assert low is not None
    assert high is not None
    assert low > high


def test_between_equals_in_the_main_objective_the_cheaper_wins() -> None:
    objectives, directions = ["roc_auc", "predict_ms"], ["maximize", "minimize"]
    cheap, dear, unknown = (rank({"roc_auc": 0.9, "predict_ms": ms}, objectives, directions, []) for ms in (1.0, 2.0, None))
    assert cheap is not None
    assert dear is not None
    assert unknown is not None
    assert cheap > dear > unknown


def test_no_score_no_rank() -> None:
    assert rank({"rmse": None}, ["rmse"], ["minimize"], []) is None
    assert rank({"rmse": math.nan}, ["rmse"], ["minimize"], []) is None


def test_pruning_waits_for_three_folds_and_for_a_consistent_deficit() -> None:
    reference = (0.9, 0.9, 0.9, 0.9, 0.9)
    assert not hopeless([0.1, 0.1], reference, "maximize")
    assert hopeless([0.1, 0.1, 0.1], reference, "maximize")
    assert not hopeless([0.95, 0.1, 0.95], reference, "maximize")
    assert not hopeless([0.1, 0.1, 0.1], None, "maximize")
    assert hopeless([1.9, 1.9, 1.9], reference, "minimize")
    assert not hopeless([0.1, 0.1, 0.1], reference, "minimize")
    assert not hopeless([0.1] * 5, reference, "maximize"), "after the last fold there is nothing left to save"


def test_what_is_a_little_worse_on_every_fold_is_kept_for_an_ensemble() -> None:
    reference = (0.90, 0.86, 0.94, 0.88, 0.92)
    assert not hopeless([0.89, 0.85, 0.93], reference, "maximize")
    assert hopeless([0.86, 0.82, 0.90], reference, "maximize")
    assert not hopeless([0.86, 0.82, 0.90, 0.84], reference, "maximize"), "the last fold costs little, and a whole trial may be of use to an ensemble"


def test_what_is_far_behind_is_dropped_before_the_third_fold() -> None:
    reference = (0.90, 0.86, 0.94, 0.88, 0.92)
    assert hopeless([0.70], reference, "maximize")
    assert not hopeless([0.80], reference, "maximize")
    assert hopeless([0.80, 0.76], reference, "maximize")
    assert not hopeless([0.80, 0.90], reference, "maximize")
    assert not hopeless([0.70], (0.9, 0.9, 0.9, 0.9, 0.9), "maximize"), "folds that do not differ say nothing of chance"
    assert not hopeless([0.70], (0.9,), "maximize"), "a single fold is the last one"
    assert hopeless([1.20], (1.0, 1.04, 0.96), "minimize")


def test_the_first_of_a_family_is_dropped_only_where_it_is_far_behind() -> None:
    reference = (0.90, 0.86, 0.94, 0.88, 0.92)
    assert hopeless([0.86, 0.82, 0.90], reference, "maximize")
    assert not hopeless([0.86, 0.82, 0.90], reference, "maximize", little=MORE)
    assert hopeless([0.82, 0.78, 0.86], reference, "maximize", little=MORE)
