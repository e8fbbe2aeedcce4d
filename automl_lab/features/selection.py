"""The choice among prepared columns: a step between the preparation and the model, fitted in the fold.

Owns where it stands and how the columns that a model splits as categories keep their places. The ways to choose are one file each in ``selections``.
"""

from __future__ import annotations

from automl_lab.features.option import NONE, SELECTIONS, Asked, choose
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

SELECTION_USES: tuple[str | Definition, ...] = ("sklearn.compose.ColumnTransformer",)
# Among fewer columns there is little to choose; a column of text is many.
FEWEST_COLUMNS = 8


def select(asked: Asked, native: int) -> Call | None:
    """The selection, if one is chosen. The first ``native`` columns hold codes of categories: they are kept, in their places."""
    if len(asked.columns) < FEWEST_COLUMNS and not asked.profile.of_kind("text"):
        return None
    option = choose(asked, "selection", SELECTIONS, NONE)
    if option is None:
        return None
    (selector,) = option.build(asked)
    if not native:
        return selector
    kept = [("categories", "passthrough", list(range(native)))]
    return Call("sklearn.compose.ColumnTransformer", kept, remainder=selector, verbose_feature_names_out=False)
