"""Resampling of the training rows where classes are rare: a step before the model that new rows pass by. It is no part of predicting.

Owns when it is offered. The ways are one file each in ``samplers``; they come from imbalanced-learn, whose pipeline applies them in fitting alone.
"""

from __future__ import annotations

from importlib.util import find_spec

from automl_lab.features.option import SAMPLERS, Asked, choose
from automl_lab.pipelines.call import Call

PIPELINE = "imblearn.pipeline.Pipeline"
# The most frequent class has at least so many rows for each row of the rarest.
IMBALANCE = 3.0


def resample(asked: Asked) -> list[tuple[str, Call]]:
    """The named steps before the model, none unless they are chosen."""
    if not asked.classify or asked.profile.imbalance < IMBALANCE or find_spec("imblearn") is None:
        return []
    if not asked.suggest.choice("resampled", (False, True), default=False):
        return []
    option = choose(asked, "resampling", SAMPLERS, "under" if asked.wants.single else "over")
    return [] if option is None else [(f"resample_{number}", call) for number, call in enumerate(option.build(asked), start=1)]
