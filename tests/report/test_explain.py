"""SHAP values: against the closed form, against the definition, and over words, dates, missing values and several classes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

from automl_lab.core.errors import RequestError
from automl_lab.data.prepare import prepare
from automl_lab.evaluation.candidate import default_params, render_candidate
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.source import Source
from automl_lab.report.explain import BACKGROUND_ROWS, PERMUTATIONS, explain, outputs
from automl_lab.report.shapley import shapley_explanation
from tests.report import experiments


def values_of(model: object, frame: pd.DataFrame) -> np.ndarray:
    return outputs(model, frame, "regression", None)


def test_linear_model_has_its_closed_form() -> None:
    frame = experiments.patients()
    X, y = frame.drop(columns="target"), frame["target"]
    model = LinearRegression().fit(X, y)
    background = X.sample(20, random_state=1)
    found = shapley_explanation(lambda rows: values_of(model, rows), X.head(5), background, permutations=1, seed=0)
    np.testing.assert_allclose(found.values[:, :, 0], model.coef_ * (X.head(5) - background.mean()).to_numpy(), atol=1e-8)
    np.testing.assert_allclose(found.base_values, model.predict(background).mean())


def by_definition(predict_rows: Callable[[pd.DataFrame], np.ndarray], rows: pd.DataFrame, background: pd.DataFrame) -> np.ndarray:
    """The mean over all orders of the columns, against the mean over the whole background."""
    exact = np.zeros(rows.shape)
    every = list(permutations(rows.columns))
    for at in range(len(rows)):
        for order in every:
            mixed = background.copy()
            before = predict_rows(mixed).mean()
            for column in order:
                mixed[column] = pd.concat([rows[column].iloc[[at]]] * len(mixed)).to_numpy()
                after = predict_rows(mixed).mean()
                exact[at, rows.columns.get_loc(column)] += (after - before) / len(every)
                before = after
    return exact


def test_agrees_with_the_definition() -> None:
    """For a model with interactions of every order: nearly with the few orders of ``explain``, and closer with more of them."""
    frame = experiments.patients()
    X, y = frame[["bmi", "s5", "bp"]], frame["target"]
    model = RandomForestRegressor(10, max_depth=5, random_state=0).fit(X, y)
    background, rows = X.sample(48, random_state=1), X.head(6)

    def predict_rows(each: pd.DataFrame) -> np.ndarray:
        return values_of(model, each)

    exact = by_definition(predict_rows, rows, background)
    few, many = (shapley_explanation(predict_rows, rows, background, permutations=count, seed=0).values[:, :, 0] for count in (PERMUTATIONS, 80))
    np.testing.assert_allclose(few.sum(axis=1), exact.sum(axis=1), atol=1e-8)
    assert np.abs(few - exact).mean() < 0.1 * np.abs(exact).mean()
    assert np.abs(many - exact).mean() < 0.02 * np.abs(exact).mean()


def test_words_dates_and_missing_values_reach_the_model_as_they_are() -> None:
    """Two columns act together, which one pair of orders tells exactly; the third is looked at by nobody."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "word": pd.Series(rng.choice(["a", "b", "ü"], 40), dtype="str").mask(rng.random(40) < 0.3),
            "day": pd.Series(pd.Timestamp("2024-01-31").as_unit("us") + pd.to_timedelta(rng.integers(0, 90, 40), unit="D")).mask(rng.random(40) < 0.3),
            "ignored": rng.integers(0, 2**60, 40),
        }
    )
    rows, background = frame.head(4).set_axis([7, 7, 7, 7]), frame.tail(30)
    seen = []

    def predict_rows(each: pd.DataFrame) -> np.ndarray:
        seen.append(each)
        months = each["day"].dt.month.fillna(0).to_numpy(dtype=float)
        return (months * each["word"].map({"a": 1.0, "b": -3.0}).fillna(10.0).to_numpy()).reshape(-1, 1)

    found = shapley_explanation(predict_rows, rows, background, permutations=1, seed=0).values[:, :, 0]
    assert {tuple(each.dtypes) for each in seen} == {tuple(frame.dtypes)}
    assert set(pd.concat(seen)["ignored"]) == set(frame["ignored"].iloc[[0, 1, 2, 3, *range(10, 40)]])
    np.testing.assert_allclose(found, by_definition(predict_rows, rows, background), atol=1e-9)
    assert (found[:, :2] != 0).any(axis=0).all()
    assert (found[:, 2] == 0).all()


def test_generator_of_the_user_is_left_alone() -> None:
    X = experiments.patients().drop(columns="target")
    model = LinearRegression().fit(X, X["bmi"])
    np.random.seed(11)
    expected = np.random.random(3)
    np.random.seed(11)
    explain(model, X.head(2), X, task="regression")
    np.testing.assert_array_equal(np.random.random(3), expected)


def test_shap_is_imported_by_the_first_call_only() -> None:
    """It takes seconds, and building a notebook or opening a lab needs none of it."""
    code = "import sys, automl_lab.report.explain, automl_lab.report.builder as b; b.ordered_sections(); print('shap' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_words_dates_and_missing_values_add_up_to_the_prediction(tmp_path: object) -> None:
    prepared = prepare(experiments.customers(200), source="churn.csv", target="Churn")
    profile = prepared.dataset.profile(seed=7, threads=1)
    family = FAMILIES["linear"]
    source: Source = render_candidate(family, default_params(family, profile), profile)
    X, y = prepared.frame.drop(columns="Churn"), prepared.frame["Churn"]
    fitted = source.load(tmp_path).build_pipeline().fit(X, y)  # type: ignore[arg-type]
    rows = X.iloc[[5, 3, 8]].set_axis(["five", "three", "eight"])
    background = X.tail(BACKGROUND_ROWS)  # so few that all of them are taken
    found = explain(fitted, rows, background, task="binary", classes=prepared.dataset.classes)
    assert list(found.columns) == list(X.columns)
    assert list(found.index) == ["five", "three", "eight"]
    likely, base = fitted.predict_proba(rows)[:, 1], fitted.predict_proba(background)[:, 1].mean()
    np.testing.assert_allclose(found.sum(axis=1), likely - base)
    pd.testing.assert_frame_equal(found, explain(fitted, rows, background, task="binary", classes=prepared.dataset.classes))


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
