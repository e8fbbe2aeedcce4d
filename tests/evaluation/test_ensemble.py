"""Ensembles: chosen out of fold, written as plain code, equal to the average that was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, make_classification

from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Profile
from automl_lab.evaluation.blend import Part, render_ensemble
from automl_lab.evaluation.candidate import ALLOWED, render_candidate
from automl_lab.evaluation.ensemble import EnsembleJob, EnsembleOutcome, Member, choose, pack, unpack
from automl_lab.evaluation.final import fit_on_all
from automl_lab.evaluation.loaded import LoadedData, OutOfFold, load_data
from automl_lab.evaluation.trial import build
from automl_lab.experiment.request import Request, resolve
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.audit import audit
from automl_lab.pipelines.persist import dump_model, load_model


def blobs() -> pd.DataFrame:
    """Four classes that no single family gets right."""
    X, y = make_classification(600, 10, n_informative=6, n_classes=4, class_sep=0.8, random_state=0)
    return pd.DataFrame(X, columns=[f"x{number}" for number in range(10)]).assign(target=y)


SETS: dict[str, tuple[Callable[[], pd.DataFrame], str]] = {
    "binary": (lambda: load_breast_cancer(as_frame=True).frame, "log_loss"),
    "multiclass": (blobs, "log_loss"),
    "regression": (lambda: load_diabetes(as_frame=True).frame, "rmse"),
}
PARAMS: dict[str, dict[str, Any]] = {"linear": {}, "random_forest": {"random_forest.n_estimators": 50}, "xgboost": {"xgboost.n_estimators": 120}}


class Known:
    """A data set with the out-of-fold predictions of three candidates."""

    def __init__(self, task: str, folder: Path) -> None:
        load, self.objective = SETS[task]
        asked = ExperimentConfig.of({"target": "target", "objectives": [self.objective], "folds": 3, "trials": 3})
        self.request: Request = resolve(asked, load())
        (folder / "data.parquet").write_bytes(self.request.parquet)
        self.data: LoadedData = load_data(self.request.protocol, folder / "data.parquet", folder)
        self.profile: Profile = self.request.dataset.profile(0, 1)
        self.stored: dict[str, bytes] = {}
        self.members = tuple(self._member(number, family, folder) for number, family in enumerate(PARAMS))

    def _member(self, number: int, family: str, folder: Path) -> Member:
        module = render_candidate(FAMILIES[family], PARAMS[family], self.profile).load(folder)
        collected, scores = OutOfFold(self.data), []
        for fit, validation in self.data.protocol.folds(self.data.y):
            pipeline = build(module).fit(self.data.X.iloc[fit], self.data.y.iloc[fit])
            predicted = self.data.protocol.predict(pipeline, self.data.X.iloc[validation])
            collected.add(validation, predicted)
            scores.append(self.data.protocol.score(self.data.y.iloc[validation], predicted)[self.objective])
        self.stored[family] = pack(collected.predictions)
        return Member(number, family, {self.objective: float(np.mean(scores)), "fit_seconds": 0.5, "predict_ms": 2.0 + number}, 1.0)

    def choose(self, members: tuple[Member, ...] | None = None, **changes: Any) -> EnsembleOutcome:
        known = self.members if members is None else members
        job = EnsembleJob("e", "p", "d", known, (self.objective,), ("minimize",), (), most_members=8, seconds=100.0)
        return choose(replace(job, **changes), self.data, self.stored.__getitem__)


@pytest.fixture(scope="module", params=list(SETS))
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Known:
    return Known(request.param, tmp_path_factory.mktemp("known"))


def test_packed_predictions_come_back() -> None:
    random = np.random.default_rng(0)
    for shape, classes in (((20,), None), ((20, 2), 2), ((20, 4), 4)):
        found = random.random(shape)
        found = found / found.sum(axis=1, keepdims=True) if classes else found
        found[3] = np.nan
        np.testing.assert_allclose(unpack(pack(found), classes), found, atol=1e-7)


def test_an_ensemble_beats_its_members_and_says_by_how_much(known: Known) -> None:
    outcome = known.choose()
    best = min(member.values[known.objective] or 0.0 for member in known.members)
    assert len(outcome.weights) >= 2
    assert outcome.values[known.objective] < best
    assert outcome.values[known.objective] == pytest.approx(np.mean([fold[known.objective] for fold in outcome.folds]))
    assert outcome.values["predict_ms"] == sum(known.members[trial].values["predict_ms"] or 0.0 for trial in outcome.weights)


def test_limits_hold(known: Known) -> None:
    assert len(known.choose(most_members=2).weights) <= 2
    assert known.choose(seconds=1.5).weights == {}
    dear = known.choose(constraints=("predict_ms <= 6.5",))
    assert sum(known.members[trial].values["predict_ms"] or 0.0 for trial in dear.weights) <= 6.5
    assert known.choose(constraints=("predict_ms <= 4",)).weights == {}


def test_one_that_is_never_better_is_left_alone(known: Known) -> None:
    """A copy of the best candidate under another number brings nothing, so there is no ensemble of the two."""
    best = min(known.members, key=lambda member: member.values[known.objective] or 0.0)
    assert known.choose(members=(best, replace(best, trial=9))).weights == {}


def test_the_source_is_the_average_that_was_chosen(known: Known, tmp_path: Path) -> None:
    parts = [Part(0, "linear", PARAMS["linear"], 3), Part(1, "random_forest", PARAMS["random_forest"], 1), Part(2, "xgboost", PARAMS["xgboost"], 2)]
    source = render_ensemble(parts, known.profile)
    assert source == render_ensemble(parts[::-1], known.profile)
    audit(source, ALLOWED)
    pipeline = build(source.load(tmp_path)).fit(known.data.X, known.data.y)
    expected, total = 0.0, sum(part.weight for part in parts)
    for part in parts:
        single = build(render_candidate(FAMILIES[part.family], part.params, known.profile).load(tmp_path)).fit(known.data.X, known.data.y)
        expected = expected + part.weight / total * predictions(known, single, known.data.X_holdout)
    found = predictions(known, pipeline, known.data.X_holdout)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    stored = load_model(dump_model(pipeline), source, tmp_path)
    np.testing.assert_array_equal(predictions(known, stored, known.data.X_holdout), found)


def test_two_members_of_one_family_keep_their_parameters_apart(known: Known, tmp_path: Path) -> None:
    parts = [Part(4, "xgboost", {"xgboost.n_estimators": 7}, 1), Part(5, "xgboost", {"xgboost.n_estimators": 11}, 1)]
    pipeline = build(render_ensemble(parts, known.profile).load(tmp_path))
    text = repr(pipeline.get_params(deep=True))
    assert [name for name, _ in pipeline.estimators] == ["xgboost_4", "xgboost_5"]
    assert "n_estimators': 7" in text
    assert "n_estimators': 11" in text


def test_what_is_delivered_has_seen_the_holdout(known: Known, tmp_path: Path) -> None:
    source = render_candidate(FAMILIES["linear"], {}, known.profile)
    delivered = load_model(fit_on_all(source.text, known.data, 1), source, tmp_path)
    X, y = pd.concat([known.data.X, known.data.X_holdout]), pd.concat([known.data.y, known.data.y_holdout])
    whole = build(source.load(tmp_path)).fit(X.sort_index(), y.sort_index())
    part = build(source.load(tmp_path)).fit(known.data.X, known.data.y)
    np.testing.assert_array_equal(predictions(known, delivered, known.data.X), predictions(known, whole, known.data.X))
    assert not np.allclose(predictions(known, delivered, known.data.X), predictions(known, part, known.data.X))


def predictions(known: Known, pipeline: Any, X: pd.DataFrame) -> np.ndarray:
    found = known.data.protocol.predict(pipeline, X)
    return np.asarray(found.get("probability", found.get("value")))
