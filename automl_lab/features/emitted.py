"""Functions and classes that feature steps emit into a pipeline's module by their source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped, and its signatures ask for a `y` that not everybody uses.
# mypy: disable-error-code="misc,no-any-return"
# ruff: noqa: ARG002

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import TruncatedSVD


def as_numbers(frame: pd.DataFrame) -> np.ndarray:
    """Give floats; what is no number, or none that fits a float32, becomes NaN."""
    if any(dtype.kind not in "iuf" for dtype in frame.dtypes):
        frame = frame.apply(pd.to_numeric, errors="coerce")
    numbers = frame.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.abs(numbers) < np.finfo(np.float32).max, numbers, np.nan)


def as_categories(frame: pd.DataFrame) -> np.ndarray:
    """Give text, the number 1.0 like 1; a missing value is a category of its own."""
    whole = {"pat": r"^([+-]?[0-9]+)\.0$", "repl": r"\1", "regex": True}
    text = frame.astype("str").apply(lambda column: column.str.replace(**whole))
    return text.fillna("(missing)").to_numpy(dtype=object)


def as_documents(frame: pd.DataFrame) -> pd.Series:
    """Give the texts of the one column; an empty one says that it is missing."""
    text = frame.iloc[:, 0].astype("str").fillna("").str.strip()
    return text.where(text != "", "(missing)")


def datetime_parts(frame: pd.DataFrame) -> pd.DataFrame:
    """Give numbers that say when; NaN where there is no date."""
    parts = {}
    for name, column in frame.items():
        when = pd.to_datetime(column, errors="coerce", format="mixed", utc=True)
        for part in ("year", "month", "day", "day_of_week", "hour"):
            parts[f"{name}_{part}"] = getattr(when.dt, part)
        epoch = pd.Timestamp(0, tz="UTC")
        parts[f"{name}_days"] = (when - epoch) / pd.Timedelta(days=1)
    return pd.DataFrame(parts, dtype=float)


def datetime_names(_transformer: object, names: np.ndarray) -> np.ndarray:
    """Name the columns that datetime_parts gives for columns of these names."""
    return datetime_parts(pd.DataFrame(columns=names)).columns.to_numpy(object)


class Topics(TransformerMixin, BaseEstimator):
    """Turn word weights into at most so many dense columns, by truncated SVD."""

    def __init__(self, components: int = 64, random_state: int | None = None) -> None:
        self.components = components
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the directions; with few words, each word stays a column."""
        self.svd_ = None
        if X.shape[1] > self.components:
            svd = TruncatedSVD(self.components, random_state=self.random_state)
            self.svd_ = svd.fit(X)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Give one dense row for each row of X."""
        return X.toarray() if self.svd_ is None else self.svd_.transform(X)

    def get_feature_names_out(self, names: Any = None) -> np.ndarray:
        """Name the columns: words where they were kept, else topics."""
        if self.svd_ is None:
            return np.asarray(names, dtype=object)
        return self.svd_.get_feature_names_out()
