"""What is changed by hand while a search runs, on a real Ray: it holds from the next ask on, is in the history, and outlives the controller."""

from __future__ import annotations

import signal
from typing import Any

import psutil
import pytest
from sklearn.datasets import load_breast_cancer

import automl_lab
from automl_lab.core.errors import RequestError
from automl_lab.experiment import lab
from automl_lab.experiment.steering import Space, changed, space_at, spaces
from tests.experiment.watching import until

RECORD: dict[str, Any] = {"config": {"models": ["linear", "xgboost"], "ranges": {"xgboost.max_depth": [2, 9]}}, "steering": None}


def test_the_space_of_a_trial_is_the_one_it_was_asked_from() -> None:
    record = {**RECORD, "steering": changed(RECORD, Space(("linear",), {"a": 1}, 5))}
    record = {**record, "steering": changed(record, Space(("xgboost",), {"b": 2}))}
    assert [each.since for each in spaces(record)] == [0, 5, None]
    assert space_at(record, 4) == Space(("linear", "xgboost"), {"xgboost.max_depth": [2, 9]}, 0)
    assert space_at(record, 99).families == ("linear",)
    record = {**record, "steering": changed(record, Space(("linear",), {}))}  # instead of the one that no trial was asked from
    assert [each.since for each in spaces(record)] == [0, 5, None]
    assert spaces(record)[-1].ranges == {}


def test_ranges_and_families_are_changed_while_the_search_runs_and_outlive_its_controller(lab_home: object) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    settings = {"target": "target", "time": "10m", "seed": 1, "models": ["linear", "random_forest", "xgboost"], "folds": 3}
    experiment = automl_lab.automl(frame, name="by_hand", **settings)
    until(experiment, lambda snapshot: snapshot["counts"]["completed"] >= 6)
    with pytest.raises(RequestError, match=r"unknown parameter 'xgboost.max_dept'; did you mean 'xgboost.max_depth'"):
        experiment.narrow({"xgboost.max_dept": [3, 4]})
    with pytest.raises(RequestError, match="no family 'svm' in experiment 'by_hand'"):
        experiment.switch_off("svm")
    experiment.narrow({"xgboost.max_depth": [3, 4], "xgboost.learning_rate": 0.2})
    experiment.switch_off("random_forest")
    experiment.switch_off("linear")
    with pytest.raises(RequestError, match="xgboost is the last family that is searched"):
        experiment.switch_off("xgboost")
    begun = max(row["number"] for row in experiment.snapshot()["trials"])
    inside = until(experiment, lambda snapshot: sum(row["number"] > begun + 2 for row in snapshot["trials"]) >= 3)
    assert (inside["off"], inside["ranges"]) == (["linear", "random_forest"], {"xgboost.max_depth": [3, 4], "xgboost.learning_rate": 0.2})
    _kill_controller()
    experiment.switch_on("linear")
    more = until(experiment, lambda snapshot: sum(row["number"] > begun + 2 and row["state"] == "COMPLETED" for row in snapshot["trials"]) >= 10)
    later = [row for row in more["trials"] if row["number"] > begun + 2]
    assert {row["family"] for row in later} <= {"linear", "xgboost"}
    boosted = [row["params"] for row in later if row["family"] == "xgboost"]
    assert boosted
    assert {params["xgboost.learning_rate"] for params in boosted} == {0.2}
    assert {params["xgboost.max_depth"] for params in boosted} <= {3, 4}
    experiment.stop()
    assert experiment.predict(frame.head(3)) is not None
    texts = [event["text"] for event in experiment.snapshot()["events"]]
    assert "ranges changed by hand: xgboost.max_depth: [3, 4], xgboost.learning_rate: 0.2 (frozen)" in texts
    assert "random_forest switched off by hand" in texts
    assert "linear switched on by hand" in texts


