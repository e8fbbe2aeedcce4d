"""Random forests: trees on resampled rows, each split the best of some columns."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants


def build(suggest: Suggest, profile: Profile) -> Call:
    """Deep trees; how many columns a split sees and how small a leaf may be are the main choices."""
    classify = profile.task != "regression"
    trees = suggest.int("n_estimators", 50, 600, default=300, log=True)
    columns = suggest.choice("max_features", ("sqrt", 0.35, 0.5, 0.75, 1.0), default="sqrt" if classify else 0.5)
    leaf = suggest.int("min_samples_leaf", 1, 20, default=_leaf(profile.rows), log=True)
    weight = {"class_weight": suggest.choice("class_weight", (None, "balanced"), default=None)} if classify else {}
    return Call(
        f"sklearn.ensemble.RandomForest{'Classifier' if classify else 'Regressor'}",
        n_estimators=trees,
        max_features=columns,
        min_samples_leaf=leaf,
        **weight,
        n_jobs=profile.threads,
        random_state=profile.seed,
    )


def _leaf(rows: int) -> int:
    """Rows in the smallest leaf by default: more on large data, where single rows make trees large rather than good."""
    return 1 if rows < 5_000 else 2 if rows < 20_000 else 4 if rows < 100_000 else 8


RANDOM_FOREST = ModelFamily(
    name="random_forest",
    title="Random forest",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(dense=True, missing=True, encodings=("ordinal", "onehot", "target"), many=("target", "ordinal", "frequency", "rare")),
    build=build,
    uses=("sklearn.ensemble.RandomForestClassifier", "sklearn.ensemble.RandomForestRegressor"),
)
