"""Ratios of two numeric columns, both ways round: a price per area, a debt to an income."""

from __future__ import annotations

from automl_lab.features.generator import GENERATOR_USES, TRAINING_RANGE, Generator, numbers
from automl_lab.features.option import Asked, in_a_row
from automl_lab.pipelines.call import Call, Hoisted
from automl_lab.pipelines.definition import Definition

RATIOS = Definition.of("automl_lab.features.emitted_interactions", "ratios")
NAMES = Definition.of("automl_lab.features.emitted_interactions", "ratio_names")


def build(asked: Asked, most: int) -> tuple[Call, int]:
    """All pairs of the numeric columns, of the strongest ones where these would be too many."""
    columns = max(count for count in range(2, most + 3) if made(count) <= max(most, made(2)))
    steps, count = numbers(asked, columns)
    steps.append(Call("sklearn.preprocessing.FunctionTransformer", RATIOS, feature_names_out=NAMES))
    if not asked.wants.missing:  # by a number near zero, which may be an ordinary one, a ratio explodes
        steps.append(Call(TRAINING_RANGE))
    names = Hoisted("numeric", asked.profile.of_kind("numeric"))
    return Call("sklearn.compose.ColumnTransformer", [("numeric", in_a_row(steps), names)], verbose_feature_names_out=False), made(count)


def made(count: int) -> int:
    """How many there are of so many columns."""
    return count * (count - 1)


def suits(asked: Asked) -> bool:
    """Two numeric columns."""
    return len(asked.profile.of_kind("numeric")) >= 2


RATIO_PAIRS = Generator("ratios", "ratios of two numeric columns", suits, build, (RATIOS, NAMES, *GENERATOR_USES))
