"""Importances of a known response."""

from __future__ import annotations

from random import Random
from typing import Any

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution, distribution_to_json

from automl_lab.search.importance import LEAST_TRIALS, importances

SPACE = {
    "family": CategoricalDistribution(["xgboost", "linear"]),
    "xgboost.rate": FloatDistribution(0.01, 1.0, log=True),
    "xgboost.depth": IntDistribution(1, 10),
    "xgboost.way": CategoricalDistribution(["a", "b"]),
    "xgboost.frozen": CategoricalDistribution(["only"]),
}


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """The depth decides, the rate hardly, the way not at all."""
    random = Random(seed)
    found = []
    for number in range(count):
        params = {
            "family": "xgboost",
            "xgboost.rate": random.uniform(0.01, 1),
            "xgboost.depth": random.randint(1, 10),
            "xgboost.way": random.choice("ab"),
            "xgboost.frozen": "only",
        }
        value = params["xgboost.depth"] + 0.2 * params["xgboost.rate"]
        distributions = {name: distribution_to_json(each) for name, each in SPACE.items()}
        found.append(
            {
                "number": number,
                "state": "COMPLETED",
                "family": "xgboost",
                "params": params,
                "distributions": distributions,
                "values": {"rmse": value},
                "parent": None,
            }
        )
    return found


def test_the_parameter_that_decides_has_the_largest_share() -> None:
    found = importances(rows(200), "rmse", "minimize")["xgboost"]
    assert next(iter(found)) == "xgboost.depth"
    assert found["xgboost.depth"] > 0.7
    assert set(found) == {"xgboost.depth", "xgboost.rate", "xgboost.way"}
    assert abs(sum(found.values()) - 1) < 0.01


def test_nothing_is_said_of_few_trials() -> None:
    assert importances(rows(LEAST_TRIALS - 1), "rmse", "minimize") == {}
    assert importances([], "rmse", "minimize") == {}


def test_trials_out_of_a_range_that_was_narrowed_do_not_count() -> None:
    narrowed = distribution_to_json(IntDistribution(4, 6))
    found = [
        *rows(100),
        *({**row, "distributions": {**row["distributions"], "xgboost.depth": narrowed}} for row in rows(60, 1) if 4 <= row["params"]["xgboost.depth"] <= 6),
    ]
    assert "xgboost.depth" in importances(found, "rmse", "minimize")["xgboost"]


def test_parameters_that_only_some_trials_have_do_not_count() -> None:
    found = rows(60)
    for row in found[::2]:
        del row["params"]["xgboost.way"], row["distributions"]["xgboost.way"]
    assert "xgboost.way" not in importances(found, "rmse", "minimize")["xgboost"]
