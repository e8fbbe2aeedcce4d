"""The columns that a small forest splits on most."""

from __future__ import annotations

from automl_lab.features.forest import FOREST_USES, STRONGEST, forest, rows_per_tree
from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call


def build(asked: Asked) -> list[Call]:
    """Those above a share of the mean importance, which is the choice."""
    share = asked.suggest.float("selection_share", 0.1, 0.9, default=0.5)
    return [Call(STRONGEST, forest(asked.profile), share=round(share, 3), **rows_per_tree(asked.profile))]


TREE_IMPORTANCE = Option(
    "tree_importance",
    "the columns that a small forest splits on most",
    build,
    FOREST_USES,
)
