"""Quantile bins: a column for each range of values, for models that only know straight lines."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

QUANTILE_BINS = Definition.of("automl_lab.features.emitted_numbers", "QuantileBins")
MOST_COLUMNS = 100


def build(asked: Asked) -> list[Call]:
    """About as many rows in each bin, one column each."""
    bins = asked.suggest.int("bins", 3, 20, default=8, log=True)
    dense = {"sparse_output": False} if asked.wants.dense else {}
    return [Call(QUANTILE_BINS, bins=bins), Call("sklearn.preprocessing.OneHotEncoder", handle_unknown="ignore", **dense)]


def suits(asked: Asked) -> bool:
    """Trees make their own bins, and distances lose more by them than they gain."""
    return asked.wants.additive and len(asked.columns) <= MOST_COLUMNS


BINS = Option("bins", "ranges of values with about as many rows each", build, (QUANTILE_BINS, "sklearn.preprocessing.OneHotEncoder"), suits, scales=True)
