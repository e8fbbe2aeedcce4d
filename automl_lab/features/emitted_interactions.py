"""Makers of columns out of pairs of others, which feature steps emit into a pipeline's module by their source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped, and its signatures ask for a `y` that not everybody uses.
# mypy: disable-error-code="misc,no-any-return"
# ruff: noqa: ARG002

from __future__ import annotations

from itertools import combinations, permutations
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


def fitting(X: np.ndarray) -> np.ndarray:
    """Give NaN for what fits no float32."""
    return np.where(np.abs(X) < np.finfo(np.float32).max, X, np.nan)


def products(X: np.ndarray) -> np.ndarray:
    """Give the product of every two columns."""
    pairs = combinations(range(X.shape[1]), 2)
    return fitting(np.column_stack([X[:, a] * X[:, b] for a, b in pairs]))


def product_names(_transformer: object, names: np.ndarray) -> np.ndarray:
    """Name the columns that products gives for columns of these names."""
    return np.array([f"{a} * {b}" for a, b in combinations(names, 2)], dtype=object)


def ratios(X: np.ndarray) -> np.ndarray:
    """Give the ratio of every two columns, both ways; NaN where it divides by 0."""
    below = np.where(np.abs(X) > np.finfo(np.float32).tiny, X, np.nan)
    pairs = permutations(range(X.shape[1]), 2)
    return fitting(np.column_stack([X[:, a] / below[:, b] for a, b in pairs]))


def ratio_names(_transformer: object, names: np.ndarray) -> np.ndarray:
    """Name the columns that ratios gives for columns of these names."""
    return np.array([f"{a} / {b}" for a, b in permutations(names, 2)], dtype=object)


class GroupAggregates(TransformerMixin, BaseEstimator):
    """Give the mean and the spread of numbers in the group of each row, as trained.

    The first columns are codes of groups (0, 1, 2, ...; -1 for a new one, which gets
    those of all rows), the others are the numbers.
    """

    def __init__(self, groups: int = 1) -> None:
        self.groups = groups

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        """Compute both for every group of every column of codes."""
        values = X[:, self.groups :].astype(float)
        known = ~np.isnan(values)
        filled = np.where(known, values, 0.0)
        centre = filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        self.centre_ = centre
        self.tables_ = []
        for codes in X[:, : self.groups].T.astype(int):
            table = self._table(codes, np.where(known, values - centre, 0.0), known)
            self.tables_.append(table)
        return self

    def _table(self, codes: np.ndarray, x: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Give means, then spreads, one row per group; the last is of all rows."""
        count = self._sums(codes, known)
        mean = self._sums(codes, x) / np.maximum(count, 1)
        # From the group's own mean: sums of large squares lose their digits.
        squares = self._sums(codes, np.where(known, x - mean[codes], 0.0) ** 2)
        squares[-1] = (np.where(known, x - mean[-1], 0.0) ** 2).sum(axis=0)
        spread = np.sqrt(squares / np.maximum(count, 1))
        alone = count == 0
        mean = np.where(alone, mean[-1], mean) + self.centre_
        return np.hstack([mean, np.where(alone, spread[-1], spread)])

    def _sums(self, codes: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Give the sums of each group; the last row is of all rows."""
        total = np.zeros((codes.max() + 2, x.shape[1]))
        np.add.at(total, codes, x)
        total[-1] = x.sum(axis=0)
        return total

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Look both up for each row of X."""
        codes = X[:, : self.groups].T.astype(int)
        pairs = zip(self.tables_, codes, strict=True)
        return np.hstack([table[own] for table, own in pairs])

    def get_feature_names_out(self, names: Any = None) -> np.ndarray:
        """Name the columns after the number and the group."""
        by, of = names[: self.groups], names[self.groups :]
        parts = ("mean", "spread")
        found = [f"{what} of {n} by {g}" for g in by for what in parts for n in of]
        return np.array(found, dtype=object)
