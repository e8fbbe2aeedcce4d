"""A user's mistake in a real kernel: one line that says what, where and what instead; no traceback; the cell's status is error; nothing is started.

``…`` in an expected message stands for words that belong to other rooms.
"""

from __future__ import annotations

import os

import pytest

from tests.notebook.kernels import Kernel, started

SETUP = """
%load_ext automl_lab
import numpy as np, pandas as pd
from automl_lab.notebook import actions
actions.ANSWER_SECONDS = 30.0  # the words are looked at here; how soon a cell returns is another test's affair
rows = 60
churn = pd.DataFrame({"Age": np.arange(rows) % 17, "Plan": ["a", "b", "c"] * 20, "Churn": ["No", "Yes", "No"] * 20})
empty = churn.head(0)
one_class = churn.assign(Churn="No")
all_missing = churn.assign(Churn=None)
twice = pd.concat([churn, churn[["Age"]]], axis=1)
few = churn.head(4)
number = 5
"""
SCORES = "accuracy, average_precision, balanced_accuracy, f1, f1_macro, f1_weighted, log_loss, mcc, precision, recall, roc_auc"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("errors")
    (folder / "broken.parquet").write_bytes(b"this is no Parquet")
    with started(folder, {**os.environ, "AUTOML_LAB_HOME": str(folder / "home")}) as kernel:
        assert kernel.run(SETUP).status == "ok"
        yield kernel


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%automl churn --target Churn\nobjectivs: [roc_auc]", "line 2, column 1: unknown key 'objectivs'; did you mean 'objectives'?"),
        ("%%automl churn --target Chrun", "--target: churn has no column 'Chrun'; did you mean 'Churn'?"),
        ("%%automl churn\n\ntarget: Chrun", "line 3, column 9: churn has no column 'Chrun'; did you mean 'Churn'?"),
        ("%%automl churn", "no target…"),
        ("%%automl --target Churn", "no data is named: write a DataFrame's name, a file or sklearn:NAME after %%automl"),
        ("%%automl churn --target Churn --metric rmse", f"--metric: …'rmse' does not fit …binary…{SCORES}"),
        ("%%automl churn --target Churn\nobjectives: [roc_auc, rmse]", f"line 2, column 23: …'rmse' does not fit …binary…{SCORES}"),
        ("%%automl churn --target Churn --metric acuracy", "--metric: unknown objective 'acuracy'; did you mean 'accuracy'?"),
        ("%%automl churn --target Churn\nmodels: [linear, xgbost]", "line 2, column 18: unknown model 'xgbost'; did you mean 'xgboost'?"),
        ("%%automl churn --target Churn\nconstraints: [predict_mss <= 5]", "line 2, column 15: unknown objective 'predict_mss'; did you mean 'predict_ms'?"),
        ("%%automl churn --target Churn\ncolumns:\n  Agee: drop", "line 3, column 9: no column 'Agee'; did you mean 'Age'?"),
        ("%%automl broken.parquet --target Churn", "DATA: "),
        ("%%automl churn.csv --target Churn", "DATA: no data 'churn.csv': neither a DataFrame nor a file"),
        ("%%automl number --target Churn", "DATA: 'number' is no DataFrame but of type int"),
        ("%%automl empty --target Churn", "DATA: empty is empty: it has 3 columns and no rows"),
        ("%%automl one_class --target Churn", "--target: 'Churn' has one value only (No); there is nothing to predict"),
        ("%%automl all_missing --target Churn", "--target: 'Churn' has no value in any of the 60 rows"),
        ("%%automl twice --target Churn", "DATA: twice has the column name 'Age' more than once"),
        ("%%automl few --target Churn", ""),
        ("%%automl churn --target Churn\nseed: [", "line 3, column 1: invalid YAML: "),
        ("%%automl churn --target Churn\nseed: 1\n  folds: 3", "line 3, column 8: invalid YAML: mapping values are not allowed here"),
        ("%%automl churn\ntarget: !!python/object/apply:os.system ['touch pwned']", "line 2, column 9: the tag '!!python/object/apply:os.system' is refused"),
        ("%%automl churn --target Churn --time 5m\ntime: 6m", "--time 5m and time: 6m (line 2, column 1) say different things; keep one of them"),
        ("%%automl churn --target Churn --as churn", "--as: the variable 'churn' is a DataFrame here and would be lost; choose another name"),
        ("%%automl churn --target Churn --as print", "--as: the variable 'print' is one of Python's own and would be lost; choose another name"),
        ("%automl attach chrn", "no experiment 'chrn'"),
        ("%automl status", "there are no experiments yet; start one with %%automl"),
    ],
)
def test_the_message(kernel: Kernel, cell, message):
    shown = kernel.run(cell)
    assert shown.status == "error"
    assert len(shown.traceback) == 1
    first, *others = message.split("…")
    assert shown.traceback[0].startswith(f"Request error: {first}")
    assert all(part in shown.traceback[0] for part in others)
    assert "\n" not in shown.traceback[0]
    assert kernel.run("import os; print(os.path.exists('pwned'), isinstance(churn, pd.DataFrame))").streams.strip() == "False True"


def test_an_unreachable_cluster(kernel: Kernel):
    shown = kernel.run("%%automl churn --target Churn --cluster 127.0.0.1:1 --wait")
    assert shown.status == "error"
    assert shown.traceback[0].startswith("Cluster error: no cluster answers at 127.0.0.1:1 (")
    assert shown.seconds < 20


def test_markup_in_names_is_text(kernel: Kernel):
    kernel.run("evil = churn.rename(columns={'Age': '<img src=x onerror=alert(1)>'})")
    shown = kernel.run("%%automl evil --target Churn --dry-run")
    assert shown.status == "ok"
    (data,) = shown.displays.values()
    assert "&lt;img src=x" in data["text/html"]
    assert "<img" not in data["text/html"]


def test_a_dry_run_starts_nothing(kernel: Kernel):
    shown = kernel.run("%%automl churn --target Churn --trials 7 --dry-run\nobjectives: [roc_auc, predict_ms]\ncolumns: {Plan: categorical}")
    assert shown.status == "ok"
    for text in (
        "task: binary on 'Churn' (two distinct labels: No, Yes",
        "7 candidates from",
        "Plan",
        "categorical",
        "objectives: [roc_auc, predict_ms]",
        "trials: 7",
    ):
        assert text in shown.text
    assert "no experiments yet" in kernel.run("%automl list").text


def test_the_settings_are_used(kernel: Kernel):
    kernel.run("%config AutoMLMagics.default_time = '3m'")
    assert "time: 3m" in kernel.run("%%automl churn --target Churn --dry-run").text
    assert "time:" not in kernel.run("%%automl churn --target Churn --trials 3 --dry-run").text.replace("trial_time:", "")
    kernel.run("%config AutoMLMagics.default_time = 'soon'")
    assert kernel.run("%%automl churn --target Churn --dry-run").traceback == [
        "Request error: AutoMLMagics.default_time: 'soon' is no duration; write it like '90s', '10m' or '2h'"
    ]
    kernel.run("%config AutoMLMagics.default_time = '60s'")
