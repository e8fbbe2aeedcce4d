"""Extremely randomised trees: forests whose splits have random thresholds."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.models.forests import class_weight, leaf, trees
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants


def build(suggest: Suggest, profile: Profile) -> Call:
    """Deep trees on all rows; how many columns a split sees and how small a leaf may be are the main choices."""
    classify = profile.task != "regression"
    # Random thresholds make trees differ enough, so that values gain from looking at every column.
    columns = suggest.choice("max_features", ("sqrt", 0.35, 0.5, 0.75, 1.0), default="sqrt" if classify else 1.0)
    split = suggest.int("min_samples_split", 2, 40, default=2, log=True)
    return Call(
        f"sklearn.ensemble.ExtraTrees{'Classifier' if classify else 'Regressor'}",
        n_estimators=trees(suggest, profile.rows),
        max_features=columns,
        min_samples_leaf=leaf(suggest, profile.rows),
        min_samples_split=split,
        **class_weight(suggest, profile),
        n_jobs=profile.threads,
        random_state=profile.seed,
    )


EXTRA_TREES = ModelFamily(
    name="extra_trees",
    title="Extra trees",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(dense=True, missing=True, spread=True, encodings=("ordinal", "onehot", "target"), many=("target", "ordinal", "frequency", "rare")),
    build=build,
    uses=("sklearn.ensemble.ExtraTreesClassifier", "sklearn.ensemble.ExtraTreesRegressor"),
)
