"""The values that each option of the preparation gives, next to values that are computed here by hand with numpy and pandas.

A candidate's pipeline is rendered, loaded and fitted on training rows as in a trial; a stand-in for the model keeps what the model would have been given.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse, stats
from sklearn.base import BaseEstimator
from sklearn.model_selection import KFold
from sklearn.utils import murmurhash3_32
from threadpoolctl import threadpool_limits

from automl_lab.data.profile import Column, Profile
from automl_lab.evaluation.candidate import parameters, render_candidate
from automl_lab.features.emitted import as_categories
from automl_lab.features.emitted_categories import Frequencies, HashedCategories
from automl_lab.features.emitted_dates import TimeSince, cycles
from automl_lab.features.emitted_interactions import GroupAggregates, products, ratios
from automl_lab.features.emitted_numbers import QuantileBins, TrainingRange, signed_log, signed_root
from automl_lab.features.emitted_selection import Uncorrelated
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.load import build_pipeline
from automl_lab.testing.families import preparations
from automl_lab.testing.frames import sample

pytestmark = pytest.mark.filterwarnings("error")
MORE = {"features": "engineered"}
numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@pytest.fixture(autouse=True)
def _as_in_a_trial():
    with threadpool_limits(1):
        yield


class Seen(BaseEstimator):
    """Stands in for a model and keeps the rows that it gets."""

    def fit(self, X, y):
        self.X_, self.y_ = dense(X), np.asarray(y)
        return self

    def predict(self, X):
        self.asked_ = dense(X)
        return np.zeros(len(self.asked_))


def dense(X):
    return np.asarray(X.toarray() if sparse.issparse(X) else X, dtype=float)


def profile(X, y, **kinds):
    """Numbers and dates by their dtype, anything else is a category unless ``kinds`` says what it is."""

    def kind(name):
        usual = {"f": "numeric", "i": "numeric", "M": "datetime"}
        return kinds.get(name, usual.get(X[name].dtype.kind, "categorical"))

    columns = tuple(Column(name, kind(name), str(X[name].dtype), float(X[name].isna().mean()), int(X[name].nunique()), None) for name in X)
    counts = y.value_counts()
    if y.dtype.kind == "f":
        return Profile("regression", None, len(X), columns, 0, 1)
    task = "binary" if len(counts) == 2 else "multiclass"
    return Profile(task, tuple(sorted(counts.index)), len(X), columns, 0, 1, imbalance=float(counts.max() / counts.min()))


def source(family, options, X, y, **kinds):
    return render_candidate(FAMILIES[family], {f"{family}.{name}": value for name, value in options.items()}, profile(X, y, **kinds))


def prepared(family, options, X, y, folder, **kinds):
    """The candidate's pipeline, fitted, with ``Seen`` in the place of its model."""
    pipeline = build_pipeline(source(family, options, X, y, **kinds).load(folder))
    pipeline.steps[-1] = ("model", Seen())
    return pipeline.fit(X, y)


def table(pipeline, X):
    """What the model would be asked for, by names without those of the steps."""
    pipeline.predict(X)
    names = [str(name).rpartition("__")[2] for name in pipeline[:-1].get_feature_names_out()]
    return pd.DataFrame(pipeline[-1].asked_, columns=names)


def scaled(train, new):
    """By the mean and the spread of the training rows."""
    return (new - train.mean()) / train.std(ddof=0)


def same(found, expected, **tolerance):
    assert list(found.columns) == list(expected.columns)
    np.testing.assert_allclose(found.to_numpy(float), expected.to_numpy(float), **{"rtol": 1e-9, "atol": 1e-9, **tolerance})


