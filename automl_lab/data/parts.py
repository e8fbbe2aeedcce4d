"""The rows of the parts that a ``Validation`` speaks of, as evaluate.py cuts them, and whether there are enough.

Owns the check of the rows. Refuses a second way of splitting: it calls the functions that are emitted into evaluate.py.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_lab.core.errors import RequestError
from automl_lab.data import split
from automl_lab.data.profile import Task
from automl_lab.data.validation import Validation

Rows: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]


def held_apart(known: Validation, y: pd.Series, marks: pd.Series | None, seed: int, *, stratify: bool) -> Rows:
    """Positions of the training rows and of the holdout; ``marks`` are the values of the column that the split reads, None where it reads none."""
    if known.kind == "group":
        return split.split_groups(y, _there(marks), share=known.holdout, seed=seed, stratify=stratify)
    if known.kind == "time":
        return split.split_times(_there(marks), share=known.holdout, gap=known.gap)
    if known.kind == "given":
        return split.split_named(_there(marks), held_out=list(known.held_out))
    return split.split_rows(y, share=known.holdout, seed=seed, stratify=stratify)


def folded(known: Validation, y: pd.Series, marks: pd.Series | None, seed: int, *, stratify: bool) -> list[Rows]:
    """Positions to fit and to validate of every fold, among the training rows that are given."""
    if known.kind == "holdout":
        return [split.split_rows(y, share=known.share, seed=seed, stratify=stratify)]
    if known.kind == "group":
        return split.fold_groups(y, _there(marks), folds=known.folds, seed=seed, stratify=stratify)
    if known.kind == "time":
        return split.fold_times(_there(marks), folds=known.folds, window=known.window, gap=known.gap)
    if known.kind == "given":
        return split.fold_named(_there(marks), folds=list(known.names))
    return split.repeated_rows(y, folds=known.folds, repeats=known.repeats, seed=seed, stratify=stratify)


def _there(marks: pd.Series | None) -> pd.Series:
    if marks is None:
        raise ValueError("a split by a column needs its values")
    return marks


def check_rows(y: Any, task: Task, *, folds: int, holdout: float) -> None:
    """Raise ``RequestError`` unless this canonical target has a row for the holdout (a share of the rows; 0: none) and for every fold by chance."""
    stratify = task != "regression"
    training, held = split.split_rows(y, share=holdout, seed=0, stratify=stratify)
    if holdout and not len(held):
        raise RequestError(f"{len(training)} rows are too few to hold out {holdout:.0%} of them", path=("holdout",))
    scored = len(split.shuffled_rows(np.asarray(y)[training], seed=0, stratify=stratify))
    if scored < folds:
        alone = f" ({len(training) - scored} more are alone in their class)" if scored < len(training) else ""
        advice = f"set folds: {scored} or bring more rows" if scored >= 2 else "bring more rows"
        raise RequestError(f"{scored} training rows{alone} are fewer than the {folds} folds; {advice}", path=("folds",))
