"""The options of the preparation: where they are offered, what they find, what they cap, and that the plain preparation stays what it is without them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from automl_lab.data.prepare import prepare
from automl_lab.data.profile import Column, Profile
from automl_lab.evaluation.candidate import ALLOWED, default_params, parameters, render_candidate, rounds_to_find
from automl_lab.evaluation.ensembles.recipe import Combination, Recipe
from automl_lab.evaluation.ensembles.source import Part, render_ensemble
from automl_lab.evaluation.loaded import load_data
from automl_lab.evaluation.protocol import render_protocol
from automl_lab.evaluation.trial import TrialJob, evaluate
from automl_lab.features.emitted_selection import Strongest
from automl_lab.features.generator import GENERATORS
from automl_lab.features.option import ENCODINGS, IMPUTATIONS, SAMPLERS, SELECTIONS, TRANSFORMS
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.audit import audit
from automl_lab.pipelines.load import build_pipeline
from automl_lab.testing.families import fitted, preparations, quick
from automl_lab.testing.frames import FEW, HUGE, sample

pytestmark = pytest.mark.filterwarnings("error")
PREPARED = sorted(name for name, family in FAMILIES.items() if family.wants.prepared)
LARGE = Profile("regression", None, 100_000, tuple(Column(f"x{place}", "numeric", "float64", 0.0, 100_000, "0.1") for place in range(10)), 0, 1)
NATIVE = [name for name, family in FAMILIES.items() if family.native]


@pytest.fixture(autouse=True)
def _as_in_a_trial():
    with threadpool_limits(1):
        yield


def numbers(rows, count, seed=0):
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.normal(size=(rows, count)), columns=[f"x{index}" for index in range(count)])
    columns = tuple(Column(name, "numeric", "float64", 0.0, rows, "0.1") for name in X)
    return random, X, Profile("regression", None, rows, columns, 0, 1)


def scored(name, params, X, y, profile, folder):
    half = len(X) // 2
    pipeline = build_pipeline(render_candidate(FAMILIES[name], params, profile).load(folder)).fit(X.iloc[:half], y.iloc[:half])
    return pipeline.score(X.iloc[half:], y.iloc[half:]), pipeline


def test_the_registered_options():
    assert set(IMPUTATIONS) >= {"iterative", "mean", "median"}
    assert set(TRANSFORMS) >= {"bins", "log", "polynomial", "square_root", "yeo_johnson"}
    assert set(ENCODINGS) >= {"frequency", "hashing", "onehot", "ordinal", "rare", "target"}
    assert set(SELECTIONS) >= {"correlation", "l1", "mutual_information", "tree_importance"}
    assert set(SAMPLERS) >= {"over", "smote", "under"}
    assert set(GENERATORS) >= {"aggregates", "products", "ratios"}


def test_every_registered_option_is_offered_to_some_family():
    found = set()
    for name in PREPARED:
        for data in (sample("binary", rare=True), replace_kinds(sample("binary", rare=True))):
            for parameter in parameters(FAMILIES[name], data.profile).values():
                found |= {str(option) for option in parameter.options}
    for registry in (IMPUTATIONS, TRANSFORMS, ENCODINGS, SELECTIONS, SAMPLERS, GENERATORS):
        assert set(registry) <= found


def replace_kinds(data):
    """Only numbers and dates: most of the data is numeric."""
    return data.only("numeric", "datetime")


@pytest.mark.parametrize("name", PREPARED)
def test_a_default_is_plain(name):
    data = sample("binary", rare=True)
    params = default_params(FAMILIES[name], data.profile)
    assert params[f"{name}.features"] == "plain"
    assert params[f"{name}.resampled"] is False
    text = render_candidate(FAMILIES[name], {}, data.profile).text
    assert not any(word in text for word in ("imblearn", "Strongest", "Uncorrelated", "TimeSince", "FeatureUnion", "Frequencies", "TrainingRange"))
    # What is more stands behind one choice, so that random draws are plain as often as not.
    behind = {each for each in parameters(FAMILIES[name], data.profile) if "interactions" in each or "selection" in each or "transform" in each}
    assert behind
    assert not behind & params.keys()


def test_nothing_is_asked_where_nothing_is_more():
    asked = parameters(FAMILIES["xgboost"], sample("regression").only("categorical").profile)
    assert "xgboost.features" not in asked
    assert not any("resampl" in name for name in parameters(FAMILIES["xgboost"], sample("binary").profile))


@pytest.mark.parametrize("name", ["linear", "xgboost", "random_forest"])
@pytest.mark.parametrize(("kind", "formula"), [("products", lambda a, b: a * b), ("ratios", lambda a, b: a / (b.abs() + 0.2))])
def test_an_interaction_is_found(name, kind, formula, tmp_path: Path):
    random, X, profile = numbers(600, 12)
    X["x7"] = X["x7"].abs() + 0.2
    y = formula(X["x3"], X["x7"]) + pd.Series(0.1 * random.normal(size=600))
    rounds = {name_: 60 for name_ in [rounds_to_find(FAMILIES[name], {}, profile)] if name_}
    plain, _ = scored(name, rounds, X, y, profile, tmp_path)
    found, pipeline = scored(
        name, {f"{name}.features": "engineered", f"{name}.interactions.kind": kind, f"{name}.interactions.keep": 5, **rounds}, X, y, profile, tmp_path
    )
    names = pipeline[0].get_feature_names_out()
    assert any(f"x3 {'*' if kind == 'products' else '/'} x7" in each for each in names)
    assert found > 0.8
    assert found > plain + 0.01


def test_a_group_aggregate_is_what_it_says(tmp_path: Path):
    data = sample("binary")
    params = {**quick(FAMILIES["xgboost"], data), "xgboost.features": "engineered", "xgboost.interactions.kind": "aggregates", "xgboost.interactions.keep": 100}
    pipeline = fitted(render_candidate(FAMILIES["xgboost"], params, data.profile), data, tmp_path)
    names = list(pipeline[0].get_feature_names_out())
    position = next(index for index, each in enumerate(names) if f"mean of size [m²] by {FEW}" in each)
    expected = data.X.groupby(data.X[FEW].fillna("(missing)"))["size [m²]"].transform("mean")
    np.testing.assert_allclose(pipeline[0].transform(data.X)[:, position].astype(float), expected, rtol=1e-9)
    strange = data.X.head(3).assign(**{FEW: "never seen"})
    np.testing.assert_allclose(pipeline[0].transform(strange)[:, position].astype(float), data.X["size [m²]"].mean(), rtol=1e-9)


@pytest.mark.parametrize("kind", ["all", "aggregates", "products", "ratios"])
def test_at_most_five_hundred_are_made_and_a_hundred_kept(kind, tmp_path: Path):
    random, X, profile = numbers(80, 60)
    many = {f"c{index}": pd.Series(random.choice(["u", "v", "w"], 80), dtype="str") for index in range(12)}
    X = X.assign(**many)
    profile = replace(profile, columns=(*profile.columns, *(Column(name, "categorical", "str", 0.0, 3, "u") for name in many)))
    params = {"linear.features": "engineered", "linear.interactions.kind": kind, "linear.interactions.keep": 100}
    y = X["x0"] * X["x1"]
    pipeline = build_pipeline(render_candidate(FAMILIES["linear"], params, profile).load(tmp_path)).fit(X, y)
    made = pipeline[0].named_transformers_["interactions"]
    selector = next(step for step in made if hasattr(step, "importances_"))
    assert 100 < len(selector.importances_) <= 500
    assert sum("interactions__" in each for each in pipeline[0].get_feature_names_out()) == 100


def test_groups_are_of_categories_also_where_the_forest_cuts_by_few_of_them(tmp_path: Path):
    """Flags that are rarer than the rows of a leaf are never cut by; the numbers after them are no codes of groups."""
    random, X, profile = numbers(300, 3)
    X["x0"] = 1.7e9 + 1e6 * random.random(300)  # seconds since 1970, say
    flags = {f"f{index}": pd.Series(np.where(np.arange(300) < (150 if index < 5 else 2), "yes", "no"), dtype="str") for index in range(12)}
    X = X.assign(**flags)
    profile = replace(profile, columns=(*profile.columns, *(Column(name, "categorical", "str", 0.0, 2, "no") for name in flags)))
    params = {"linear.features": "engineered", "linear.interactions.kind": "aggregates", "linear.interactions.keep": 100}
    pipeline = build_pipeline(render_candidate(FAMILIES["linear"], params, profile).load(tmp_path)).fit(X, X["x1"] * (flags["f0"] == "yes"))
    made = pipeline[0].named_transformers_["interactions"]
    columns, groups = made[0], made[0][-1]
    names = columns.get_feature_names_out(list(X))
    assert len(groups.tables_) == 8
    assert {each.rpartition(" by ")[2] for each in names} <= set(flags)
    assert {each.partition(" of ")[2].rpartition(" by ")[0] for each in names} == {"x0", "x1", "x2"}


class Counting(BaseEstimator):
    """A forest that only tells what it was asked for."""

    def __init__(self, bootstrap=False, max_samples=None):
        self.bootstrap, self.max_samples = bootstrap, max_samples

    def fit(self, X, y):
        self.feature_importances_ = np.array([1.0, 1.0 if (self.bootstrap, self.max_samples) == (True, 50) else 0.0])
        return self


@pytest.mark.parametrize(("rows", "sampled"), [(40, False), (50, False), (51, True), (400, True)])
def test_trees_that_choose_columns_see_so_many_of_the_rows_at_hand(rows, sampled):
    """Of the rows of a fit, which may be few of all: a share of all of them would leave next to none where a search begins with a sample."""
    X = np.zeros((rows, 2))
    chosen = Strongest(Counting(), rows=50).fit(X, X[:, 0])
    assert list(chosen.get_support()) == [True, sampled]


@pytest.mark.parametrize(("rows", "limited"), [(5_000, False), (5_001, True)])
def test_the_limit_stands_in_the_source_of_large_data(rows, limited):
    params = {"knn.features": "engineered", "knn.selection": "tree_importance"}
    assert ("rows=5000" in render_candidate(FAMILIES["knn"], params, replace(LARGE, rows=rows)).text) == limited


@pytest.mark.parametrize("name", [name for name in PREPARED if "binary" in FAMILIES[name].tasks])
def test_rows_are_not_repeated_for_a_model_that_stops_by_rows_it_sets_aside(name):
    """It would know half of them already."""
    data = sample("binary", rare=True)
    ways = parameters(FAMILIES[name], data.profile)
    repeated = {"over", "smote"} & set(ways[f"{name}.resampling"].options if f"{name}.resampling" in ways else ())
    assert bool(repeated) == (name not in {"mlp", "tabm"})
    assert f"{name}.resampled" in ways


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("selection", ["correlation", "mutual_information", "tree_importance"])
def test_category_columns_keep_their_places_in_a_selection(name, selection, tmp_path: Path):
    data = sample("binary")
    params = {**quick(FAMILIES[name], data), f"{name}.features": "engineered", f"{name}.selection": selection, f"{name}.categories": "native"}
    params = {key: value for key, value in params.items() if not key.endswith(".encoding")}  # nothing is left to encode
    pipeline = fitted(render_candidate(FAMILIES[name], params, data.profile), data, tmp_path)
    before = pipeline[0].transform(data.X)
    after = pipeline[1].transform(before)
    categories = len(pipeline[1].transformers[0][2])
    assert categories >= 3
    np.testing.assert_array_equal(after[:, :categories], before[:, :categories])
    assert after.shape[1] < before.shape[1]
    assert len(pipeline[:-1].get_feature_names_out()) == after.shape[1]


@pytest.mark.parametrize(
    ("name", "selection"), [("linear", "l1"), ("linear", "tree_importance"), ("xgboost", "tree_importance"), ("knn", "mutual_information")]
)
def test_a_selection_keeps_what_matters(name, selection, tmp_path: Path):
    _, X, profile = numbers(400, 40)
    y = 3 * X["x5"] - 2 * X["x9"]
    rounds = {each: 20 for each in [rounds_to_find(FAMILIES[name], {}, profile)] if each}
    params = {f"{name}.features": "engineered", f"{name}.selection": selection, **rounds}
    score, pipeline = scored(name, params, X, y, profile, tmp_path)
    kept = [str(each) for each in pipeline[:-1].get_feature_names_out()]
    assert {"numeric__x5", "numeric__x9"} <= set(kept)
    assert len(kept) < 30
    assert score > 0.5


def test_a_correlated_column_is_left_out(tmp_path: Path):
    random, X, profile = numbers(200, 10)
    X["x4"] = -2 * X["x1"] + 0.01 * random.normal(size=200)
    params = {"knn.features": "engineered", "knn.selection": "correlation"}
    pipeline = build_pipeline(render_candidate(FAMILIES["knn"], params, profile).load(tmp_path)).fit(X, X["x0"])
    assert [str(each) for each in pipeline[:-1].get_feature_names_out()] == [f"numeric__x{index}" for index in range(10) if index != 4]


def test_unseen_values_and_shares_of_the_training_rows(tmp_path: Path):
    data = sample("binary").only("categorical")
    params = {**quick(FAMILIES["xgboost"], data), "xgboost.high_cardinality.encoding": "frequency"}
    pipeline = fitted(render_candidate(FAMILIES["xgboost"], params, data.profile), data, tmp_path)
    names = list(pipeline[0].get_feature_names_out())
    column = names.index(f"high_cardinality__{HUGE}")
    expected = data.X[HUGE].map(data.X[HUGE].value_counts(normalize=True))
    np.testing.assert_allclose(pipeline[0].transform(data.X)[:, column].astype(float), expected)
    assert (pipeline[0].transform(data.X.assign(**{HUGE: "new"}))[:, column] == 0).all()


@pytest.mark.parametrize(
    ("name", "way"), [("xgboost", "over"), ("lightgbm", "under"), ("catboost", "over"), ("hist_gradient_boosting", "over"), ("linear", "smote")]
)
def test_a_trial_resamples_the_rows_it_fits_and_no_others(name, way, tmp_path: Path):
    """From the source to the stored model: every row that is scored is one of the data, in early stopping too."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(300, 4)), columns=list("abcd"))
    frame["y"] = np.where(frame["a"] + 0.5 * random.normal(size=300) > 1.3, "rare", "often")
    prepared = prepare(frame, source="made", target="y")
    profile = prepared.dataset.profile(0, 1)
    assert profile.imbalance > 3
    (tmp_path / "data.parquet").write_bytes(prepared.parquet)
    protocol = render_protocol(prepared.dataset, ["roc_auc"], folds=2, holdout=0.2, seed=0)
    params = {**default_params(FAMILIES[name], profile), f"{name}.resampled": True, f"{name}.resampling": way}
    source = render_candidate(FAMILIES[name], params, profile)
    audit(source, ALLOWED)
    assert "from imblearn.pipeline import Pipeline" in source.text
    job = TrialJob("experiment", 0, 1, source.text, name, params, profile, protocol.text, "", ("roc_auc",), ("maximize",))
    data = load_data(protocol, tmp_path / "data.parquet", tmp_path)
    outcome = evaluate(job, data, lambda _index, _scores: None)
    assert outcome.values["roc_auc"] > 0.8
    assert bool(outcome.rounds) == (FAMILIES[name].stopping is not None)
    assert outcome.model


def test_an_ensemble_of_members_that_resample_and_members_that_do_not(tmp_path: Path):
    data = sample("binary", rare=True)
    plain, resampled = quick(FAMILIES["random_forest"], data), quick(FAMILIES["linear"], data) | {"linear.resampled": True}
    engineered = next(each for each in preparations(FAMILIES["extra_trees"], data) if each.get("extra_trees.interactions.kind") == "all")
    parts = [Part(1, "random_forest", plain), Part(2, "linear", resampled), Part(3, "extra_trees", engineered), Part(4, "extra_trees", engineered)]
    recipe = Recipe(Combination("greedy", {1: 2, 2: 1, 3: 1, 4: 1}))
    source = render_ensemble(recipe, parts, data.profile)
    audit(source, ALLOWED)
    assert np.isfinite(build_pipeline(source.load(tmp_path)).fit(data.X, data.y).predict_proba(data.X)).all()