def amounts(seed, rows=40):
    """Two skewed columns with zeros, of either sign; and a target."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame({"a": 100 * random.normal(size=rows) ** 3, "b": random.exponential(10.0 + seed, size=rows) - 2})
    X.iloc[:3, 0] = 0.0
    return X, pd.Series(random.normal(size=rows))


# Numbers


@pytest.mark.parametrize(
    ("transform", "formula"), [("log", lambda size: np.log(1 + size)), ("square_root", lambda size: size**0.5)], ids=["log", "square_root"]
)
def test_a_transform_is_of_the_size_and_keeps_the_sign(transform, formula, tmp_path: Path):
    (train, y), (new, _) = amounts(0), amounts(5)
    pipeline = prepared("linear", {**MORE, "numeric.transform": transform}, train, y, tmp_path)
    by_hand = [X.map(lambda value: formula(value) if value > 0 else -formula(-value)) for X in (train, new)]
    same(table(pipeline, new), scaled(*by_hand))


def test_trees_get_the_logarithm_as_it_is_and_gaps_as_gaps(tmp_path: Path):
    train, y = amounts(0)
    pipeline = prepared("extra_trees", {**MORE, "numeric.transform": "log"}, train, y, tmp_path)
    new = pd.DataFrame({"a": [0.0, np.e - 1, 1 - np.e**2, np.nan], "b": [9.0, -9.0, np.nan, 0.0]})
    same(table(pipeline, new), pd.DataFrame({"a": [0, 1, -2, np.nan], "b": [np.log(10), -np.log(10), np.nan, 0]}))


@given(arrays(float, (7, 2), elements=numbers))
def test_the_size_comes_back_from_its_logarithm_and_its_root(X):
    assert (np.sign(signed_log(X)) == np.sign(X)).all()
    np.testing.assert_allclose(np.exp(np.abs(signed_log(X))), 1 + np.abs(X), rtol=1e-9)
    np.testing.assert_allclose(signed_root(X) * np.abs(signed_root(X)), X, rtol=1e-9)


def test_yeo_johnson_is_the_likeliest_power_within_the_range_of_the_training_rows(tmp_path: Path):
    (train, y), (new, _) = amounts(0, 200), amounts(5)
    new *= 5
    assert (new > train.max()).any().all()
    pipeline = prepared("linear", {**MORE, "numeric.transform": "yeo_johnson"}, train, y, tmp_path)
    found = table(pipeline, new)
    for name in train:
        fitted, asked = scaled(train[name], train[name]), scaled(train[name], new[name].clip(train[name].min(), train[name].max()))
        power = stats.yeojohnson_normmax(fitted.to_numpy())
        assert abs(power - 1) > 0.1
        bent = [np.where(x >= 0, ((x.abs() + 1) ** power - 1) / power, -((x.abs() + 1) ** (2 - power) - 1) / (2 - power)) for x in (fitted, asked)]
        np.testing.assert_allclose(found[name], (bent[1] - bent[0].mean()) / bent[0].std(), atol=1e-3)


def test_bins_are_quantiles_of_the_training_rows(tmp_path: Path):
    (train, y), (new, _) = amounts(0), amounts(5)
    train["a"] = train["a"].clip(lower=train["a"].quantile(0.3))  # more than a quarter are the smallest: the first bin is empty
    pipeline = prepared("linear", {**MORE, "numeric.transform": "bins", "numeric.bins": 4}, train, y, tmp_path)
    columns = {}
    for name in train:
        ends = sorted(set(train[name].quantile([0.25, 0.5, 0.75])))
        where = [pd.cut(X[name], [-np.inf, *ends, np.inf], right=False, labels=False) for X in (train, new)]
        columns |= {f"{name}_{number}": (where[1] == number).astype(float) for number in sorted(set(where[0]))}
    assert len(columns) == 7
    same(table(pipeline, new), pd.DataFrame(columns))


@given(st.lists(st.integers(-1000, 1000), min_size=8, max_size=60, unique=True), st.integers(2, 8))
def test_bins_hold_about_as_many_rows(values, bins):
    column = np.array(values, dtype=float)[:, None]
    found = QuantileBins(bins).fit(column).transform(column)[:, 0]
    assert np.abs(np.bincount(found, minlength=bins) - len(values) / bins).max() <= 2
    assert (np.diff(found[np.argsort(values)]) >= 0).all()


def test_polynomials_are_squares_and_products_within_the_range_of_the_training_rows(tmp_path: Path):
    (train, y), (new, _) = amounts(0), amounts(5)
    pipeline = prepared("linear", {**MORE, "numeric.transform": "polynomial"}, train, y, tmp_path)
    low, high = train.min(), train.max()
    assert ((new < low) | (new > high)).any().any()

    def powers(X):
        unit = 2 * (X.clip(low, high, axis=1) - low) / (high - low) - 1
        return unit.assign(**{"a^2": unit["a"] ** 2, "a b": unit["a"] * unit["b"], "b^2": unit["b"] ** 2})

    same(table(pipeline, new), scaled(powers(train), powers(new)))


@given(arrays(float, (6, 2), elements=numbers), arrays(float, (6, 2), elements=numbers))
def test_nothing_leaves_the_range_of_the_training_rows(X, new):
    found = TrainingRange().fit(X).transform(new)
    low, high = np.broadcast_to(X.min(axis=0), new.shape), np.broadcast_to(X.max(axis=0), new.shape)
    np.testing.assert_array_equal(found, np.where(new < low, low, np.where(new > high, high, new)))


def gappy(seed):
    """Gaps in two of three columns; in new rows also in the third."""
    X, y = amounts(seed)
    X["c"] = 5.0 + X["a"]
    X.loc[4:12, "a"], X.loc[9:20, "b"] = np.nan, np.nan
    if seed:
        X.loc[30:33, "c"] = np.nan
    return X, y


@pytest.mark.parametrize("way", ["mean", "median"])
@pytest.mark.parametrize("indicators", [None, True, False])
def test_gaps_are_filled_from_the_training_rows_and_said_to_be_gaps(way, indicators, tmp_path: Path):
    (train, y), (new, _) = gappy(0), gappy(5)
    chosen = {} if indicators is None else {**MORE, "numeric.indicators": indicators}  # the plain preparation has them
    pipeline = prepared("linear", {**chosen, "numeric.imputation": way}, train, y, tmp_path)
    fill = train.agg(way)

    def filled(X):
        extra = {f"missingindicator_{name}": X[name].isna().astype(float) for name in ("a", "b")} if indicators is not False else {}
        return X.fillna(fill).assign(**extra)

    same(table(pipeline, new), scaled(filled(train), filled(new)))


def test_an_iterative_imputation_fills_from_the_other_columns(tmp_path: Path):
    random = np.random.default_rng(0)
    truth = pd.DataFrame(random.normal(size=(80, 2)), columns=["a", "c"])
    truth["b"] = 3 * truth["a"] - 2 * truth["c"] + 1
    train, new = truth[:60].copy(), truth[60:].copy()
    train.loc[train.index % 4 == 0, "b"], new.loc[new.index % 2 == 0, "b"] = np.nan, np.nan
    options = {**MORE, "numeric.imputation": "iterative", "numeric.indicators": False}
    pipeline = prepared("linear", options, train, pd.Series(random.normal(size=60)), tmp_path)
    same(table(pipeline, new), scaled(truth[:60], truth[60:]), rtol=0, atol=1e-3)


# Categories


def levels(counts):
    """So many rows of each level, mixed; None is a gap. And a noisy target that depends on the level."""
    random = np.random.default_rng(3)
    values = [level for level, count in counts.items() for _ in range(count)]
    column = pd.Series(values, dtype="str").sample(frac=1.0, random_state=0, ignore_index=True)
    return column.to_frame("kind"), pd.Series(column.fillna("z").map(ord) % 7 + random.normal(size=len(column)))


FEW = {"b": 6, "a": 5, None: 4, "c": 1}
MANY = {**FEW, "d": 9, "e": 3, "f": 4, "g": 2, "h": 1, "i": 1, "j": 1, "k": 4, "l": 7, "m": 2, "n": 8}
NEW = pd.DataFrame({"kind": pd.Series(["c", "never seen", None, "a", "d", "e"], dtype="str")})


def test_onehot_has_a_column_for_each_level_and_none_for_a_new_one(tmp_path: Path):
    pipeline = prepared("linear", {}, *levels(FEW), tmp_path)
    text = NEW["kind"].fillna("(missing)")
    same(table(pipeline, NEW), pd.DataFrame({f"kind_{level}": (text == level).astype(float) for level in ("(missing)", "a", "b", "c")}))


def test_rare_levels_share_a_column_of_onehot_with_new_ones(tmp_path: Path):
    pipeline = prepared("linear", {"high_cardinality.encoding": "onehot", "high_cardinality.min_frequency": 4}, *levels(MANY), tmp_path)
    frequent = sorted(level or "(missing)" for level, count in MANY.items() if count >= 4)
    text = NEW["kind"].fillna("(missing)")
    columns = {f"kind_{level}": (text == level).astype(float) for level in frequent}
    columns["kind_infrequent_sklearn"] = (~text.isin(frequent)).astype(float)
    assert columns["kind_infrequent_sklearn"].sum() == 3
    same(table(pipeline, NEW), pd.DataFrame(columns))


def test_ordinal_numbers_the_levels_by_name(tmp_path: Path):
    pipeline = prepared("random_forest", {"categorical.encoding": "ordinal"}, *levels(FEW), tmp_path)
    codes = {"(missing)": 0, "a": 1, "b": 2, "c": 3}
    same(table(pipeline, NEW), pd.DataFrame({"kind": NEW["kind"].fillna("(missing)").map(codes).fillna(-1)}))


def test_whole_numbers_are_one_category_however_they_are_written_and_texts_are_as_they_are():
    given_ = pd.DataFrame({"c": ["1", "1.0", "-3.0", "+7.0", "release 2.0", "release 2", "3.1.0", "3.1", ".0", None, "10.00"]}, dtype="str")
    said = as_categories(given_)[:, 0].tolist()
    assert said == ["1", "1", "-3", "+7", "release 2.0", "release 2", "3.1.0", "3.1", ".0", "(missing)", "10.00"]
    assert as_categories(pd.DataFrame({"c": [1.0, 2.5, np.nan]}))[:, 0].tolist() == ["1", "2.5", "(missing)"]


def test_rare_levels_share_a_number(tmp_path: Path):
    pipeline = prepared("random_forest", {"high_cardinality.encoding": "rare", "high_cardinality.min_frequency": 4}, *levels(MANY), tmp_path)
    frequent = sorted(level or "(missing)" for level, count in MANY.items() if count >= 4)
    codes = {level or "(missing)": frequent.index(level or "(missing)") if count >= 4 else len(frequent) for level, count in MANY.items()}
    same(table(pipeline, NEW), pd.DataFrame({"kind": NEW["kind"].fillna("(missing)").map(codes).fillna(-1)}))
    assert len(set(codes.values())) == 9


def test_frequency_is_the_share_of_the_training_rows(tmp_path: Path):
    pipeline = prepared("random_forest", {"high_cardinality.encoding": "frequency"}, *levels(MANY), tmp_path)
    same(table(pipeline, NEW), pd.DataFrame({"kind": np.array([1, 0, 4, 5, 9, 3]) / sum(MANY.values())}))


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=30), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9))
def test_shares_are_counts_over_rows(train, new):
    found = Frequencies().fit(np.array(train, dtype=object)[:, None]).transform(np.array(new, dtype=object)[:, None])
    np.testing.assert_allclose(found[:, 0], [train.count(each) / len(train) for each in new])


def shrunk(kind, y, asked):
    """The mean target of each level, the nearer to that of all rows the fewer and the more different its own are."""
    own = y.groupby(kind.fillna("(missing)"))
    weight = own.size() * y.var(ddof=0)
    weight = weight / (weight + own.var(ddof=0))
    return asked.fillna("(missing)").map(weight * own.mean() + (1 - weight) * y.mean()).fillna(y.mean())


def crosswise(kind, y):
    """Each fifth of the rows by the others."""
    found = pd.Series(np.nan, index=y.index)
    for others, part in KFold(5, shuffle=True, random_state=0).split(y):
        found[part] = shrunk(kind[others], y[others], kind[part])
    return found


@pytest.mark.parametrize("counts", [FEW, MANY], ids=["categorical", "high_cardinality"])
def test_a_target_encoding_sees_other_folds_in_training_and_all_rows_for_new_ones(counts, tmp_path: Path):
    X, y = levels({level: 4 * count for level, count in counts.items()})
    pipeline = prepared("random_forest", {f"{'categorical' if counts is FEW else 'high_cardinality'}.encoding": "target"}, X, y, tmp_path)
    np.testing.assert_allclose(pipeline[-1].X_[:, 0], crosswise(X["kind"], y))
    np.testing.assert_allclose(table(pipeline, NEW)["kind"], shrunk(X["kind"], y, NEW["kind"]))
    assert table(pipeline, NEW)["kind"][1] == pytest.approx(y.mean())


@pytest.mark.parametrize("labels", [("no", "yes"), ("high", "low", "mid")])
def test_a_target_encoding_of_classes_is_their_shares(labels, tmp_path: Path):
    X, values = levels({level: 4 * count for level, count in FEW.items()})
    y = pd.Series(np.array(labels)[pd.qcut(values, len(labels), labels=False)])
    pipeline = prepared("random_forest", {"categorical.encoding": "target"}, X, y, tmp_path)
    wanted = labels[1:] if len(labels) == 2 else labels  # of two, the second says all
    assert pipeline[-1].X_.shape[1] == len(wanted)
    for column, label in enumerate(wanted):
        share = (y == label).astype(float)
        np.testing.assert_allclose(pipeline[-1].X_[:, column], crosswise(X["kind"], share))
        np.testing.assert_allclose(table(pipeline, NEW).iloc[:, column], shrunk(X["kind"], share, NEW["kind"]))


def test_no_row_is_encoded_by_its_own_target(tmp_path: Path):
    X, y = levels({"a": 20, "b": 20})
    before, after = (
        prepared("random_forest", {"categorical.encoding": "target"}, X, values, tmp_path)[-1].X_[:, 0] for values in (y, y.where(y.index != 7, 1000.0))
    )
    assert after[7] == before[7]
    fold = next(part for _, part in KFold(5, shuffle=True, random_state=0).split(X) if 7 in part)
    np.testing.assert_array_equal(after[fold], before[fold])
    like = (X["kind"] == X["kind"][7]) & ~X.index.isin(fold)
    assert like.sum() > 10
    assert (after[like] > before[like] + 1).all()


def hashed(rows, columns):
    """Every value counts once, in the column and with the sign of its hash (MurmurHash3)."""
    found = np.zeros((len(rows), columns))
    for number, row in enumerate(rows):
        for position, value in enumerate(row):
            code = murmurhash3_32(f"{position}={value}")
            found[number, abs(code) % columns] += 1 if code >= 0 else -1
    return found


@pytest.mark.parametrize("family", ["linear", "svm"])
def test_a_hash_needs_no_training_and_gives_so_many_columns(family, tmp_path: Path):
    X = pd.DataFrame({"key": pd.Series([f"k{number}" for number in range(50)], dtype="str"), "other": pd.Series(["u", "v"] * 25, dtype="str")})
    X["also"] = X["key"].str.replace("k", "m")
    options = {"high_cardinality.encoding": "hashing", "high_cardinality.hash_columns": 16}
    pipeline = prepared(family, options, X, pd.Series(np.linspace(0, 1, 50)), tmp_path)
    new = X.tail(3).assign(key=pd.Series(["k1", "new", None], dtype="str", index=X.tail(3).index))
    found = table(pipeline, new).filter(like="hash_")
    assert found.shape == (3, 16)
    np.testing.assert_array_equal(found, hashed([["k1", "m47"], ["new", "m48"], ["(missing)", "m49"]], 16))
    assert pipeline[-1].X_.shape[1] == 16 + 2


@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), min_size=1, max_size=6), st.integers(2, 40))
def test_a_hash_of_any_text_has_its_place(rows, columns):
    X = np.array(rows, dtype=object).reshape(-1, 2)
    np.testing.assert_array_equal(HashedCategories(columns, dense=True).fit(X).transform(X), hashed(rows, columns))


def test_a_hash_is_the_same_in_every_process(tmp_path: Path):
    code = "import json, sys, numpy as np; from automl_lab.features.emitted_categories import HashedCategories as H; "
    code += "X = np.array([['ä', 'b'], ['c', '']], dtype=object); print(json.dumps(H(20, True).fit(X).transform(X).tolist()))"
    here = hashed([["ä", "b"], ["c", ""]], 20).tolist()
    environment = {**os.environ, "PYTHONHASHSEED": "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == here


# Dates


def test_places_on_circles_of_known_moments():
    # A Monday at midnight, the morning after; a Thursday at noon, which is half of a week; the 184th day of a year, which is half of it; no date.
    moments = ["2024-01-01 00:00", "2024-01-02 06:00", "2024-01-04 12:00", "2024-07-02 18:30", None]
    found = cycles(pd.DataFrame({"t": pd.to_datetime(moments)}))
    turns = {"day": [0, 0.25, 0.5, 18.5 / 24], "week": [0, 1.25 / 7, 0.5, (1 + 18.5 / 24) / 7], "year": [0, 1 / 366, 3 / 366, 0.5]}
    expected = {
        f"t_{name}_{short}": [*of(2 * np.pi * np.array(each)), np.nan] for name, each in turns.items() for short, of in (("sin", np.sin), ("cos", np.cos))
    }
    same(found, pd.DataFrame(expected), rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.iloc[0], [0, 1] * 3, atol=1e-12)
    np.testing.assert_allclose(found.iloc[1, :2], [1, 0], atol=1e-12)
    np.testing.assert_allclose(found.iloc[2, 2:4], [0, -1], atol=1e-12)
    np.testing.assert_allclose(found.iloc[3, 4:], [0, -1], atol=1e-12)


@given(st.datetimes(min_value=pd.Timestamp("1950-01-01"), max_value=pd.Timestamp("2090-01-01")))
def test_a_circle_closes(moment):
    later = [pd.Timestamp(moment) + pd.Timedelta(days=days) for days in (0, 1, 7)]
    found = cycles(pd.DataFrame({"t": later}))
    for name in ("day", "week", "year"):
        np.testing.assert_allclose(found[f"t_{name}_sin"] ** 2 + found[f"t_{name}_cos"] ** 2, 1)
    day, week = (np.unwrap(np.arctan2(found[f"t_{name}_sin"], found[f"t_{name}_cos"])) for name in ("day", "week"))
    np.testing.assert_allclose(day, day[0], atol=1e-9)
    np.testing.assert_allclose([week[1] - week[0], week[2] - week[0]], [2 * np.pi / 7, 0], atol=1e-9)


def dates(seed, columns=("sent", "paid"), rows=30):
    random = np.random.default_rng(seed)
    start = pd.Timestamp("2023-11-05") - pd.Timedelta(days=100 * seed)
    X = pd.DataFrame({name: start + pd.to_timedelta(random.integers(0, 60 * 24 * 400, rows), unit="min") for name in columns})
    X.iloc[3, 0] = pd.NaT
    return X, pd.Series(random.normal(size=rows))


def test_parts_and_places_on_circles_of_dates_in_a_candidate(tmp_path: Path):
    (train, y), (new, _) = dates(0), dates(1)
    pipeline = prepared("linear", {**MORE, "datetime.cyclical": True}, train, y, tmp_path)

    def by_hand(X):
        parts = {}
        for name in X:
            when = X[name].dt
            whole = {"year": when.year, "month": when.month, "day": when.day, "day_of_week": when.day_of_week, "hour": when.hour}
            parts |= {f"{name}_{part}": value for part, value in whole.items()}
            parts[f"{name}_days"] = (X[name] - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400
        for name in X:
            hour = X[name].dt.hour + X[name].dt.minute / 60
            turns = {"day": hour / 24, "week": (X[name].dt.day_of_week + hour / 24) / 7, "year": (X[name].dt.strftime("%j").astype(float) - 1) / 366}
            for cycle, turn in turns.items():
                parts |= {f"{name}_{cycle}_sin": np.sin(2 * np.pi * turn), f"{name}_{cycle}_cos": np.cos(2 * np.pi * turn)}
        return pd.DataFrame(parts, dtype=float)

    fill = by_hand(train).median()
    same(table(pipeline, new), scaled(by_hand(train).fillna(fill), by_hand(new).fillna(fill)), rtol=1e-7)


def signed(days):
    return np.log(1 + days) if days >= 0 else -np.log(1 - days)


def test_time_since_the_earliest_training_date_and_between_columns(tmp_path: Path):
    (train, y), (new, _) = dates(0), dates(1)
    pipeline = prepared("random_forest", {**MORE, "datetime.time_since": True}, train, y, tmp_path)
    assert (new["sent"] < train["sent"].min()).any()
    assert (new["paid"] < new["sent"]).any()
    day = pd.Timedelta(days=1)
    expected = {f"{name}_since_first": ((new[name] - train[name].min()) / day).map(signed, na_action="ignore") for name in train}
    expected["paid_since_sent"] = ((new["paid"] - new["sent"]) / day).map(signed, na_action="ignore")
    assert expected["paid_since_sent"].isna().sum() == 1
    same(table(pipeline, new)[list(expected)], pd.DataFrame(expected))


def test_of_many_columns_of_dates_ten_pairs_are_compared():
    X, _ = dates(0, [f"d{number}" for number in range(7)])
    found = TimeSince().fit(X)
    names = list(found.get_feature_names_out(list(X)))
    assert len(names) == 7 + 10
    days = (X["d3"] - X["d1"]) / pd.Timedelta(days=1)
    np.testing.assert_allclose(found.transform(X)[:, names.index("d3_since_d1")], days.map(signed))


# Texts


def weights(train, new, phrase):
    """Of the words of the training texts: one plus the logarithm of the count, times how rare it is in training, each text of length one."""

    def terms(text):
        words = re.findall(r"\w+|[^\w\s]+", (text if isinstance(text, str) and text.strip() else "(missing)").lower())
        return Counter(" ".join(words[start : start + size]) for size in range(1, phrase + 1) for start in range(len(words) - size + 1))

    counted = [terms(text) for text in train]
    words = sorted(set().union(*counted))
    rarity = {word: np.log((1 + len(train)) / (1 + sum(word in each for each in counted))) + 1 for word in words}
    found = np.array([[(1 + np.log(own[word])) * rarity[word] if own[word] else 0.0 for word in words] for own in map(terms, new)])
    length = np.sqrt((found**2).sum(axis=1, keepdims=True))
    return pd.DataFrame(found / np.where(length > 0, length, 1), columns=words)


def notes(rows, seed, words=("red", "blue", "tall", "old", "a", "House!", "and")):
    random = np.random.default_rng(seed)
    texts = pd.Series([" ".join(random.choice(words, random.integers(2, 9))) for _ in range(rows)], dtype="str")
    texts[0], texts[1] = None, " "
    return pd.DataFrame({"note": texts}), pd.Series(random.normal(size=rows))


@pytest.mark.parametrize("phrase", [1, 2])
def test_weights_of_words_are_those_of_the_training_texts(phrase, tmp_path: Path):
    (train, y), (new, _) = notes(20, 0), notes(6, 1, ("red", "tall", "never", "seen", "a"))
    pipeline = prepared("linear", {"text.phrase": phrase}, train, y, tmp_path, note="text")
    same(table(pipeline, new), weights(train["note"], new["note"], phrase))


def test_topics_are_the_first_directions_of_the_training_texts(tmp_path: Path):
    words = [f"w{number}" for number in range(40)]
    (train, y), (new, _) = notes(24, 0, words), notes(6, 1, [*words, "never", "seen"])
    pipeline = prepared("random_forest", {"text.topics": 16}, train, y, tmp_path, note="text")
    found = table(pipeline, new).to_numpy()
    _, _, directions = np.linalg.svd(weights(train["note"], train["note"], 1).to_numpy(), full_matrices=False)
    by_hand = weights(train["note"], new["note"], 1).to_numpy() @ directions[:16].T
    assert found.shape == (6, 16)
    np.testing.assert_allclose(np.abs(found), np.abs(by_hand), atol=1e-6)  # a direction has no sign


def test_few_words_stay_as_they_are_for_a_dense_model(tmp_path: Path):
    train, y = notes(20, 0)
    pipeline = prepared("random_forest", {"text.topics": 16}, train, y, tmp_path, note="text")
    same(table(pipeline, train), weights(train["note"], train["note"], 1))


# Interactions


@given(arrays(float, (5, 4), elements=st.floats(-1e30, 1e30) | st.sampled_from([0.0, -0.0, 1.0, np.nan])))
def test_products_and_ratios_of_every_two_columns(X):
    biggest = float(np.finfo(np.float32).max)

    def usable(value):
        return value if abs(value) < biggest else np.nan

    multiplied = [[usable(row[a] * row[b]) for a, b in combinations(range(4), 2)] for row in X.tolist()]
    np.testing.assert_allclose(products(X), multiplied, rtol=1e-12)
    tiny = float(np.finfo(np.float32).tiny)
    divided = [[usable(row[a] / row[b]) if abs(row[b]) > tiny else np.nan for a, b in permutations(range(4), 2)] for row in X.tolist()]
    np.testing.assert_allclose(ratios(X), divided, rtol=1e-12)


def interacting(seed, rows=200):
    """Numbers of which some are zero, and a target that hangs on their products and ratios."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.normal(size=(rows, 3)), columns=["a", "b", "c"])
    X.loc[::9, "b"], X.loc[::15, "c"] = 0.0, 0.0
    return X, X["a"] * X["b"] + X["c"] * X["a"] + (X["a"] / X["b"].where(X["b"] != 0, 1.0)).clip(-3, 3)


