"""The functions of the scores, as they are emitted into ``evaluate.py``.

Written to be read there: short lines, public libraries only. ``classes`` are the sorted labels; of two classes the second one is the
positive one. A fold may lack a class; every function says what it does then, so that one fold never makes a score undefined.
"""

# scikit-learn is untyped, and not every score asks for the classes.
# mypy: disable-error-code="import-untyped"
# ruff: noqa: ARG001

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn import metrics


def accuracy(y: ArrayLike, label: ArrayLike, classes: list[Any]) -> float:
    """Share of the rows whose label is right."""
    return float(metrics.accuracy_score(y, label))


def balanced_accuracy(y: ArrayLike, label: ArrayLike, classes: list[Any]) -> float:
    """Mean share of right labels over the classes that y has."""
    truth, found = np.asarray(y), np.asarray(label)
    shares = [np.mean(found[truth == each] == each) for each in np.unique(truth)]
    return float(np.mean(shares))


def precision(y: ArrayLike, label: ArrayLike, classes: list[Any]) -> float:
    """Share of right ones among the rows called positive; 0 when there are none.

    Of several classes the mean over those that are in y or were predicted.
    """
    if len(classes) == 2:
        y, label = np.asarray(y) == classes[1], np.asarray(label) == classes[1]
        return float(metrics.precision_score(y, label, zero_division=0))
    return float(metrics.precision_score(y, label, average="macro", zero_division=0))


def recall(y: ArrayLike, label: ArrayLike, classes: list[Any]) -> float:
    """Share of the positive rows that were called so; 0 when there are none.

    Of several classes the mean over those that are in y or were predicted.
    """
    if len(classes) == 2:
        y, label = np.asarray(y) == classes[1], np.asarray(label) == classes[1]
        return float(metrics.recall_score(y, label, zero_division=0))
    return float(metrics.recall_score(y, label, average="macro", zero_division=0))


def f1(y: ArrayLike, label: ArrayLike, classes: list[Any]) -> float:
    """Harmonic mean of precision and recall of the positive class; 0 without both.

    Of several classes the mean over those that are in y or were predicted.
    """
    if len(classes) == 2:
        y, label = np.asarray(y) == classes[1], np.asarray(label) == classes[1]
        return float(metrics.f1_score(y, label, zero_division=0))
    return float(metrics.f1_score(y, label, average="macro", zero_division=0))


def f1_macro(y: ArrayLike, label: ArrayLike, classes: list[Any]) -> float:
    """Mean F1 over the classes that are in y or were predicted."""
    return float(metrics.f1_score(y, label, average="macro", zero_division=0))


def f1_weighted(y: ArrayLike, label: ArrayLike, classes: list[Any]) -> float:
    """Mean F1 over the classes, each with the weight of its rows in y."""
    return float(metrics.f1_score(y, label, average="weighted", zero_division=0))


def mcc(y: ArrayLike, label: ArrayLike, classes: list[Any]) -> float:
    """Matthews' correlation of true and predicted labels; 0 when one never varies."""
    return float(metrics.matthews_corrcoef(y, label))


def roc_auc(y: ArrayLike, probability: ArrayLike, classes: list[Any]) -> float:
    """Area under the ROC curve; of several classes the mean of each against the rest.

    A class that has no row in y, or every row, has no curve and is left out of the
    mean; 0.5 (chance) when no class is left.
    """
    truth, found = np.asarray(y), np.asarray(probability)
    areas = []
    for column in [1] if len(classes) == 2 else range(len(classes)):
        positive = truth == classes[column]
        if positive.any() and not positive.all():
            areas.append(metrics.roc_auc_score(positive, found[:, column]))
    return float(np.mean(areas)) if areas else 0.5


def average_precision(
    y: ArrayLike,
    probability: ArrayLike,
    classes: list[Any],
) -> float:
    """Average precision; of several classes the mean of each against the rest.

    A class that has no row in y is left out of the mean; 0 when no class is left.
    """
    truth, found = np.asarray(y), np.asarray(probability)
    areas = []
    for column in [1] if len(classes) == 2 else range(len(classes)):
        positive = truth == classes[column]
        if positive.any():
            areas.append(metrics.average_precision_score(positive, found[:, column]))
    return float(np.mean(areas)) if areas else 0.0


def log_loss(y: ArrayLike, probability: ArrayLike, classes: list[Any]) -> float:
    """Mean of minus the logarithm of the true class's probability, rows scaled to 1."""
    found = np.asarray(probability, dtype=float)
    found = found / found.sum(axis=1, keepdims=True)
    return float(metrics.log_loss(y, found, labels=classes))


def rmse(y: ArrayLike, value: ArrayLike, classes: None) -> float:
    """Root of the mean squared error, in the unit of y."""
    return float(metrics.root_mean_squared_error(y, value))


def mae(y: ArrayLike, value: ArrayLike, classes: None) -> float:
    """Mean absolute error, in the unit of y."""
    return float(metrics.mean_absolute_error(y, value))


def r2(y: ArrayLike, value: ArrayLike, classes: None) -> float:
    """Share of the variance of y that is explained; 0 for a single row."""
    if len(np.asarray(y)) < 2:
        return 0.0
    return float(metrics.r2_score(y, value))


def mape(y: ArrayLike, value: ArrayLike, classes: None) -> float:
    """Mean of the absolute error over |y|, as a share: 0.1 is 10 %.

    A y of zero is divided by the smallest step of a float, so the score is huge then.
    """
    return float(metrics.mean_absolute_percentage_error(y, value))
