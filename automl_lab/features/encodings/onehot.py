"""A column for each value; where there are many, what is rare shares one."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call

# Up to this many values one column per value is cheap for every model.
FEW = 12


def build(asked: Asked) -> list[Call]:
    """Dense where the model wants it so."""
    limits: dict[str, int] = {}
    dense = {"sparse_output": False} if asked.wants.dense else {}
    if asked.largest > FEW:  # what is rare shares one column
        limits["min_frequency"] = asked.suggest.int("min_frequency", 2, 50, default=5, log=True)
        limits["max_categories"] = 60 if asked.wants.dense else 500
    return [Call("sklearn.preprocessing.OneHotEncoder", handle_unknown="infrequent_if_exist" if limits else "ignore", **limits, **dense)]


ONEHOT = Option("onehot", "a column for each value, rare ones share one", build, ("sklearn.preprocessing.OneHotEncoder",), scales=True)
