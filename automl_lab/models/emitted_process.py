"""What the family of Gaussian processes emits into a pipeline's module by its source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize


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
