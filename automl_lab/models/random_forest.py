"""Random forests: trees on resampled rows, each split the best of some columns."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.models.forests import class_weight, leaf, trees
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants


def build(suggest: Suggest, profile: Profile) -> Call:
    """Deep trees; how many columns a split sees and how small a leaf may be are the main choices."""
    classify = profile.task != "regression"
    columns = suggest.choice("max_features", ("sqrt", 0.35, 0.5, 0.75, 1.0), default="sqrt" if classify else 0.5)
    return Call(
        f"sklearn.ensemble.RandomForest{'Classifier' if classify else 'Regressor'}",
        n_estimators=trees(suggest, profile.rows),
        max_features=columns,
        min_samples_leaf=leaf(suggest, profile.rows),
        **class_weight(suggest, profile),
        n_jobs=profile.threads,
        random_state=profile.seed,
    )


RANDOM_FOREST = ModelFamily(
    name="random_forest",
    title="Random forest",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(dense=True, missing=True, encodings=("ordinal", "onehot", "target"), many=("target", "ordinal", "frequency", "rare")),
    build=build,
    uses=("sklearn.ensemble.RandomForestClassifier", "sklearn.ensemble.RandomForestRegressor"),
)