def _kill_controller() -> None:
    pid = lab.connect().connection.call("hello")["pid"]
    process = psutil.Process(pid)
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def test_more_time_moves_the_deadline_and_the_search_goes_on(lab_home: object) -> None:
    lab.connect().connection.call("ready", patience=lab.WARM_SECONDS)  # the search before it was stopped: its processes import again
    frame = load_breast_cancer(as_frame=True).frame
    experiment = automl_lab.automl(frame, target="target", time="15s", seed=1, models=["linear", "random_forest"], folds=3, name="longer")
    before = until(experiment, lambda snapshot: snapshot["counts"]["completed"] >= 1)
    with pytest.raises(RequestError, match="has no limit of trials: extend its time"):
        experiment.extend(trials=5)
    experiment.extend("8s")
    after = experiment.snapshot()
    assert after["clock"]["deadline"] == pytest.approx(before["clock"]["deadline"] + 8.0)
    assert after["budget"]["seconds"] == 23.0
    experiment.wait(60)
    ended = experiment.snapshot()
    assert ended["state"] == "COMPLETED"
    assert ended["reason"] == "the time of 23 s was used up"
    assert max(row["started"] for row in ended["trials"] if row["started"]) > before["clock"]["deadline"] - 2.0
    assert ended["clock"]["finished"] <= ended["clock"]["deadline"] + 2.0
    assert "extended by hand by 8 s" in [event["text"] for event in ended["events"]]


def test_more_trials_are_those_that_a_larger_budget_would_have_had(lab_home: object) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    settings = {"target": "target", "seed": 3, "models": ["linear", "random_forest", "xgboost"], "folds": 3, "max_models": 1, "calibrate": False}
    extended = automl_lab.automl(frame, name="few", trials=8, **settings)
    extended.extend(trials=4)
    extended.wait(120)
    whole = automl_lab.automl(frame, name="many", trials=12, **settings)
    whole.wait(120)
    asked = [[(row["family"], row["params"]) for row in each.snapshot()["trials"]] for each in (extended, whole)]
    assert len(asked[0]) == 12
    assert asked[0] == asked[1]
    with pytest.raises(RequestError, match="it is completed"):
        extended.extend(trials=1)


def test_a_pinned_trial_is_in_the_ensemble(lab_home: object) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    settings = {"target": "target", "trials": 14, "seed": 1, "models": ["baseline", "linear", "naive_bayes", "random_forest"], "folds": 3}
    experiment = automl_lab.automl(frame, name="pinned", **settings)
    snapshot = until(experiment, lambda snapshot: any(row["family"] == "naive_bayes" and row["state"] == "COMPLETED" for row in snapshot["trials"]))
    number = next(row["number"] for row in snapshot["trials"] if row["family"] == "naive_bayes" and row["state"] == "COMPLETED")
    with pytest.raises(RequestError, match="there is no trial 9999"):
        experiment.pin(9999)
    experiment.pin(number)
    experiment.wait(120)
    ended = experiment.snapshot()
    ensemble = next(row for row in ended["trials"] if row["family"] == "ensemble")
    assert f"naive_bayes_{number}" in ensemble["params"]
    assert f"with trial {number} by hand" in ensemble["note"]
    assert ended["result"]["winner"] == ensemble["number"]
    assert f"trial {number} pinned into the ensemble by hand" in [event["text"] for event in ended["events"]]


def test_a_step_from_a_trial_is_tried_next(lab_home: object) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    experiment = automl_lab.automl(frame, target="target", time="5m", seed=1, models=["linear", "xgboost"], folds=3, name="stepped")
    snapshot = until(experiment, lambda snapshot: any(row["family"] == "xgboost" and row["state"] == "COMPLETED" for row in snapshot["trials"]))
    chosen = next(row for row in snapshot["trials"] if row["family"] == "xgboost" and row["state"] == "COMPLETED")
    experiment.around(chosen["number"])
    with pytest.raises(RequestError, match="there is no trial 9999"):
        experiment.around(9999)
    found = until(experiment, lambda snapshot: any(row["origin"] == "user" for row in snapshot["trials"]))
    step = next(row for row in found["trials"] if row["origin"] == "user")
    common = step["params"].keys() & chosen["params"].keys()
    assert step["family"] == "xgboost"
    assert step["params"] != chosen["params"]
    assert sum(step["params"][name] == chosen["params"][name] for name in common) >= len(common) // 4
    experiment.stop()
