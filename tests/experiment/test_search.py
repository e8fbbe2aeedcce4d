"""The search on a real Ray: results, determinism, the budget, and the user's hand."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, make_classification

import automl_lab
from automl_lab.core.errors import ClusterError, RequestError
from automl_lab.experiment import lab
from tests.experiment.watching import running_trial, until

pytestmark = pytest.mark.usefixtures("lab_home")

COMPARED = ("number", "state", "family", "origin", "params", "values", "folds", "source")


def slow_data(rows: int = 4_000) -> pd.DataFrame:
    """Rows enough for a trial to take seconds."""
    X, y = make_classification(rows, 20, n_informative=10, class_sep=0.5, random_state=0)
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(20)]).assign(y=y)


def comparable(row: dict[str, Any], objectives: list[str]) -> dict[str, Any]:
    """A row without what depends on the clock."""
    kept = {key: row[key] for key in COMPARED}
    kept["values"] = {name: row["values"].get(name) for name in objectives}
    kept["folds"] = [{name: fold.get(name) for name in objectives} for fold in row["folds"]]
    return kept


FOUR = ["baseline", "linear", "random_forest", "xgboost"]


def test_a_search_ends_with_a_scored_winner_whose_model_predicts() -> None:
    frame = load_breast_cancer(as_frame=True).frame
    experiment = automl_lab.automl(frame, target="target", trials=8, seed=3, name="happy", objectives=["roc_auc", "predict_ms"], models=FOUR)
    experiment.wait(180)
    snapshot = experiment.snapshot()
    assert (snapshot["state"], snapshot["phase"], snapshot["reason"]) == ("COMPLETED", "done", "all 8 trials were done")
    assert (snapshot["trials"][0]["family"], snapshot["trials"][0]["origin"]) == ("baseline", "default")
    assert {row["family"] for row in snapshot["trials"] if row["origin"] != "ensemble"} == set(FOUR)
    assert {row["origin"] for row in snapshot["trials"][:4]} <= {"default", "portfolio"}
    assert snapshot["counts"]["completed"] == 8
    assert snapshot["result"]["winner"] == snapshot["best"] == snapshot["usable"]
    assert snapshot["result"]["holdout"]["roc_auc"] > 0.95
    assert len(snapshot["result"]["finalists"]) == 3
    board = experiment.leaderboard()
    assert board.index[0] == snapshot["best"]
    assert list(board["roc_auc"].dropna()) == sorted(board["roc_auc"].dropna(), reverse=True)
    assert set(experiment.pareto().index) == set(snapshot["pareto"])
    new = frame.drop(columns="target").set_index(pd.Index(range(1000, 1000 + len(frame))))
    labels, probabilities = experiment.predict(new), experiment.predict_proba(new)
    assert list(labels.index) == list(probabilities.index) == list(new.index)
    assert list(probabilities.columns) == [0, 1]
    assert probabilities.sum(axis=1).sub(1).abs().max() < 1e-6
    assert (labels.to_numpy() == frame["target"].to_numpy()).mean() > 0.95
    assert experiment.score(frame)["roc_auc"] > 0.97
    assert "automl_lab" not in experiment.code()


def test_the_same_seed_gives_the_same_trials_with_one_and_with_two_workers() -> None:
    frame = load_breast_cancer(as_frame=True).frame
    found = []
    for workers in (1, 2):
        experiment = automl_lab.automl(
            frame, target="target", trials=14, seed=11, objectives=["log_loss"], name=f"same_{workers}", resources={"workers": workers}
        )
        experiment.wait(240)
        found.append(experiment.snapshot())
    one, two = ([comparable(row, ["log_loss"]) for row in each["trials"]] for each in found)
    assert one == two
    assert found[0]["result"]["winner"] == found[1]["result"]["winner"]
    assert found[0]["result"]["holdout"]["log_loss"] == found[1]["result"]["holdout"]["log_loss"]


def test_a_time_budget_is_kept_until_the_model_is_usable() -> None:
    lab.connect()  # a warm cluster: what a cold start adds is counted apart
    called = time.time()
    experiment = automl_lab.automl(slow_data(), target="y", time="15s", name="timed")
    experiment.wait(60)
    took = time.time() - called
    snapshot = experiment.snapshot()
    print(f"budget 15 s, usable and scored after {took:.2f} s")
    assert snapshot["state"] == "COMPLETED"
    assert "was used up" in snapshot["reason"]
    assert snapshot["usable"] is not None
    assert snapshot["result"]["holdout"] is not None
    assert took <= 15 * 1.05 + 2
    assert took > 12, "a search that ends early wastes the user's time"
    assert not [row for row in snapshot["trials"] if row["state"] in ("RUNNING", "QUEUED")]


def test_stop_leaves_a_usable_model_within_two_seconds() -> None:
    frame = slow_data()
    experiment = automl_lab.automl(frame, target="y", time="10m", name="stopped")
    until(experiment, lambda snapshot: snapshot["usable"] is not None)
    called = time.monotonic()
    experiment.stop()
    took = time.monotonic() - called
    labels = experiment.predict(frame.head(20))
    snapshot = experiment.snapshot()
    print(f"stopped after {took:.2f} s")
    assert snapshot["state"] == "STOPPED"
    assert snapshot["reason"].startswith("stopped by hand after")
    assert len(labels) == 20
    assert snapshot["result"]["holdout"] is not None
    assert took < 2.0
    experiment.stop()  # stopping twice changes nothing
    assert experiment.snapshot()["revision"] == snapshot["revision"]


def test_pause_prune_enqueue_and_resume() -> None:
    experiment = automl_lab.automl(slow_data(), target="y", time="10m", name="steered")
    number = running_trial(experiment)
    experiment.prune(number)
    row = until(experiment, lambda s: s["trials"][number]["state"] not in ("RUNNING", "QUEUED"))["trials"][number]
    assert (row["state"], row["note"]) == ("PRUNED", "pruned by hand")
    experiment.pause()
    paused = until(experiment, lambda s: s["state"] == "PAUSED" and not s["counts"]["running"])
    assert paused["clock"]["deadline"] is not None
    with pytest.raises(RequestError, match="is not running"):
        experiment.prune(number)
    with pytest.raises(RequestError, match="xgbost"):
        experiment.enqueue({"family": "xgboost", "xgbost.max_depth": 3})
    experiment.enqueue({"family": "linear"})
    experiment.resume()
    wished = until(experiment, lambda s: any(row["origin"] == "user" for row in s["trials"]))
    assert next(row for row in wished["trials"] if row["origin"] == "user")["family"] == "linear"
    assert wished["clock"]["deadline"] > paused["clock"]["deadline"]
    experiment.stop()
    kinds = [event["kind"] for event in experiment.snapshot()["events"]]
    assert [kind for kind in kinds if kind in ("pruned", "paused", "enqueued", "resumed", "stopped")] == ["pruned", "paused", "enqueued", "resumed", "stopped"]


def test_a_constraint_nobody_meets_is_said_and_the_least_bad_is_usable() -> None:
    frame = load_breast_cancer(as_frame=True).frame
    experiment = automl_lab.automl(frame, target="target", trials=4, constraints=["roc_auc >= 2"], name="impossible")
    experiment.wait(120)
    snapshot = experiment.snapshot()
    assert snapshot["counts"]["infeasible"] == 4
    assert snapshot["pareto"] == []
    assert not experiment.leaderboard()["feasible"].any()
    assert snapshot["usable"] is not None


def test_a_second_experiment_of_an_active_name_is_refused_and_a_finished_one_becomes_an_earlier_run(lab_home: Path) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    first = automl_lab.automl(frame, target="target", time="10m", name="twice")
    until(first, lambda s: s["usable"] is not None)
    with pytest.raises(RequestError, match="'twice' is running"):
        automl_lab.automl(frame, target="target", time="10m", name="twice")
    first.stop()
    second = automl_lab.automl(frame, target="target", trials=1, name="twice")
    second.wait(60)
    assert automl_lab.Experiment.attach("twice").id == second.id
    assert automl_lab.Experiment.attach("twice@1").id == first.id


def test_a_controller_of_another_version_is_refused_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    experiment = automl_lab.automl(frame, target="target", time="10m", name="other_version")
    until(experiment, lambda s: s["usable"] is not None)
    monkeypatch.setattr(lab, "package_version", lambda: "9.9.9")
    lab._controller.cache_clear()
    expected = r"runs automl-lab \S+, this process 9\.9\.9; install one version on both ends \(experiments go on there: other_version\)"
    try:
        with pytest.raises(ClusterError, match=expected):
            lab.connect()
    finally:
        monkeypatch.undo()
        lab._controller.cache_clear()
    experiment.stop()


def test_the_winner_may_be_an_ensemble_and_what_is_delivered_has_seen_all_rows() -> None:
    settings = {"target": "y", "trials": 8, "seed": 3, "models": FOUR, "objectives": ["log_loss"], "folds": 3}
    X, y = make_classification(700, 12, n_informative=8, n_classes=3, class_sep=0.8, random_state=4)
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(12)]).assign(y=y)
    experiment = automl_lab.automl(frame, name="blended", **settings)
    experiment.wait(240)
    snapshot = experiment.snapshot()
    row = next(row for row in snapshot["trials"] if row["number"] == snapshot["result"]["winner"])
    assert (row["family"], row["number"], snapshot["counts"]["completed"] + snapshot["counts"]["pruned"]) == ("ensemble", 8, 8)
    assert row["values"]["log_loss"] < min(each["values"]["log_loss"] for each in snapshot["trials"][:8] if each["state"] == "COMPLETED")
    assert set(row["params"]) - {"calibration", "slope"} == set(re.findall(r'\("(\w+_\d+)", \w+\)', experiment.code()))
    assert snapshot["result"]["holdout"]["log_loss"] < 1.0
    assert snapshot["result"]["delivered"] not in {None, row["model"]}
    assert snapshot["result"]["finalists"][0]["number"] == 8
    again = automl_lab.automl(frame, name="single", **settings, max_models=1, calibrate=False, deliver="scored")
    again.wait(240)
    assert [each["family"] for each in again.snapshot()["trials"]].count("ensemble") == 0
    assert again.snapshot()["result"]["delivered"] is None


def test_prepared_folds_are_shared_by_the_trials_of_a_search() -> None:
    """A preparation that takes a while is made once per fold, whichever worker is first; the experiment says how often it was there."""
    words = np.array([f"word{number}" for number in range(400)])
    frame = slow_data(2_000).assign(text=[" ".join(words[row]) for row in np.random.default_rng(0).integers(0, len(words), (2_000, 20))])
    prepared = {"lightgbm.features": "plain", "lightgbm.text.phrase": 2, "lightgbm.text.topics": 64, "lightgbm.n_estimators": 20}
    settings: dict[str, Any] = {
        "models": ["lightgbm"],
        "strategy": "random",
        "ranges": prepared,
        "folds": 2,
        "prune": False,
        "max_models": 1,
        "calibrate": False,
    }
    experiment = automl_lab.automl(frame, target="y", trials=8, name="cached", **settings)
    experiment.wait(180)
    snapshot = experiment.snapshot()
    text = next(event["text"] for event in snapshot["events"] if event["kind"] == "cache")
    found = re.fullmatch(r"prepared folds: (\d+) of (\d+) were there already \((\d+)%\)", text)
    assert found is not None, text
    reused, asked, percent = map(int, found.groups())
    assert asked == 2 * snapshot["counts"]["completed"]
    assert 0 < reused < asked
    assert percent == round(100 * reused / asked)


def test_more_trials_at_once_than_there_are_cores_run_as_many_as_fit() -> None:
    experiment = automl_lab.automl(slow_data(300), target="y", trials=3, name="too_many_workers", models=["linear"], resources={"workers": 500})
    experiment.wait(120)
    assert experiment.snapshot()["state"] == "COMPLETED"
    assert experiment.config["resources"]["workers"] <= experiment.config["resources"]["cpus"]


def test_a_trial_that_no_cluster_core_count_allows_fails_with_one_line() -> None:
    experiment = automl_lab.automl(slow_data(300), target="y", trials=3, name="too_wide", models=["linear"], resources={"cpus_per_trial": 500})
    with pytest.raises(RequestError, match=r"a trial of 500 cores does not fit into the \d+ cores? of this cluster"):
        experiment.wait(120)
    assert lab.store().experiment(experiment.id)["state"] == "FAILED"


def test_a_constraint_on_size_holds_for_every_trial() -> None:
    models = ["linear", "naive_bayes", "random_forest"]
    experiment = automl_lab.automl(slow_data(600), target="y", trials=9, name="small_models", models=models, constraints=["model_kb <= 60"], seed=2)
    experiment.wait(180)
    rows = [row for row in experiment.snapshot()["trials"] if row["state"] == "COMPLETED" and row["origin"] != "ensemble"]
    assert all(row["values"]["model_kb"] is not None for row in rows)
    assert all(row["feasible"] == (row["values"]["model_kb"] <= 60) for row in rows)
    assert sum(row["feasible"] for row in rows if row["number"] > 2) >= 2
