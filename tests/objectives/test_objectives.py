"""What every registered objective keeps, and each score against scikit-learn called by hand."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from automl_lab.core.errors import RequestError
from automl_lab.data.profile import TASKS
from automl_lab.objectives import OBJECTIVES, Objective, choose, fitting
from automl_lab.objectives.objective import DEFAULTS

pytestmark = pytest.mark.filterwarnings("error")

ROWS = 300
CLASSES = {"binary": ["No", "Yes"], "multiclass": ["a", "b", "c"], "regression": None}
SCORES = [each for each in OBJECTIVES.values() if each.kind == "score"]
CASES = [pytest.param(each, task, id=f"{each.name}-{task}") for each in SCORES for task in TASKS if task in each.tasks]
EXPECTED = [
    *("accuracy", "average_precision", "balanced_accuracy", "f1", "f1_macro", "f1_weighted", "fit_seconds", "log_loss", "mae"),
    *("mape", "mcc", "model_kb", "precision", "predict_ms", "r2", "recall", "rmse", "roc_auc"),
]


def truth(task, seed=0):
    rng = np.random.default_rng(seed)
    if task == "regression":
        return pd.Series(rng.uniform(1, 100, ROWS))
    classes = CLASSES[task]
    return pd.Series(rng.choice(classes, ROWS, p=[0.7, 0.3] if task == "binary" else [0.5, 0.3, 0.2]), dtype="str")


def guess(needs, task, seed=1):
    """A prediction by chance, in the form that is needed."""
    rng = np.random.default_rng(seed)
    if needs == "value":
        return rng.uniform(1, 100, ROWS)
    probability = rng.dirichlet(np.ones(len(CLASSES[task])), ROWS)
    return probability if needs == "probability" else np.asarray(CLASSES[task], dtype=object)[probability.argmax(axis=1)]


def perfect(needs, task, y):
    if needs == "probability":
        return np.asarray([[float(label == each) for each in CLASSES[task]] for label in y])
    return y.to_numpy()


def test_these_objectives_are_there():
    assert list(OBJECTIVES) == EXPECTED
    assert [each.name for each in OBJECTIVES.values() if each.kind == "cost"] == ["fit_seconds", "model_kb", "predict_ms"]
    assert all(task in OBJECTIVES[name].tasks for task, name in DEFAULTS.items())


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=list(OBJECTIVES))
def test_an_objective_says_what_it_is(objective):
    assert objective.direction in ("maximize", "minimize")
    assert objective.tasks
    assert objective.tasks <= set(TASKS)
    assert objective.title
    assert [each.title for each in OBJECTIVES.values()].count(objective.title) == 1
    assert (objective.kind == "cost") == bool(objective.unit)
    better, worse = (2.0, 1.0) if objective.direction == "maximize" else (1.0, 2.0)
    assert objective.better(better, worse)
    assert not objective.better(worse, better)
    assert not objective.better(1.0, 1.0)
    if objective.kind == "cost":
        assert objective.needs is None
        with pytest.raises(TypeError, match="is a cost and has no function"):
            _ = objective.source
    else:
        assert objective.source.startswith("def ")
        assert (objective.needs == "value") == (objective.tasks == {"regression"})


@pytest.mark.parametrize(("objective", "task"), CASES)
def test_the_perfect_prediction_is_the_best(objective, task):
    y = truth(task)
    best = objective.function(y, perfect(objective.needs, task, y), CLASSES[task])
    assert best == pytest.approx(1.0 if objective.direction == "maximize" else 0.0, abs=1e-9)
    for seed in range(1, 6):
        found = objective.function(y, guess(objective.needs, task, seed), CLASSES[task])
        assert isinstance(found, float)
        assert np.isfinite(found)
        assert objective.better(best, found)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Every score computed from its emitted source, in one process that cannot import us."""
    folder = tmp_path_factory.mktemp("elsewhere")
    cases = []
    for objective, task in (case.values for case in CASES):
        parts = objective.definition.closure()
        lines = sorted({line for each in parts for line in each.imports})
        text = "\n".join(["from __future__ import annotations", *lines, "", *(each.source for each in parts), ""])
        (folder / f"score_{objective.name}.py").write_text(text)
        cases.append([objective.name, objective.definition.name, task, truth(task).tolist(), guess(objective.needs, task).tolist(), CLASSES[task]])
    (folder / "cases.json").write_text(json.dumps(cases))
    (folder / "main.py").write_text(
        "import importlib, json, sys\n"
        "sys.modules['automl_lab'] = None\n"
        "for name, function, task, *case in json.load(open('cases.json')):\n"
        "    value = getattr(importlib.import_module('score_' + name), function)(*case)\n"
        "    print(json.dumps([name, task, value]))\n"
    )
    # Without -W error: the libraries' own deprecations are not what is tested here.
    done = subprocess.run([sys.executable, "main.py"], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return {(name, task): value for name, task, value in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(("objective", "task"), CASES)
def test_the_emitted_source_runs_where_we_are_not(objective, task, elsewhere):
    assert elsewhere[objective.name, task] == objective.function(truth(task), guess(objective.needs, task), CLASSES[task])


@pytest.mark.parametrize(("objective", "task"), [case for case in CASES if case.values[1] != "regression"])
@pytest.mark.parametrize("labels", [[0, 1, 2], [False, True]])
def test_labels_may_be_numbers_or_truth_values(objective, task, labels):
    if isinstance(labels[0], bool) != (task == "binary"):
        labels = [3, 5] if task == "binary" else [0, 1, 2]
    y, prediction = truth(task), guess(objective.needs, task)
    named = dict(zip(CLASSES[task], labels, strict=False))
    other = prediction if objective.needs == "probability" else np.asarray([named[label] for label in prediction])
    found = objective.function(pd.Series([named[label] for label in y]), other, labels[: len(CLASSES[task])])
    assert found == pytest.approx(objective.function(y, prediction, CLASSES[task]))


def by_hand(task):
    """Every score of a chance prediction, straight from scikit-learn."""
    y = truth(task)
    if task == "regression":
        value = guess("value", task)
        return {
            "rmse": metrics.root_mean_squared_error(y, value),
            "mae": metrics.mean_absolute_error(y, value),
            "r2": metrics.r2_score(y, value),
            "mape": metrics.mean_absolute_percentage_error(y, value),
        }
    label, probability = guess("label", task), guess("probability", task)
    how = {"pos_label": "Yes"} if task == "binary" else {"average": "macro"}
    column = probability[:, 1] if task == "binary" else probability
    return {
        "accuracy": metrics.accuracy_score(y, label),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, label),
        "precision": metrics.precision_score(y, label, **how),
        "recall": metrics.recall_score(y, label, **how),
        "f1": metrics.f1_score(y, label, **how),
        "f1_macro": metrics.f1_score(y, label, average="macro"),
        "f1_weighted": metrics.f1_score(y, label, average="weighted"),
        "mcc": metrics.matthews_corrcoef(y, label),
        "roc_auc": metrics.roc_auc_score(y, column, multi_class="ovr", average="macro"),
        "average_precision": metrics.average_precision_score(y, column, **({"pos_label": "Yes"} if task == "binary" else {})),
        "log_loss": metrics.log_loss(y, probability),
    }


@pytest.mark.parametrize("task", TASKS)
def test_scores_are_those_of_scikit_learn(task):
    expected = by_hand(task)
    assert set(expected) == {each.name for each in SCORES if task in each.tasks}
    y = truth(task)
    for name, value in expected.items():
        objective = OBJECTIVES[name]
        assert objective.function(y, guess(objective.needs, task), CLASSES[task]) == pytest.approx(value, rel=1e-12), name


def test_the_positive_class_is_the_second_one():
    y, label = np.array(["No", "Yes", "Yes", "No"]), np.array(["No", "Yes", "No", "No"])
    found = {name: OBJECTIVES[name].function(y, label, ["No", "Yes"]) for name in ("precision", "recall", "f1")}
    assert found == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3)}
    towards_yes = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.8, 0.2]])
    assert OBJECTIVES["roc_auc"].function(y, towards_yes, ["No", "Yes"]) == 1.0
    assert OBJECTIVES["average_precision"].function(y, towards_yes[:, ::-1], ["No", "Yes"]) < 0.6


