"""A class that turns margins into probabilities; model families emit it into a pipeline's module by its source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class CalibratedClassifier(ClassifierMixin, BaseEstimator):
    """Learn probabilities from what a classifier says of rows it was not fitted on.

    Its margins (or log-probabilities) of held-out folds go into a logistic regression,
    all classes at once: calibrating one class after the other loses what the margins
    of several classes say together.
    """

    def __init__(
        self,
        model: Any,
        folds: int = 5,
        class_weight: str | None = None,
        random_state: int | None = None,
    ) -> None:
        self.model = model
        self.folds = folds
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the link on held-out margins, then the model on all rows."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        # A class with fewer rows than folds is repeated, so that no fold lacks it.
        each = [np.flatnonzero(codes == code) for code in range(len(self.classes_))]
        rows = np.concatenate([np.resize(a, max(len(a), self.folds)) for a in each])
        self.method_ = "decision_function"
        if not hasattr(self.model, self.method_):
            self.method_ = "predict_log_proba"
        cv = StratifiedKFold(
            self.folds,
            shuffle=True,
            random_state=self.random_state,
        )
        margins = cross_val_predict(
            self.model,
            X[rows],
            codes[rows],
            cv=cv,
            method=self.method_,
        )
        link = LogisticRegression(class_weight=self.class_weight, max_iter=10_000)
        self.link_ = make_pipeline(StandardScaler(), link)
        self.link_.fit(margins.reshape(len(rows), -1), codes[rows])
        self.model_ = clone(self.model).fit(X, codes)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        margins = getattr(self.model_, self.method_)(X)
        return self.link_.predict_proba(margins.reshape(len(X), -1))
