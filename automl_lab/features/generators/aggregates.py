"""Means and spreads of numeric columns within the groups that a category makes: the price of other flats in this street."""

from __future__ import annotations

from automl_lab.features.encoding import CATEGORY_USES, codes
from automl_lab.features.forest import strongest
from automl_lab.features.generator import GENERATOR_USES, Generator, numbers
from automl_lab.features.option import Asked, in_a_row
from automl_lab.pipelines.call import Call, Hoisted
from automl_lab.pipelines.definition import Definition

GROUP_AGGREGATES = Definition.of("automl_lab.features.emitted_interactions", "GroupAggregates")
MOST_GROUPINGS = 8
# In smaller groups than this on average a mean is hardly more than the row's own value.
ROWS_IN_A_GROUP = 4


def groupings(asked: Asked) -> list[str]:
    """The columns of categories whose groups have some rows."""
    kinds = {"categorical", "boolean"}
    return [each.name for each in asked.profile.columns if each.kind in kinds and each.unique * ROWS_IN_A_GROUP <= asked.profile.rows]


def build(asked: Asked, most: int) -> tuple[Call, int]:
    """Of every number by every grouping; of the strongest ones where these would be too many."""
    names = groupings(asked)
    # As many as are said to come first, also where the forest splits on fewer: what comes after them is taken for numbers.
    by = [codes()] if len(names) <= MOST_GROUPINGS else [codes(), strongest(asked.profile, MOST_GROUPINGS, least=MOST_GROUPINGS)]
    groups = min(len(names), MOST_GROUPINGS)
    steps, count = numbers(asked, max(1, most // (2 * groups)))
    parts = [("by", in_a_row(by), Hoisted("groupings", list(names))), ("of", in_a_row(steps), Hoisted("numeric", asked.profile.of_kind("numeric")))]
    columns = Call("sklearn.compose.ColumnTransformer", parts, verbose_feature_names_out=False)
    return Call("sklearn.pipeline.make_pipeline", columns, Call(GROUP_AGGREGATES, groups=groups)), 2 * groups * count


def suits(asked: Asked) -> bool:
    """A category and a number."""
    return bool(groupings(asked)) and bool(asked.profile.of_kind("numeric"))


AGGREGATES = Generator(
    "aggregates",
    "mean and spread of a number within the groups of a category",
    suits,
    build,
    (GROUP_AGGREGATES, *GENERATOR_USES, *CATEGORY_USES),
)
