"""The ensemble while a search runs and when somebody stops it, on a real Ray."""

from __future__ import annotations

import time

import pytest

import automl_lab
from automl_lab.experiment import lab
from automl_lab.experiment.members import ENSEMBLE
from tests.evaluation.known import blobs, curves
from tests.experiment.watching import until

pytestmark = pytest.mark.usefixtures("lab_home")


def test_the_ensemble_of_now_is_shown_while_the_search_runs_and_stop_still_ends_at_once() -> None:
    settings = {"target": "target", "time": "40s", "seed": 1, "models": ["linear", "random_forest", "xgboost"], "objectives": ["rmse"], "folds": 3}
    experiment = automl_lab.automl(curves(), name="looked_at", **settings)
    shown = until(experiment, lambda snapshot: snapshot["ensemble"] is not None)
    best = min(row["values"]["rmse"] for row in shown["trials"] if row["state"] == "COMPLETED")
    assert shown["ensemble"]["score"] < best + 1e-9
    assert set(shown["ensemble"]["trials"]) <= {row["number"] for row in shown["trials"]}
    assert not [row for row in shown["trials"] if row["family"] == ENSEMBLE], "a look is no row"
    called = time.monotonic()
    experiment.stop()
    took = time.monotonic() - called
    snapshot = experiment.snapshot()
    rows = {row["number"]: row for row in snapshot["trials"]}
    print(f"stopped after {took:.2f} s, winner {rows[snapshot['result']['winner']]['family']}: {rows[snapshot['result']['winner']]['note']}")
    assert [event["text"] for event in snapshot["events"] if event["text"].startswith("ensemble so far: rmse")]
    assert sum(row["family"] == ENSEMBLE for row in rows.values()) <= 1
    assert snapshot["result"]["holdout"]["r2"] > 0.5
    assert took < 4.0


def test_the_ensemble_is_chosen_while_the_last_trials_run() -> None:
    lab.connect().connection.call("ready", patience=lab.WARM_SECONDS)  # the search before it was stopped: its processes import again
    settings = {"target": "target", "time": "30s", "seed": 1, "models": ["linear", "random_forest", "svm"], "objectives": ["log_loss"], "folds": 3}
    experiment = automl_lab.automl(blobs(), name="chosen_ahead", **settings)
    experiment.wait(90)
    snapshot = experiment.snapshot()
    chosen = next(row for row in snapshot["trials"] if row["family"] == ENSEMBLE)
    others = [row for row in snapshot["trials"] if row["family"] != ENSEMBLE]
    after = [row["number"] for row in others if row["started"] > chosen["started"]]
    print(f"{len(after)} of {len(others)} trials began after the choice, {snapshot['clock']['deadline'] - snapshot['clock']['finished']:.1f} s were left")
    assert after
    assert snapshot["clock"]["finished"] <= snapshot["clock"]["deadline"] + 2.0
    assert snapshot["result"]["delivered"] is not None


def test_a_stop_while_the_ensemble_is_chosen_still_ends_it() -> None:
    settings = {"target": "target", "trials": 6, "seed": 1, "models": ["linear", "random_forest", "xgboost"], "objectives": ["rmse"], "folds": 3}
    experiment = automl_lab.automl(curves(), name="stopped_late", **settings)
    until(experiment, lambda snapshot: snapshot["phase"] == "refitting")
    experiment.stop()
    experiment.wait(30)
    snapshot = experiment.snapshot()
    assert snapshot["state"] in ("STOPPED", "COMPLETED")
    assert snapshot["result"]["holdout"]["r2"] > 0.5
    assert len(experiment.predict(curves())) == 400


@pytest.mark.parametrize("most", [5, 4])
def test_a_bag_of_what_learns_by_heart_is_better_within_the_folds_and_wins(most: int) -> None:
    """One trial, and time for a bag of it: five models that each leave out a part. `max_models` holds for them."""
    ranges = {"xgboost.max_depth": 10, "xgboost.learning_rate": 0.5, "xgboost.n_estimators": 20, "xgboost.subsample": 1.0, "xgboost.features": "plain"}
    settings = {"target": "target", "time": "40s", "trials": 1, "models": ["xgboost"], "ranges": ranges, "folds": 3, "max_models": most}
    experiment = automl_lab.automl(curves(), name=f"bagged_{most}", **settings)
    experiment.wait(120)
    snapshot = experiment.snapshot()
    rows = {row["number"]: row for row in snapshot["trials"]}
    winner = rows[snapshot["result"]["winner"]]
    if most == 4:
        assert list(rows) == [0]
        return
    assert (winner["family"], winner["params"]["bag"], winner["parent"]) == (ENSEMBLE, 5, 0)
    assert winner["note"] == "trial 0, each fit a bag of 5"
    assert winner["values"]["rmse"] < rows[0]["values"]["rmse"]
    assert len(winner["folds"]) == 3
    assert "xgboost" in experiment.code()
    assert len(experiment.predict(curves())) == 400
