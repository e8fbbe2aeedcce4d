"""Classes that model families emit into a pipeline's module by their source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
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
