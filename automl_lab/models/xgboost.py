"""Gradient-boosted trees by XGBoost."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.models.stopping import xgboost_rounds
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

MOST_ROUNDS = 2000
ENCODED_LABELS = Definition.of("automl_lab.models.emitted", "EncodedLabels")
MARKED_CATEGORIES = Definition.of("automl_lab.models.emitted", "marked_categories")
# Beyond this many values a split into two sets of them learns the few rows of each by heart; what is missing is a value more.
MOST_CATEGORIES = 255


def build(suggest: Suggest, profile: Profile) -> Call:
    """Boosted trees; labels go through ``EncodedLabels``, since XGBoost takes only 0, 1, 2, ... and every one of them."""
    # Slower steps where there are few rows, shallower trees where there are very few, fewer columns a tree where there are many.
    rate = 0.05 if profile.rows < 10_000 else 0.1
    depth = 4 if profile.rows < 2_000 else 6
    share = 0.8 if len(profile.columns) <= 20 else 0.5
    settings: dict[str, Any] = {
        "n_estimators": suggest.rounds("n_estimators", MOST_ROUNDS, default=MOST_ROUNDS),
        "learning_rate": suggest.float("learning_rate", 0.01, 0.3, default=rate, log=True),
        "max_depth": suggest.int("max_depth", 2, 10, default=depth),
        "min_child_weight": suggest.float("min_child_weight", 0.1, 20.0, default=1.0, log=True),
        "subsample": suggest.float("subsample", 0.5, 1.0, default=0.8),
        "colsample_bytree": suggest.float("colsample_bytree", 0.3, 1.0, default=share),
        "reg_lambda": suggest.float("reg_lambda", 1e-2, 20.0, default=1.0, log=True),
        "reg_alpha": suggest.float("reg_alpha", 1e-3, 10.0, default=1e-3, log=True),
        "tree_method": "hist",
        "n_jobs": profile.threads,
        "random_state": profile.seed,
    }
    if profile.device == "cuda":
        settings["device"] = "cuda"
    if profile.task == "regression":
        return Call("xgboost.XGBRegressor", **settings)
    balanced = suggest.choice("balanced", (False, True), default=False)
    return Call(ENCODED_LABELS, Call("xgboost.XGBClassifier", **settings), balanced=balanced)


def native(model: Call, positions: list[int]) -> Call:
    """The model with category columns at these positions, behind a step that marks them: XGBoost knows them by their type."""
    marked = Call("sklearn.preprocessing.FunctionTransformer", MARKED_CATEGORIES, kw_args={"positions": positions, "most": MOST_CATEGORIES + 1})
    return Call("sklearn.pipeline.make_pipeline", marked, _taking(model))


def _taking(model: Call) -> Call:
    if model.target == ENCODED_LABELS:
        return Call(ENCODED_LABELS, _taking(model.args[0]), **dict(model.kwargs))
    return Call(model.target, **dict(model.kwargs), enable_categorical=True)


def available() -> str | None:
    """Whether the library is here."""
    return None if find_spec("xgboost") else "the package xgboost is not installed"


XGBOOST = ModelFamily(
    name="xgboost",
    title="XGBoost",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(dense=True, missing=True, encodings=("onehot", "ordinal", "target"), many=("target", "ordinal", "frequency", "rare")),
    build=build,
    uses=(
        ENCODED_LABELS,
        MARKED_CATEGORIES,
        "sklearn.pipeline.make_pipeline",
        "sklearn.preprocessing.FunctionTransformer",
        "xgboost.XGBClassifier",
        "xgboost.XGBRegressor",
    ),
    available=available,
    stopping=xgboost_rounds,
    shrinkage="learning_rate",
    native=native,
    native_values=MOST_CATEGORIES,
    native_first=False,
    gpu=True,
)
