"""The power of each column that makes it most like a bell curve (Yeo & Johnson 2000)."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

TRAINING_RANGE = Definition.of("automl_lab.features.emitted_numbers", "TrainingRange")


def build(_asked: Asked) -> list[Call]:
    """Within the range of the training rows, since a high power of an unusual new value explodes; scaled before, so that powers stay moderate."""
    return [Call(TRAINING_RANGE), Call("sklearn.preprocessing.StandardScaler"), Call("sklearn.preprocessing.PowerTransformer")]


def suits(asked: Asked) -> bool:
    """Trees see only the order of values, which stays; a column of nothing but gaps has no power."""
    return asked.wants.scaled and not asked.wants.missing


YEO_JOHNSON = Option(
    "yeo_johnson",
    "the power that makes a column most like a bell curve",
    build,
    (TRAINING_RANGE, "sklearn.preprocessing.StandardScaler", "sklearn.preprocessing.PowerTransformer"),
    suits,
    scales=True,
)
