"""What more than its parts a date says; the datetime step emits it into a pipeline's module by its source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped, and its signatures ask for a `y` that not everybody uses.
# mypy: disable-error-code="misc,no-any-return"
# ruff: noqa: ARG002

from __future__ import annotations

from itertools import combinations
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin


def as_dates(column: pd.Series) -> pd.Series:
    """Read dates; what is none is missing."""
    return pd.to_datetime(column, errors="coerce", format="mixed", utc=True)


def cycles(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the place in the day, the week and the year on a circle."""
    found = {}
    for name, column in frame.items():
        when = as_dates(column).dt
        hour = when.hour + when.minute / 60
        places = {"day": hour / 24, "week": (when.day_of_week + hour / 24) / 7}
        places["year"] = (when.day_of_year - 1) / 366
        for cycle, place in places.items():
            found[f"{name}_{cycle}_sin"] = np.sin(2 * np.pi * place)
            found[f"{name}_{cycle}_cos"] = np.cos(2 * np.pi * place)
    return pd.DataFrame(found, dtype=float)


def cycle_names(_transformer: object, names: np.ndarray) -> np.ndarray:
    """Name the columns that cycles gives for columns of these names."""
    return cycles(pd.DataFrame(columns=names)).columns.to_numpy(object)


class TimeSince(TransformerMixin, BaseEstimator):
    """Give the days since the earliest training date, and between columns of dates.

    Both on a logarithmic scale with their sign: a day more says less after a year.
    """

    def __init__(self, pairs: int = 10) -> None:
        self.pairs = pairs

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Find the earliest date of each column."""
        self.first_ = self._days(X).min().to_numpy(float)
        self.pairs_ = list(combinations(range(X.shape[1]), 2))[: self.pairs]
        return self

    def _days(self, X: pd.DataFrame) -> pd.DataFrame:
        """Give days since 1970."""
        epoch = pd.Timestamp(0, tz="UTC")
        return X.apply(lambda c: (as_dates(c) - epoch) / pd.Timedelta(days=1))

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Give a column for each column of X, then one for each pair."""
        days = self._days(X).to_numpy(float)
        between = [days[:, b] - days[:, a] for a, b in self.pairs_]
        found = np.column_stack([days - self.first_, *between])
        return np.sign(found) * np.log1p(np.abs(found))

    def get_feature_names_out(self, names: Any = None) -> np.ndarray:
        """Name the columns."""
        since = [f"{name}_since_first" for name in names]
        between = [f"{names[b]}_since_{names[a]}" for a, b in self.pairs_]
        return np.array([*since, *between], dtype=object)
