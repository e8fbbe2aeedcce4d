"""The columns that say most about the target, each by itself, in whatever shape (Kraskov et al. 2004; Ross 2014)."""

from __future__ import annotations

from automl_lab.features.forest import STRONGEST
from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition

MUTUAL_INFORMATION = Definition.of("automl_lab.features.emitted_selection", "MutualInformation")


def build(asked: Asked) -> list[Call]:
    """Those above a share of the mean information, which is the choice."""
    share = asked.suggest.float("selection_share", 0.1, 0.9, default=0.5)
    scorer = Call(MUTUAL_INFORMATION, classes=asked.classify, random_state=asked.profile.seed)
    return [Call(STRONGEST, scorer, share=round(share, 3))]


def suits(asked: Asked) -> bool:
    """Dense columns: numbers in a sparse matrix would be taken for categories."""
    return asked.wants.dense


MUTUAL = Option(
    "mutual_information",
    "the columns that say most about the target, each by itself",
    build,
    (MUTUAL_INFORMATION, STRONGEST),
    suits,
)