def test_ratios_have_gaps_where_they_divide_by_zero(tmp_path: Path):
    (train, y), (new, _) = interacting(0), interacting(1, 40)
    found = table(prepared("random_forest", {**MORE, "interactions.kind": "ratios"}, train, y, tmp_path), new)
    expected = {f"{a} / {b}": new[a] / new[b].where(new[b] != 0) for a, b in permutations("abc", 2)}
    assert expected["a / b"].isna().sum() == 5
    same(found.drop(columns=list("abc")), pd.DataFrame(expected))


def test_a_linear_model_gets_the_median_ratio_for_a_division_by_zero(tmp_path: Path):
    (train, y), (new, _) = interacting(0), interacting(1, 40)
    found = table(prepared("linear", {**MORE, "interactions.kind": "ratios"}, train, y, tmp_path), new)
    new = new.clip(train.min(), train.max(), axis=1)
    divided = [X["a"] / X["b"].where(X["b"] != 0) for X in (train, new)]
    median = divided[0].median()
    np.testing.assert_allclose(found["a / b"], scaled(divided[0].fillna(median), divided[1].fillna(median)))
    np.testing.assert_allclose(found["a / b"][new["b"] == 0], (median - divided[0].fillna(median).mean()) / divided[0].fillna(median).std(ddof=0))


