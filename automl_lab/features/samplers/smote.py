"""New rows of the rarer classes between ones that are near each other (Chawla et al. 2002)."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

ENOUGH_NEIGHBORS = Definition.of("automl_lab.features.emitted_sampling", "enough_neighbors")


def build(asked: Asked) -> list[Call]:
    """A class with too few rows to have neighbours has them repeated before."""
    seed = asked.profile.seed
    return [
        Call("imblearn.over_sampling.RandomOverSampler", sampling_strategy=ENOUGH_NEIGHBORS, random_state=seed),
        Call("imblearn.over_sampling.SMOTE", k_neighbors=5, random_state=seed),
    ]


def suits(asked: Asked) -> bool:
    """Numbers without gaps on one scale: between two categories there is nothing, and between two codes of categories a third one. Not where a model
    would find rows between those that it learns among the ones that it stops by.
    """
    if asked.wants.single:
        return False
    numeric, columns = len(asked.profile.of_kind("numeric")), len(asked.profile.columns)
    return asked.wants.scaled and not asked.wants.missing and len(asked.columns) == columns and 2 * numeric >= columns


SMOTE = Option(
    "smote",
    "new rows of rarer classes between near ones",
    build,
    (ENOUGH_NEIGHBORS, "imblearn.over_sampling.RandomOverSampler", "imblearn.over_sampling.SMOTE"),
    suits,
)
