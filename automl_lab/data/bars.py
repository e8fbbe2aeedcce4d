"""A column's distribution in a handful of counts, for the little histograms of whoever shows the data.

Owns how numbers, moments and labels are counted. Refuses to draw, and to show more of a text than its length.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_lab.data.kinds import Understood
from automl_lab.data.plain import Values

BINS, LEVELS = 16, 8
LONGEST = 40  # characters of a label


@dataclass(frozen=True)
class Bars:
    """Counts from left to right and what each stands for; ``rest`` are the rows of rarer values that have no bar of their own."""

    counts: tuple[int, ...]
    labels: tuple[str, ...]
    rest: int = 0

    def to_json(self) -> dict[str, Any]:
        """The bars as plain JSON values."""
        return asdict(self)


NONE = Bars((), ())


def bars(known: Understood) -> Bars:
    """The distribution of a column: numbers and moments in up to ``BINS`` bins of one width, labels by frequency, texts by their words; none of identifiers."""
    values, kind = known.values.dropna(), known.column.kind
    if values.empty or kind in ("identifier", "constant"):
        return NONE
    if kind == "datetime":
        return _moments(values)
    if kind == "text":
        return _numbers(values.str.count(r"\S+").astype("float64"), " words")
    return _numbers(values.astype("float64")) if kind == "numeric" else _labels(values)


def _numbers(values: Values, unit: str = "") -> Bars:
    numbers = values.to_numpy()
    span = float(numbers.max()) - float(numbers.min())
    if span < BINS and bool((numbers == np.floor(numbers)).all()):  # a bar for each number says more than bins between them
        least = int(numbers.min())
        counts = np.bincount((numbers - least).astype("int64"))
        return Bars(tuple(int(each) for each in counts), tuple(f"{least + step}{unit}" for step in range(len(counts))))
    scale = 1.0 if math.isfinite(span) else 0.25  # the width of all is more than a float can be
    counts, edges = _binned(numbers * scale)
    edges = edges / scale
    return Bars(tuple(int(each) for each in counts), tuple(f"{low:.4g} to {high:.4g}{unit}" for low, high in itertools.pairwise(edges)))


def _moments(values: Values) -> Bars:
    counts, edges = _binned(values.astype("int64").to_numpy())
    shown = pd.to_datetime(edges.astype("int64"), unit="us")
    days = shown.strftime("%Y-%m-%d" if edges[-1] - edges[0] > BINS * 86_400_000_000 else "%Y-%m-%d %H:%M")
    return Bars(tuple(int(each) for each in counts), tuple(f"{low} to {high}" for low, high in itertools.pairwise(days)))


def _binned(numbers: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        return np.histogram(numbers, bins=BINS)
    except ValueError:  # so close to each other that there are not as many numbers between them
        return np.histogram(numbers, bins=1)


def _labels(values: Values) -> Bars:
    counted = values.value_counts()
    shown = counted.iloc[:LEVELS]
    names = [str(each) for each in shown.index]
    labels = tuple(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in names)
    return Bars(tuple(int(each) for each in shown), labels, int(counted.iloc[LEVELS:].sum()))
