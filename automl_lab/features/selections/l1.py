"""The columns that a linear model with an L1 penalty uses."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call

MOST_ROWS = 50_000
# A coefficient this much smaller than the mean one is as good as none; with a share, columns remain when all of them are zero.
THRESHOLD = "0.01*mean"


def build(asked: Asked) -> list[Call]:
    """How strong the penalty is decides how many are left."""
    select = "sklearn.feature_selection.SelectFromModel"
    seed = asked.profile.seed
    if asked.classify:
        strength = asked.suggest.float("selection_C", 3e-3, 1.0, default=0.1, log=True)
        model = Call("sklearn.svm.LinearSVC", C=strength, penalty="l1", dual=False, tol=0.01, max_iter=5000, random_state=seed)
        return [Call(select, model, threshold=THRESHOLD)]
    strength = asked.suggest.float("selection_alpha", 1e-3, 0.3, default=0.01, log=True)
    lasso = Call("sklearn.linear_model.Lasso", alpha=strength, tol=1e-3, max_iter=10_000, random_state=seed)
    # The penalty's strength is in units of the target: hence the scaled target.
    scaled = Call("sklearn.compose.TransformedTargetRegressor", lasso, transformer=Call("sklearn.preprocessing.StandardScaler"))
    return [Call(select, scaled, threshold=THRESHOLD, importance_getter="regressor_.coef_")]


def suits(asked: Asked) -> bool:
    """Columns on one scale and without gaps, and not too many rows."""
    return asked.wants.scaled and not asked.wants.missing and asked.profile.rows <= MOST_ROWS


L1 = Option(
    "l1",
    "the columns that a linear model with an L1 penalty uses",
    build,
    (
        "sklearn.feature_selection.SelectFromModel",
        "sklearn.svm.LinearSVC",
        "sklearn.linear_model.Lasso",
        "sklearn.compose.TransformedTargetRegressor",
        "sklearn.preprocessing.StandardScaler",
    ),
    suits,
)
