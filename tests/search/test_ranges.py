"""The user's ranges of parameters: they hold in every build, and a wrong one gives one line with its place."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from automl_lab.config import ConfigText, ExperimentConfig
from automl_lab.core.errors import RequestError
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import parameters
from automl_lab.experiment.request import Request, profile_for, resolve
from automl_lab.models.family import FAMILIES
from automl_lab.search.proposals import Proposals, Told
from automl_lab.search.strategy import STRATEGIES

FRAME = pd.DataFrame({"a": [i % 7 + i / 9 for i in range(60)], "c": ["xyz"[i % 3] for i in range(60)], "y": [i % 2 for i in range(60)]})


def resolved(**ranges: Any) -> Request:
    return resolve(ExperimentConfig.of({"target": "y", "trials": 5, "ranges": {name.replace("__", "."): given for name, given in ranges.items()}}), FRAME)


def profile(**ranges: Any) -> Profile:
    request = resolved(**ranges)
    return profile_for(request.config, request.dataset)


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_every_proposal_keeps_to_the_ranges(strategy: str) -> None:
    """A range, a wider one, a value, some options, and a number of rounds that is no longer left to early stopping."""
    ranges = {
        "xgboost__max_depth": [20, 30],
        "xgboost__learning_rate": 0.2,
        "xgboost__n_estimators": [3, 7],
        "linear__numeric__scaler": ["quantile", "spline"],
        "random_forest__max_features": [0.35, 0.5],
    }
    found = profile(**ranges)
    names = ["xgboost", "linear", "random_forest"]
    proposals = Proposals(["maximize"], [FAMILIES[name] for name in names], found, 0, STRATEGIES[strategy])
    seen: dict[str, set[Any]] = {}
    for _ in range(60):
        proposal = proposals.ask()
        for name, value in proposal.params.items():
            seen.setdefault(name, set()).add(value)
        proposals.tell(Told(proposal.number, "COMPLETED", (proposal.number * 7 % 10 / 100,)))
    assert all(20 <= depth <= 30 for depth in seen["xgboost.max_depth"])
    assert seen["xgboost.learning_rate"] == {0.2}
    assert seen["xgboost.n_estimators"] <= set(range(3, 8))
    assert seen["linear.numeric.scaler"] <= {"quantile", "spline"}
    assert seen["random_forest.max_features"] <= {0.35, 0.5}
    assert len(seen["xgboost.n_estimators"]) > 1


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_parameter_of_every_family_can_be_frozen_at_its_default(family: str) -> None:
    free = profile()
    for name, each in parameters(FAMILIES[family], free).items():
        frozen = parameters(FAMILIES[family], profile_for(*_request({name: each.default})))[name]
        assert frozen.options == (each.default,) if each.kind == "choice" else (frozen.low, frozen.high) == (each.default, each.default)


def _request(ranges: dict[str, Any]) -> tuple[ExperimentConfig, Any]:
    config = ExperimentConfig.of({"target": "y", "trials": 5, "ranges": ranges})
    return config, resolved().dataset


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("xgboost.max_dept", [3, 5], "unknown parameter 'xgboost.max_dept'; did you mean 'xgboost.max_depth'?"),
        ("xgbost.max_depth", [3, 5], "unknown parameter 'xgbost.max_depth'; did you mean 'xgboost.max_depth'?"),
        ("xgboost.max_depth", [5, 3], "the range of xgboost.max_depth begins above its end: [5, 3]"),
        ("xgboost.max_depth", [3.5, 5], "xgboost.max_depth is a whole number; its range cannot be [3.5, 5]"),
        ("xgboost.max_depth", "deep", "the range of xgboost.max_depth is a number, or two like [2, 10]; it is 'deep'"),
        ("xgboost.learning_rate", [0, 1], "the range of xgboost.learning_rate is searched on a logarithmic scale and has to begin above zero; it is [0, 1]"),
        ("linear.numeric.scaler", ["standard", "none"], "parameter linear.numeric.scaler has no option 'none'; it is one of 'standard', 'quantile', 'spline'"),
    ],
)
def test_a_wrong_range_says_what_instead(name: str, given: Any, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        resolve(ExperimentConfig.of({"target": "y", "ranges": {name: given}}), FRAME)
    assert caught.value.message == message
    assert caught.value.path == ("ranges", name)


def test_a_range_of_a_family_that_is_not_searched_is_refused() -> None:
    with pytest.raises(RequestError, match="is of xgboost, which is not searched here; searched: linear"):
        resolve(ExperimentConfig.of({"target": "y", "models": ["linear"], "ranges": {"xgboost.max_depth": 3}}), FRAME)


def test_a_range_is_found_in_the_text_and_survives_it() -> None:
    text = ConfigText.read("ranges:\n  xgboost.max_depth: [3, 5]\n  knn.weights: uniform\n  linear.class_weight: [null, balanced]\n")
    assert text.config.ranges == {"xgboost.max_depth": [3, 5], "knn.weights": "uniform", "linear.class_weight": [None, "balanced"]}
    assert text.locate(("ranges", "knn.weights")) == (3, 16)
    assert ExperimentConfig.from_yaml(text.config.to_yaml()).config == text.config


@pytest.mark.parametrize("given", [[], {"low": 1}, [[1]]])
def test_what_is_no_range_is_refused_where_it_is_read(given: Any) -> None:
    with pytest.raises(RequestError, match="is no range; write a value, or a list"):
        ExperimentConfig.of({"ranges": {"xgboost.max_depth": given}})


def test_an_unknown_strategy_offers_the_nearest() -> None:
    with pytest.raises(RequestError, match=r"unknown strategy 'autoo'; did you mean 'auto'\?"):
        resolve(ExperimentConfig.of({"target": "y", "strategy": "autoo"}), FRAME)
