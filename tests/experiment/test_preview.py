"""A request that is being written: what is shown of its data, and that its errors are the request's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import RequestError
from automl_lab.experiment import preview
from automl_lab.experiment.preview import Outlook, Preview
from automl_lab.experiment.request import resolve

RANDOM = np.random.default_rng(1)
ROWS = 60
FRAME = pd.DataFrame(
    {
        "row": range(ROWS),
        "age": RANDOM.integers(18, 90, ROWS),
        "city": RANDOM.choice(["Bern", "Basel", "Chur"], ROWS),
        "pay": np.where(RANDOM.random(ROWS) < 0.4, np.nan, RANDOM.normal(5000, 900, ROWS)),
        "left": RANDOM.choice(["yes", "no"], ROWS),
    }
)


def look(**values: Any) -> Outlook:
    return Preview({"staff": FRAME}).look(ExperimentConfig.of(values))


def test_columns_are_shown_before_there_is_a_target() -> None:
    found = look(data="staff")
    assert found.names == tuple(FRAME.columns)
    assert [each.column.kind for each in found.columns] == ["identifier", "numeric", "categorical", "numeric", "boolean"]
    assert sum(found.columns[2].bars.counts) == ROWS
    assert found.problem is not None
    assert (found.problem.path, found.dataset, found.request) == (("target",), None, None)


def test_a_whole_request_says_what_would_run() -> None:
    found = look(data="staff", target="left", trials=5)
    assert found.problem is None
    assert found.request is not None
    assert found.request.config == resolve(ExperimentConfig.of({"data": "staff", "target": "left", "trials": 5}), namespace={"staff": FRAME}).config
    assert found.dataset is not None
    assert found.dataset.validation.told
    assert set(found.left_out) & set(found.request.config.models) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"data": "stuff"},
        {"data": "staff", "target": "lft"},
        {"data": "staff", "target": "left", "objectives": ["rmse"]},
        {"data": "staff", "target": "left", "models": ["lightgbn"]},
        {"data": "staff", "target": "left", "columns": {"city": "numeric"}},
        {"data": "staff", "target": "left", "columns": {"town": "drop"}},
        {"data": "staff", "target": "left", "ranges": {"xgboost.depth": 3}},
        {"data": "staff", "target": "left", "split": {"kind": "time", "column": "city"}},
        {"data": "staff", "target": "left", "constraints": ["predict_sm <= 3"]},
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_request(wrong: dict[str, Any]) -> None:
    config = ExperimentConfig.of(wrong)
    found = Preview({"staff": FRAME}).look(config)
    with pytest.raises(RequestError) as caught:
        resolve(config, namespace={"staff": FRAME})
    assert found.problem is not None
    assert found.problem.path == caught.value.path
    assert wrong == {} or str(found.problem) == str(caught.value)
    assert found.request is None


def test_a_family_that_cannot_be_used_says_why() -> None:
    found = look(data="staff", target="pay")
    assert found.dataset is not None
    assert found.dataset.task == "regression"
    assert "it does not fit a regression task" in found.left_out["naive_bayes"]
    assert "naive_bayes" in found.refused


def test_data_is_read_once_until_it_is_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    reads: list[str] = []
    real = preview.read
    monkeypatch.setattr(preview, "read", lambda name, namespace: (reads.append(name), real(name, namespace))[1])
    path = tmp_path / "staff.csv"
    FRAME.to_csv(path, index=False)
    namespace = {"staff": FRAME}
    looking = Preview(namespace)
    for objectives in (["roc_auc"], ["f1"], ["accuracy"]):
        looking.look(ExperimentConfig.of({"data": "staff", "target": "left", "objectives": objectives}))
    assert reads == ["staff"]
    namespace["staff"] = FRAME.assign(more=1)
    assert "more" in looking.look(ExperimentConfig.of({"data": "staff"})).names
    looking.look(ExperimentConfig.of({"data": str(path)}))
    FRAME.head(30).to_csv(path, index=False)
    assert looking.look(ExperimentConfig.of({"data": str(path)})).rows == 30
    looking.forget()
    looking.look(ExperimentConfig.of({"data": str(path)}))
    assert reads == ["staff", "staff", str(path), str(path), str(path)]


def test_of_many_rows_and_columns_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "MOST_ROWS", 20)
    monkeypatch.setattr(preview, "MOST_COLUMNS", 3)
    found = look(data="staff", target="left")
    assert (len(found.columns), len(found.names), found.looked, found.rows) == (3, 5, 20, ROWS)
    assert sum(found.columns[1].bars.counts) == 20
    assert found.columns[0].column.kind == "identifier"  # as all rows say, not as every third does
