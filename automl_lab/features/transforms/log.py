"""The logarithm, for amounts over several orders of magnitude."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

SIGNED_LOG = Definition.of("automl_lab.features.emitted_numbers", "signed_log")


def build(_asked: Asked) -> list[Call]:
    """Of one plus the size; the sign stays."""
    return [Call("sklearn.preprocessing.FunctionTransformer", SIGNED_LOG, feature_names_out="one-to-one")]


def suits(asked: Asked) -> bool:
    """Trees see only the order of values, which stays."""
    return asked.wants.scaled or asked.wants.spread


LOG = Option("log", "logarithm of one plus the size, the sign stays", build, (SIGNED_LOG, "sklearn.preprocessing.FunctionTransformer"), suits)
