"""Columns of dates and times: their parts, the days since 1970 for trends, and by choice cycles and the time since other dates."""

from __future__ import annotations

from collections.abc import Sequence

from automl_lab.data.profile import Profile
from automl_lab.features.option import in_a_row
from automl_lab.features.step import FeatureStep, of_kind
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

DATETIME_PARTS = Definition.of("automl_lab.features.emitted", "datetime_parts")
DATETIME_NAMES = Definition.of("automl_lab.features.emitted", "datetime_names")


CYCLES = Definition.of("automl_lab.features.emitted_dates", "cycles")
CYCLE_NAMES = Definition.of("automl_lab.features.emitted_dates", "cycle_names")
TIME_SINCE = Definition.of("automl_lab.features.emitted_dates", "TimeSince")
MOST_PAIRS = 10


def build(suggest: Suggest, _profile: Profile, columns: Sequence[str], wants: Wants) -> Call:
    """The parts, and by choice their places on circles and the time since other dates; filled and scaled for a model that needs it."""
    parts = [("parts", Call("sklearn.preprocessing.FunctionTransformer", DATETIME_PARTS, feature_names_out=DATETIME_NAMES))]
    # A tree cuts the hours of the night off as well; days since a fixed date are a straight line for it.
    if wants.engineered and wants.scaled and suggest.choice("cyclical", (False, True), default=False):
        parts.append(("cycles", Call("sklearn.preprocessing.FunctionTransformer", CYCLES, feature_names_out=CYCLE_NAMES)))
    if wants.engineered and (wants.scaled or len(columns) > 1) and suggest.choice("time_since", (False, True), default=False):
        parts.append(("since", Call(TIME_SINCE, pairs=MOST_PAIRS)))
    steps = [parts[0][1] if len(parts) == 1 else Call("sklearn.pipeline.FeatureUnion", parts)]
    if not wants.missing:
        steps.append(Call("sklearn.impute.SimpleImputer", strategy="median", keep_empty_features=True))
    if wants.scaled:
        steps.append(Call("sklearn.preprocessing.StandardScaler"))
    return in_a_row(steps)


DATETIME = FeatureStep(
    "datetime",
    40,
    of_kind("datetime"),
    build,
    (
        DATETIME_PARTS,
        DATETIME_NAMES,
        CYCLES,
        CYCLE_NAMES,
        TIME_SINCE,
        "sklearn.pipeline.FeatureUnion",
        "sklearn.pipeline.make_pipeline",
        "sklearn.preprocessing.FunctionTransformer",
        "sklearn.impute.SimpleImputer",
        "sklearn.preprocessing.StandardScaler",
    ),
)
