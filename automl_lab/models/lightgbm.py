"""Gradient-boosted trees by LightGBM, which grow leaf by leaf."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.models.stopping import lightgbm_rounds
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants

MOST_ROUNDS = 2000
# Beyond this many values most have a handful of rows, and splits into sets of them learn these rows by heart.
MOST_CATEGORIES = 1000


def build(suggest: Suggest, profile: Profile) -> Call:
    """Boosted trees; how fast they learn, how many leaves a tree and how many rows a leaf has are the main choices."""
    # Slower steps and smaller trees where there are few rows; leaves of twenty rows would leave small data without splits.
    rate = 0.05 if profile.rows < 10_000 else 0.1
    leaves = 8 if profile.rows < 2_000 else 31
    leaf = max(3, min(20, profile.rows // 50))
    classify = profile.task != "regression"
    settings: dict[str, Any] = {
        "n_estimators": suggest.rounds("n_estimators", MOST_ROUNDS, default=MOST_ROUNDS),
        "learning_rate": suggest.float("learning_rate", 0.01, 0.3, default=rate, log=True),
        "num_leaves": suggest.int("num_leaves", 4, 255, default=leaves, log=True),
        "min_child_samples": suggest.int("min_child_samples", 1, 100, default=leaf, log=True),
        "colsample_bytree": suggest.float("colsample_bytree", 0.3, 1.0, default=0.8),
        "subsample": suggest.float("subsample", 0.5, 1.0, default=0.8),
        "subsample_freq": 1,
        "reg_lambda": suggest.float("reg_lambda", 1e-3, 20.0, default=1e-3, log=True),
        "reg_alpha": suggest.float("reg_alpha", 1e-3, 10.0, default=1e-3, log=True),
        "extra_trees": suggest.choice("extra_trees", (False, True), default=False),
    }
    if classify:
        settings["class_weight"] = suggest.choice("class_weight", (None, "balanced"), default=None)
    if profile.rows < 2_000 and profile.of_kind("categorical"):
        settings["min_data_per_group"] = max(5, profile.rows // 20)  # the library's hundred suits large data
    return Call(
        f"lightgbm.LGBM{'Classifier' if classify else 'Regressor'}",
        **settings,
        deterministic=True,
        force_row_wise=True,
        n_jobs=profile.threads,  # the library heeds neither OMP_NUM_THREADS nor its neighbours
        random_state=profile.seed,
        verbosity=-1,
    )


def native(model: Call, positions: list[int]) -> Call:
    """The model with category columns at these positions, by the name of the setting that the constructor takes without a warning."""
    return Call(model.target, *model.args, **dict(model.kwargs), categorical_column=positions)


def available() -> str | None:
    """Whether the library is here."""
    return None if find_spec("lightgbm") else "the package lightgbm is not installed: pip install 'automl-lab[boosting]'"


LIGHTGBM = ModelFamily(
    name="lightgbm",
    title="LightGBM",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(dense=True, missing=True, encodings=("onehot", "ordinal", "target"), many=("target", "ordinal", "frequency", "rare")),
    build=build,
    uses=("lightgbm.LGBMClassifier", "lightgbm.LGBMRegressor"),
    available=available,
    stopping=lightgbm_rounds,
    shrinkage="learning_rate",
    native=native,
    native_values=MOST_CATEGORIES,
)
