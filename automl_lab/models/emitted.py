"""Classes that model families emit into a pipeline's module by their source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped, and its signatures ask for a `y` that not everybody uses.
# mypy: disable-error-code="misc,no-any-return"
# ruff: noqa: ARG002

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import pandas as pd
from catboost.utils import get_gpu_device_count
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.utils.class_weight import compute_sample_weight


class EncodedLabels(ClassifierMixin, BaseEstimator):
    """Give a classifier the labels as 0, 1, 2, ... and the caller as they were."""

    def __init__(self, model: Any, balanced: bool = False) -> None:
        self.model = model
        self.balanced = balanced

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a copy of the model; balanced gives every class the same weight."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        weight = compute_sample_weight("balanced", codes) if self.balanced else None
        self.model_ = clone(self.model).fit(X, codes, sample_weight=weight)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        return self.model_.predict_proba(X)


def usable_task_type(wanted: str) -> str:
    """Give CatBoost's task_type, or the CPU's where there is no GPU: it would fail."""
    if wanted == "CPU" or get_gpu_device_count():
        return wanted
    warnings.warn("no GPU here: CatBoost trains on the CPU instead", stacklevel=2)
    return "CPU"


def whole_categories(X: Any, positions: list[int]) -> pd.DataFrame:
    """Give X with whole numbers in the columns at these positions."""
    return pd.DataFrame(X).astype(dict.fromkeys(positions, int))


def marked_categories(X: Any, positions: list[int], most: int) -> pd.DataFrame:
    """Give X with categories, of at most so many codes, at these positions."""
    frame = pd.DataFrame(X)
    known = pd.Index(range(most))  # for training and for all later rows the same
    for position in positions:
        codes = frame[position].astype(int)
        frame[position] = pd.Categorical.from_codes(codes, categories=known)
    return frame


class ZeroWhereEmpty(TransformerMixin, BaseEstimator):
    """Put 0 into columns that held nothing but NaN in training: binning fails there."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the columns."""
        self.empty_ = np.isnan(X).all(axis=0)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Give X with 0 in these columns."""
        return np.where(self.empty_, 0.0, X)
