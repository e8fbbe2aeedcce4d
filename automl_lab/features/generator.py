"""The type of a maker of new columns, and the registry of all of them. Refuses to hold what differs between them: that is in one file each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from automl_lab.core.registry import Registry
from automl_lab.features.forest import FOREST_USES, strongest
from automl_lab.features.option import Asked
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

AS_NUMBERS = Definition.of("automl_lab.features.emitted", "as_numbers")
TRAINING_RANGE = Definition.of("automl_lab.features.emitted_numbers", "TrainingRange")
GENERATOR_USES: tuple[str | Definition, ...] = (
    AS_NUMBERS,
    TRAINING_RANGE,
    *FOREST_USES,
    "sklearn.compose.ColumnTransformer",
    "sklearn.impute.SimpleImputer",
    "sklearn.pipeline.make_pipeline",
    "sklearn.preprocessing.FunctionTransformer",
)


@dataclass(frozen=True)
class Generator:
    """A maker of new columns, as a plug-in.

    ``build(asked, most)`` gives the transformer, which picks its columns from the data by their names, and the number of columns that it makes, at
    most ``most``; all of it is fitted in the fold. ``suits`` says whether the data has columns for it. ``uses`` is as everywhere, ``title`` says in a
    few words what it makes.
    """

    name: str
    title: str
    suits: Callable[[Asked], bool]
    build: Callable[[Asked, int], tuple[Call, int]]
    uses: tuple[str | Definition, ...]


def numbers(asked: Asked, most: int) -> tuple[list[Call], int]:
    """The steps that give the numeric columns as numbers, the most important ones where there are more than ``most``, and how many these are."""
    steps = [Call("sklearn.preprocessing.FunctionTransformer", AS_NUMBERS, feature_names_out="one-to-one")]
    if not asked.wants.missing:
        # A product of an unusual new value explodes.
        steps += [Call("sklearn.impute.SimpleImputer", strategy="median", keep_empty_features=True), Call(TRAINING_RANGE)]
    count = len(asked.profile.of_kind("numeric"))
    if count > most:
        steps.append(strongest(asked.profile, most, least=2))  # a product or a ratio is of two
    return steps, min(count, most)


GENERATORS: Registry[Generator] = Registry("generators", "automl_lab.features.generators", Generator)
