"""Gradient-boosted trees by scikit-learn, on histograms of the columns."""

from __future__ import annotations

from typing import Any

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.models.stopping import hist_gradient_boosting_rounds
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

# Each round has a tree for each class, and each tree is an object of its own to fit, to store and to read.
MANY_CLASSES = 5
# The library takes 255 categories in a column; a missing value is one of them.
MOST_CATEGORIES = 254
FEWER_BINS = 63
ZERO_WHERE_EMPTY = Definition.of("automl_lab.models.emitted", "ZeroWhereEmpty")


def build(suggest: Suggest, profile: Profile) -> Call:
    """Boosted trees; how fast they learn, how many leaves a tree and how many rows a leaf has are the main choices."""
    # Slower steps and smaller trees where there are few rows; leaves of twenty rows would leave small data without splits.
    many = len(profile.classes or ()) > MANY_CLASSES
    rate = 0.05 if profile.rows < 10_000 and not many else 0.1
    most = 300 if many else 1000
    leaves = 8 if profile.rows < 2_000 else 31
    leaf = max(3, min(20, profile.rows // 50))
    classify = profile.task != "regression"
    settings: dict[str, Any] = {
        "learning_rate": suggest.float("learning_rate", 0.02, 0.3, default=rate, log=True),
        "max_iter": suggest.rounds("max_iter", most, default=most),
        "max_leaf_nodes": suggest.int("max_leaf_nodes", 4, 255, default=leaves, log=True),
        "min_samples_leaf": suggest.int("min_samples_leaf", 1, 100, default=leaf, log=True),
        "max_features": suggest.float("max_features", 0.3, 1.0, default=0.8 if len(profile.columns) <= 20 else 0.5),
        "l2_regularization": suggest.float("l2_regularization", 1e-3, 20.0, default=1.0, log=True),
        "max_bins": 255 if _rich(profile) else suggest.choice("max_bins", (FEWER_BINS, 255), default=255),
    }
    if classify:
        settings["class_weight"] = suggest.choice("class_weight", (None, "balanced"), default=None)
    model = Call(
        f"sklearn.ensemble.HistGradientBoosting{'Classifier' if classify else 'Regressor'}",
        **settings,
        early_stopping=False,
        random_state=profile.seed,
    )
    # A column with gaps may be nothing but gaps in some fold.
    gaps = any(each.missing > 0 for each in profile.columns if each.kind in {"numeric", "datetime"})
    return Call("sklearn.pipeline.make_pipeline", Call(ZERO_WHERE_EMPTY), model) if gaps else model


def _rich(profile: Profile) -> bool:
    """Whether a column of categories needs more than the fewer bins: the library takes no more categories than bins, and gaps are one."""
    return any(each.kind == "categorical" and FEWER_BINS <= each.unique <= MOST_CATEGORIES for each in profile.columns)


def native(model: Call, positions: list[int]) -> Call:
    """The model with category columns at these positions, also behind a step that leaves the columns where they are."""
    if model.target == "sklearn.pipeline.make_pipeline":
        before, inner = model.args
        return Call(model.target, before, native(inner, positions))
    return Call(model.target, *model.args, **dict(model.kwargs), categorical_features=positions)


HIST_GRADIENT_BOOSTING = ModelFamily(
    name="hist_gradient_boosting",
    title="Histogram gradient boosting",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(dense=True, missing=True, encodings=("onehot", "ordinal", "target"), many=("target", "ordinal", "frequency", "rare")),
    build=build,
    uses=(
        ZERO_WHERE_EMPTY,
        "sklearn.ensemble.HistGradientBoostingClassifier",
        "sklearn.ensemble.HistGradientBoostingRegressor",
        "sklearn.pipeline.make_pipeline",
    ),
    stopping=hist_gradient_boosting_rounds,
    shrinkage="learning_rate",
    native=native,
    native_values=MOST_CATEGORIES,
)
