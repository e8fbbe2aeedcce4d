"""What the family of Gaussian processes emits into a pipeline's module by its source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped.
# mypy: disable-error-code="misc,no-any-return"

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, RegressorMixin, clone


class JitteredProcess(RegressorMixin, BaseEstimator):
    """Fit a Gaussian process whose covariances may be singular but for rounding.

    Rows that say the same, or a trend that outweighs the rest, leave a matrix that has
    no Cholesky factor in floating point. Then the noise on its diagonal, alpha, grows
    a hundredfold until it has one (Rasmussen and Williams 2006, section 3.4.3); with
    a normalised target it is a share of the variance. `alpha_` is what sufficed.
    """

    def __init__(self, model: Any, most_alpha: float = 1e-2) -> None:
        self.model = model
        self.most_alpha = most_alpha

    def fit(self, X: Any, y: Any) -> Self:
        """Fit a copy of the model with as little noise as it takes."""
        self.alpha_ = self.model.alpha
        while True:
            self.model_ = clone(self.model).set_params(alpha=self.alpha_)
            try:
                self.model_.fit(X, y)
            except np.linalg.LinAlgError:
                if self.alpha_ >= self.most_alpha:
                    raise
                self.alpha_ = min(100 * self.alpha_, self.most_alpha)
            else:
                return self

    def predict(self, X: Any) -> np.ndarray:
        """Give one number for each row of X."""
        return self.model_.predict(X)


def few_steps(
    objective: Callable[[np.ndarray], Any],
    start: np.ndarray,
    bounds: np.ndarray,
) -> tuple[np.ndarray, float]:
    """Fit a kernel in a few steps, inside its bounds: more cost much and gain little."""
    inside = bounds + np.array([0.01, -0.01])
    found = minimize(
        objective,
        np.clip(start, inside[:, 0], inside[:, 1]),
        jac=True,
        bounds=inside,
        method="L-BFGS-B",
        options={"maxiter": 12},
    )
    return found.x, float(found.fun)
