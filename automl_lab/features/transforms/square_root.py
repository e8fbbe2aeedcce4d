"""The square root, for counts."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

SIGNED_ROOT = Definition.of("automl_lab.features.emitted_numbers", "signed_root")


def build(_asked: Asked) -> list[Call]:
    """Of the size; the sign stays."""
    return [Call("sklearn.preprocessing.FunctionTransformer", SIGNED_ROOT, feature_names_out="one-to-one")]


def suits(asked: Asked) -> bool:
    """Trees see only the order of values, which stays."""
    return asked.wants.scaled


SQUARE_ROOT = Option("square_root", "square root of the size, the sign stays", build, (SIGNED_ROOT, "sklearn.preprocessing.FunctionTransformer"), suits)