def test_a_ratio_of_a_new_row_stays_within_those_of_the_training_rows(tmp_path: Path):
    """A denominator near zero lies within the range of the training rows, and what comes of it may not."""
    X, y = interacting(3)
    pipeline = prepared("linear", {**MORE, "interactions.kind": "ratios"}, X, y, tmp_path)
    ordinary = table(pipeline, X)
    odd = X.head(4).copy()
    odd.iloc[:, 1] = [1e-4, -1e-7, 1e-30, 0.0]
    found = table(pipeline, odd)
    made = [name for name in found if " / " in name]
    assert made
    for name in made:
        assert found[name].between(ordinary[name].min() - 1e-9, ordinary[name].max() + 1e-9).all(), name


@pytest.mark.parametrize("far", [1e4, 1e8, 1e10])
def test_spreads_of_groups_are_right_however_far_their_means_lie_apart(far):
    random = np.random.default_rng(0)
    codes, values = np.repeat([0, 1], 50), random.normal(size=100)
    values[codes == 1] += far
    found = GroupAggregates(1).fit(np.column_stack([codes, values])).transform(np.array([[0.0, 0.0], [1.0, 0.0]]))
    expected = [values[codes == code].std() for code in (0, 1)]
    np.testing.assert_allclose(found[:, 1], expected, rtol=1e-5)


