"""Experiments whose rows are split by groups and by time, and one that holds nothing out, on a real Ray."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

import automl_lab
from automl_lab import summary
from automl_lab.static_view.html import to_html, to_text

pytestmark = pytest.mark.usefixtures("lab_home")

MODELS = ["baseline", "linear", "xgboost"]


def patients(rows: int = 240) -> pd.DataFrame:
    """Several rows of each customer, on days in no order."""
    frame = load_breast_cancer(as_frame=True).frame.sample(rows, random_state=0).reset_index(drop=True)
    rng = np.random.default_rng(0)
    days = pd.to_timedelta(rng.permutation(rows), unit="D")
    return frame[["mean radius", "mean texture", "worst area", "target"]].assign(customer=rng.integers(0, 40, rows), date=pd.Timestamp("2024-01-01") + days)


def ended(name: str, **settings: Any) -> Any:
    experiment = automl_lab.automl(patients(), target="target", trials=4, seed=2, models=MODELS, objectives=["log_loss"], name=name, **settings)
    experiment.wait(240)
    return experiment


def test_groups_are_no_feature_and_every_early_stopped_trial_fits() -> None:
    experiment = ended("grouped", split={"kind": "group", "column": "customer"}, folds=3)
    snapshot = experiment.snapshot()
    assert snapshot["counts"]["failed"] == 0
    assert any(row["family"] == "xgboost" and row["state"] == "COMPLETED" for row in snapshot["trials"])
    assert snapshot["data"]["validation"] == "3 folds of whole groups by 'customer'; 20% of the rows, whole groups, held out (asked for)"
    assert "validation: " + snapshot["data"]["validation"] in summary.status_lines(snapshot)
    assert "customer" not in experiment.code()
    assert len(experiment.predict(patients().drop(columns="customer").head(3))) == 3
    assert snapshot["result"]["holdout"]["log_loss"] < 0.69


def test_time_is_never_looked_ahead_and_the_rows_of_the_gap_are_delivered() -> None:
    experiment = ended("dated", split={"kind": "time", "column": "date", "gap": "3d"}, folds=3, nested=True)
    snapshot = experiment.snapshot()
    result = snapshot["result"]
    assert snapshot["counts"]["failed"] == 0
    assert result["delivered"] is not None
    assert len(result["nested"]["scores"]) == 2
    assert any(line.startswith("nested: log_loss") for line in summary.status_lines(snapshot))
    assert "a gap of 3 days between" in to_html(snapshot)


def test_nothing_held_out_is_said_everywhere_and_the_report_runs_the_folds_again(tmp_path: Path) -> None:
    experiment = ended("unheld", holdout=0, split="repeated", folds=3)
    snapshot = experiment.snapshot()
    result = snapshot["result"]
    assert (result["estimate"], result["holdout"], result["error"]) == ("out of fold", None, None)
    assert [each["number"] for each in result["finalists"]] == [result["winner"]]
    winner = next(row for row in snapshot["trials"] if row["number"] == result["winner"])
    assert len(winner["folds"]) == 6
    assert f"estimated out of fold log_loss {summary.value_text(winner['values']['log_loss'])}" in to_text(snapshot)
    assert "estimated out of fold" in to_html(snapshot)
    assert len(experiment.predict(patients())) == 240
    report = experiment.report(tmp_path / "unheld.ipynb")
    assert report.matches
    assert report.place == "out of fold"
    assert report.recorded == winner["values"].get("log_loss as written", winner["values"]["log_loss"])
    text = "".join(output.get("text", "") for cell in nbformat.read(report.notebook, as_version=4).cells for output in cell.get("outputs", []))
    assert "fitted and scored on 6 folds" in text
    assert "held-out" not in text
    for shown in (report.html.read_text(), to_html(snapshot), to_text(snapshot)):
        assert "on the holdout" not in shown
