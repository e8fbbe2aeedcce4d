"""Splits by groups, by time, by names and repeated: nothing overlaps, nothing is cut in two, and the seed decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from automl_lab.data.split import aside_named, fold_groups, fold_named, fold_rows, fold_times, moments, repeated_rows, split_groups, split_named, split_times

SETTINGS = settings(max_examples=60, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.floats(0.05, 0.45)
ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 14)), min_size=12, max_size=150)


def columns(rows):
    labels, marks = zip(*rows, strict=True)
    return np.asarray(labels), np.asarray(marks)


@SETTINGS
@given(ROWS, SHARES, SEEDS, st.booleans())
def test_groups_are_on_one_side_of_the_holdout(rows, share, seed, stratify):
    y, groups = columns(rows)
    training, holdout = split_groups(y, groups, share=share, seed=seed, stratify=stratify)
    assert sorted([*training, *holdout]) == list(range(len(y)))
    assert not set(groups[training]) & set(groups[holdout])
    again = split_groups(pd.Series(y), pd.Series(groups), share=share, seed=seed, stratify=stratify)
    assert np.array_equal(holdout, again[1])


@SETTINGS
@example([*zip("abaaabbaccbcca", (4, 4, 2, 13, 7, 2, 8, 13, 8, 2, 2, 8, 2, 7), strict=True)], 6, 2586597566, True)
@given(ROWS, st.integers(2, 6), SEEDS, st.booleans())
def test_groups_are_in_one_fold(rows, folds, seed, stratify):
    y, groups = columns(rows)
    parts = fold_groups(y, groups, folds=folds, seed=seed, stratify=stratify)
    assert len(parts) == folds
    assert sorted(np.concatenate([validation for _, validation in parts])) == list(range(len(y)))
    for fit, validation in parts:
        assert sorted([*fit, *validation]) == list(range(len(y)))
        assert not set(groups[fit]) & set(groups[validation])
    assert sum(bool(len(validation)) for _, validation in parts) == min(folds, len(set(groups)))


@SETTINGS
@given(SHARES, SEEDS, st.integers(40, 120))
def test_many_small_groups_have_the_share_and_the_classes(share, seed, count):
    groups = np.repeat(np.arange(count), 3)
    y = np.tile(["a", "a", "b"], count)
    _, holdout = split_groups(y, groups, share=share, seed=seed, stratify=True)
    assert abs(len(holdout) - share * len(y)) <= 3
    assert (y[holdout] == "b").sum() * 3 == len(holdout)


@SETTINGS
@given(ROWS, SHARES, st.sampled_from([0, 1, 3]))
def test_the_holdout_is_later_than_all_that_is_fitted(rows, share, gap):
    _, times = columns(rows)
    training, holdout = split_times(times, share=share, gap=gap)
    assert not set(training) & set(holdout)
    if len(training) and len(holdout):
        assert times[training].max() + gap < times[holdout].min()
    between = np.setdiff1d(np.arange(len(times)), [*training, *holdout])
    assert not len(between) or (gap and times[between].min() >= times[holdout].min() - gap)
    counted = np.unique(times, return_counts=True)[1].max()
    assert len(set(times)) == 1 or abs(len(holdout) - share * len(times)) <= max(counted, share * len(times))


@SETTINGS
@given(ROWS, st.integers(2, 6), st.sampled_from([1.0, 0.4]), st.sampled_from([0, 2]))
def test_folds_validate_later_rows_than_they_fit(rows, folds, window, gap):
    _, times = columns(rows)
    seen: list[int] = []
    for fit, validation in fold_times(times, folds=folds, window=window, gap=gap):
        if len(validation):
            assert not seen or times[validation].min() > times[seen].max()
            assert len(fit) <= max(1, round(window * len(times)))
            assert not len(fit) or times[fit].max() + gap < times[validation].min()
            earlier = np.flatnonzero(times < times[validation].min() - gap)
            if window == 1.0:
                assert np.array_equal(fit, earlier)
            elif len(fit):
                assert times[np.setdiff1d(earlier, fit)].max(initial=-1) <= times[fit].min()
        seen += list(validation)
    assert len(seen) == len(set(seen))


def test_dates_and_numbers_in_their_order_give_the_same_folds():
    days = np.random.default_rng(0).permutation(100)
    dates = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))
    by_date = fold_times(dates, folds=4, window=1.0, gap=2 * 86_400)
    for found, expected in zip(by_date, fold_times(days, folds=4, window=1.0, gap=2), strict=True):
        assert np.array_equal(found[0], expected[0])
        assert np.array_equal(found[1], expected[1])
    assert [len(validation) for _, validation in by_date] == [20] * 4
    assert [len(fit) for fit, _ in by_date] == [18, 38, 58, 78]
    assert moments(pd.Series(["1970-01-02"], dtype="datetime64[ns]")).tolist() == [86_400.0]


@SETTINGS
@given(st.lists(st.sampled_from(["train", "1", "2", "10", "test"]), min_size=5, max_size=60), SEEDS)
def test_names_are_taken_as_they_are(names, seed):
    marks = np.asarray(names)
    training, holdout = split_named(marks, held_out=["test"])
    assert set(marks[holdout]) <= {"test"}
    assert "test" not in marks[training]
    within = marks[training]
    for name, (fit, validation) in zip(["1", "2"], fold_named(within, folds=["1", "2"]), strict=True):
        assert set(within[validation]) <= {name}
        assert name not in within[fit]
        assert len(fit) + len(validation) == len(within)
        if not len(fit):
            continue
        y = np.repeat("a", len(fit))
        inner, aside = aside_named(y, within[fit], folds=["1", "2"], share=0.2, seed=seed, stratify=True)
        assert sorted([*inner, *aside]) == list(range(len(fit)))
        other = {"1", "2"} & set(within[fit])
        if other and len(set(within[fit])) > 1:
            assert set(within[fit][aside]) == other


@SETTINGS
@given(ROWS, st.integers(2, 5), st.integers(1, 4), SEEDS)
def test_repeats_begin_with_the_plain_folds_and_shuffle_anew(rows, folds, repeats, seed):
    y, _ = columns(rows)
    parts = repeated_rows(y, folds=folds, repeats=repeats, seed=seed, stratify=True)
    assert len(parts) == folds * repeats
    for found, expected in zip(parts, fold_rows(y, folds=folds, seed=seed, stratify=True), strict=False):
        assert np.array_equal(found[1], expected[1])
    for turn in range(repeats):
        validated = np.concatenate([validation for _, validation in parts[turn * folds : (turn + 1) * folds]])
        assert len(validated) == len(set(validated))
        assert np.array_equal(np.sort(validated), np.sort(np.concatenate([validation for _, validation in parts[:folds]])))


def test_a_second_repeat_is_another_split():
    y = np.repeat(["a", "b"], 50)
    parts = repeated_rows(y, folds=5, repeats=2, seed=0, stratify=True)
    assert not np.array_equal(parts[0][1], parts[5][1])
