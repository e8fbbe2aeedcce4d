"""Which rows train, which validate and which are held out.

Owns the splits: by chance, by groups, by time and by names that the user gave. These functions are emitted into every experiment's ``evaluate.py``, so
they lean on public libraries only and keep to short lines. By chance no class is unknown to a fit: a class with one row is always fitted and
never scored. Groups and moments are never cut in two, whatever that does to the classes.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


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
    held = np.zeros(len(np.asarray(y)), dtype=bool)
    held[order[np.diff(steps) > 0]] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def sample_rows(
    y: ArrayLike,
    *,
    rows: int,
    seed: int,
    stratify: bool,
) -> NDArray[np.intp]:
    """Positions of about so many of the rows, fewer than there are."""
    share = 1 - rows / len(np.asarray(y))
    return split_rows(y, share=share, seed=seed, stratify=stratify)[0]


def fold_rows(
    y: ArrayLike,
    *,
    folds: int,
    seed: int,
    stratify: bool,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions of the rows to fit and of the rows to validate, once per fold."""
    order = shuffled_rows(y, seed=seed, stratify=stratify)
    fold = np.full(len(np.asarray(y)), -1)
    fold[order] = np.arange(len(order)) % folds
    turns = range(folds)
    return [(np.flatnonzero(fold != n), np.flatnonzero(fold == n)) for n in turns]


def repeated_rows(
    y: ArrayLike,
    *,
    folds: int,
    repeats: int,
    seed: int,
    stratify: bool,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """All folds of one split, then all of the next one, which is shuffled anew."""
    parts = []
    for turn in range(repeats):
        parts += fold_rows(y, folds=folds, seed=seed + turn, stratify=stratify)
    return parts


def group_parts(
    y: ArrayLike,
    groups: ArrayLike,
    *,
    shares: list[float],
    seed: int,
    stratify: bool,
) -> NDArray[np.intp]:
    """Number of the part of every row. Parts hold whole groups.

    The largest groups come first, each goes to the part that misses most of its rows:
    a share of all rows, or with stratify the same share of every class. No part is left
    empty while there are groups for it.
    """
    codes, names = pd.factorize(np.asarray(groups))
    labels = np.zeros_like(codes)
    if stratify:
        labels, _ = pd.factorize(np.asarray(y))
    counts = np.zeros((len(names), labels.max() + 1))
    np.add.at(counts, (codes, labels), 1)
    missing = np.outer(shares, counts.sum(axis=0))
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    weighted = counts / counts.sum(axis=0)
    part = np.zeros(len(names), dtype=np.intp)
    empty = np.ones(len(shares), dtype=bool)
    for done, group in enumerate(order):
        wanted = missing @ weighted[group]
        if len(order) - done <= empty.sum():
            wanted[~empty] = -np.inf
        part[group] = np.argmax(wanted)
        missing[part[group]] -= counts[group]
        empty[part[group]] = False
    return part[codes]


def split_groups(
    y: ArrayLike,
    groups: ArrayLike,
    *,
    share: float,
    seed: int,
    stratify: bool,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the training rows and of the holdout: whole groups."""
    shares = [1 - share, share]
    part = group_parts(y, groups, shares=shares, seed=seed, stratify=stratify)
    return np.flatnonzero(part == 0), np.flatnonzero(part == 1)


def fold_groups(
    y: ArrayLike,
    groups: ArrayLike,
    *,
    folds: int,
    seed: int,
    stratify: bool,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions to fit and to validate, once per fold: whole groups."""
    shares = [1 / folds] * folds
    part = group_parts(y, groups, shares=shares, seed=seed, stratify=stratify)
    turns = range(folds)
    return [(np.flatnonzero(part != n), np.flatnonzero(part == n)) for n in turns]


def moments(times: ArrayLike) -> NDArray[np.float64]:
    """Dates as seconds since 1970, numbers as they are."""
    values = np.asarray(times)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]").astype(np.int64) / 1e6
    return values.astype(np.float64)


def time_cut(known: NDArray[np.float64], share: float) -> float:
    """The moment before which about this share of the rows lies.

    Rows of one moment stay together; infinity where all are of one moment.
    """
    ordered = np.sort(known)
    starts = np.flatnonzero(np.diff(ordered)) + 1
    if not len(starts):
        return np.inf
    nearest = np.abs(starts - share * len(ordered)).argmin()
    return float(ordered[starts[nearest]])


def split_times(
    times: ArrayLike,
    *,
    share: float,
    gap: float,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the training rows and of the holdout, the latest share of the rows.

    Rows less than the gap before the holdout are in neither.
    """
    known = moments(times)
    cut = time_cut(known, 1 - share) if share else np.inf
    return np.flatnonzero(known < cut - gap), np.flatnonzero(known >= cut)


def fold_times(
    times: ArrayLike,
    *,
    folds: int,
    window: float,
    gap: float,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions to fit and to validate, once per fold, each later than the one before.

    The rows to fit lie at least the gap before those to validate: all of them, or
    the latest ones up to the window, a share of all rows.
    """
    known = moments(times)
    order = np.argsort(known, kind="stable")
    most = max(1, round(window * len(known)))
    cuts = [time_cut(known, turn / (folds + 1)) for turn in range(1, folds + 1)]
    parts = []
    for begin, end in pairwise([*cuts, np.inf]):
        fit = order[known[order] < begin - gap][-most:]
        validation = np.flatnonzero((known >= begin) & (known < end))
        parts.append((np.sort(fit), validation))
    return parts


def split_named(
    names: ArrayLike,
    *,
    held_out: list[str],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the training rows and of the holdout, the rows of these names."""
    held = np.isin(np.asarray(names, dtype=str), held_out)
    return np.flatnonzero(~held), np.flatnonzero(held)


def fold_named(
    names: ArrayLike,
    *,
    folds: list[str],
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions to fit and to validate: the rows of each of these names in turn."""
    known = np.asarray(names, dtype=str)
    return [(np.flatnonzero(known != n), np.flatnonzero(known == n)) for n in folds]


def aside_named(
    y: ArrayLike,
    names: ArrayLike,
    *,
    folds: list[str],
    share: float,
    seed: int,
    stratify: bool,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Two parts of the rows to fit: one more fold aside, or a share of the rows."""
    known = np.unique(np.asarray(names, dtype=str))
    others = [name for name in folds if name in known]
    if others and len(known) > 1:
        return split_named(names, held_out=others[-1:])
    return split_rows(y, share=share, seed=seed, stratify=stratify)
