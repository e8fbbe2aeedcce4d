"""Gradient-boosted trees by CatBoost: symmetric trees, and categories that are encoded as the trees grow."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.models.stopping import catboost_rounds
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

MOST_ROUNDS = 2000
# From here on the defaults are the library's quick ones: a third of the time on 20,000 rows with categories, for the same log-loss and 0.01 less R².
LARGE, TINY = 20_000, 20
FEW = 12  # up to this many values a split on each of them says more than an encoding learnt from few rows
ENCODED_LABELS = Definition.of("automl_lab.models.emitted", "EncodedLabels")
USABLE_TASK_TYPE = Definition.of("automl_lab.models.emitted", "usable_task_type")
WHOLE_CATEGORIES = Definition.of("automl_lab.models.emitted", "whole_categories")


def build(suggest: Suggest, profile: Profile) -> Call:
    """Boosted trees; labels go through ``EncodedLabels``, since CatBoost gives them back in another shape, and truth values as text."""
    # A tree has two to the power of its depth leaves. Slower steps cost more here than they bring: a round is dear, and dearer with every class.
    depth = 5 if profile.rows < 2_000 else 6
    large = profile.rows >= LARGE
    rate = 0.1 if len(profile.classes or ()) <= 5 and not large else 0.2
    settings: dict[str, Any] = {
        "iterations": suggest.rounds("iterations", MOST_ROUNDS, default=MOST_ROUNDS),
        "learning_rate": suggest.float("learning_rate", 0.01, 0.3, default=rate, log=True),
        "depth": suggest.int("depth", 3, 8, default=depth),
        "l2_leaf_reg": suggest.float("l2_leaf_reg", 0.5, 30.0, default=3.0, log=True),
        "random_strength": suggest.float("random_strength", 0.1, 10.0, default=1.0, log=True),
        "boosting_type": "Plain",  # the ordered kind, for small data, takes several times as long
        "border_count": 128 if large else 254,
        **_sampled_rows(suggest, profile),
        "grow_policy": suggest.choice("grow_policy", ("SymmetricTree", "Depthwise"), default="SymmetricTree"),
    }
    if settings["grow_policy"] == "Depthwise":
        settings["min_data_in_leaf"] = suggest.int("min_data_in_leaf", 1, 50, default=5, log=True)
    if profile.of_kind("categorical"):  # what they say while the model has no category columns is nothing
        settings["one_hot_max_size"] = suggest.int("one_hot_max_size", 2, 50, default=FEW, log=True)
        settings["max_ctr_complexity"] = suggest.int("max_ctr_complexity", 1, 4, default=1 if large else 2)
    if profile.device == "cuda":  # of its memory it takes what the trial was granted
        settings |= {"task_type": Call(USABLE_TASK_TYPE, "GPU"), "gpu_ram_part": round(0.9 * profile.gpus, 3)}
    else:  # on a GPU the library samples columns for rankings only
        settings["rsm"] = suggest.float("rsm", 0.3, 1.0, default=1.0 if len(profile.columns) <= 20 else 0.5)
    settings |= {"allow_writing_files": False, "verbose": False, "thread_count": profile.threads, "random_seed": profile.seed}
    if profile.task == "regression":
        return Call("catboost.CatBoostRegressor", **settings)
    balanced = suggest.choice("balanced", (False, True), default=False)
    return Call(ENCODED_LABELS, Call("catboost.CatBoostClassifier", **settings), balanced=balanced)


def _sampled_rows(suggest: Suggest, profile: Profile) -> dict[str, Any]:
    if profile.rows < TINY:  # of two rows a sample may be none, which is an error
        return {"bootstrap_type": "No"}
    kind = "Bernoulli" if profile.device == "cuda" else "MVS"
    return {"bootstrap_type": kind, "subsample": suggest.float("subsample", 0.5, 1.0, default=0.8)}


def native(model: Call, positions: list[int]) -> Call:
    """The model with category columns at these positions, behind a step that makes whole numbers of their codes: CatBoost refuses floats there."""
    # A plain pipeline round the model and its labels: each part of it is public, and none has to know of the other.
    whole = Call("sklearn.preprocessing.FunctionTransformer", WHOLE_CATEGORIES, kw_args={"positions": positions})
    return Call("sklearn.pipeline.make_pipeline", whole, _marked(model, positions))


def _marked(model: Call, positions: list[int]) -> Call:
    if model.target == ENCODED_LABELS:
        return Call(ENCODED_LABELS, _marked(model.args[0], positions), **dict(model.kwargs))
    return Call(model.target, **dict(model.kwargs), cat_features=tuple(positions))  # with a list it could not be cloned


def available() -> str | None:
    """Whether the library is here."""
    return None if find_spec("catboost") else "the package catboost is not installed: pip install 'automl-lab[boosting]'"


CATBOOST = ModelFamily(
    name="catboost",
    title="CatBoost",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(dense=True, missing=True, encodings=("onehot", "ordinal", "target"), many=("target", "ordinal", "frequency", "rare")),
    build=build,
    uses=(
        ENCODED_LABELS,
        USABLE_TASK_TYPE,
        WHOLE_CATEGORIES,
        "catboost.CatBoostClassifier",
        "catboost.CatBoostRegressor",
        "sklearn.pipeline.make_pipeline",
        "sklearn.preprocessing.FunctionTransformer",
    ),
    available=available,
    cost="dear",
    stopping=catboost_rounds,
    shrinkage="learning_rate",
    native=native,
    gpu=True,
)
