"""Categorical columns of few values, and booleans."""

from __future__ import annotations

from collections.abc import Sequence

from automl_lab.data.profile import Profile
from automl_lab.features.encoding import CATEGORY_USES, FEW, encode
from automl_lab.features.step import FeatureStep
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants


def groups(profile: Profile) -> list[list[str]]:
    """Categorical and boolean columns with at most ``FEW`` values."""
    columns = [each.name for each in profile.columns if each.kind == "boolean" or (each.kind == "categorical" and each.unique <= FEW)]
    return [columns] if columns else []


def build(suggest: Suggest, profile: Profile, columns: Sequence[str], wants: Wants) -> Call:
    """One of the encodings that the model takes."""
    return encode(suggest, profile, wants, wants.encodings, tuple(columns))


CATEGORICAL = FeatureStep("categorical", 20, groups, build, CATEGORY_USES)
