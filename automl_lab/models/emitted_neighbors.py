"""Nearest neighbours that ask for no more rows than there are; the model family emits them into a pipeline's module by their source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor


class SmoothNeighbors(ClassifierMixin, BaseEstimator):
    """Ask the nearest training rows, no more than there are.

    The shares of the classes in the training rows count as one more neighbour. Else
    a class without a neighbour has a probability of zero, though it is possible.
    """

    def __init__(
        self,
        n_neighbors: int = 10,
        weights: str = "distance",
        p: int = 2,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.p = p
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any) -> Self:
        """Keep the rows and the shares of the classes."""
        self.classes_, counts = np.unique(np.asarray(y), return_counts=True)
        self.shares_ = counts / counts.sum()
        self.neighbors_ = min(self.n_neighbors, len(X))
        self.model_ = KNeighborsClassifier(
            self.neighbors_,
            weights=self.weights,
            p=self.p,
            n_jobs=self.n_jobs,
        )
        self.model_.fit(X, y)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        votes = self.model_.predict_proba(X) * self.neighbors_
        return (votes + self.shares_) / (self.neighbors_ + 1)


class NearestRows(RegressorMixin, BaseEstimator):
    """Ask the nearest training rows, no more than there are."""

    def __init__(
        self,
        n_neighbors: int = 10,
        weights: str = "distance",
        p: int = 2,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.p = p
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any) -> Self:
        """Keep the rows."""
        self.model_ = KNeighborsRegressor(
            min(self.n_neighbors, len(X)),
            weights=self.weights,
            p=self.p,
            n_jobs=self.n_jobs,
        )
        self.model_.fit(X, y)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one value for each row of X."""
        return self.model_.predict(X)
