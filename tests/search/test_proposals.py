"""Asks and tells of one experiment, with the real families and the real sampler, without a cluster."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.experiment.request import resolve
from automl_lab.models.family import FAMILIES
from automl_lab.search.portfolio import entries
from automl_lab.search.proposals import Proposal, Proposals, Told
from automl_lab.search.strategy import STRATEGIES

WINDOW = 4


@pytest.fixture(scope="module")
def profile() -> Profile:
    frame = pd.DataFrame({"a": [i % 7 + i / 9 for i in range(60)], "c": ["xyz"[i % 3] for i in range(60)], "y": [i % 2 for i in range(60)]})
    return resolve(ExperimentConfig.of({"target": "y", "trials": 5}), frame).dataset.profile(0, 1)


def made(profile: Profile, seed: int = 0, directions: tuple[str, ...] = ("maximize",), strategy: str = "tpe") -> Proposals:
    return Proposals(directions, list(FAMILIES.values()), profile, seed, STRATEGIES[strategy])


def value(proposal: Proposal) -> float:
    """A score that depends on the family and on one of its parameters."""
    numbers = [each for each in proposal.params.values() if isinstance(each, float)]
    return {"baseline": 0.5}.get(proposal.family, 0.8) + min([0.1, *(abs(each) / 100 for each in numbers)])


def told(proposal: Proposal) -> Told:
    if proposal.number % 11 == 7:
        return Told(proposal.number, "FAILED", (None,))
    if proposal.number % 11 == 9:
        return Told(proposal.number, "PRUNED", (None,), (), (value(proposal), 0.4))
    return Told(proposal.number, "COMPLETED", (value(proposal),), (), (value(proposal),) * 2)


def search(strategy: Proposals, trials: int) -> list[Proposal]:
    """So many asks, each told of all but the last ``WINDOW``."""
    asked: list[Proposal] = []
    for number in range(trials):
        if number >= WINDOW:
            strategy.tell(told(asked[number - WINDOW]))
        asked.append(strategy.ask())
    return asked


def test_every_family_begins_with_its_default_and_the_baseline_is_tried_once(profile: Profile) -> None:
    asked = search(made(profile), 40)
    first = asked[: len(FAMILIES)]
    assert [each.family for each in first] == list(FAMILIES)
    assert {each.origin for each in first} == {"default"}
    assert {each.origin for each in asked[len(FAMILIES) :]} == {"search"}
    assert Counter(each.family for each in asked)["baseline"] == 1


def test_the_same_seed_gives_the_same_proposals_and_another_seed_others(profile: Profile) -> None:
    one, two, other = (search(made(profile, seed), 30) for seed in (3, 3, 4))
    assert one == two
    assert one != other


def costly(proposal: Proposal) -> Told:
    """Forests and boosting cost a hundred times what the others do."""
    cost = 100.0 if "n_estimators" in " ".join(proposal.params) or proposal.family == "catboost" else 1.0
    return Told(proposal.number, "COMPLETED", (value(proposal),), (), (value(proposal),) * 2, cost, cost)


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_what_is_not_expected_to_fit_is_not_started(profile: Profile, strategy: str) -> None:
    proposals = made(profile, strategy=strategy)
    for _ in range(70):
        proposals.tell(costly(proposals.ask()))
    known = [costly(proposals.ask(50.0)) for _ in range(40)]
    assert {each.cost for each in known} == {1.0}
    assert proposals.ask(1e-6).number == 110  # a worker is never left without anything to try


def test_an_opening_with_little_time_leaves_out_what_is_dear_and_a_restart_leaves_out_the_same(profile: Profile) -> None:
    proposals, asked = made(profile, strategy="auto"), []
    for number in range(24):
        asked.append(proposals.ask(1000.0 if number < 8 else 20.0))
        proposals.tell(costly(asked[-1]))
    opened = [each for each in asked if each.origin in ("default", "portfolio")]
    assert {costly(each).cost for each in opened if each.number < 8} == {1.0, 100.0}
    assert sum(each.number >= 8 for each in opened) > 2  # the opening goes on with what is quick
    for each in asked[8:]:  # a family that never ran is judged by how it compares elsewhere
        assert costly(each).cost == 1.0 or each.family not in {earlier.family for earlier in asked[: each.number]}
    again = made(profile, strategy="auto")
    for each in asked:
        again.restore(each.family, each.origin, each.params)
        again.tell(costly(each))
    assert again.ask(20.0) == proposals.ask(20.0)


def test_many_classes_make_boosting_dear_and_nothing_else(profile: Profile) -> None:
    """Every entry costs what the list says, those of boosting eight times that: a tree for each of 32 classes instead of for the four of most data.

    Two run at a time, so that the second of boosting is asked before anything is known of the first.
    """
    many = replace(profile, task="multiclass", classes=tuple(f"leaf {number}" for number in range(32)))
    listed = entries(many)
    proposals, opened = made(many, strategy="auto"), list[Proposal]()
    while not opened or opened[-1].origin in ("default", "portfolio"):
        opened.append(proposals.ask(6.0))
        if len(opened) > 1:
            before = opened[-2]
            cost = next((each.cost for each in listed if each.is_that(before.family, before.params)), None) or 0.1
            cost *= 8.0 if FAMILIES[before.family].stopping is not None else 1.0
            proposals.tell(Told(before.number, "COMPLETED", (value(before),), (), (value(before),) * 2, cost, cost))
    families = Counter(each.family for each in opened[:-1])
    plain = {each.family for each in listed if FAMILIES[each.family].stopping is None and (each.cost or 0.0) <= 3.0}
    assert plain <= set(families), "what boosting takes says nothing of them, and half of the time is not too much for the first of a family"
    assert {"mlp", "extra_trees", "svm"} <= plain
    assert families["lightgbm"] == 1
    assert families["catboost"] == 0
    assert Counter(each.family for each in listed)["lightgbm"] > 1


def test_many_rows_make_kernel_methods_dear_and_nothing_else(profile: Profile) -> None:
    """Seen on 3,673 rows with 60 seconds: two support vector machines took ten seconds each for their first fold, and no forest was tried."""

    def opened(rows: int) -> Counter[str]:
        proposals, found = made(replace(profile, rows=rows), strategy="auto"), list[Proposal]()
        listed = entries(profile)
        while not found or found[-1].origin in ("default", "portfolio"):
            found.append(proposals.ask(5.0))
            cost = next((each.cost for each in listed if each.is_that(found[-1].family, found[-1].params)), None) or 0.1
            proposals.tell(Told(found[-1].number, "COMPLETED", (value(found[-1]),), (), (value(found[-1]),) * 2, cost, cost))
        return Counter(each.family for each in found[:-1])

    few, many = opened(1_000), opened(5_000)
    assert few["svm"] > 0
    assert (many["svm"], many["gaussian_process"]) == (0, 0)
    assert {family: count for family, count in many.items() if not FAMILIES[family].steep} == {f: count for f, count in few.items() if not FAMILIES[f].steep}


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
@pytest.mark.parametrize("dies_after", [0, 3, 17, 29, 52])
def test_a_strategy_rebuilt_from_its_record_goes_on_with_the_same_proposals(profile: Profile, strategy: str, dies_after: int) -> None:
    undisturbed = search(made(profile, strategy=strategy), 60)
    again = made(profile, strategy=strategy)
    for number in range(dies_after):
        if number >= WINDOW:
            again.tell(told(undisturbed[number - WINDOW]))
        again.restore(undisturbed[number].family, undisturbed[number].origin, undisturbed[number].params)
    for number in range(dies_after, 60):
        if number >= WINDOW:
            again.tell(told(undisturbed[number - WINDOW]))
        assert again.ask() == undisturbed[number]


def test_every_proposal_renders_and_carries_its_distributions(profile: Profile) -> None:
    for proposal in search(made(profile), 40):
        assert set(proposal.distributions) == set(proposal.params)
        render_candidate(FAMILIES[proposal.family], proposal.params, profile)


def test_a_wish_comes_next_and_what_it_leaves_open_is_sampled(profile: Profile) -> None:
    strategy = made(profile)
    wish: dict[str, Any] = {"family": "xgboost", "xgboost.max_depth": 4}
    strategy.enqueue(wish)
    proposal = strategy.ask()
    assert (proposal.origin, proposal.family) == ("user", "xgboost")
    assert wish.items() <= proposal.params.items()
    assert len(proposal.params) > len(wish)


def test_an_infeasible_trial_is_no_progress_of_its_family(profile: Profile) -> None:
    """The family with the best scores gets most trials, unless all of them break a constraint."""
    found: dict[float, Counter[str]] = {}
    for broken in (0.0, 1.0):
        strategy, found[broken] = made(profile), Counter()
        for _ in range(80):
            proposal = strategy.ask()
            best = proposal.family == "random_forest"
            score = 0.95 + proposal.number / 10_000 if best else value(proposal)
            strategy.tell(Told(proposal.number, "COMPLETED", (score,), (broken if best else 0.0,), ()))
            found[broken][proposal.family] += 1
    assert found[0.0]["random_forest"] > 2 * found[1.0]["random_forest"] > 0
