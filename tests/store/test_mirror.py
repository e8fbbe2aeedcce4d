from __future__ import annotations

import math

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, distribution_to_json

from automl_lab.store.connection import address
from automl_lab.store.database import Store
from automl_lab.store.mirror import OptunaMirror

ID = "5f" * 16


def row(number: int, **fields: object) -> dict:
    return {
        "number": number,
        "state": "COMPLETED",
        "family": "linear",
        "origin": "search",
        "params": {"family": "linear", "linear.C": 0.5},
        "distributions": {
            "family": distribution_to_json(CategoricalDistribution(["linear", "xgboost"])),
            "linear.C": distribution_to_json(FloatDistribution(0.01, 10, log=True)),
        },
        "values": {"roc_auc": 0.8, "predict_ms": 3.0},
        "folds": [{"roc_auc": 0.7, "predict_ms": 3.0}, {"roc_auc": math.nan}],
        "source": "ab" * 32,
        "asked": 1_700_000_000.0,
        "started": 1_700_000_001.0,
        "finished": 1_700_000_003.5,
        **fields,
    }


@pytest.fixture
def mirror(url: str) -> OptunaMirror:
    return OptunaMirror(url)


def opened(url: str) -> optuna.Study:
    return optuna.load_study(study_name=f"churn@1 ({ID[:8]})", storage=address(url).render_as_string(hide_password=False))


def test_optuna_reads_what_was_mirrored(url: str, mirror: OptunaMirror, store: Store) -> None:
    store.create_experiment(ID, "churn", {}, created=1.0)  # both kinds of tables live side by side
    mirror.study(ID, "churn@1", {"roc_auc": "maximize", "predict_ms": "minimize"}, owner="ann")
    assert mirror.record_all([(ID, row(4), {"predict_ms <= 5": -2.0})]) == 1
    assert mirror.record_all([(ID, row(1, state="PRUNED", values={}, note="pruned by hand"), {})]) == 1
    assert mirror.record_all([(ID, row(2, state="FAILED", values={}, error="ValueError: no"), {})]) == 1
    assert mirror.record_all([(ID, row(3, values={"roc_auc": math.nan, "predict_ms": 3.0}), {"predict_ms <= 5": 1.0})]) == 1
    study = opened(url)
    assert study.directions == [optuna.study.StudyDirection.MAXIMIZE, optuna.study.StudyDirection.MINIMIZE]
    assert study.metric_names == ["roc_auc", "predict_ms"]
    assert study.user_attrs == {"owner": "ann", "experiment": ID}
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "PRUNED", "FAIL", "FAIL"]
    assert [trial.user_attrs["trial"] for trial in study.trials] == [4, 1, 2, 3]
    best = study.trials[0]
    assert best.params == {"family": "linear", "linear.C": 0.5}
    assert best.values == [0.8, 3.0]
    assert best.constraints == {"predict_ms <= 5": -2.0}
    assert best.intermediate_values == {0: 0.7}
    assert best.duration is not None
    assert best.duration.total_seconds() == 2.5
    assert study.trials[2].user_attrs["error"] == "ValueError: no"
    assert [trial.number for trial in study.best_trials] == [0]


def test_a_trial_is_mirrored_once_even_after_a_restart(url: str, mirror: OptunaMirror) -> None:
    directions = {"roc_auc": "maximize"}
    number = mirror.study(ID, "churn@1", directions)
    assert mirror.record_all([(ID, row(0), {})]) == 1
    assert mirror.record_all([(ID, row(0), {})]) == 0
    mirror.close()
    again = OptunaMirror(url)
    assert again.study(ID, "churn@1", directions) == number
    assert again.record_all([(ID, row(0), {})]) == 0
    assert again.record_all([(ID, row(1), {})]) == 1
    assert len(opened(url).trials) == 2
    again.close()


def test_an_unfinished_trial_is_refused(mirror: OptunaMirror) -> None:
    mirror.study(ID, "churn@1", {"roc_auc": "maximize"})
    with pytest.raises(ValueError, match="trial 0 is RUNNING"):
        mirror.record_all([(ID, row(0, state="RUNNING"), {})])