def test_products_are_of_values_within_the_range_of_the_training_rows(tmp_path: Path):
    (train, y), (new, _) = interacting(0), interacting(1, 40)
    found = table(prepared("linear", {**MORE, "interactions.kind": "products"}, train, y, tmp_path), 2 * new)
    new = (2 * new).clip(train.min(), train.max(), axis=1)
    expected = [pd.DataFrame({f"{a} * {b}": X[a] * X[b] for a, b in combinations("abc", 2)}) for X in (train, new)]
    same(found.drop(columns=list("abc")), scaled(*expected))


@settings(max_examples=60)
@given(arrays(int, (12, 2), elements=st.integers(0, 4)), arrays(float, (12, 2), elements=st.integers(-50, 50).map(float) | st.just(np.nan)))
def test_aggregates_are_means_and_spreads_of_the_training_rows(groups, values):
    codes = np.column_stack([pd.factorize(column)[0] for column in groups.T])
    values[0] = 1.0  # a column of nothing but gaps has no mean
    last = codes[-1, 1]
    found = GroupAggregates(2).fit(np.hstack([codes, values])).transform(np.array([[0, -1, np.nan, 7.0], [-1, last, 3.0, 0.0]]))
    X = pd.DataFrame(values)
    everything = np.array([X.mean(), X.std(ddof=0)])
    tables = [X.groupby(column) for column in codes.T]
    first, second = (np.array([own.mean().loc[code], own.std(ddof=0).loc[code]]) for own, code in zip(tables, (0, last), strict=True))
    # A group of nothing but gaps and one not seen in training have the values of all rows.
    expected = [[np.where(np.isnan(first), everything, first), everything], [everything, np.where(np.isnan(second), everything, second)]]
    np.testing.assert_allclose(found, np.reshape(expected, (2, 8)), atol=1e-6)


