"""What a recipe makes of its members' predictions, in arrays: the same numbers that the emitted classes give.

Owns the arithmetic on out-of-fold predictions. Refuses to learn anything; two layers are applied by ``layers``, which fits a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from automl_lab.evaluation.ensembles.recipe import Calibration, Combination, Recipe

FLOOR = 1e-6  # the least probability a logarithm is taken of; the emitted classes have the same


def combine(combination: Combination, predictions: Mapping[int, np.ndarray]) -> np.ndarray:
    """The combined probabilities, shape (rows, classes), or values, shape (rows,)."""
    members = [predictions[trial] for trial in combination.weights]
    weights = [float(weight) for weight in combination.weights.values()]
    if combination.method != "pool":
        return np.asarray(np.average(members, axis=0, weights=weights))
    if members[0].ndim == 1:
        return np.asarray(combination.shifts[0] + sum(weight * member for weight, member in zip(weights, members, strict=True)))
    total = sum(weight * np.log(np.maximum(member, FLOOR)) for weight, member in zip(weights, members, strict=True))
    return softmax(total + np.asarray(combination.shifts))


def calibrate(calibration: Calibration | None, probability: np.ndarray) -> np.ndarray:
    """The corrected probabilities; rows sum to 1."""
    if calibration is None:
        return probability
    if calibration.kind != "isotonic":
        shifts = np.asarray(calibration.shifts) if calibration.shifts else 0.0
        return softmax(calibration.slope * np.log(np.maximum(probability, FLOOR)) + shifts)
    if probability.shape[1] == 2:
        (before, after) = calibration.points[0]
        positive = np.interp(probability[:, 1], before, after)
        return np.column_stack([1 - positive, positive])
    found = np.column_stack([np.interp(column, *points) for column, points in zip(probability.T, calibration.points, strict=True)])
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def labels(recipe: Recipe, probability: np.ndarray, classes: Sequence[Any]) -> np.ndarray:
    """The label of each row, by the threshold or the weights of labels where the recipe has them."""
    named = np.asarray(classes)
    if recipe.threshold is not None:
        return np.asarray(named[(probability[:, 1] >= recipe.threshold).astype(int)])
    weighted = probability if recipe.label_weights is None else probability * np.asarray(recipe.label_weights)
    return np.asarray(named[weighted.argmax(axis=1)])


def softmax(scores: np.ndarray) -> np.ndarray:
    """Shares that sum to 1 in each row."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
