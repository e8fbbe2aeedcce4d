"""Small awkward data: every kind of column with the troubles that real columns have. Owns no file: it is made from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from automl_lab.data.profile import Column, Kind, Profile, Task

# xgboost refuses the brackets, source and LaTeX the quotes and backslashes, terminals the newline.
NUMBER, GAPS, EMPTY = "size [m²]", "a<b", "empty\nhere"
FEW, MANY, FLAG = 'it\'s "quoted"', "back\\slash", "🙂 flag"
WHEN, UNTIL, NOTE, TITLE = "when", "until\t⏰", "note", "title]"
FLAT, HUGE = "=flat {1}", 'key\'s ["k"]'


@dataclass(frozen=True)
class Sample:
    """A frame of features, raw labels or values, and the profile that families build from. Both have one index, which is no plain range."""

    X: pd.DataFrame
    y: pd.Series[Any]
    profile: Profile

    def only(self, *kinds: Kind) -> Sample:
        """The same rows with only the columns of these kinds."""
        columns = tuple(each for each in self.profile.columns if each.kind in kinds)
        return Sample(self.X[[each.name for each in columns]], self.y, replace(self.profile, columns=columns))


def sample(task: Task, *, rows: int = 72, seed: int = 0, labels: tuple[Any, ...] | None = None, rare: bool = False) -> Sample:
    """Features of every kind with a target that depends on a number, a category and a word, so that learning shows; ``rare``: few rows of the last class."""
    random = np.random.default_rng(seed)
    number = random.normal(size=rows)
    few = random.choice(["red", "green", "blue"], size=rows)
    words = random.choice(["good", "bad", "so-so"], size=rows)
    signal = number + (few == "red") + 2.0 * (words == "good")
    X = pd.DataFrame(
        {
            NUMBER: number,
            GAPS: np.where(random.random(rows) < 0.3, np.nan, random.integers(0, 50, rows).astype(float)),
            EMPTY: np.full(rows, np.nan),
            FLAT: np.full(rows, 7.0),
            FEW: _gaps(random, few),
            MANY: random.choice([f"city {index}" for index in range(30)], size=rows),
            HUGE: [f"k{index}" for index in random.integers(0, 5 * rows, rows)],
            FLAG: _gaps(random, random.choice(["True", "False"], size=rows)),
            WHEN: pd.Timestamp("2024-02-28") + pd.to_timedelta(random.integers(0, 10_000, rows), unit="h"),
            UNTIL: pd.Timestamp("2025-01-01 12:30") + pd.to_timedelta(random.integers(0, 1_000, rows), unit="D"),
            NOTE: _gaps(random, np.array([f"it was {word} indeed, number {index}" for index, word in enumerate(words)])),
            TITLE: random.choice(["!", "", "a"], size=rows),
        },
        index=pd.Index(np.arange(rows) * 3 + 7),
    ).astype({FEW: "str", MANY: "str", HUGE: "str", FLAG: "str", NOTE: "str", TITLE: "str", WHEN: "datetime64[us]", UNTIL: "datetime64[us]"})
    X.loc[X.index[::17], WHEN] = pd.NaT
    y = _target(task, signal, labels, rare)
    return Sample(X, pd.Series(y, index=X.index, name="target"), _profile(task, X, y, seed))


def _gaps(random: np.random.Generator, values: np.ndarray) -> np.ndarray:
    gappy = values.astype(object)
    gappy[random.random(len(values)) < 0.1] = None
    return gappy


def _target(task: Task, signal: np.ndarray, labels: tuple[Any, ...] | None, rare: bool) -> np.ndarray:
    if task == "regression":
        return 100.0 + 10.0 * signal
    names = labels or (("no", "yes") if task == "binary" else ("high", "low", "mid"))
    ranks = np.argsort(np.argsort(signal))
    codes = ranks * len(names) // len(signal)
    if rare:  # an eighth of the rows, at the end of the scale
        codes = np.where(ranks * 8 // len(signal) == 7, len(names) - 1, codes % (len(names) - 1))
    return np.array(names, dtype=object if isinstance(names[0], str) else None)[codes]


def _profile(task: Task, X: pd.DataFrame, y: np.ndarray, seed: int) -> Profile:
    kinds: dict[str, Kind] = {
        NUMBER: "numeric",
        GAPS: "numeric",
        EMPTY: "numeric",
        FLAT: "numeric",
        FEW: "categorical",
        MANY: "categorical",
        HUGE: "categorical",
        FLAG: "boolean",
        WHEN: "datetime",
        UNTIL: "datetime",
        NOTE: "text",
        TITLE: "text",
    }
    columns = tuple(
        Column(
            name,
            kind,
            str(X[name].dtype),
            float(X[name].isna().mean()),
            int(X[name].nunique()),
            None if X[name].isna().all() else str(X[name].dropna().iloc[0]),
        )
        for name, kind in kinds.items()
    )
    classes = None if task == "regression" else tuple(np.unique(y).tolist())
    counts = np.unique(y, return_counts=True)[1] if classes else np.ones(1)
    return Profile(task, classes, len(X), columns, seed, threads=1, imbalance=float(counts.max() / counts.min()))