@pytest.mark.parametrize(("objective", "task"), [case for case in CASES if case.values[1] != "regression"])
def test_a_fold_may_lack_classes(objective, task):
    classes = CLASSES[task]
    y, prediction = truth(task), guess(objective.needs, task)
    without = (y != classes[-1]).to_numpy()
    alone = (y == classes[0]).to_numpy()
    for rows in (without, alone):
        found = objective.function(y[rows], prediction[rows], classes)
        assert np.isfinite(found)


def test_what_a_missing_class_does_to_areas():
    y, probability = truth("multiclass"), guess("probability", "multiclass")
    rows = (y != "c").to_numpy()
    expected = [metrics.roc_auc_score(y[rows] == label, probability[rows, index]) for index, label in enumerate("ab")]
    assert OBJECTIVES["roc_auc"].function(y[rows], probability[rows], ["a", "b", "c"]) == pytest.approx(np.mean(expected))
    ranks = [metrics.average_precision_score(y[rows] == label, probability[rows, index]) for index, label in enumerate("ab")]
    assert OBJECTIVES["average_precision"].function(y[rows], probability[rows], ["a", "b", "c"]) == pytest.approx(np.mean(ranks))
    one = (y == "a").to_numpy()
    assert OBJECTIVES["roc_auc"].function(y[one], probability[one], ["a", "b", "c"]) == 0.5
    none = np.array(["No", "No"])
    assert OBJECTIVES["roc_auc"].function(none, probability[:2, :2], ["No", "Yes"]) == 0.5
    assert OBJECTIVES["average_precision"].function(none, probability[:2, :2], ["No", "Yes"]) == 0.0


