"""Nothing is fitted outside the fold: no option of any step makes chance predictable, and these tests see it when one does.

Candidates are scored as a search scores them: by ``evaluate``, with the rounds that early stopping finds, in the folds of a real evaluate.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from automl_lab.data.prepare import prepare
from automl_lab.data.profile import Column, Profile
from automl_lab.evaluation.candidate import default_params, render_candidate
from automl_lab.evaluation.ensembles.recipe import Combination, Recipe
from automl_lab.evaluation.ensembles.source import Part, render_ensemble
from automl_lab.evaluation.loaded import load_data
from automl_lab.evaluation.protocol import render_protocol
from automl_lab.evaluation.trial import TrialJob, evaluate
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.load import build_pipeline
from automl_lab.testing.families import preparations
from automl_lab.testing.frames import Sample

ROWS, NOISE = 240, 60
WORDS = [f"word{index}" for index in range(200)]
NAMES = ("knn", "lightgbm", "linear", "random_forest", "xgboost")
ENSEMBLES = (Recipe(Combination("greedy", {1: 2, 2: 1, 3: 1})), Recipe(Combination("layers", {1: 1, 2: 1, 3: 1})), Recipe(Combination("single", {2: 1}), bag=3))


def chance(share=0.5, seed=5):
    """Sixty columns of noise, a category of three rows each, one of few values, dates and words, and a target that is drawn without a look at them."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.normal(size=(ROWS, NOISE)), columns=[f"noise {index}" for index in range(NOISE)])
    X["key"] = pd.Series([f"k{index // 3}" for index in range(ROWS)], dtype="str")
    X["kind"] = pd.Series(random.choice(["a", "b", "c"], ROWS), dtype="str")
    X["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 9000, ROWS), unit="h")
    X["note"] = pd.Series([" ".join(random.choice(WORDS, 6)) for _ in range(ROWS)], dtype="str")
    X = X.sample(frac=1.0, random_state=seed).reset_index(drop=True)
    X.iloc[::7, 0] = np.nan
    y = pd.Series(random.permutation(np.where(np.arange(ROWS) < share * ROWS, "yes", "no")))
    kinds = {"key": "categorical", "kind": "categorical", "when": "datetime", "note": "text"}
    columns = tuple(
        Column(name, kinds.get(name, "numeric"), str(X[name].dtype), float(X[name].isna().mean()), X[name].nunique(), str(X[name].iloc[1])) for name in X
    )
    counts = y.value_counts()
    return Sample(X, y, Profile("binary", ("no", "yes"), ROWS, columns, 0, 1, imbalance=float(counts.max() / counts.min())))


def folds(data):
    return StratifiedKFold(3, shuffle=True, random_state=0).split(data.X, data.y)


class Table:
    """The rows as an experiment has them: read, split and scored by what it would be split and scored by."""

    def __init__(self, data, folder):
        named = {"key": "categorical", "kind": "categorical", "note": "text", "when": "datetime"}
        prepared = prepare(data.X.assign(target=data.y), source="chance", target="target", columns=named)
        (folder / "data.parquet").write_bytes(prepared.parquet)
        self.protocol = render_protocol(prepared.dataset, ["roc_auc"], folds=3, holdout=0.0, seed=0)
        self.profile = prepared.dataset.profile(0, 1)
        self.data = load_data(self.protocol, folder / "data.parquet", folder)

    def auc(self, family, params):
        """Of a candidate, by the trial that a search makes of it."""
        source = render_candidate(family, params, self.profile)
        job = TrialJob("e", 0, 1, source.text, family.name, params, self.profile, self.protocol.text, "", ("roc_auc",), ("maximize",))
        outcome = evaluate(job, self.data, lambda *_: None)
        return outcome.values["roc_auc"], outcome.rounds

    def auc_of(self, source, folder):
        """Of a source, fold by fold."""
        X, y, rules = self.data.X, self.data.y, self.data.protocol
        scores = []
        for fit, validation in rules.folds(y):
            pipeline = build_pipeline(source.load(folder)).fit(X.iloc[fit], y.iloc[fit])
            scores.append(rules.score(y.iloc[validation], rules.predict(pipeline, X.iloc[validation]))["roc_auc"])
        return np.mean(scores)


@pytest.mark.parametrize(("name", "share"), [*((name, 0.5) for name in NAMES), ("linear", 0.2)])
def test_chance_stays_chance_with_every_option_of_every_step(name, share, tmp_path: Path):
    data = chance(share)
    table = Table(data, tmp_path)
    tried = preparations(FAMILIES[name], replace(data, profile=table.profile))
    assert len(tried) >= 4
    assert {"key", "kind", "note", "when"} <= {each.name for each in table.profile.columns}
    for params in tried:
        auc, _ = table.auc(FAMILIES[name], params)
        # The standard error is about 0.04, and 0.05 with few rows of one class.
        assert 0.34 < auc < 0.66, (auc, params)


@pytest.mark.parametrize("name", [name for name, family in sorted(FAMILIES.items()) if family.wants.prepared])
def test_chance_stays_chance_for_the_default_of_every_family(name, tmp_path: Path):
    """Also where the rounds are found by early stopping, on rows of the training part."""
    family, table = FAMILIES[name], Table(chance(), tmp_path)
    auc, rounds = table.auc(family, default_params(family, table.profile))
    assert 0.34 < auc < 0.66
    assert bool(rounds) == (family.stopping is not None)


@pytest.mark.parametrize("recipe", ENSEMBLES, ids=lambda recipe: recipe.words())
def test_chance_stays_chance_for_an_ensemble(recipe, tmp_path: Path):
    table = Table(chance(), tmp_path)
    parts = [Part(1, "linear", {}), Part(2, "extra_trees", {"extra_trees.n_estimators": 60}), Part(3, "xgboost", {"xgboost.n_estimators": 30})]
    source = render_ensemble(recipe, [part for part in parts if part.trial in recipe.combination.weights], table.profile)
    assert 0.34 < table.auc_of(source, tmp_path) < 0.66


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
