"""Selections of columns that feature steps emit into a pipeline's module by their source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped, and its signatures ask for a `y` that not everybody uses.
# mypy: disable-error-code="misc,no-any-return,no-untyped-call"
# ruff: noqa: ARG002

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.feature_selection import (
    SelectorMixin,
    mutual_info_classif,
    mutual_info_regression,
)
from sklearn.utils import Tags


def without_gaps(X: Any) -> np.ndarray:
    """Give X with the median of its column for a missing value."""
    columns = pd.DataFrame(X, dtype=float)
    return columns.fillna(columns.median()).fillna(0.0).to_numpy()


class MutualInformation(BaseEstimator):
    """Measure how much each column says about the target, on some of the rows."""

    def __init__(
        self,
        classes: bool = True,
        rows: int = 5000,
        random_state: int | None = None,
    ) -> None:
        self.classes = classes
        self.rows = rows
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Measure; columns that say nothing have 0."""
        filled, target = without_gaps(X), np.asarray(y)
        if len(target) > self.rows:
            random = np.random.default_rng(self.random_state)
            some = random.choice(len(target), self.rows, replace=False)
            filled, target = filled[some], target[some]
        self.feature_importances_ = np.zeros(filled.shape[1])
        if self.classes and not pd.Series(target).duplicated().any():
            return self  # a single row of each class has no neighbours in it
        measure = mutual_info_classif if self.classes else mutual_info_regression
        near, seed = max(1, min(3, len(target) - 1)), self.random_state
        found = measure(filled, target, n_neighbors=near, random_state=seed)
        self.feature_importances_ = found
        return self

    def __sklearn_tags__(self) -> Tags:
        """Say that missing values are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class Strongest(SelectorMixin, BaseEstimator):
    """Keep the columns that a model finds important; the model itself is not kept.

    Those stay that are used and whose importance is at least `share` of the mean
    one, the `most` important of them, and the `least` most important in any case.
    Each tree of a model that is a forest sees `rows` of the rows at most.
    """

    def __init__(
        self,
        model: Any,
        share: float = 0.0,
        most: int | None = None,
        least: int = 1,
        rows: int | None = None,
    ) -> None:
        self.model = model
        self.share = share
        self.most = most
        self.least = least
        self.rows = rows

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a copy of the model and compare."""
        self.n_features_in_ = X.shape[1]
        model = clone(self.model)
        if self.rows is not None and X.shape[0] > self.rows:
            model.set_params(bootstrap=True, max_samples=self.rows)
        found = model.fit(X, y).feature_importances_
        self.importances_ = found
        order = np.argsort(-found, kind="stable")
        strong = (found > 0) & (found >= self.share * found.mean())
        kept = order[: max(self.least, strong.sum())][: self.most]
        self.support_ = np.isin(np.arange(len(found)), kept)
        return self

    def _get_support_mask(self) -> np.ndarray:
        """Give True for a column that stays."""
        return self.support_

    def __sklearn_tags__(self) -> Tags:
        """Say that missing values and sparse columns are taken where the model does."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags


class Uncorrelated(SelectorMixin, BaseEstimator):
    """Leave out the columns whose correlation with an earlier one is too high."""

    def __init__(self, most: float = 0.95, rows: int = 10_000) -> None:
        self.most = most
        self.rows = rows

    def fit(self, X: Any, y: Any = None) -> Self:
        """Compare all columns, on at most so many rows evenly spread."""
        self.n_features_in_ = X.shape[1]
        filled = without_gaps(X)[:: len(X) // self.rows + 1]
        spread = filled.std(axis=0)
        spread = np.where(spread > 0, spread, np.inf)
        scaled = (filled - filled.mean(axis=0)) / spread
        agree = np.abs(scaled.T @ scaled) / len(scaled)
        kept: list[int] = []
        for column in range(agree.shape[1]):
            if not (agree[column, kept] > self.most).any():
                kept.append(column)
        self.support_ = np.isin(np.arange(agree.shape[1]), kept)
        return self

    def _get_support_mask(self) -> np.ndarray:
        """Give True for a column that stays."""
        return self.support_

    def __sklearn_tags__(self) -> Tags:
        """Say that missing values are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