@pytest.mark.parametrize("family", ["random_forest", "linear"])
def test_aggregates_in_a_candidate(family, tmp_path: Path):
    random = np.random.default_rng(0)
    X = pd.DataFrame({"size": random.normal(size=150), "kind": pd.Series(random.choice(["u", "v", "w"], 150), dtype="str")})
    X["size"] += 10 * (X["kind"] == "v")
    X.loc[X["kind"] == "w", "size"] *= 3
    X.loc[::11, "size"], X.loc[::13, "kind"] = np.nan, None
    y = X["kind"].map({"u": 0.0, "v": 3.0, "w": -2.0}).fillna(1.0) + random.normal(size=150)
    found = table(prepared(family, {**MORE, "interactions.kind": "aggregates"}, X, y, tmp_path), new := pd.concat([NEW.assign(size=1e6), X.head(20)]))
    size = X["size"].fillna(X["size"].median()) if family == "linear" else X["size"]
    own = size.groupby(X["kind"].fillna("(missing)"))
    for what, of_group, of_all in (("mean", own.mean(), size.mean()), ("spread", own.std(ddof=0), size.std(ddof=0))):
        expected = [each["kind"].fillna("(missing)").map(of_group).fillna(of_all) for each in (X, new)]
        expected = scaled(*expected) if family == "linear" else expected[1]
        np.testing.assert_allclose(found[f"{what} of size by kind"], expected, atol=1e-12)


