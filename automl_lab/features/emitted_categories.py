"""Encodings of categories that feature steps emit into a pipeline's module by their source.

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
from sklearn.feature_extraction import FeatureHasher


class Frequencies(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Give the share of the training rows that have a value; 0 for a new one."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Count the values of each column."""
        columns = pd.DataFrame(X)
        self.n_features_in_ = columns.shape[1]
        counted = [columns[name].value_counts() for name in columns]
        shares = [each / each.sum() for each in counted]
        self.shares_ = [each.to_dict() for each in shares]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Give the shares of the values of X."""
        columns = zip(self.shares_, np.asarray(X, dtype=object).T, strict=True)
        return np.array([[own.get(each, 0.0) for each in c] for own, c in columns]).T


class HashedCategories(TransformerMixin, BaseEstimator):
    """Spread the values of all columns over a fixed number of columns by a hash."""

    def __init__(self, columns: int = 256, dense: bool = False) -> None:
        self.columns = columns
        self.dense = dense

    def fit(self, X: Any, y: Any = None) -> Self:
        """Remember only how many columns X has: a hash needs no training."""
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> Any:
        """Give one row of hashed values for each row of X."""
        words = ([f"{i}={each}" for i, each in enumerate(row)] for row in X)
        found = FeatureHasher(self.columns, input_type="string").transform(words)
        return found.toarray() if self.dense else found

    def get_feature_names_out(self, names: Any = None) -> np.ndarray:
        """Number the columns."""
        return np.array([f"hash_{i}" for i in range(self.columns)], dtype=object)
