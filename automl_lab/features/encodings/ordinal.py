"""A whole number for each value, -1 for one not seen in training."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call


def build(_asked: Asked) -> list[Call]:
    """In the order of the names."""
    return [Call("sklearn.preprocessing.OrdinalEncoder", handle_unknown="use_encoded_value", unknown_value=-1)]


ORDINAL = Option("ordinal", "a whole number for each value", build, ("sklearn.preprocessing.OrdinalEncoder",))
