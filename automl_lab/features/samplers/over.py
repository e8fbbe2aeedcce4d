"""Rows of the rarer classes are repeated until all have as many."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call


def build(asked: Asked) -> list[Call]:
    """Which ones is drawn."""
    return [Call("imblearn.over_sampling.RandomOverSampler", random_state=asked.profile.seed)]


OVER = Option("over", "rows of rarer classes are repeated", build, ("imblearn.over_sampling.RandomOverSampler",))
