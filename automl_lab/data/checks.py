"""What the rows say together: duplicates, and single columns that give the target away.

Owns the checks that need several columns at once. Refuses to change anything: a finding is for the user to judge. They are done on samples, because a
cell has to return within a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_lab.data.dataset import Finding
from automl_lab.data.kinds import Understood
from automl_lab.data.plain import Values
from automl_lab.data.profile import Task

SAMPLE = 4_000
# So well a single column has to do on rows it was not looked up in: mean recall of the classes, or R² for numbers.
LEAK = 0.98
FEWEST_ROWS = 60
_SEED = 20_240_229


def duplicate_rows(frame: pd.DataFrame) -> list[Finding]:
    """A finding when rows are equal in every column of ``frame`` (identifiers should not be among them)."""
    if frame.shape[1] == 0:
        return []
    # Hashes of the values, not of codes that depend on the order; two rows in 2**32 may collide, which a count can bear.
    count = int(pd.Series(pd.util.hash_pandas_object(frame, index=False)).duplicated().sum())
    if not count:
        return []
    share = count / len(frame)
    return [Finding("warning" if share >= 0.01 else "info", None, f"{count:,} duplicate rows ({share:.1%}); the same row may be in training and in validation")]


def suspected_leaks(columns: list[Understood], target: Values, task: Task) -> list[Finding]:
    """A warning for every usable column from which the target can be told nearly perfectly.

    Half of a sample is used to look up the other half: the value of a row's nearest neighbour in that one column is its prediction,
    which finds thresholds, codes and monotone copies alike.
    """
    if len(target) < FEWEST_ROWS:
        return []
    rows = np.random.default_rng(_SEED).permutation(len(target))[:SAMPLE]
    half = len(rows) // 2
    truth = _codes(target.iloc[rows]) if task != "regression" else target.iloc[rows].to_numpy(dtype="float64")
    found = []
    for each in columns:
        if not each.column.usable or each.column.kind == "text":
            continue
        values = each.values.iloc[rows]
        known = _codes(values) if values.dtype == "str" else _amounts(values)
        # A label has no neighbours: rows are judged by equal ones, if most have any.
        judged = np.isin(known[half:], known[:half]) if values.dtype == "str" else np.full(len(rows) - half, True)
        if judged.mean() < 0.5:
            continue
        predicted = _nearest(known[:half], truth[:half], known[half:][judged])
        meant = truth[half:][judged]
        score = _explained(meant, predicted) if task == "regression" else _recall(meant, predicted)
        if score >= LEAK:
            text = f"suspected leak: this column alone predicts the target nearly perfectly ({_score(task, score)})"
            found.append(Finding("warning", each.column.name, text))
    return found


def _score(task: Task, score: float) -> str:
    return f"R² {score:.3f}" if task == "regression" else f"balanced accuracy {score:.3f}"


def _codes(values: Values) -> NDArray[np.float64]:
    codes, _ = pd.factorize(values)
    return codes.astype("float64")


def _amounts(values: Values) -> NDArray[np.float64]:
    numbers = (values - values.min()).dt.total_seconds().to_numpy() if values.dtype.kind == "M" else values.to_numpy(dtype="float64")
    there = numbers[np.isfinite(numbers)]
    # Missing is a place of its own, below all others.
    return np.where(np.isfinite(numbers), numbers, (there.min() - 1 - np.ptp(there)) if len(there) else 0.0)


def _nearest(known: NDArray[np.float64], truth: NDArray[Any], asked: NDArray[np.float64]) -> NDArray[Any]:
    order = np.argsort(known, kind="stable")
    places = known[order]
    right = np.clip(np.searchsorted(places, asked), 0, len(places) - 1)
    left = np.maximum(right - 1, 0)
    closer = np.where(np.abs(places[left] - asked) < np.abs(places[right] - asked), left, right)
    return np.asarray(truth[order][closer])


def _recall(truth: NDArray[Any], predicted: NDArray[Any]) -> float:
    classes = np.unique(truth)
    return float(np.mean([(predicted[truth == label] == label).mean() for label in classes])) if len(classes) > 1 else 0.0


def _explained(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - predicted) ** 2).sum()) / spread if spread else 0.0
