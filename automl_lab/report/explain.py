"""SHAP values of a fitted pipeline over the user's own columns, whatever the model is.

Owns one estimator: random orders of the columns, each walked forwards and backwards, against rows of the background. It works on the raw
columns (text, dates, missing values), so the values speak of what the user knows. Refuses to look inside the model.
``shapley_values`` is ordinary public code: the report takes its source into the notebook, so both show the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl_lab.core.errors import RequestError

# So many background rows (and orders of the columns) are walked for each explained row: the error falls with the square root.
BACKGROUND_ROWS = 32


class FittedPipeline(Protocol):
    """What is needed of a fitted scikit-learn pipeline; classifiers have ``predict_proba`` and ``classes_`` too."""

    def predict(self, X: pd.DataFrame) -> Any:
        """Labels or values, one per row."""
        ...


def shapley_values(predict_rows: Callable[[pd.DataFrame], np.ndarray], rows: pd.DataFrame, background: pd.DataFrame, seed: int) -> np.ndarray:
    """Estimate SHAP values, an array of rows x columns x outputs. ``predict_rows`` gives an array of rows x outputs.

    From each background row the columns change, one after the other in a random order and in the reverse of it, to those of the
    explained row; a column's value is the mean change of the prediction at its turn. Over the columns they add up to the prediction
    less the mean prediction for the background.
    """
    rng = np.random.default_rng(seed)
    count, width = rows.shape
    pool = pd.concat([rows, background], ignore_index=True)
    explained = np.repeat(np.arange(count), width + 1)
    total: float | np.ndarray = 0.0
    for reference in range(len(background)):
        order = rng.permutation(width)
        for walk in (order, order[::-1]):
            turn = np.empty(width, dtype=int)
            turn[walk] = np.arange(width)
            # Row s of each block of width + 1 has the columns of the first s turns changed.
            changed = np.tile(np.arange(width + 1)[:, None] > turn[None, :], (count, 1))
            origin = np.where(changed, explained[:, None], count + reference)
            mixed = pd.DataFrame({name: pool[name].take(origin[:, place]).array for place, name in enumerate(pool.columns)})
            steps = np.diff(predict_rows(mixed).reshape(count, width + 1, -1), axis=1)
            total = total + steps[:, turn]
    return np.asarray(total / (2 * len(background)))


def explain(
    pipeline: FittedPipeline, rows: pd.DataFrame, background: pd.DataFrame, *, task: str, classes: Sequence[object] | None = None, seed: int = 0
) -> pd.DataFrame:
    """SHAP values of ``rows`` (prepared like the training features), one column per feature, with the index of ``rows``.

    In the unit of the prediction: the value for regression, the probability of the second class for a binary task; for a multiclass task
    the columns are pairs (class, feature). ``background`` are rows to compare with, usually the training rows; a sample of them
    is taken. A call costs about ``64 * columns`` predictions per row. Raises ``RequestError`` when there are no rows.
    """
    if rows.empty or background.empty:
        raise RequestError("there are no rows to explain")
    compared = background[list(rows.columns)].sample(min(BACKGROUND_ROWS, len(background)), random_state=seed)
    values = shapley_values(lambda frame: outputs(pipeline, frame, task, classes), rows, compared, seed)
    if task != "multiclass":
        return pd.DataFrame(values[:, :, 0], index=rows.index, columns=rows.columns)
    labels = list(classes or [])
    columns = pd.MultiIndex.from_product([labels, rows.columns], names=["class", "feature"])
    return pd.DataFrame(values.transpose(0, 2, 1).reshape(len(rows), -1), index=rows.index, columns=columns)


def outputs(pipeline: Any, frame: pd.DataFrame, task: str, classes: Sequence[object] | None) -> npt.NDArray[np.float64]:
    """Predictions as rows x outputs: values, the probability of the second class, or the probabilities in the order of ``classes``."""
    if task == "regression":
        return np.asarray(pipeline.predict(frame), dtype=float).reshape(len(frame), 1)
    place = {label: position for position, label in enumerate(pipeline.classes_)}
    probability = np.asarray(pipeline.predict_proba(frame), dtype=float)
    aligned = np.column_stack([probability[:, place[label]] if label in place else np.zeros(len(frame)) for label in classes or []])
    return aligned[:, 1:2] if task == "binary" else aligned
