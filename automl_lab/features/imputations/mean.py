"""The mean of the training rows for a missing number."""

from __future__ import annotations

from automl_lab.features.gaps import indicators
from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call


def build(asked: Asked) -> list[Call]:
    """Filled, with indicators of what was missing."""
    return [Call("sklearn.impute.SimpleImputer", strategy="mean", **indicators(asked), keep_empty_features=True)]


MEAN = Option("mean", "the mean", build, ("sklearn.impute.SimpleImputer",))
