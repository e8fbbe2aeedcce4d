"""Little histograms: every row that has a value is counted once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from automl_lab.data.bars import BINS, LEVELS, LONGEST, NONE, bars
from automl_lab.data.kinds import understand

RANDOM = np.random.default_rng(3)
COLUMNS = {
    "numbers": pd.Series(RANDOM.normal(size=300)),
    "counts": pd.Series(RANDOM.poisson(3, 300)),
    "gaps": pd.Series(np.where(RANDOM.random(300) < 0.3, np.nan, RANDOM.lognormal(size=300))),
    "huge": pd.Series([-1e308, 0.5, 1e308] * 20),
    "close": pd.Series([1e16, 1e16 + 2, np.nan] * 20),
    "one number": pd.Series([2.5, np.nan] * 20),
    "levels": pd.Series(RANDOM.choice(list("abcdefghijkl"), 300)),
    "truth": pd.Series(RANDOM.random(300) < 0.2),
    "days": pd.Series(pd.date_range("2024-01-01", periods=300)),
    "hours": pd.Series(pd.date_range("2024-01-01", periods=300, freq="min")),
    "one moment": pd.Series(pd.to_datetime(["2024-05-05", None] * 20)),
    "texts": pd.Series([f"some words about number {index} and more of the like" for index in range(300)]),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.filterwarnings("error")
def test_each_value_is_counted_once(name):
    series = COLUMNS[name].rename(name)
    found = bars(understand(series))
    assert sum(found.counts) + found.rest == series.notna().sum()
    assert 1 <= len(found.counts) == len(found.labels) <= BINS
    assert all(isinstance(each, int) for each in (*found.counts, found.rest))
    assert all(label and len(label) <= 2 * LONGEST for label in found.labels)


def test_labels_are_by_frequency_and_the_rest_is_counted():
    found = bars(understand(pd.Series(["b"] * 5 + ["a"] * 9 + list("cdefghijk") + ["x" * 90] * 2, name="x")))
    assert (found.labels[:3], found.counts[:3]) == (("a", "b", "x" * (LONGEST - 1) + "…"), (9, 5, 2))
    assert (len(found.counts), found.rest) == (LEVELS, 4)


def test_identifiers_and_constants_have_none():
    assert bars(understand(pd.Series(range(50), name="id"))) == NONE
    assert bars(understand(pd.Series([1.0] * 50, name="x"))) == NONE
    assert bars(understand(pd.Series([None] * 50, name="x", dtype=object))) == NONE
