"""Linear models: logistic regression for classes, ridge regression for values."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants


def build(suggest: Suggest, profile: Profile) -> Call:
    """L2-penalised; how strongly is the main choice."""
    return _ridge(suggest, profile) if profile.task == "regression" else _logistic(suggest, profile)


def _logistic(suggest: Suggest, profile: Profile) -> Call:
    strength = suggest.float("C", 1e-3, 100.0, default=1.0, log=True)
    weight = suggest.choice("class_weight", (None, "balanced"), default=None)
    return Call("sklearn.linear_model.LogisticRegression", C=strength, class_weight=weight, max_iter=1000, random_state=profile.seed)


def _ridge(suggest: Suggest, profile: Profile) -> Call:
    ridge = Call("sklearn.linear_model.Ridge", alpha=suggest.float("alpha", 1e-3, 1000.0, default=1.0, log=True), random_state=profile.seed)
    if suggest.choice("target", ("plain", "normal"), default="plain") == "plain":
        return ridge
    # Quantiles map back into the range of the training targets, so that a skewed target cannot give absurd values.
    points = min(1000, max(5, profile.rows // 4))
    return Call(
        "sklearn.compose.TransformedTargetRegressor",
        ridge,
        transformer=Call("sklearn.preprocessing.QuantileTransformer", n_quantiles=points, output_distribution="normal", random_state=profile.seed),
        check_inverse=False,
    )


LINEAR = ModelFamily(
    name="linear",
    title="Linear model",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(scaled=True, encodings=("onehot", "target"), many=("onehot", "target")),
    build=build,
    uses=(
        "sklearn.linear_model.LogisticRegression",
        "sklearn.linear_model.Ridge",
        "sklearn.compose.TransformedTargetRegressor",
        "sklearn.preprocessing.QuantileTransformer",
    ),
)
