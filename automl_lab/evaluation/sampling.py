"""On how many rows a candidate is fitted: all of them, or few at first where the data is large.

Owns the schedule of rows and the sample of a fold. Refuses to choose who goes on with more: that is the search's (``search.fidelity``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from automl_lab.data.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FACTOR = 4  # rows grow by it from one rung to the next
SMALLEST = 10_000
LEAST_CELLS = 500_000  # fits of smaller tables are quick enough as they are


def schedule(rows: int, columns: int) -> tuple[int, ...]:
    """Rows to fit at every rung, of ``rows`` in all; a single rung where that is quick. 1,000,000 rows give 15,625, 62,500, 250,000, 1,000,000."""
    if rows * columns < LEAST_CELLS:
        return (rows,)
    found = [rows]
    while found[-1] >= SMALLEST * FACTOR:
        found.append(math.ceil(found[-1] / FACTOR))
    return tuple(reversed(found))


def schedule_of(dataset: Dataset) -> tuple[int, ...]:
    """The schedule of an experiment's folds."""
    training = dataset.rows * (1 - dataset.validation.holdout)
    return schedule(round(training * dataset.validation.fitted), len(dataset.features))


def fold_seconds(dataset: Dataset, row: Mapping[str, Any], rows: int | None = None) -> float:
    """What fitting the trial of this row takes on so many ``rows``, or all of a fold: what it took, where it had them, else in proportion to the rows."""
    took, whole = float(row["values"].get("fit_seconds") or 0.0), schedule_of(dataset)[-1]
    return took * (rows or whole) / (row.get("rows") or whole)


def sampled(protocol: ModuleType, y: pd.Series, positions: np.ndarray, rows: int | None) -> np.ndarray:
    """So many of these positions, drawn by evaluate.py; all of them where ``rows`` is None."""
    if rows is None or rows >= len(positions):
        return positions
    drawn: np.ndarray = positions[protocol.sample(y.iloc[positions], rows)]
    return drawn
