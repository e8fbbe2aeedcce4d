"""Columns of dates and times: their parts, and the days since 1970 for trends."""

from __future__ import annotations

from collections.abc import Sequence

from automl_lab.data.profile import Profile
from automl_lab.features.step import FeatureStep, of_kind
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

DATETIME_PARTS = Definition.of("automl_lab.features.emitted", "datetime_parts")
DATETIME_NAMES = Definition.of("automl_lab.features.emitted", "datetime_names")


def build(_suggest: Suggest, _profile: Profile, _columns: Sequence[str], wants: Wants) -> Call:
    """The parts; filled and scaled for a model that needs it."""
    parts = Call("sklearn.preprocessing.FunctionTransformer", DATETIME_PARTS, feature_names_out=DATETIME_NAMES)
    steps = [parts]
    if not wants.missing:
        steps.append(Call("sklearn.impute.SimpleImputer", strategy="median", keep_empty_features=True))
    if wants.scaled:
        steps.append(Call("sklearn.preprocessing.StandardScaler"))
    return parts if len(steps) == 1 else Call("sklearn.pipeline.make_pipeline", *steps)


DATETIME = FeatureStep(
    "datetime",
    40,
    of_kind("datetime"),
    build,
    (
        DATETIME_PARTS,
        DATETIME_NAMES,
        "sklearn.pipeline.make_pipeline",
        "sklearn.preprocessing.FunctionTransformer",
        "sklearn.impute.SimpleImputer",
        "sklearn.preprocessing.StandardScaler",
    ),
)
