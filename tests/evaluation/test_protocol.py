"""evaluate.py: readable, clean, standalone, and the same text for the same experiment."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from automl_lab.core.errors import RequestError
from automl_lab.data.dataset import Dataset
from automl_lab.data.prepare import prepare
from automl_lab.data.profile import Column
from automl_lab.data.read import read
from automl_lab.data.split import fold_rows, split_rows
from automl_lab.evaluation.protocol import quoted, render_protocol
from automl_lab.objectives import OBJECTIVES

pytestmark = pytest.mark.filterwarnings("error")

EVERY = {task: [each.name for each in OBJECTIVES.values() if task in each.tasks] for task in ("binary", "multiclass", "regression")}
TABLES = {"binary": "sklearn:breast_cancer", "multiclass": "sklearn:iris", "regression": "sklearn:diabetes"}


def prepared(task):
    return prepare(read(TABLES[task]), source=TABLES[task], target="target")


def loaded(source, data, folder):
    (folder / "data.parquet").write_bytes(data)
    module = source.load(folder, "evaluate")
    return module, *module.load(folder / "data.parquet")


@pytest.mark.parametrize("task", TABLES)
def test_the_module_is_what_ruff_leaves_as_it_is(task, tmp_path):
    text = render_protocol(prepared(task).dataset, EVERY[task], folds=5, holdout=0.2, seed=7).text
    (tmp_path / "evaluate.py").write_text(text)
    for command in (
        ["check", "--isolated", "--select", "E,W,F,I,UP,B,C4,N,RUF,PERF,RET,SIM", "--ignore", "N803,N806"],
        ["format", "--isolated", "--diff"],
        ["format", "--isolated", "--diff", "--line-length", "160"],
    ):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, str(tmp_path / "evaluate.py")], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert max(map(len, text.splitlines())) <= 88


@pytest.mark.parametrize("task", TABLES)
def test_the_text_is_decided_by_the_experiment(task):
    dataset = prepared(task).dataset
    first = render_protocol(dataset, EVERY[task], folds=5, holdout=0.2, seed=7)
    assert render_protocol(Dataset.from_json(dataset.to_json()), EVERY[task], folds=5, holdout=0.2, seed=7) == first
    for other in ({"folds": 4}, {"holdout": 0.25}, {"seed": 8}):
        assert render_protocol(dataset, EVERY[task], **{"folds": 5, "holdout": 0.2, "seed": 7, **other}) != first


@pytest.mark.parametrize("task", TABLES)
def test_split_and_folds_are_those_of_the_data_room(task, tmp_path):
    given_data = prepared(task)
    module, X, y = loaded(render_protocol(given_data.dataset, [], folds=4, holdout=0.25, seed=3), given_data.parquet, tmp_path)
    assert list(X.columns) == given_data.dataset.features
    assert y.equals(given_data.frame["target"])
    stratify = task != "regression"
    for found, expected in zip(module.split(y), split_rows(y, share=0.25, seed=3, stratify=stratify), strict=True):
        assert np.array_equal(found, expected)
    training = y.iloc[module.split(y)[0]]
    parts = fold_rows(training, folds=4, seed=3, stratify=stratify)
    for found, expected in zip(module.folds(training), parts, strict=True):
        assert np.array_equal(found[0], expected[0])
        assert np.array_equal(found[1], expected[1])
    constants = (module.TARGET, module.TASK, module.CLASSES, module.FEATURES, module.SEED, module.HOLDOUT, module.FOLDS, module.DATA)
    classes = None if given_data.dataset.classes is None else list(given_data.dataset.classes)
    assert constants == ("target", task, classes, given_data.dataset.features, 3, 0.25, 4, given_data.dataset.fingerprint)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_classifier_is_predicted_and_scored(task, tmp_path):
    given_data = prepared(task)
    module, X, y = loaded(render_protocol(given_data.dataset, EVERY[task], folds=5, holdout=0.2, seed=0), given_data.parquet, tmp_path)
    training, holdout = module.split(y)
    model = RandomForestClassifier(20, random_state=0).fit(X.iloc[training], y.iloc[training])
    found = module.predict(model, X.iloc[holdout])
    assert np.array_equal(found["probability"], model.predict_proba(X.iloc[holdout]))
    assert np.array_equal(found["label"], model.predict(X.iloc[holdout]))
    scores = module.score(y.iloc[holdout], found)
    assert list(scores) == [name for name in EVERY[task] if OBJECTIVES[name].kind == "score"]
    assert scores["accuracy"] == metrics.accuracy_score(y.iloc[holdout], found["label"])
    assert all(isinstance(value, float) for value in scores.values())
    assert scores["roc_auc"] > 0.9


def test_probabilities_stand_under_their_classes_when_a_fit_knows_fewer(tmp_path):
    given_data = prepared("multiclass")
    module, X, y = loaded(render_protocol(given_data.dataset, ["log_loss"], folds=5, holdout=0.2, seed=0), given_data.parquet, tmp_path)
    rows = y != "versicolor"
    found = module.predict(DummyClassifier(strategy="prior").fit(X[rows], y[rows]), X)
    assert module.CLASSES == ["setosa", "versicolor", "virginica"]
    assert found["probability"][0].tolist() == [0.5, 0.0, 0.5]
    assert np.isfinite(module.score(y, found)["log_loss"])


@pytest.mark.parametrize(("labels", "classes"), [([True, False, True], [False, True]), ([4, 2, 4], [2, 4]), (["it's", 'a "b"', "it's"], ['a "b"', "it's"])])
def test_labels_of_every_type(labels, classes, tmp_path):
    frame = pd.DataFrame({"x": ["u", "v", "u"] * 20, "y": labels * 20})
    given_data = prepare(frame, source="f", target="y")
    module, X, y = loaded(render_protocol(given_data.dataset, EVERY["binary"], folds=5, holdout=0.2, seed=0), given_data.parquet, tmp_path)
    model = make_pipeline(make_column_transformer((OneHotEncoder(), ["x"])), RandomForestClassifier(5, random_state=0)).fit(X, y)
    scores = module.score(y, module.predict(model, X))
    assert classes == module.CLASSES
    assert all(np.isfinite(value) for value in scores.values())


def test_a_regressor_is_predicted_and_scored(tmp_path):
    given_data = prepared("regression")
    module, X, y = loaded(render_protocol(given_data.dataset, ["rmse", "predict_ms", "r2"], folds=5, holdout=0.2, seed=0), given_data.parquet, tmp_path)
    model = LinearRegression().fit(X, y)
    scores = module.score(y, module.predict(model, X))
    assert scores == {"rmse": metrics.root_mean_squared_error(y, model.predict(X)), "r2": metrics.r2_score(y, model.predict(X))}
    matrix = LinearRegression().fit(X, y.to_frame())
    assert module.predict(matrix, X)["value"].shape == (len(X),)


def test_it_runs_where_we_are_not(tmp_path):
    given_data = prepared("binary")
    (tmp_path / "evaluate.py").write_text(render_protocol(given_data.dataset, EVERY["binary"], folds=5, holdout=0.2, seed=7).text)
    (tmp_path / "data.parquet").write_bytes(given_data.parquet)
    (tmp_path / "main.py").write_text(
        """
