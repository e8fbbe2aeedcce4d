"""Steps from a good configuration: near it, within the ranges, never the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from automl_lab.search.nearby import nearby

KNOWN: dict[str, BaseDistribution] = {
    "rate": FloatDistribution(0.01, 0.3, log=True),
    "share": FloatDistribution(0.5, 1.0),
    "depth": IntDistribution(2, 12),
    "leaves": IntDistribution(4, 255, log=True),
    "kind": CategoricalDistribution([None, "balanced", True, 1]),
    "fixed": FloatDistribution(2.0, 2.0),
}
PARAMS: dict[str, Any] = {"rate": 0.05, "share": 1.0, "depth": 6, "leaves": 31, "kind": None, "fixed": 2.0}


@pytest.mark.parametrize("seed", range(200))
def test_a_step_stays_within_the_ranges_and_changes_something(seed: int) -> None:
    found = nearby(PARAMS, KNOWN, Random(seed))
    assert found != PARAMS
    assert found == nearby(PARAMS, KNOWN, Random(seed))
    assert found.keys() == PARAMS.keys()
    assert found["fixed"] == 2.0
    assert 0.01 <= found["rate"] <= 0.3
    assert 0.5 <= found["share"] <= 1.0
    assert isinstance(found["depth"], int)
    assert 2 <= found["depth"] <= 12
    assert isinstance(found["leaves"], int)
    assert 4 <= found["leaves"] <= 255
    assert any(found["kind"] is each for each in (None, "balanced", True, 1))


def test_steps_are_mostly_small() -> None:
    found = [nearby(PARAMS, KNOWN, Random(seed)) for seed in range(400)]
    assert 0.03 < sum(each["kind"] is not None for each in found) / 400 < 0.3
    assert 0.3 < sum(each["depth"] != 6 for each in found) / 400 < 0.6
    assert sum(abs(each["depth"] - 6) <= 4 for each in found) / 400 > 0.9


def test_where_nothing_can_move_nothing_does() -> None:
    assert nearby({"fixed": 2.0}, {"fixed": KNOWN["fixed"]}, Random(0)) == {"fixed": 2.0}
    assert nearby({}, {}, Random(0)) == {}
