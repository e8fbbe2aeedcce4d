"""All columns but those that say what an earlier one says."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

UNCORRELATED = Definition.of("automl_lab.features.emitted_selection", "Uncorrelated")


def build(asked: Asked) -> list[Call]:
    """How much two columns may agree is the choice."""
    return [Call(UNCORRELATED, most=round(asked.suggest.float("selection_correlation", 0.7, 0.99, default=0.95), 3))]


def suits(asked: Asked) -> bool:
    """Dense columns: the words of a text would make a table of all pairs."""
    return asked.wants.dense


CORRELATION = Option("correlation", "all columns but those that agree with an earlier one", build, (UNCORRELATED,), suits)
