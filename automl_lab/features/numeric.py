"""Numeric columns: missing values filled where the model cannot take them, transformed by choice, one scale where it needs one."""

from __future__ import annotations

from collections.abc import Sequence

from automl_lab.data.profile import Profile
from automl_lab.features.option import IMPUTATIONS, NONE, TRANSFORMS, Asked, choose, in_a_row
from automl_lab.features.step import FeatureStep, of_kind
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

AS_NUMBERS = Definition.of("automl_lab.features.emitted", "as_numbers")
# A spline turns one column into this many; with very many columns the model would be mostly splines.
KNOTS = 5
SPLINE_COLUMNS = 100


def build(suggest: Suggest, profile: Profile, columns: Sequence[str], wants: Wants) -> Call:
    """Floats for a model that takes NaN; else imputed ones with indicators of what was missing; transformed and scaled by choice."""
    asked = Asked(suggest, profile, tuple(columns), wants)
    steps = [Call("sklearn.preprocessing.FunctionTransformer", AS_NUMBERS, feature_names_out="one-to-one")]
    if not wants.missing:
        steps.extend(_imputed(asked))
    transform = choose(asked, "transform", TRANSFORMS, NONE) if wants.engineered else None
    if transform is not None:
        steps.extend(transform.build(asked))
    if wants.scaled and not (transform is not None and transform.scales):
        steps.extend(_scaled(suggest, profile, columns))
    return in_a_row(steps)


def _imputed(asked: Asked) -> list[Call]:
    # Without gaps in the data there is nothing to choose, but a new row may have one.
    imputation = choose(asked, "imputation", IMPUTATIONS, "median") if asked.gaps else IMPUTATIONS["median"]
    return [] if imputation is None else imputation.build(asked)


def _scaled(suggest: Suggest, profile: Profile, columns: Sequence[str]) -> list[Call]:
    options = ("standard", "quantile", "spline") if len(columns) <= SPLINE_COLUMNS else ("standard", "quantile")
    scaler = suggest.choice("scaler", options, default="standard")
    if scaler == "quantile":
        points = min(1000, max(min(5, profile.rows), profile.rows // 4))
        return [
            Call("sklearn.preprocessing.QuantileTransformer", n_quantiles=points, output_distribution="normal", random_state=profile.seed),
        ]
    standard = Call("sklearn.preprocessing.StandardScaler")
    if scaler == "standard":
        return [standard]
    # Straight lines beyond the data: an unusual new row must not explode.
    spline = Call("sklearn.preprocessing.SplineTransformer", n_knots=KNOTS, knots="quantile", extrapolation="linear")
    return [spline, standard]


NUMERIC = FeatureStep(
    "numeric",
    10,
    of_kind("numeric"),
    build,
    (
        AS_NUMBERS,
        "sklearn.pipeline.make_pipeline",
        "sklearn.preprocessing.FunctionTransformer",
        "sklearn.preprocessing.StandardScaler",
        "sklearn.preprocessing.QuantileTransformer",
        "sklearn.preprocessing.SplineTransformer",
    ),
)