# Selections


def informative(seed=0, rows=600, noise=10):
    """Noise around two columns that say something and one that may do so by its size; a target of the former, then one of the latter."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.normal(size=(rows, noise)), columns=[f"noise {number}" for number in range(noise)])
    X.insert(4, "up", random.normal(size=rows))
    X.insert(7, "down", random.normal(size=rows))
    X["far"] = random.normal(size=rows)
    return X, X["up"] - X["down"] + 0.1 * random.normal(size=rows), X["far"].abs() + 0.05 * random.normal(size=rows)


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("selection", ["l1", "mutual_information", "tree_importance"])
def test_a_selection_keeps_what_says_something(selection, classes, tmp_path: Path):
    X, y, _ = informative()
    share = {"selection_C": 0.01} if classes else {"selection_alpha": 0.2}
    options = {**MORE, "selection": selection, **(share if selection == "l1" else {"selection_share": 0.9})}
    y = pd.Series(np.where(y > 0, "yes", "no")) if classes else y
    pipeline = prepared("svm", options, X, y, tmp_path)
    found = table(pipeline, X)
    assert {"up", "down"} <= set(found)
    assert len(found.columns) <= (2 if selection == "l1" else 4)
    same(found, scaled(X, X)[list(found)])  # in their order, with their values


@pytest.mark.parametrize("selection", ["mutual_information", "tree_importance"])
def test_a_selection_sees_what_is_no_straight_line(selection, tmp_path: Path):
    X, _, y = informative()
    found = table(prepared("knn", {**MORE, "selection": selection, "selection_share": 0.9}, X, y, tmp_path), X)
    assert "far" in found
    assert len(found.columns) <= 4


def test_a_stronger_penalty_leaves_less(tmp_path: Path):
    X, y, _ = informative()
    widths = [table(prepared("svm", {**MORE, "selection": "l1", "selection_alpha": alpha}, X, y, tmp_path), X).shape[1] for alpha in (0.001, 0.03, 0.3)]
    assert widths[0] > 8 > widths[1] >= widths[2] == 2, widths


def test_duplicates_and_mirrored_columns_are_left_out(tmp_path: Path):
    X, y, _ = informative()
    X["twice"], X["mirrored"], X["near"] = 3 * X["up"] + 4, -X["down"], X["far"] + np.random.default_rng(1).normal(size=600)
    pipeline = prepared("knn", {**MORE, "selection": "correlation", "selection_correlation": 0.9}, X, y, tmp_path)
    assert 0.6 < np.corrcoef(X["near"], X["far"])[0, 1] < 0.8
    same(table(pipeline, X), scaled(X, X).drop(columns=["twice", "mirrored"]))


@given(arrays(float, (12, 5), elements=st.integers(-3, 3).map(float)), st.sampled_from([0.3, 0.6, 0.95]))
def test_no_two_kept_columns_agree_and_each_left_out_agrees_with_a_kept_one_before_it(X, most):
    kept = np.flatnonzero(Uncorrelated(most).fit(X).get_support())
    varied = X.std(axis=0) > 0
    agree = np.zeros((5, 5))
    agree[np.ix_(varied, varied)] = np.abs(np.corrcoef(X[:, varied].T)).reshape(varied.sum(), varied.sum())
    near = np.abs(agree - most) < 1e-9
    for column in range(5):
        earlier = kept[kept < column]
        if not near[column].any():
            assert (column in kept) == (not (agree[column, earlier] > most).any())


# Classes that are rare


def imbalanced(seed, rows=300):
    """One class in ten rows; what there is says a little about it."""
    random = np.random.default_rng(seed)
    X = pd.DataFrame(random.normal(size=(rows, 2)), columns=["a", "b"])
    signal = X["a"] + 2 * random.normal(size=rows)
    return X, pd.Series(np.where(signal > signal.quantile(0.9), "rare", "often"))


def weighting(family):
    """The name of the parameter that evens out the classes, with the value that does, if there is one."""
    space = parameters(FAMILIES[family], profile(*imbalanced(0)))
    values = {"balanced": True, "class_weight": "balanced"}
    return [(name, values[name]) for name in values if f"{family}.{name}" in space]


WEIGHTED = {name: weighting(name)[0] for name, family in FAMILIES.items() if "binary" in family.tasks and weighting(name)}


def test_most_families_can_even_out_the_classes():
    assert len(WEIGHTED) >= 10


@pytest.mark.parametrize("family", WEIGHTED)
def test_balanced_classes_make_the_rare_one_likelier(family, tmp_path: Path):
    (X, y), (new, truth) = imbalanced(0), imbalanced(1, 1000)
    space = parameters(FAMILIES[family], profile(X, y))
    # Leaves of single rows say the same with any weights, and so do rounds until every row is learnt by heart.
    held_back = {"min_samples_leaf": 20, "n_estimators": 50, "members": 4, "layers": 1, "width": 64}
    held_back |= {name.rpartition(".")[2]: 20 for name, each in space.items() if each.kind == "rounds"}
    start = {name: value for name, value in held_back.items() if f"{family}.{name}" in space}
    name, value = WEIGHTED[family]
    likely, recall = [], []
    for options in (start, {**start, name: value}):
        pipeline = build_pipeline(source(family, options, X, y).load(tmp_path)).fit(X, y)
        likely.append(pipeline.predict_proba(new)[:, list(pipeline.classes_).index("rare")].mean())
        recall.append((pipeline.predict(new)[truth == "rare"] == "rare").mean())
    assert likely[0] < 0.25
    assert likely[1] > likely[0] + 0.15
    assert recall[1] > recall[0] + 0.3


def spread_out(rows=400):
    """Twelve rows of one class, eighty of another, of two columns each."""
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.normal(size=(rows, 2)), columns=["a", "b"])
    y = pd.Series(["often"] * (rows - 92) + ["rare"] * 12 + ["some"] * 80)
    return X, y


@pytest.mark.parametrize("way", ["over", "smote", "under"])
def test_only_the_rows_that_are_fitted_are_resampled(way, tmp_path: Path):
    X, y = spread_out()
    pipeline = prepared("linear", {"resampled": True, "resampling": way}, X, y, tmp_path)
    left = {"often": 50, "rare": 12, "some": 50} if way == "under" else dict.fromkeys(("often", "rare", "some"), 308)
    assert Counter(pipeline[-1].y_) == left
    rows = scaled(X, X)
    same(table(pipeline, X), rows)  # every row, once
    assert len(pipeline.predict(X.head(7))) == 7
    before = {label: set(map(tuple, rows[y == label].to_numpy().round(9))) for label in left}
    after = {label: [tuple(row) for row in pipeline[-1].X_[pipeline[-1].y_ == label].round(9)] for label in left}
    for label, found in after.items():
        if way == "under":
            assert len(set(found)) == len(found)
        else:
            assert before[label] <= set(found)
        if way != "smote":
            assert set(found) <= before[label]


def test_under_leaves_three_to_one_where_that_is_more_than_fifty(tmp_path: Path):
    X, y = spread_out(800)
    y[:40] = "rare"
    pipeline = prepared("linear", {"resampled": True, "resampling": "under"}, X, y, tmp_path)
    assert Counter(pipeline[-1].y_) == {"often": 156, "rare": 52, "some": 80}


def test_without_resampling_all_rows_are_fitted_as_they_are(tmp_path: Path):
    X, y = spread_out()
    pipeline = prepared("linear", {}, X, y, tmp_path)
    assert pipeline[-1].y_.tolist() == y.tolist()
    np.testing.assert_allclose(pipeline[-1].X_, scaled(X, X))


def test_smote_makes_rows_between_two_of_a_class(tmp_path: Path):
    X, y = spread_out()
    pipeline = prepared("linear", {"resampled": True, "resampling": "smote"}, X, y, tmp_path)
    own = scaled(X, X)[y == "rare"].to_numpy()
    made = pipeline[-1].X_[len(X) :][pipeline[-1].y_[len(X) :] == "rare"]
    assert len(made) == 308 - 12
    length = np.linalg.norm(own[:, None] - own, axis=2)
    way = np.linalg.norm(made[:, None] - own, axis=2)  # from each new row to each of the class
    detour = way[:, :, None] + way[:, None, :] - length
    detour[:, range(12), range(12)] = np.inf
    assert detour.min(axis=(1, 2)).max() < 1e-9
    assert len({tuple(row) for row in made.round(9)}) > 250


def test_a_class_of_few_rows_is_repeated_before_smote(tmp_path: Path):
    X, y = spread_out()
    y[(y == "rare") & (y.index != 310)] = "often"
    pipeline = prepared("linear", {"resampled": True, "resampling": "smote"}, X, y, tmp_path)
    assert Counter(pipeline[-1].y_) == dict.fromkeys(("often", "rare", "some"), 319)
    np.testing.assert_allclose(pipeline[-1].X_[pipeline[-1].y_ == "rare"], np.tile(scaled(X, X).loc[310], (319, 1)))


# All together


@pytest.mark.parametrize("family", ["linear", "random_forest"])
def test_a_row_is_prepared_the_same_alone_as_among_others(family, tmp_path: Path):
    data, new = sample("binary", rare=True), sample("binary", seed=1)
    for params in preparations(FAMILIES[family], data):
        pipeline = build_pipeline(render_candidate(FAMILIES[family], params, data.profile).load(tmp_path))
        pipeline.steps[-1] = ("model", Seen())
        pipeline.fit(data.X, data.y)
        together = table(pipeline, new.X)
        for row in (0, 1, 17):
            same(table(pipeline, new.X.iloc[[row]]), together.iloc[[row]])
