"""What a trial is expected to cost: from its family here, else from how costs compared on other data."""

from __future__ import annotations

import pytest

from automl_lab.search.costs import Costs


def test_nothing_is_expected_of_what_nobody_measured() -> None:
    costs = Costs()
    assert costs.expected("linear") is None
    assert costs.expected("linear", 2.0) is None
    costs.record("linear", 1.0)
    assert costs.expected("svm") is None
    assert costs.expected("svm", 2.0) is None


def test_a_family_costs_what_it_cost_on_average() -> None:
    costs = Costs()
    costs.record("linear", 1.0)
    costs.record("linear", 3.0)
    assert costs.expected("linear") == pytest.approx(2.0)


def test_relative_costs_carry_over_first_within_the_family_then_between_families() -> None:
    costs = Costs()
    costs.record("linear", 1.0, relative=0.1)
    costs.record("lightgbm", 30.0, relative=1.0)
    costs.record("xgboost", 20.0, relative=1.0)
    assert costs.expected("lightgbm", 4.0) == pytest.approx(120.0)  # ten times those of linear, as the family has shown
    assert costs.expected("catboost", 2.0) == pytest.approx(40.0)  # of the ratios 10, 30 and 20 the median
    assert costs.expected("lightgbm") == pytest.approx(30.0)


def test_families_of_a_kind_say_more_of_each_other_than_the_rest() -> None:
    costs = Costs({"lightgbm": "boosted", "catboost": "boosted"})
    costs.record("linear", 1.0, relative=1.0)
    costs.record("svm", 2.0, relative=1.0)
    assert costs.expected("catboost", 2.0) == pytest.approx(3.0)
    costs.record("lightgbm", 10.0, relative=1.0)
    assert costs.expected("catboost", 2.0) == pytest.approx(20.0)
    assert costs.expected("mlp", 2.0) == pytest.approx(4.0)
