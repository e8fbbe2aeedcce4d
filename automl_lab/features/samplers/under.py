"""Rows of the more frequent classes are left out: quick on large data, wasteful on small."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

AT_MOST_THREE_TO_ONE = Definition.of("automl_lab.features.emitted_sampling", "at_most_three_to_one")


def build(asked: Asked) -> list[Call]:
    """Three to one is left, and fifty rows of each class that has them: fewer would say little."""
    return [Call("imblearn.under_sampling.RandomUnderSampler", sampling_strategy=AT_MOST_THREE_TO_ONE, random_state=asked.profile.seed)]


UNDER = Option("under", "rows of more frequent classes are left out", build, (AT_MOST_THREE_TO_ONE, "imblearn.under_sampling.RandomUnderSampler"))
