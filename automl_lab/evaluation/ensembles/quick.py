"""The scores that a choice asks for hundreds of times, computed from class numbers: the same as evaluate.py's, whose checks take many times as long.

Owns no score: what is recorded comes from evaluate.py, and a test holds every function here against it. Labels are counted once, in a matrix of
rows by their true (rows) and called (columns) class, and every score of labels follows from that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np


def log_likelihood(codes: np.ndarray, predicted: np.ndarray) -> float:
    """Minus evaluate.py's ``log_loss`` of probabilities of shape (rows, classes)."""
    found = predicted[np.arange(len(predicted)), codes] / predicted.sum(axis=1)
    return float(np.log(np.maximum(found, np.finfo(float).eps)).mean())


def area(codes: np.ndarray, predicted: np.ndarray) -> float:
    """``roc_auc``, by ranks (Mann and Whitney)."""
    from scipy.stats import rankdata  # noqa: PLC0415  (heavy)

    areas = []
    for column in [1] if predicted.shape[1] == 2 else range(predicted.shape[1]):
        positive = codes == column
        count, others = int(positive.sum()), int((~positive).sum())
        if count and others:
            areas.append((rankdata(predicted[:, column])[positive].sum() - count * (count + 1) / 2) / (count * others))
    return float(np.mean(areas)) if areas else 0.5


def counted(codes: np.ndarray, called: np.ndarray, classes: int) -> np.ndarray:
    """How many rows of each class were called each class: shape (classes, classes)."""
    found: np.ndarray = np.bincount(codes * classes + called, minlength=classes * classes).reshape(classes, classes).astype(float)
    return found


def _shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """0 where there is nothing to have a share of."""
    found: np.ndarray = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return found


def _accuracy(counts: np.ndarray) -> float:
    return float(np.trace(counts) / counts.sum())


def _balanced_accuracy(counts: np.ndarray) -> float:
    own = counts.sum(axis=1)
    return float(_shares(np.diag(counts), own)[own > 0].mean())


def _each_f1(counts: np.ndarray) -> np.ndarray:
    return _shares(2 * np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1))


def _positive_or_mean(each: np.ndarray, counts: np.ndarray) -> float:
    """The positive class's of two; of several the mean over those that there are or that were called."""
    return float(each[1]) if len(each) == 2 else _macro(each, counts)


def _macro(each: np.ndarray, counts: np.ndarray) -> float:
    return float(each[counts.sum(axis=0) + counts.sum(axis=1) > 0].mean())


def _weighted_f1(counts: np.ndarray) -> float:
    return float((_each_f1(counts) * counts.sum(axis=1)).sum() / counts.sum())


def _mcc(counts: np.ndarray) -> float:
    """Of several classes by Gorodkin 2004."""
    rows, true, called = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    spread = (rows**2 - called @ called) * (rows**2 - true @ true)
    return float((np.trace(counts) * rows - true @ called) / np.sqrt(spread)) if spread > 0 else 0.0


# By the names of the objectives; more is better for all of them.
BY_PROBABILITY: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {"log_loss": log_likelihood, "roc_auc": area}
BY_COUNTS: Mapping[str, Callable[[np.ndarray], float]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "precision": lambda counts: _positive_or_mean(_shares(np.diag(counts), counts.sum(axis=0)), counts),
    "recall": lambda counts: _positive_or_mean(_shares(np.diag(counts), counts.sum(axis=1)), counts),
    "f1": lambda counts: _positive_or_mean(_each_f1(counts), counts),
    "f1_macro": lambda counts: _macro(_each_f1(counts), counts),
    "f1_weighted": _weighted_f1,
    "mcc": _mcc,
}
