"""A search whose ranges and families are changed on the way: what is asked afterwards, and that a restart asks the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.experiment.request import resolve
from automl_lab.models.family import FAMILIES
from automl_lab.search.moving import distributions_there
from automl_lab.search.proposals import Proposal, Proposals, Told
from automl_lab.search.strategy import STRATEGIES

NAMES = ("linear", "random_forest", "xgboost")
RANGES: dict[str, Any] = {"xgboost.max_depth": [3, 4], "linear.numeric.scaler": "standard", "random_forest.n_estimators": [60, 80]}
Changes = dict[int, tuple[Sequence[str], dict[str, Any]]]


@pytest.fixture(scope="module")
def profile() -> Profile:
    frame = pd.DataFrame({"a": [i % 7 + i / 9 for i in range(60)], "c": ["xyz"[i % 3] for i in range(60)], "y": [i % 2 for i in range(60)]})
    return resolve(ExperimentConfig.of({"target": "y", "trials": 5}), frame).dataset.profile(0, 1)


def made(profile: Profile, strategy: str = "auto") -> Proposals:
    return Proposals(("minimize",), [FAMILIES[name] for name in NAMES], profile, 0, STRATEGIES[strategy])


def told(proposal: Proposal) -> Told:
    """Deep trees score best, so that a search would go where the ranges forbid it."""
    numbers = [each for each in proposal.params.values() if isinstance(each, float)]
    value = 1.0 / (1 + proposal.params.get("xgboost.max_depth", 1)) + sum(abs(each) for each in numbers) % 0.01
    if proposal.number % 9 == 4:
        return Told(proposal.number, "FAILED", (None,))
    return Told(proposal.number, "COMPLETED", (value,), (), (value,) * 2)


def search(proposals: Proposals, profile: Profile, trials: int, changes: Changes, window: int = 3) -> list[Proposal]:
    """So many asks, each told of all but the last few; the changes come before the tells and the ask of their number, as in a search."""
    asked: list[Proposal] = []
    for number in range(trials):
        if number in changes:
            families, ranges = changes[number]
            proposals.change(families, replace(profile, ranges=ranges))
        if number >= window:
            proposals.tell(told(asked[number - window]))
        asked.append(proposals.ask())
    return asked


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_what_is_asked_after_a_change_is_inside_of_it(profile: Profile, strategy: str) -> None:
    narrowed = replace(profile, ranges=RANGES)
    asked = search(made(profile, strategy), profile, 50, {20: (("random_forest", "xgboost"), RANGES)})
    assert {each.family for each in asked[:20]} == set(NAMES)
    assert {each.family for each in asked[20:]} == {"random_forest", "xgboost"}
    for each in asked[20:]:
        render_candidate(FAMILIES[each.family], each.params, narrowed)  # raises for a value out of its range
    assert {each.params["xgboost.max_depth"] for each in asked[20:] if each.family == "xgboost"} == {3, 4}


def test_a_family_that_comes_back_is_searched_again(profile: Profile) -> None:
    asked = search(made(profile), profile, 60, {0: (("linear",), {}), 10: (NAMES, {}), 40: (("xgboost",), {})})
    assert {each.family for each in asked[:10]} == {"linear"}
    assert {each.family for each in asked[10:40]} == set(NAMES)
    assert {each.family for each in asked[40:]} == {"xgboost"}


def test_what_was_learned_in_a_wider_space_counts_as_far_as_it_is_in_this_one(profile: Profile) -> None:
    proposals = made(profile)
    search(proposals, profile, 40, {})
    proposals.change(NAMES, replace(profile, ranges=RANGES))
    kept = proposals._studies["xgboost"].trials
    assert kept
    assert {each.params["xgboost.max_depth"] for each in kept} <= {3, 4}
    assert all(each.distributions["xgboost.max_depth"].high == 4 for each in kept)
    proposals.change(NAMES, profile)  # wider again: nothing is lost
    assert len(proposals._studies["xgboost"].trials) > len(kept)


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_a_restart_after_changes_asks_the_same(profile: Profile, strategy: str) -> None:
    changes: Changes = {7: (NAMES, {"xgboost.max_depth": [2, 5]}), 15: (("linear", "xgboost"), RANGES), 24: (NAMES, {})}
    alive, again = made(profile, strategy), made(profile, strategy)
    asked = search(alive, profile, 35, changes)
    for number, each in enumerate(asked):
        if number in changes:
            again.change(changes[number][0], replace(profile, ranges=changes[number][1]))
        if number >= 3:
            again.tell(told(asked[number - 3]))
        assert again.restore(each.family, each.origin, each.params, each.parent) == each
    for number in range(32, 36):
        for proposals in (alive, again):
            if number < 35:
                proposals.tell(told(asked[number]))
        assert again.ask() == alive.ask()


def test_a_trial_is_in_a_space_or_it_is_not(profile: Profile) -> None:
    xgboost = FAMILIES["xgboost"]
    params = next(each for each in search(made(profile), profile, 20, {}) if each.family == "xgboost" and each.origin == "search").params
    searched = {name: value for name, value in params.items() if name != "family"}
    assert distributions_there(xgboost, searched, profile) is not None
    assert distributions_there(xgboost, searched, replace(profile, ranges={"xgboost.max_depth": 999})) is None
    assert distributions_there(xgboost, {**searched, "xgboost.max_dept": 3}, profile) is None
    less = {name: value for name, value in searched.items() if name != "xgboost.max_depth"}
    assert distributions_there(xgboost, less, profile) is None
