"""Early stopping of boosted models: how many rounds are enough, found on rows that the fit does not see.

Each function trains what it is given and returns a number of rounds, which becomes a literal in the source: what is trained in the end has no
stopping in it. Owns the dialects of the libraries; imports none of them.
"""

from __future__ import annotations

from typing import Any

PATIENCE = 40  # rounds without an improvement


def xgboost_rounds(model: Any, X: Any, y: Any, X_validation: Any, y_validation: Any) -> int:
    """For XGBoost's estimators (also inside ``EncodedLabels``): the best iteration by the library's own loss."""
    inner, y, y_validation = _inside(model, y, y_validation)
    inner.set_params(early_stopping_rounds=PATIENCE)
    inner.fit(X, y, eval_set=[(X_validation, y_validation)], verbose=False)
    return int(inner.best_iteration) + 1


def _inside(model: Any, y: Any, y_validation: Any) -> tuple[Any, Any, Any]:
    """The estimator inside ``EncodedLabels`` with the labels as it gets them."""
    if not hasattr(model, "model"):
        return model, y, y_validation
    labels = sorted(set(y))
    codes = {label: code for code, label in enumerate(labels)}
    return model.model, [codes[each] for each in y], [codes[each] for each in y_validation]
