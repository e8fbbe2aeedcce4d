"""Rows of the rarer classes are repeated until all have as many."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call


def build(asked: Asked) -> list[Call]:
    """Which ones is drawn."""
    return [Call("imblearn.over_sampling.RandomOverSampler", random_state=asked.profile.seed)]


def suits(asked: Asked) -> bool:
    """Not where a model would find copies of what it learns among the rows that it stops by."""
    return not asked.wants.single


OVER = Option("over", "rows of rarer classes are repeated", build, ("imblearn.over_sampling.RandomOverSampler",), suits)