import json, sys
sys.modules["automl_lab"] = None
import evaluate
from sklearn.naive_bayes import GaussianNB
X, y = evaluate.load("data.parquet")
train, holdout = evaluate.split(y)
folds = evaluate.folds(y.iloc[train])
model = GaussianNB().fit(X.iloc[train], y.iloc[train])
scores = evaluate.score(y.iloc[holdout], evaluate.predict(model, X.iloc[holdout]))
print(json.dumps([len(train), len(holdout), len(folds), scores]))
"""
    )
    done = subprocess.run([sys.executable, "-W", "error", "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    train, holdout, folds, scores = json.loads(done.stdout)
    assert (train, holdout, folds) == (455, 114, 5)
    assert scores["accuracy"] > 0.85


def test_unknown_objectives_are_refused():
    with pytest.raises(RequestError, match=r"^unknown objective 'roc'"):
        render_protocol(prepared("binary").dataset, ["roc"], folds=5, holdout=0.2, seed=7)


def test_without_scores_there_is_nothing_to_compute(tmp_path):
    given_data = prepared("binary")
    module, X, y = loaded(render_protocol(given_data.dataset, ["predict_ms"], folds=5, holdout=0.2, seed=0), given_data.parquet, tmp_path)
    assert module.score(y, module.predict(DummyClassifier().fit(X, y), X)) == {}


NAMES = st.lists(st.text(min_size=1, max_size=120), min_size=1, max_size=6, unique=True)


@settings(max_examples=40, deadline=None)
@given(NAMES, NAMES.filter(lambda labels: len(labels) > 1))
def test_names_of_the_data_reach_the_source_as_literals_only(names, labels):
    columns = tuple(Column(name, "numeric", "float64", 0.0, 2, None) for name in names)
    dataset = Dataset("s", names[0], "multiclass", "", tuple(labels), 10, columns, "0" * 64, ())
    source = render_protocol(dataset, ["log_loss"], folds=5, holdout=0.2, seed=0)
    scope = {}
    exec(compile(source.text.split("def load")[0], "evaluate", "exec"), scope)
    assert (scope["TARGET"], scope["FEATURES"], scope["CLASSES"]) == (names[0], names, labels)
    done = subprocess.run([sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "-"], input=source.text.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_quotes_are_those_that_ruff_prefers():
    assert [quoted(text) for text in ("a", "it's", 'say "x"', "both ' and \"", 'a "b" \'c', "back\\slash\n")] == [
        '"a"',
        '"it\'s"',
        "'say \"x\"'",
        '"both \' and \\""',
        "'a \"b\" \\'c'",
        '"back\\\\slash\\n"',
    ]
