"""Which rows train, which validate and which are held out.

Owns the split and the folds; these functions are emitted into every experiment's ``evaluate.py``, so they lean on public libraries only and
keep to short lines. Refuses to let a class be unknown to a fit: a class with one row is always fitted and never scored.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from automl_lab.core.errors import RequestError
from automl_lab.data.profile import Task


def shuffled_rows(y: ArrayLike, *, seed: int, stratify: bool) -> NDArray[np.intp]:
    """Positions of the rows of y in random order.

    With stratify they come class after class, so that taking every k-th one takes
    the same share of each class; rows that are alone in their class are left out.
    """
    labels = np.asarray(y)
    order = np.random.default_rng(seed).permutation(len(labels))
    if not stratify:
        return order
    codes, _ = pd.factorize(labels, sort=True)
    order = order[np.argsort(codes[order], kind="stable")]
    return order[np.bincount(codes)[codes[order]] > 1]


def split_rows(
    y: ArrayLike,
    *,
    share: float,
    seed: int,
    stratify: bool,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the training rows and of the holdout, a share of the rows."""
    order = shuffled_rows(y, seed=seed, stratify=stratify)
    steps = np.floor(np.arange(len(order) + 1) * share + 0.5)
    holdout = np.sort(order[np.diff(steps) > 0])
    return np.setdiff1d(np.arange(len(np.asarray(y))), holdout), holdout


def fold_rows(
    y: ArrayLike,
    *,
    folds: int,
    seed: int,
    stratify: bool,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions of the rows to fit and of the rows to validate, once per fold."""
    order = shuffled_rows(y, seed=seed, stratify=stratify)
    rows = np.arange(len(np.asarray(y)))
    parts = [np.sort(order[turn::folds]) for turn in range(folds)]
    return [(np.setdiff1d(rows, part), part) for part in parts]


def check_rows(y: ArrayLike, task: Task, *, folds: int, holdout: float) -> None:
    """Raise ``RequestError`` unless this canonical target has a row for the holdout (a share of the rows) and for every fold."""
    stratify = task != "regression"
    training, held = split_rows(y, share=holdout, seed=0, stratify=stratify)
    if not len(held):
        raise RequestError(f"{len(training)} rows are too few to hold out {holdout:.0%} of them", path=("holdout",))
    scored = len(shuffled_rows(np.asarray(y)[training], seed=0, stratify=stratify))
    if scored < folds:
        alone = f" ({len(training) - scored} more are alone in their class)" if scored < len(training) else ""
        advice = f"set folds: {scored} or bring more rows" if scored >= 2 else "bring more rows"
        raise RequestError(f"{scored} training rows{alone} are fewer than the {folds} folds; {advice}", path=("folds",))
