"""Nothing is fitted outside the fold: no option of any step makes chance predictable, and these tests see it when one does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from automl_lab.data.profile import Column, Profile
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.load import build_pipeline
from automl_lab.testing.families import preparations
from automl_lab.testing.frames import Sample

ROWS, NOISE = 240, 60
NAMES = ("knn", "linear", "random_forest", "xgboost")


def chance(share=0.5, seed=5):
    """Sixty columns of noise, a category of three rows each, one of few values, dates and words, and a target that is drawn without a look at them."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.normal(size=(ROWS, NOISE)), columns=[f"noise {index}" for index in range(NOISE)])
    X["key"] = pd.Series([f"k{index // 3}" for index in range(ROWS)], dtype="str")
    X["kind"] = pd.Series(random.choice(["a", "b", "c"], ROWS), dtype="str")
    X["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 9000, ROWS), unit="h")
    X = X.sample(frac=1.0, random_state=seed).reset_index(drop=True)
    X.iloc[::7, 0] = np.nan
    y = pd.Series(random.permutation(np.where(np.arange(ROWS) < share * ROWS, "yes", "no")))
    kinds = {"key": "categorical", "kind": "categorical", "when": "datetime"}
    columns = tuple(
        Column(name, kinds.get(name, "numeric"), str(X[name].dtype), float(X[name].isna().mean()), X[name].nunique(), str(X[name].iloc[1])) for name in X
    )
    counts = y.value_counts()
    return Sample(X, y, Profile("binary", ("no", "yes"), ROWS, columns, 0, 1, imbalance=float(counts.max() / counts.min())))


def folds(data):
    return StratifiedKFold(3, shuffle=True, random_state=0).split(data.X, data.y)


def out_of_fold_auc(family, params, data, folder):
    module = render_candidate(family, params, data.profile).load(folder)
    predicted = np.zeros(len(data.y))
    with threadpool_limits(1):
        for fit, validation in folds(data):
            pipeline = build_pipeline(module).fit(data.X.iloc[fit], data.y.iloc[fit])
            predicted[validation] = pipeline.predict_proba(data.X.iloc[validation])[:, 1]
    return roc_auc_score(data.y == "yes", predicted)


@pytest.mark.parametrize(("name", "share"), [*((name, 0.5) for name in NAMES), ("linear", 0.2)])
def test_chance_stays_chance_with_every_option_of_every_step(name, share, tmp_path: Path):
    data = chance(share)
    tried = preparations(FAMILIES[name], data)
    assert len(tried) >= 4
    for params in tried:
        auc = out_of_fold_auc(FAMILIES[name], params, data, tmp_path)
        # The standard error is about 0.04, and 0.05 with few rows of one class.
        assert 0.34 < auc < 0.66, (auc, params)


@pytest.mark.parametrize(
    "params",
    [
        {"random_forest.high_cardinality.encoding": "target"},
        {"random_forest.features": "engineered", "random_forest.selection": "tree_importance", "random_forest.selection_share": 0.9},
        {"random_forest.features": "engineered", "random_forest.interactions.kind": "products"},
        {"random_forest.features": "engineered", "random_forest.interactions.kind": "all"},
    ],
    ids=lambda params: "-".join(str(value) for value in params.values()),
)
def test_a_preparation_fitted_on_all_rows_would_be_seen(params, tmp_path: Path):
    """The same steps, fitted before the folds, make chance predictable: so the test above can fail, and its bounds are narrow enough."""
    data = chance()
    pipeline = build_pipeline(render_candidate(FAMILIES["random_forest"], params, data.profile).load(tmp_path))
    with threadpool_limits(1):
        steps = pipeline[:-1].fit(data.X, data.y)
        prepared, predicted = steps.transform(data.X), np.zeros(len(data.y))
        for fit, validation in folds(data):
            model = ExtraTreesClassifier(300, random_state=0).fit(prepared[fit], data.y.iloc[fit])
            predicted[validation] = model.predict_proba(prepared[validation])[:, 1]
    assert roc_auc_score(data.y == "yes", predicted) > 0.68
