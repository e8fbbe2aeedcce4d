"""The share of the training rows that have a value: how common it is often says more than what it is."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

FREQUENCIES = Definition.of("automl_lab.features.emitted_categories", "Frequencies")


def build(_asked: Asked) -> list[Call]:
    """One column each; 0 for a value not seen in training."""
    return [Call(FREQUENCIES)]


FREQUENCY = Option("frequency", "how common a value is", build, (FREQUENCIES,))
