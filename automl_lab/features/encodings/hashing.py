"""Very many values in a fixed number of columns, by a hash of their text (Weinberger et al. 2009)."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

HASHED_CATEGORIES = Definition.of("automl_lab.features.emitted_categories", "HashedCategories")
# Up to here a column for each value is possible and says more.
MANY = 500


def build(asked: Asked) -> list[Call]:
    """Values of all columns share the columns of the hash; how many there are is the choice."""
    most = 128 if asked.wants.dense else 1024
    columns = asked.suggest.int("hash_columns", 16, most, default=64 if asked.wants.dense else 256, log=True)
    return [Call(HASHED_CATEGORIES, columns=columns, dense=asked.wants.dense)]


def suits(asked: Asked) -> bool:
    """Very many values, or at most two rows for each."""
    return asked.largest > MANY or 2 * asked.largest >= asked.profile.rows


HASHING = Option("hashing", "a hash of the value, for very many values", build, (HASHED_CATEGORIES,), suits, scales=True)
