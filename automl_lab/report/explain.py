"""SHAP values of a fitted pipeline over the user's own columns, whatever the model is.

Owns the sample of the background and the shape of the answer; the values are those of ``report.shapley``, on the raw columns (text, dates,
missing values), so they speak of what the user knows. Refuses to explain no rows. shap is imported by the first call: it takes seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl_lab.core.errors import RequestError

# Every explained row is compared with so many rows, in so many random orders of the columns. Each order is one call of the model, and the
# forward and the backward walk together are already exact where no more than two columns act together.
BACKGROUND_ROWS = 32
PERMUTATIONS = 2


class FittedPipeline(Protocol):
    """What is needed of a fitted scikit-learn pipeline; classifiers have ``predict_proba`` and ``classes_`` too."""

    def predict(self, X: pd.DataFrame) -> Any:
        """Labels or values, one per row."""
        ...


def explain(
    pipeline: FittedPipeline, rows: pd.DataFrame, background: pd.DataFrame, *, task: str, classes: Sequence[object] | None = None, seed: int = 0
) -> pd.DataFrame:
    """SHAP values of ``rows`` (prepared like the training features), one column per feature, with the index of ``rows``.

    In the unit of the prediction: the value for regression, the probability of the second class for a binary task; for a multiclass task
    the columns are pairs (class, feature). ``background`` are rows to compare with, usually the training rows; a sample of them
    is taken. A call costs about ``128 * columns`` predictions per row. Raises ``RequestError`` when there are no rows.
    """
    from automl_lab.report.shapley import shapley_explanation  # noqa: PLC0415  (shap takes seconds to import)

    if rows.empty or background.empty:
        raise RequestError("there are no rows to explain")
    compared = background[list(rows.columns)].sample(min(BACKGROUND_ROWS, len(background)), random_state=seed)
    values = shapley_explanation(lambda frame: outputs(pipeline, frame, task, classes), rows, compared, permutations=PERMUTATIONS, seed=seed).values
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
