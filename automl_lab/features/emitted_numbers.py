"""Transforms of numbers that feature steps emit into a pipeline's module by their source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped, and its signatures ask for a `y` that not everybody uses.
# mypy: disable-error-code="misc,no-any-return"
# ruff: noqa: ARG002

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin


def signed_log(X: np.ndarray) -> np.ndarray:
    """Give the logarithm of one plus the size of each number, with its sign."""
    return np.sign(X) * np.log1p(np.abs(X))


def signed_root(X: np.ndarray) -> np.ndarray:
    """Give the square root of the size of each number, with its sign."""
    return np.sign(X) * np.sqrt(np.abs(X))


class TrainingRange(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Bring values outside the range of the training rows to its end."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the smallest and the largest value of each column."""
        values = pd.DataFrame(X)
        self.n_features_in_ = values.shape[1]
        self.lowest_ = values.min().to_numpy(float)
        self.highest_ = values.max().to_numpy(float)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Give X within these ranges; what is missing stays so."""
        return np.clip(X, self.lowest_, self.highest_)


class QuantileBins(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Give the number of the bin a value falls into; bins hold about as many rows."""

    def __init__(self, bins: int = 8) -> None:
        self.bins = bins

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the ends of the bins; equal ones are one."""
        self.n_features_in_ = X.shape[1]
        inner = np.linspace(0, 1, self.bins + 1)[1:-1]
        self.ends_ = [np.unique(np.quantile(column, inner)) for column in X.T]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Give a whole number for each value of X."""
        columns = zip(self.ends_, X.T, strict=True)
        bins = [np.searchsorted(ends, c, side="right") for ends, c in columns]
        return np.column_stack(bins)
