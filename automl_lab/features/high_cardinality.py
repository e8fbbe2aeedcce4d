"""Categorical columns of many values, where one column per value would be too many for most models."""

from __future__ import annotations

from collections.abc import Sequence

from automl_lab.data.profile import Profile
from automl_lab.features.encoding import CATEGORY_USES, FEW, encode
from automl_lab.features.step import FeatureStep
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants


def groups(profile: Profile) -> list[list[str]]:
    """Categorical columns with more than ``FEW`` values."""
    columns = [each.name for each in profile.columns if each.kind == "categorical" and each.unique > FEW]
    return [columns] if columns else []


def build(suggest: Suggest, profile: Profile, columns: Sequence[str], wants: Wants) -> Call:
    """One of the encodings that the model takes for them."""
    return encode(suggest, profile, wants, wants.many, tuple(columns))


HIGH_CARDINALITY = FeatureStep("high_cardinality", 30, groups, build, CATEGORY_USES)
