"""Candidates: their parameters, the messages about wrong ones, and how steps and models meet."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl_lab.core.errors import RequestError
from automl_lab.evaluation.candidate import ALLOWED, build_candidate, default_params, parameters, render_candidate, search_space_size
from automl_lab.features.step import STEPS
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.audit import audit
from automl_lab.pipelines.suggest import DefaultSuggest, FixedSuggest
from automl_lab.search.suggest import OptunaSuggest
from automl_lab.testing.frames import sample

TASKS = ("binary", "multiclass", "regression")
XGBOOST = FAMILIES["xgboost"]
PROFILE = sample("binary").profile
DECLARED = [(name, task) for name, family in FAMILIES.items() for task in TASKS if task in family.tasks]


def test_the_registered_parts():
    assert set(FAMILIES) >= {"baseline", "linear", "random_forest", "xgboost"}
    assert set(STEPS) >= {"numeric", "categorical", "high_cardinality", "datetime", "text"}
    assert all(family.available() is None for family in FAMILIES.values())


@pytest.mark.parametrize("task", TASKS)
def test_every_column_is_prepared_once(task):
    profile = sample(task).profile
    taken = [name for step in STEPS.values() if not step.extra for group in step.groups(profile) for name in group]
    assert sorted(taken) == sorted(each.name for each in profile.columns)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(DECLARED))
def test_what_optuna_suggests_rebuilds_the_same_source(seed, declared):
    name, task = declared
    profile = sample(task).profile
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed))
    trial = study.ask()
    call = build_candidate(FAMILIES[name], OptunaSuggest(trial), profile)
    assert set(trial.params) <= set(parameters(FAMILIES[name], profile))
    rebuilt = FixedSuggest(trial.params)
    assert build_candidate(FAMILIES[name], rebuilt, profile) == call
    assert rebuilt.params == trial.params
    audit(render_candidate(FAMILIES[name], trial.params, profile), ALLOWED)


@pytest.mark.parametrize(("name", "task"), DECLARED)
def test_defaults_lie_in_the_space_of_optuna(name, task):
    profile = sample(task).profile
    params = default_params(FAMILIES[name], profile)
    study = optuna.create_study()
    study.enqueue_trial(params)
    trial = study.ask()
    build_candidate(FAMILIES[name], OptunaSuggest(trial), profile)
    assert trial.params == params


def test_names_carry_family_and_step():
    names = set(parameters(XGBOOST, PROFILE))
    assert {"xgboost.learning_rate", "xgboost.categorical.encoding", "xgboost.text.topics"} <= names
    assert all(name.startswith("xgboost.") for name in names)


def test_the_size_of_a_space_counts_conditional_parameters_and_the_family():
    linear = FAMILIES["linear"]
    encoding = FixedSuggest({"linear.high_cardinality.encoding": "target"})
    build_candidate(linear, encoding, PROFILE)
    assert set(encoding.asked) < set(parameters(linear, PROFILE))
    assert search_space_size([linear], PROFILE) == len(parameters(linear, PROFILE))
    # The number of rounds is found by early stopping and never searched.
    assert search_space_size([linear, XGBOOST], PROFILE) == len(parameters(linear, PROFILE)) + len(parameters(XGBOOST, PROFILE)) - 1 + 1


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"xgboost.learning_rte": 0.1}, "unknown parameter 'xgboost.learning_rte'; did you mean 'xgboost.learning_rate'?"),
        ({"xgboost.learning_rate": 2}, "parameter xgboost.learning_rate goes from 0.01 to 0.3, not 2"),
        ({"xgboost.learning_rate": math.nan}, "parameter xgboost.learning_rate is a number, not nan"),
        ({"xgboost.learning_rate": "0.1"}, "parameter xgboost.learning_rate is a number, not '0.1'"),
        ({"xgboost.max_depth": 2.5}, "parameter xgboost.max_depth is an int, not 2.5"),
        ({"xgboost.max_depth": True}, "parameter xgboost.max_depth is an int, not True"),
        ({"xgboost.balanced": 1}, "parameter xgboost.balanced has no option 1; it is one of False, True"),
        ({"xgboost.categorical.encoding": "hash"}, "parameter xgboost.categorical.encoding has no option 'hash'; it is one of 'onehot', 'ordinal', 'target'"),
        ({"family": "linear"}, "these parameters are of the family 'linear', not 'xgboost'"),
    ],
)
def test_wrong_parameters_are_named(params, message):
    with pytest.raises(RequestError) as caught:
        render_candidate(XGBOOST, params, PROFILE)
    assert str(caught.value) == message


def test_a_parameter_of_another_branch_is_told_apart_from_an_unknown_one():
    with pytest.raises(RequestError, match=r"linear.high_cardinality.min_frequency does not apply"):
        render_candidate(FAMILIES["linear"], {"linear.high_cardinality.encoding": "target", "linear.high_cardinality.min_frequency": 5}, PROFILE)


def test_numbers_of_the_other_kind_are_taken_in_their_own():
    source = render_candidate(XGBOOST, {"xgboost.min_child_weight": 1, "xgboost.max_depth": 4.0}, PROFILE)
    assert source == render_candidate(XGBOOST, {"xgboost.min_child_weight": 1.0, "xgboost.max_depth": 4}, PROFILE)
    forest = render_candidate(FAMILIES["random_forest"], {"random_forest.max_features": 1}, PROFILE)
    assert "max_features=1.0" in forest.text


def test_without_a_usable_column_only_the_baseline_can_be_built():
    bare = replace(PROFILE, columns=())
    render_candidate(FAMILIES["baseline"], {}, bare)
    with pytest.raises(RequestError, match="no column of the data can be used by xgboost"):
        render_candidate(XGBOOST, {}, bare)


def test_a_family_refuses_a_task_that_is_not_its_own():
    with pytest.raises(RequestError, match="xgboost does not do regression; it does binary"):
        build_candidate(replace(XGBOOST, tasks=frozenset({"binary"})), DefaultSuggest(), sample("regression").profile)


def test_a_parameter_asked_for_twice_is_a_mistake_of_the_part():
    def twice(suggest, _profile):
        suggest.int("depth", 1, 3, default=1)
        return suggest.int("depth", 1, 3, default=2)

    with pytest.raises(ValueError, match=r"xgboost.depth is asked for twice"):
        build_candidate(replace(XGBOOST, build=twice), DefaultSuggest(), PROFILE)


def test_seed_and_threads_are_literals():
    text = render_candidate(XGBOOST, {}, replace(PROFILE, seed=11, threads=3)).text
    assert "random_state=11" in text
    assert "n_jobs=3" in text
    assert "n_jobs=None" not in text


def test_listing_the_parts_imports_no_machine_learning_library():
    code = "import sys, automl_lab.evaluation.candidate; print([m for m in ('sklearn', 'xgboost', 'pandas', 'optuna', 'skops') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
