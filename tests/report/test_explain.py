"""SHAP values: against the closed form, against the definition, and over words, dates and several classes."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from automl_lab.core.errors import RequestError
from automl_lab.data.prepare import prepare
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.source import Source
from automl_lab.report.explain import explain, outputs, shapley_values
from automl_lab.search.candidate import default_params, render_candidate
from tests.report import experiments


def values_of(model: object, frame: pd.DataFrame) -> np.ndarray:
    return outputs(model, frame, "regression", None)


def test_linear_model_has_its_closed_form() -> None:
    frame = experiments.patients()
    X, y = frame.drop(columns="target"), frame["target"]
    model = LinearRegression().fit(X, y)
    background = X.sample(20, random_state=1)
    found = shapley_values(lambda rows: values_of(model, rows), X.head(5), background, seed=0)[:, :, 0]
    np.testing.assert_allclose(found, model.coef_ * (X.head(5) - background.mean()).to_numpy(), atol=1e-8)


def test_agrees_with_the_definition() -> None:
    """All orders of four columns, against the mean over the whole background, for a model with interactions."""
    frame = experiments.patients()
    X, y = frame[["bmi", "s5", "bp", "sex"]], frame["target"]
    model = RandomForestRegressor(10, max_depth=4, random_state=0).fit(X, y)
    background, rows = X.sample(64, random_state=1), X.head(3)
    exact = np.zeros(rows.shape)
    for at, (_, row) in enumerate(rows.iterrows()):
        for order in permutations(range(4)):
            mixed = background.copy()
            before = model.predict(mixed).mean()
            for column in order:
                mixed.iloc[:, column] = row.iloc[column]
                after = model.predict(mixed).mean()
                exact[at, column] += (after - before) / 24
                before = after
    found = shapley_values(lambda each: values_of(model, each), rows, background, seed=0)[:, :, 0]
    np.testing.assert_allclose(found.sum(axis=1), exact.sum(axis=1), atol=1e-8)
    assert np.abs(found - exact).max() < 0.05 * np.abs(exact).max()


def test_words_dates_and_missing_values_add_up_to_the_prediction(tmp_path: object) -> None:
    prepared = prepare(experiments.customers(200), source="churn.csv", target="Churn")
    profile = prepared.dataset.profile(seed=7, threads=1)
    family = FAMILIES["linear"]
    source: Source = render_candidate(family, default_params(family, profile), profile)
    X, y = prepared.frame.drop(columns="Churn"), prepared.frame["Churn"]
    fitted = source.load(tmp_path).build_pipeline().fit(X, y)  # type: ignore[arg-type]
    rows = X.iloc[[5, 3, 8]].set_axis(["five", "three", "eight"])
    found = explain(fitted, rows, X, task="binary", classes=prepared.dataset.classes)
    assert list(found.columns) == list(X.columns)
    assert list(found.index) == ["five", "three", "eight"]
    likely = fitted.predict_proba(rows)[:, 1]
    base = likely - found.sum(axis=1)
    np.testing.assert_allclose(base, base.iloc[0])
    assert abs(base.iloc[0] - fitted.predict_proba(X)[:, 1].mean()) < 0.1
    pd.testing.assert_frame_equal(found, explain(fitted, rows, X, task="binary", classes=prepared.dataset.classes))


def test_several_classes_are_pairs_and_cancel_out(tmp_path: object) -> None:
    prepared = prepare(experiments.wines(), source="sklearn:wine", target="target")
    profile = prepared.dataset.profile(seed=7, threads=1)
    source = render_candidate(FAMILIES["linear"], {}, profile)
    X, y = prepared.frame.drop(columns="target"), prepared.frame["target"]
    found = explain(source.load(tmp_path).build_pipeline().fit(X, y), X.head(4), X, task="multiclass", classes=prepared.dataset.classes)  # type: ignore[arg-type]
    assert found.columns.names == ["class", "feature"]
    assert found.columns[0] == ("barbera", X.columns[0])
    np.testing.assert_allclose(found.T.groupby(level="feature").sum().to_numpy(), 0, atol=1e-8)


def test_no_rows_is_said() -> None:
    X = experiments.patients().drop(columns="target")
    with pytest.raises(RequestError, match="no rows to explain"):
        explain(LinearRegression(), X.head(0), X, task="regression")
