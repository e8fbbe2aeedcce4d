"""Which family gets the next trial."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl_lab.search.allocation import Allocation

FAMILIES = ["linear", "forest", "boosting"]
RECORDS = st.lists(st.tuples(st.sampled_from(FAMILIES), st.floats(0, 100), st.none() | st.floats(-10, 10)), max_size=40)


def chosen(allocation: Allocation, times: int = 2000) -> Counter[str]:
    """How often each family is drawn."""
    return Counter(allocation.choose(Random(seed)) for seed in range(times))


@given(RECORDS, st.integers(0, 1000))
def test_a_known_family_is_drawn_and_the_same_one_for_the_same_seed(records: list[tuple[str, float, float | None]], seed: int) -> None:
    allocation = Allocation(FAMILIES, ["maximize"])
    for family, cost, value in records:
        allocation.record(family, cost, [value])
    family = allocation.choose(Random(seed))
    assert family == allocation.choose(Random(seed))
    assert family in ({record[0] for record in records} or set(FAMILIES))


@pytest.mark.parametrize(("direction", "sign"), [("maximize", 1), ("minimize", -1)])
def test_a_family_that_keeps_improving_gets_more_than_one_that_is_far_behind(direction: str, sign: int) -> None:
    allocation = Allocation(["leader", "laggard"], [direction])
    for step in range(6):
        allocation.record("leader", 1.0, [sign * (0.8 + 0.01 * step)])
        allocation.record("laggard", 1.0, [sign * (0.6 + 0.0001 * step)])
    share = chosen(allocation)
    assert share["leader"] > 10 * share["laggard"] > 0


def test_the_cheaper_of_two_equals_gets_more() -> None:
    allocation = Allocation(["cheap", "dear"], ["maximize"])
    for family, cost in (("cheap", 0.1), ("dear", 10.0)):
        for _ in range(4):
            allocation.record(family, cost, [0.9])
    assert chosen(allocation)["cheap"] > 20 * chosen(allocation)["dear"]


def test_what_is_quick_and_far_behind_is_hardly_tried_again() -> None:
    """As naive Bayes beside boosting: a hundredth of the cost, never better than its default, and never near the best."""
    allocation = Allocation(["quick", "good"], ["maximize"])
    for step in range(6):
        allocation.record("quick", 0.1, [0.89 - 0.01 * step])
        allocation.record("good", 10.0, [0.925 - 0.001 * (step % 3)])
    assert chosen(allocation)["good"] > 20 * chosen(allocation)["quick"] > 0


def test_failures_cost_and_bring_nothing() -> None:
    allocation = Allocation(["sound", "broken"], ["maximize"])
    allocation.record("sound", 1.0, [0.8])
    for _ in range(20):
        allocation.record("broken", 1.0, [None])
    assert chosen(allocation)["sound"] > 10 * chosen(allocation)["broken"]


def test_the_best_by_another_objective_keeps_its_share() -> None:
    """The quick family never wins by score, and is the best by its prediction time."""
    one, two = Allocation(["exact", "quick"], ["maximize"]), Allocation(["exact", "quick"], ["maximize", "minimize"])
    for step in range(10):
        for family, score, cost in (("exact", 0.9 + step / 100, 50.0), ("quick", 0.5 + step / 1e6, 1.0 - step / 100)):
            one.record(family, 1.0, [score])
            two.record(family, 1.0, [score, cost])
    assert chosen(one)["quick"] < 0.05 * 2000 < 0.3 * 2000 < chosen(two)["quick"]


def test_only_those_that_are_named_are_chosen() -> None:
    allocation = Allocation(["quick", "slow"], ["maximize"])
    for step in range(4):
        allocation.record("quick", 1.0, [0.5])
        allocation.record("slow", 30.0, [0.8 + step / 10])
    assert chosen(allocation)["slow"] > 0
    assert {allocation.choose(Random(seed), {"quick"}) for seed in range(200)} == {"quick"}
    assert {Allocation(["quick", "slow"], ["maximize"]).choose(Random(seed), {"slow"}) for seed in range(9)} == {"slow"}


def test_what_chance_explains_sets_no_family_apart() -> None:
    """The same scores: where the folds disagree on who is better, the one that is ahead gets little more."""
    steady, noisy = Allocation(["ahead", "behind"], ["maximize"]), Allocation(["ahead", "behind"], ["maximize"])
    for step in range(6):
        for family, score, swing in (("ahead", 0.80, 0.05), ("behind", 0.79, -0.05)):
            steady.record(family, 1.0, [score + step / 1e4], [score, score, score, score])
            noisy.record(family, 1.0, [score + step / 1e4], [score + swing, score - swing, score + 2 * swing, score - 2 * swing])
    certain, open_ = chosen(steady), chosen(noisy)
    assert certain["behind"] < 0.06 * 2000
    assert open_["behind"] > 0.3 * 2000


def test_what_has_come_to_a_standstill_makes_room_for_what_has_not() -> None:
    """As support vectors beside networks: forty trials a step apart from each other, near the best within the noise, and nothing better among them."""
    allocation = Allocation(["still", "moving"], ["minimize"])
    for value in (0.387, 0.43, 0.40, 0.45, 0.41):
        allocation.record("moving", 2.0, [value], [value, value - 0.03, value + 0.03, value])
    for step in range(40):
        allocation.record("still", 0.5, [0.389 + step % 4 / 1e4], [0.33, 0.46, 0.32, 0.45])
    drawn = chosen(allocation)
    assert 2.0 * drawn["moving"] > 3 * 0.5 * drawn["still"] > 0, "by their time"
