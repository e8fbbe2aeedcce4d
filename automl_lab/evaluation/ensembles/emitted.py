"""Classes that the source of an ensemble emits: stacking, calibration and labels by numbers that were found out of fold.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped.
# mypy: disable-error-code="misc,no-any-return,no-untyped-call"

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.ensemble import VotingClassifier, VotingRegressor


class StackedClassifier(VotingClassifier):
    """Give softmax of the members' weighted log-probabilities plus one shift a class.

    Weights and shifts were learned on predictions for rows the members had not seen.
    """

    def __init__(self, estimators: Any, *, weights: Any, shifts: Any) -> None:
        super().__init__(estimators, voting="soft", weights=weights)
        self.shifts = shifts

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        total = np.asarray(self.shifts)
        for member, weight in zip(self.estimators_, self.weights, strict=True):
            found = np.asarray(member.predict_proba(X), dtype=float)
            total = total + weight * np.log(np.maximum(found, 1e-6))
        shares = np.exp(total - total.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)


class StackedRegressor(VotingRegressor):
    """Give the members' weighted sum plus a shift.

    Weights and shift were learned on predictions for rows the members had not seen.
    """

    def __init__(self, estimators: Any, *, weights: Any, shift: float) -> None:
        super().__init__(estimators, weights=weights)
        self.shift = shift

    def predict(self, X: Any) -> np.ndarray:
        """Give one number for each row of X."""
        found = np.asarray([each.predict(X) for each in self.estimators_], dtype=float)
        return self.shift + np.asarray(self.weights) @ found


class ScaledProbabilities(ClassifierMixin, BaseEstimator):
    """Correct probabilities: softmax of slope times their logarithms plus shifts.

    The numbers were found on predictions for rows that the model had not seen.
    """

    def __init__(self, model: Any, slope: float = 1.0, shifts: Any = 0.0) -> None:
        self.model = model
        self.slope = slope
        self.shifts = shifts

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a copy of the model."""
        self.model_ = clone(self.model).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        found = np.asarray(self.model_.predict_proba(X), dtype=float)
        scores = self.slope * np.log(np.maximum(found, 1e-6)) + np.asarray(self.shifts)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)


class MappedProbabilities(ClassifierMixin, BaseEstimator):
    """Correct probabilities by lines through (before, after) points that only rise.

    There are points for each class, or of two classes for the second one only. They
    were found on predictions for rows that the model had not seen.
    """

    def __init__(self, model: Any, points: Any) -> None:
        self.model = model
        self.points = points

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a copy of the model."""
        self.model_ = clone(self.model).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        found = self.model_.predict_proba(X)[:, -len(self.points) :]
        columns = zip(found.T, self.points, strict=True)
        mapped = np.column_stack([np.interp(column, *line) for column, line in columns])
        if mapped.shape[1] == 1:
            return np.column_stack([1 - mapped, mapped])
        return mapped / mapped.sum(axis=1, keepdims=True)


class WeightedLabels(ClassifierMixin, BaseEstimator):
    """Call the class with the largest product of probability and weight.

    The weights were found on predictions for rows that the model had not seen.
    """

    def __init__(self, model: Any, weights: Any) -> None:
        self.model = model
        self.weights = weights

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a copy of the model."""
        self.model_ = clone(self.model).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        weighted = self.predict_proba(X) * np.asarray(self.weights)
        return self.classes_[weighted.argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        return self.model_.predict_proba(X)


def parts_of_rows(y: Any, parts: int, classes: bool, seed: int) -> list[np.ndarray]:
    """Give the positions in each part; every part has its share of each class."""
    order = np.random.default_rng(seed).permutation(len(y))
    if classes:
        codes = np.unique(np.asarray(y), return_inverse=True)[1]
        order = order[np.argsort(codes[order], kind="stable")]
        # A class of one row stays in every fit.
        order = order[np.bincount(codes)[codes[order]] > 1]
    return [np.sort(order[turn::parts]) for turn in range(parts)]


def fit_bag(model: Any, X: Any, y: Any, parts: list[np.ndarray]) -> list[Any]:
    """Fit one copy of the model for each part, on the rows that are not in it."""
    rows = np.arange(len(y))
    without = [np.setdiff1d(rows, part) for part in parts]
    fit = [delayed(clone(model).fit) for _ in parts]
    pairs = zip(fit, without, strict=True)
    return Parallel()(each(X.iloc[keep], y.iloc[keep]) for each, keep in pairs)


class BaggedClassifier(ClassifierMixin, BaseEstimator):
    """Average models that each leave out one part of the rows."""

    def __init__(self, model: Any, models: int = 5, random_state: int = 0) -> None:
        self.model = model
        self.models = models
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        """Fit the models."""
        self.classes_ = np.unique(np.asarray(y))
        parts = parts_of_rows(y, self.models, True, self.random_state)
        self.models_ = fit_bag(self.model, X, y, parts)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        return np.mean([each.predict_proba(X) for each in self.models_], axis=0)


class BaggedRegressor(RegressorMixin, BaseEstimator):
    """Average models that each leave out one part of the rows."""

    def __init__(self, model: Any, models: int = 5, random_state: int = 0) -> None:
        self.model = model
        self.models = models
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        """Fit the models."""
        parts = parts_of_rows(y, self.models, False, self.random_state)
        self.models_ = fit_bag(self.model, X, y, parts)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one number for each row of X."""
        return np.mean([each.predict(X) for each in self.models_], axis=0)


def with_names(rows: Any, columns: list[str]) -> pd.DataFrame:
    """Give the rows as a frame with these columns, each of the type that it holds."""
    return pd.DataFrame(rows, columns=columns).infer_objects()


def these_columns(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Give the frame with these columns only."""
    return frame[columns]