def test_odd_predictions():
    single = np.array([[0.2, 0.3], [0.5, 0.5]], dtype="float32")
    scaled = [[0.4, 0.6], [0.5, 0.5]]
    assert OBJECTIVES["log_loss"].function(["No", "Yes"], single, ["No", "Yes"]) == pytest.approx(metrics.log_loss(["No", "Yes"], scaled), rel=1e-6)
    assert OBJECTIVES["r2"].function([3.0], [4.0], None) == 0.0
    assert OBJECTIVES["mape"].function([10.0, 20.0], [11.0, 18.0], None) == pytest.approx(0.1)
    with pytest.raises(ValueError, match="NaN"):
        OBJECTIVES["rmse"].function([1.0, 2.0], [np.nan, 2.0], None)


def test_objectives_are_chosen_by_name_for_the_task():
    assert [each.name for each in choose([], "binary")] == ["roc_auc"]
    assert [each.name for each in choose(["rmse", "predict_ms"], "regression")] == ["rmse", "predict_ms"]
    with pytest.raises(RequestError) as caught:
        choose(["roc_auc", "acuracy"], "binary")
    assert str(caught.value) == "unknown objective 'acuracy'; did you mean 'accuracy'?"
    assert caught.value.path == ("objectives", 1)
    with pytest.raises(RequestError) as caught:
        fitting("roc_auc", "regression", ("constraints", 0))
    assert str(caught.value) == "objective 'roc_auc' does not fit the task regression; these do: mae, mape, r2, rmse"
    assert caught.value.path == ("constraints", 0)


def test_listing_objectives_loads_no_library():
    program = (
        "import sys; from automl_lab.objectives import OBJECTIVES; list(OBJECTIVES); OBJECTIVES['roc_auc'].source; "
        "print('sklearn' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("wrong", [{"kind": "cost", "formula": ("m", "f")}, {"needs": "label"}, {"formula": ("m", "f")}, {"kind": "cost", "needs": "value"}])
def test_a_half_defined_objective_is_refused(wrong):
    with pytest.raises(TypeError, match="a score has a formula and needs a prediction, a cost has neither"):
        Objective("x", "x", "maximize", frozenset({"binary"}), **wrong)
