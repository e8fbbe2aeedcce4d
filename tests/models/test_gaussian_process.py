"""Gaussian processes on data whose covariances are singular but for rounding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel

from automl_lab.data.profile import Column, Profile
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.load import build_pipeline
from automl_lab.testing.frames import sample

FAMILY = FAMILIES["gaussian_process"]
# A trend whose variance is 10^15 times that of the rest: no Cholesky factor is left in double precision.
SINGULAR = ConstantKernel(1e-3) * Matern(2.0, nu=0.5) + ConstantKernel(1e4) * DotProduct(1e4) + WhiteKernel(1e-5)


@pytest.fixture
def jittered(tmp_path: Path):
    return render_candidate(FAMILY, {}, sample("regression").profile).load(tmp_path).JitteredProcess


def rows(count: int = 80):
    X = np.random.default_rng(0).normal(size=(count, 4))
    return X, X[:, 0] + np.sin(X[:, 1])


def test_noise_is_added_until_there_is_a_factor(jittered):
    X, y = rows()
    model = GaussianProcessRegressor(SINGULAR, optimizer=None, normalize_y=True)
    with pytest.raises(np.linalg.LinAlgError):
        model.fit(X, y)
    fitted = jittered(model).fit(X, y)
    assert model.alpha < fitted.alpha_ <= fitted.most_alpha
    assert model.alpha == 1e-10
    assert np.isfinite(fitted.predict(X)).all()


def test_no_noise_is_added_where_none_is_needed(jittered):
    X, y = rows()
    model = GaussianProcessRegressor(Matern(2.0) + WhiteKernel(1e-3), optimizer=None, normalize_y=True)
    fitted = jittered(model).fit(X, y)
    assert fitted.alpha_ == model.alpha
    assert np.array_equal(fitted.predict(X), model.fit(X, y).predict(X))


def test_what_no_noise_mends_is_raised(jittered):
    X, y = rows()
    with pytest.raises(np.linalg.LinAlgError):
        jittered(GaussianProcessRegressor(ConstantKernel(1e25) * DotProduct(1.0), optimizer=None), most_alpha=1e-9).fit(X, y)


def awkward(kind: str) -> np.ndarray:
    X, _ = rows()
    if kind == "duplicates":
        return np.vstack([X[:40], X[:40]])
    if kind == "nearly constant":
        return np.column_stack([X[:, 0], np.full(80, 3.0), np.where(np.arange(80) == 0, 1e-9, 0.0), np.full(80, 5.0) + 1e-12 * X[:, 1]])
    return np.ones((80, 4))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("trend", [False, True])
@pytest.mark.parametrize("kernel", ["rbf", "matern_0.5", "matern_1.5", "matern_2.5"])
@pytest.mark.parametrize("kind", ["duplicates", "nearly constant", "constant"])
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_every_kernel_fits_rows_that_say_the_same(task, kind, kernel, trend, tmp_path: Path):
    X = pd.DataFrame(awkward(kind), columns=["a", "b", "c", "d"])
    values = np.random.default_rng(1).normal(size=80)
    y = values if task == "regression" else (values > 0).astype(int)
    columns = tuple(Column(each, "numeric", "float64", 0.0, 40, "0.1") for each in X)
    profile = Profile(task, None if task == "regression" else (0, 1), 80, columns, 0, 1)
    params = {"gaussian_process.kernel": kernel, "gaussian_process.trend": trend}
    pipeline = build_pipeline(render_candidate(FAMILY, params, profile).load(tmp_path)).fit(X, y)
    found = pipeline.predict(X) if task == "regression" else pipeline.predict_proba(X)
    assert np.isfinite(found).all()
