"""Early stopping of boosted models: how many rounds are enough, found on rows that the fit does not see.

Each function trains what it is given and returns a number of rounds, which becomes a literal in the source: what is trained in the end has no
stopping in it. Owns the dialects of the libraries; imports none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PATIENCE = 40  # rounds without an improvement


def xgboost_rounds(model: Any, X: Any, y: Any, X_validation: Any, y_validation: Any) -> int:
    """For XGBoost's estimators (also inside ``EncodedLabels``): the best iteration by the library's own loss."""
    inner = _inside(model, X, y, X_validation, y_validation)
    inner.model.set_params(early_stopping_rounds=PATIENCE)
    inner.model.fit(inner.X, inner.y, eval_set=[(inner.X_validation, inner.y_validation)], verbose=False)
    return int(inner.model.best_iteration) + 1


def lightgbm_rounds(model: Any, X: Any, y: Any, X_validation: Any, y_validation: Any) -> int:
    """For LightGBM's estimators: the best iteration by the library's own loss."""
    inner = _inside(model, X, y, X_validation, y_validation)
    inner.model.set_params(early_stopping_round=PATIENCE)
    inner.model.fit(inner.X, inner.y, eval_X=inner.X_validation, eval_y=inner.y_validation)
    return max(1, int(inner.model.best_iteration_))


def catboost_rounds(model: Any, X: Any, y: Any, X_validation: Any, y_validation: Any) -> int:
    """For CatBoost's estimators (also inside ``EncodedLabels`` and behind steps of a pipeline): the trees up to the best one by its own loss."""
    inner = _inside(model, X, y, X_validation, y_validation)
    validation = (inner.X_validation, inner.y_validation)
    inner.model.fit(inner.X, inner.y, eval_set=validation, early_stopping_rounds=PATIENCE, use_best_model=True)
    return max(1, int(inner.model.tree_count_))


def hist_gradient_boosting_rounds(model: Any, X: Any, y: Any, X_validation: Any, y_validation: Any) -> int:
    """For scikit-learn's histogram boosting: the iteration with the lowest loss; it keeps the scores of all, that of no tree at all first."""
    inner = _inside(model, X, y, X_validation, y_validation)
    inner.model.set_params(early_stopping=True, scoring="loss", n_iter_no_change=PATIENCE, tol=0.0)
    inner.model.fit(inner.X, inner.y, X_val=inner.X_validation, y_val=inner.y_validation)
    return max(1, int(inner.model.validation_score_.argmax()))


@dataclass(frozen=True)
class _Inner:
    """The estimator of the library and the rows as it gets them."""

    model: Any
    X: Any
    y: Any
    X_validation: Any
    y_validation: Any


def _inside(model: Any, X: Any, y: Any, X_validation: Any, y_validation: Any) -> _Inner:
    """The estimator behind the steps of a pipeline and inside ``EncodedLabels``; labels become codes, as not every library encodes those to stop by."""
    if hasattr(model, "steps"):
        before, model = model[:-1], model[-1]
        X, X_validation = before.fit_transform(X, y), before.transform(X_validation)
    if not hasattr(model, "predict_proba"):
        return _Inner(model, X, y, X_validation, y_validation)
    codes = {label: code for code, label in enumerate(sorted(set(y)))}
    # Of a rare class all rows may have been set aside: a model that has not met it learns nothing from failing there.
    known = [position for position, label in enumerate(y_validation) if label in codes]
    rows = X_validation.iloc if hasattr(X_validation, "iloc") else X_validation
    inner = getattr(model, "model", model)
    return _Inner(inner, X, [codes[each] for each in y], rows[known], [codes[each] for each in y_validation[known]])
