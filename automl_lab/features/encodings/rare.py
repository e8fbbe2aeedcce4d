"""A whole number for each frequent value, one for all rare ones together."""

from __future__ import annotations

from automl_lab.features.encodings.onehot import FEW
from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call


def build(asked: Asked) -> list[Call]:
    """How many rows of the fold make a value frequent is the choice."""
    rows = asked.suggest.int("min_frequency", 2, 50, default=5, log=True)
    return [Call("sklearn.preprocessing.OrdinalEncoder", handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=rows)]


def suits(asked: Asked) -> bool:
    """Among few values none is so rare."""
    return asked.largest > FEW


RARE = Option("rare", "a whole number for each value, rare ones share one", build, ("sklearn.preprocessing.OrdinalEncoder",), suits)
