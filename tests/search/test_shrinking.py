"""The best of a boosted family once more with smaller steps: when it is tried, and when not."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution

from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Profile
from automl_lab.experiment.request import resolve
from automl_lab.models.family import FAMILIES
from automl_lab.search.proposals import Proposal, Proposals, Told
from automl_lab.search.shrinking import TIMES, smaller_steps
from automl_lab.search.strategy import STRATEGIES

RATE: dict[str, BaseDistribution] = {"f.rate": FloatDistribution(0.02, 0.3, log=True)}
BOOSTED = sorted(name for name, family in FAMILIES.items() if family.stopping is not None)


@pytest.mark.parametrize(("rate", "wanted"), [(0.3, 0.1), (0.09, 0.03), (0.06, 0.02), (0.05, None)])
def test_a_third_of_the_steps(rate: float, wanted: float | None) -> None:
    found = smaller_steps({"f.rate": rate, "f.depth": 6}, RATE, "f.rate")
    assert found == (None if wanted is None else {"f.rate": pytest.approx(wanted), "f.depth": 6})


def test_no_further_than_the_range_and_not_where_that_is_hardly_less() -> None:
    assert smaller_steps({"f.rate": 0.09}, {"f.rate": FloatDistribution(0.04, 0.3)}, "f.rate") == {"f.rate": 0.04}
    for kept in (FloatDistribution(0.06, 0.3), FloatDistribution(0.09, 0.09)):
        assert smaller_steps({"f.rate": 0.09}, {"f.rate": kept}, "f.rate") is None
    assert smaller_steps({}, {}, "f.rate") is None


@pytest.fixture(scope="module")
def profile() -> Profile:
    frame = pd.DataFrame({"a": [i % 7 + i / 9 for i in range(60)], "c": ["xyz"[i % 3] for i in range(60)], "y": [i % 2 for i in range(60)]})
    return resolve(ExperimentConfig.of({"target": "y", "trials": 5}), frame).dataset.profile(0, 1)


def later(profile: Profile, strategy: str, limit: float, count: int) -> list[Proposal]:
    """What is asked after every family's default, and after somebody wished for large steps, which were the best. A trial costs 1."""
    known = replace(STRATEGIES[strategy], portfolio=False)
    proposals = Proposals(("maximize",), [FAMILIES[name] for name in (*BOOSTED, "linear")], profile, 0, known)
    for place, name in enumerate(BOOSTED):
        proposals.enqueue({"family": name, f"{name}.learning_rate": 0.3 - place / 100})
    found = []
    for _ in range(2 * len(BOOSTED) + 1 + count):
        found.append(proposals.ask(limit))
        rate = found[-1].params.get(f"{found[-1].family}.learning_rate", 0.0)
        proposals.tell(Told(found[-1].number, "COMPLETED", (0.5 + rate,), (), (0.5 + rate,) * 2, 1.0))
    return found[-count:]


def test_every_boosted_family_is_tried_so_the_best_first_and_once(profile: Profile) -> None:
    asked = later(profile, "auto", float("inf"), len(BOOSTED) + 20)
    first = asked[: len(BOOSTED)]
    assert [each.family for each in first] == BOOSTED
    for place, each in enumerate(first):
        assert each.params[f"{each.family}.learning_rate"] == pytest.approx((0.3 - place / 100) / TIMES)
    again = [each for each in asked[len(BOOSTED) :] if each.params.get(f"{each.family}.learning_rate") == 0.3 / TIMES]
    assert not again, "a step from the best of a family has the largest steps there are, and is not tried so once more"


def test_a_restarted_search_knows_what_was_tried_so(profile: Profile) -> None:
    """It asks again what was asked, and goes on with the same proposals."""
    known, again = (Proposals(("maximize",), [FAMILIES[name] for name in BOOSTED], profile, 0, replace(STRATEGIES["auto"], portfolio=False)) for _ in range(2))
    known.enqueue({"family": "xgboost", "xgboost.learning_rate": 0.3})
    for number in range(14):
        asked = known.ask()
        assert again.restore(asked.family, asked.origin, asked.params, asked.parent) == asked
        for each in (known, again):
            each.tell(Told(number, "COMPLETED", (1.0 if asked.origin == "user" else 0.5,), (), (0.5, 0.5), 1.0))
    assert {known.ask().family for _ in range(3)} == {again.ask().family for _ in range(3)}
    assert known._slow == again._slow == {"catboost", "xgboost"}, "the default of catboost has large steps as well"


@pytest.mark.parametrize(("strategy", "limit"), [("auto", 11.9), ("tpe", 1e9), ("random", 1e9)])
def test_not_where_it_would_take_more_than_its_share_of_the_time_and_not_by_other_strategies(profile: Profile, strategy: str, limit: float) -> None:
    """Three times a trial's cost of 1 is a quarter of 12."""

    def third(asked: Proposal) -> bool:
        return asked.params.get(f"{asked.family}.learning_rate") == pytest.approx(0.1)

    assert third(later(profile, "auto", 12.0, 1)[0])
    assert not third(later(profile, strategy, limit, 1)[0])


def test_what_steps_a_family_takes_is_one_of_its_parameters(profile: Profile) -> None:
    from automl_lab.evaluation.candidate import parameters

    assert [name for name, family in FAMILIES.items() if family.shrinkage is not None] == [name for name in FAMILIES if name in BOOSTED]
    for name in BOOSTED:
        assert parameters(FAMILIES[name], profile)[f"{name}.{FAMILIES[name].shrinkage}"].kind == "float"
