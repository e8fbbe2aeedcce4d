"""Linear models: logistic regression for classes; ridge, lasso or elastic net for values.

Classes have no lasso: its only solver for several classes (saga) takes many times as long, and warns where it has not converged.
"""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.parts import Suggest, Wants


def build(suggest: Suggest, profile: Profile) -> Call:
    """How strongly large coefficients are penalised is the main choice, for values also how."""
    return _penalized(suggest, profile) if profile.task == "regression" else _logistic(suggest, profile)


def _logistic(suggest: Suggest, profile: Profile) -> Call:
    strength = suggest.float("C", 1e-3, 100.0, default=1.0, log=True)
    weight = suggest.choice("class_weight", (None, "balanced"), default=None)
    return Call("sklearn.linear_model.LogisticRegression", C=strength, class_weight=weight, max_iter=1000, random_state=profile.seed)


def _penalized(suggest: Suggest, profile: Profile) -> Call:
    penalty = suggest.choice("penalty", ("ridge", "lasso", "elasticnet"), default="ridge")
    model = _ridge(suggest, profile) if penalty == "ridge" else _sparse(suggest, profile, penalty)
    if suggest.choice("target", ("plain", "normal"), default="plain") == "normal":
        # Quantiles map back into the range of the training targets, so that a skewed target cannot give absurd values.
        points = min(1000, max(min(5, profile.rows), profile.rows // 4))
        settings = {"n_quantiles": points, "output_distribution": "normal", "random_state": profile.seed}
        normal = Call("sklearn.preprocessing.QuantileTransformer", **settings)
        return Call("sklearn.compose.TransformedTargetRegressor", model, transformer=normal, check_inverse=False)
    if penalty == "ridge":
        return model
    # What a lasso leaves out depends on the unit of the target: so it has none.
    return Call("sklearn.compose.TransformedTargetRegressor", model, transformer=Call("sklearn.preprocessing.StandardScaler"))


def _ridge(suggest: Suggest, profile: Profile) -> Call:
    return Call("sklearn.linear_model.Ridge", alpha=suggest.float("alpha", 1e-3, 1000.0, default=1.0, log=True), random_state=profile.seed)


def _sparse(suggest: Suggest, profile: Profile, penalty: str) -> Call:
    """Penalties that leave columns out."""
    strength = suggest.float("sparse_alpha", 1e-3, 1.0, default=0.01, log=True)
    # A duality gap of a thousandth of the target's variance is near enough, and reached where columns say the same.
    steps = {"max_iter": 10_000, "tol": 1e-3, "random_state": profile.seed}
    if penalty == "lasso":
        return Call("sklearn.linear_model.Lasso", alpha=strength, **steps)
    share = suggest.float("l1_ratio", 0.05, 0.95, default=0.5)
    return Call("sklearn.linear_model.ElasticNet", alpha=strength, l1_ratio=share, **steps)


LINEAR = ModelFamily(
    name="linear",
    title="Linear model",
    tasks=frozenset({"binary", "multiclass", "regression"}),
    wants=Wants(scaled=True, additive=True, encodings=("onehot", "target"), many=("onehot", "target", "frequency", "hashing")),
    build=build,
    uses=(
        "sklearn.linear_model.LogisticRegression",
        "sklearn.linear_model.Ridge",
        "sklearn.linear_model.Lasso",
        "sklearn.linear_model.ElasticNet",
        "sklearn.compose.TransformedTargetRegressor",
        "sklearn.preprocessing.QuantileTransformer",
        "sklearn.preprocessing.StandardScaler",
    ),
    cost="cheap",
)
