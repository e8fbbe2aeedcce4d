"""Pipelines survive what real folds bring: missing everything, new values, missing classes, labels of any kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from automl_lab.data.prepare import prepare
from automl_lab.data.profile import Column, Profile
from automl_lab.evaluation.candidate import parameters, render_candidate
from automl_lab.features.option import SAMPLERS, Asked
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.load import build_pipeline
from automl_lab.pipelines.parts import Wants
from automl_lab.pipelines.suggest import DefaultSuggest
from automl_lab.testing.families import fitted, predictions, quick, variants
from automl_lab.testing.frames import FEW, FLAG, GAPS, MANY, NOTE, NUMBER, WHEN, sample

pytestmark = pytest.mark.filterwarnings("error")
NAMES = sorted(FAMILIES)
DECLARED = [(name, task) for name in NAMES for task in sorted(FAMILIES[name].tasks)]


@pytest.fixture(autouse=True)
def _as_in_a_trial():
    """In one thread: more of them only spin over so few rows."""
    with threadpool_limits(1):
        yield


def encodings(family, data):
    """The quick defaults, and from there every other way of categorical columns."""
    first, *others = variants(family, data)

    def ways(params):
        return {key: value for key, value in params.items() if key.endswith(("encoding", ".categories"))}

    return [first, *(params for params in others if ways(params) != ways(first))]


@pytest.mark.parametrize(("name", "task"), DECLARED)
def test_a_fold_in_which_columns_are_empty(name, task, tmp_path: Path):
    data = sample(task)
    X = data.X.copy()
    for column in (GAPS, FEW, FLAG, WHEN, NOTE):
        X[column] = pd.Series([None] * len(X), index=X.index, dtype=X[column].dtype)
    for params in encodings(FAMILIES[name], data):
        pipeline = build_pipeline(render_candidate(FAMILIES[name], params, data.profile).load(tmp_path)).fit(X, data.y)
        assert np.isfinite(predictions(pipeline, data)).all()  # and now they are not


@pytest.mark.parametrize(("name", "task"), DECLARED)
def test_new_values_and_other_dtypes_at_prediction(name, task, tmp_path: Path):
    data = sample(task)
    new = data.X.head(4).astype(object)
    new[FEW] = ["violet", 1, True, None]
    new[MANY] = ["city 1", np.nan, 3.0, "nowhere"]
    new[NUMBER] = ["0.5", "n/a", np.inf, 1e300]
    new[WHEN] = ["2024-03-01", "1 March 2024 10:00", "junk", None]
    new[NOTE] = [None, "", "words never seen", 7]
    new = new[list(reversed(new.columns))].assign(extra=1)
    for params in encodings(FAMILIES[name], data):
        pipeline = fitted(render_candidate(FAMILIES[name], params, data.profile), data, tmp_path)
        assert len(pipeline.predict(new)) == 4


@pytest.mark.parametrize("name", NAMES)
def test_a_class_that_a_fold_lacks(name, tmp_path: Path):
    data = sample("multiclass", labels=("a", "b", "c", "d"))
    for missing in (["b"], ["a", "d"]):
        rows = ~data.y.isin(missing)
        for params in encodings(FAMILIES[name], data):
            pipeline = build_pipeline(render_candidate(FAMILIES[name], params, data.profile).load(tmp_path)).fit(data.X[rows], data.y[rows])
            assert list(pipeline.classes_) == sorted({"a", "b", "c", "d"} - set(missing))
            assert pipeline.predict_proba(data.X).shape == (len(data.X), 4 - len(missing))


@pytest.mark.parametrize("name", NAMES)
def test_a_class_of_one_row(name, tmp_path: Path):
    data = sample("multiclass", labels=("a", "b", "c"))
    y = data.y.where(data.y != "c", "b")
    y.iloc[5] = "c"
    for params in encodings(FAMILIES[name], data):
        pipeline = build_pipeline(render_candidate(FAMILIES[name], params, data.profile).load(tmp_path)).fit(data.X, y)
        assert pipeline.predict_proba(data.X).shape == (len(data.X), 3)


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        (("no", "yes"), "object"),
        (("no", "yes"), "str"),
        ((0, 1), "int64"),
        ((-5, 7), "int64"),
        ((False, True), "bool"),
        ((1, 2, 3), "int64"),
        (("ä", "b\nc", "🙂"), "str"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_labels_come_back_as_they_were(name, labels, dtype, tmp_path: Path):
    data = sample("multiclass" if len(labels) > 2 else "binary", labels=labels)
    y = data.y.astype(dtype)
    pipeline = build_pipeline(render_candidate(FAMILIES[name], quick(FAMILIES[name], data), data.profile).load(tmp_path)).fit(data.X, y)
    assert list(pipeline.classes_) == sorted(labels)
    assert {type(label) for label in pipeline.predict(data.X).tolist()} == {type(labels[0])}


@pytest.mark.parametrize("name", [name for name, task in DECLARED if task == "regression"])
def test_whole_numbers_as_a_target(name, tmp_path: Path):
    data = sample("regression")
    y = data.y.round().astype("int64")
    for params in encodings(FAMILIES[name], data):
        pipeline = build_pipeline(render_candidate(FAMILIES[name], params, data.profile).load(tmp_path)).fit(data.X, y)
        assert np.isfinite(predictions(pipeline, data)).all()


@pytest.mark.parametrize("name", NAMES)
def test_few_rows(name, tmp_path: Path):
    data = sample("binary", rows=12)
    for params in encodings(FAMILIES[name], data):
        pipeline = build_pipeline(render_candidate(FAMILIES[name], params, data.profile).load(tmp_path))
        pipeline.fit(data.X.iloc[:8], ["no", "yes"] * 4)
        assert len(pipeline.predict(data.X)) == 12


def test_read_only_arrays_do(tmp_path: Path):
    data = sample("binary").only("numeric")
    values = data.X.to_numpy(dtype=float)
    values.setflags(write=False)
    X = pd.DataFrame(values, columns=data.X.columns, copy=False)
    for name in NAMES:
        params = quick(FAMILIES[name], data)
        source = render_candidate(FAMILIES[name], params, data.profile).load(tmp_path)
        found = build_pipeline(source).fit(X, data.y.to_numpy()).predict_proba(X)
        np.testing.assert_array_equal(found, build_pipeline(source).fit(data.X, data.y.to_numpy()).predict_proba(data.X), err_msg=name)


@pytest.mark.parametrize("name", ["linear", "random_forest", "xgboost"])
def test_a_target_encoding_leaks_nothing(name, tmp_path: Path):
    """One category for two rows and a target of pure chance: an encoding fitted on the rows it encodes would predict it well."""
    random = np.random.default_rng(3)
    rows = 400
    X = pd.DataFrame({"key": [f"k{index // 2}" for index in range(rows)]}, dtype="str")
    y = pd.Series(random.permutation(np.repeat(["no", "yes"], rows // 2)))
    profile = Profile("binary", ("no", "yes"), rows, (Column("key", "categorical", "str", 0.0, rows // 2, "k0"),), 0, 1)
    family = FAMILIES[name]
    params = {f"{name}.high_cardinality.encoding": "target"}
    fit, validation = np.arange(0, rows, 2), np.arange(1, rows, 2)  # each key once on both sides
    pipeline = build_pipeline(render_candidate(family, params, profile).load(tmp_path)).fit(X.iloc[fit], y.iloc[fit])
    held_out = (pipeline.predict(X.iloc[validation]) == y.iloc[validation]).mean()
    assert 0.4 < held_out < 0.6
    # Inside the fit each row is encoded from others: with one row a key, that says nothing of its own target.
    inside = pipeline[0].fit_transform(X.iloc[fit], y.iloc[fit]).ravel()
    assert abs(np.corrcoef(inside, (y.iloc[fit] == "yes").to_numpy())[0, 1]) < 0.5


def test_an_encoding_of_a_real_signal_is_found(tmp_path: Path):
    random = np.random.default_rng(4)
    keys = np.array([f"k{index}" for index in range(40)])
    drawn = random.integers(0, 40, 1200)
    X = pd.DataFrame({"key": keys[drawn]}, dtype="str")
    y = pd.Series(np.where(random.random(1200) < 0.15 + 0.7 * (drawn % 2), "yes", "no"))
    profile = Profile("binary", ("no", "yes"), 1200, (Column("key", "categorical", "str", 0.0, 40, "k0"),), 0, 1)
    for name in ("linear", "random_forest", "xgboost"):
        pipeline = build_pipeline(render_candidate(FAMILIES[name], {f"{name}.high_cardinality.encoding": "target"}, profile).load(tmp_path))
        pipeline.fit(X.iloc[:800], y.iloc[:800])
        assert pipeline.score(X.iloc[800:], y.iloc[800:]) > 0.78


@pytest.mark.parametrize("name", ["linear", "random_forest", "xgboost", "lightgbm"])
def test_prepared_columns_have_names(name, tmp_path: Path):
    data = sample("multiclass")
    for params in encodings(FAMILIES[name], data):
        pipeline = fitted(render_candidate(FAMILIES[name], params, data.profile), data, tmp_path)
        prepared = pipeline[0].transform(data.X)
        assert len(pipeline[0].get_feature_names_out()) == prepared.shape[1]


def test_the_seed_changes_what_is_drawn(tmp_path: Path):
    data = sample("binary")
    for name in ("random_forest", "xgboost"):
        params = quick(FAMILIES[name], data)
        one, two = (fitted(render_candidate(FAMILIES[name], params, replace(data.profile, seed=seed)), data, tmp_path) for seed in (1, 2))
        assert not np.array_equal(predictions(one, data), predictions(two, data))


def hardly_any(task="binary", rows=400):
    """A column that is nothing but zeros in most folds, a few rows of the rarer class and a category."""
    random = np.random.default_rng(0)
    X = pd.DataFrame(
        {"a": random.random(rows), "b": random.random(rows), "z": np.where(np.arange(rows) == 5, 3.0, 0.0), "k": random.choice(list("pqrstu"), rows)}
    )
    prepared = prepare(X.assign(y=np.where(np.arange(rows) < 8, "yes", "no")), source="t", target="y")
    return prepared.frame.drop(columns="y"), prepared.frame["y"], prepared.dataset.profile(0, 1)


def test_ratios_to_a_column_of_zeros_leave_no_empty_column(tmp_path: Path):
    X, y, profile = hardly_any()
    params = {"features": "engineered", "interactions.kind": "ratios", "max_iter": 5}
    source = render_candidate(FAMILIES["hist_gradient_boosting"], {f"hist_gradient_boosting.{name}": value for name, value in params.items()}, profile)
    rows = np.delete(np.arange(len(X)), 5)
    pipeline = build_pipeline(source.load(tmp_path)).fit(X.iloc[rows], y.iloc[rows])
    assert np.isfinite(pipeline.predict_proba(X)).all()


@pytest.mark.parametrize("params", [{"resampled": True, "resampling": "under"}, {}])
def test_no_more_neighbours_are_asked_for_than_there_are_rows(params, tmp_path: Path):
    X, y, profile = hardly_any()
    source = render_candidate(FAMILIES["knn"], {"knn.n_neighbors": 100, **{f"knn.{name}": value for name, value in params.items()}}, profile)
    rows = np.arange(len(X)) if params else np.arange(50)
    pipeline = build_pipeline(source.load(tmp_path)).fit(X.iloc[rows], y.iloc[rows])
    assert np.isfinite(pipeline.predict_proba(X)).all()


def test_no_values_of_few_neighbours_either(tmp_path: Path):
    X, _, profile = hardly_any()
    profile = replace(profile, task="regression", classes=None)
    pipeline = build_pipeline(render_candidate(FAMILIES["knn"], {"knn.n_neighbors": 100}, profile).load(tmp_path)).fit(X.head(50), X["a"].head(50))
    assert np.isfinite(pipeline.predict(X)).all()


def test_no_rows_are_made_between_codes_of_categories():
    """What a model may get as codes is none of the sampler's columns; nor are any made for a model that stops by rows it sets aside."""
    _, _, profile = hardly_any()
    wants, names = Wants(scaled=True, dense=True), tuple(each.name for each in profile.columns)
    numeric = tuple(profile.of_kind("numeric"))
    assert 0 < len(numeric) < len(names)
    smote = SAMPLERS["smote"]
    assert smote.suits(Asked(DefaultSuggest(), profile, names, wants))
    assert not smote.suits(Asked(DefaultSuggest(), profile, numeric, wants))
    assert not smote.suits(Asked(DefaultSuggest(), profile, names, replace(wants, single=True)))
    assert "smote" in parameters(FAMILIES["linear"], profile)["linear.resampling"].options
