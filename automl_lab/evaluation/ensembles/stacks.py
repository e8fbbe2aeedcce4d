"""Stacking with a linear model whose weights are not below zero: learned on out-of-fold predictions, written down as numbers.

For classes a logistic regression on the members' log-probabilities (one weight for each member, one shift for each class: a logarithmic opinion
pool), for values a ridge regression. Both are drawn towards equal weights or zero, so that few rows give no wild ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from automl_lab.evaluation.ensembles.apply import FLOOR, softmax
from automl_lab.evaluation.ensembles.averages import POOL, ranked, trimmed
from automl_lab.evaluation.ensembles.recipe import Combination, Limits
from automl_lab.evaluation.ensembles.rows import Measure, Rows

PRIOR_ROWS = 10.0  # what the pull towards equal weights counts for
RIDGE = 1.0


def pool(rows: Rows, measure: Measure, limits: Limits) -> Combination | None:
    """The stack of the candidates that get a weight."""
    learn = _values if measure.classes is None else _classes
    return trimmed("pool", lambda trials: learn(rows, measure, trials), ranked(rows, measure)[:POOL], limits)


def _classes(rows: Rows, measure: Measure, trials: Sequence[int]) -> tuple[np.ndarray, tuple[float, ...]]:
    """Weights of the members and shifts of the classes with the least log-loss; the shifts sum to zero."""
    from scipy.optimize import minimize  # noqa: PLC0415

    codes, count = rows.codes(measure.classes), len(trials)
    logs = np.stack([np.log(np.maximum(rows.predictions[trial], FLOOR)) for trial in trials])  # (trials, rows, classes)
    truth = np.eye(logs.shape[2])[codes]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights, shifts = parameters[:count], parameters[count:]
        shares = softmax(np.tensordot(weights, logs, axes=1) + shifts)
        pull = PRIOR_ROWS / len(codes)
        away = weights - 1 / count
        value = -np.log(np.maximum((shares * truth).sum(axis=1), 1e-300)).mean() + pull / 2 * ((away**2).sum() + (shifts**2).sum())
        slope = (shares - truth) / len(codes)
        return float(value), np.concatenate([np.tensordot(logs, slope, axes=2) + pull * away, slope.sum(axis=0) + pull * shifts])

    start = np.concatenate([np.full(count, 1 / count), np.zeros(logs.shape[2])])
    bounds = [(0.0, None)] * count + [(None, None)] * logs.shape[2]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    shifts = found[count:] - found[count:].mean()
    return found[:count], tuple(float(shift) for shift in shifts)


def _values(rows: Rows, _measure: Measure, trials: Sequence[int]) -> tuple[np.ndarray, tuple[float, ...]]:
    """Weights of the members and the shift with the least squared error."""
    from sklearn.linear_model import Ridge  # noqa: PLC0415

    y = rows.y.to_numpy(dtype=float)
    spread = float(y.std()) or 1.0
    values = np.column_stack([rows.predictions[trial] for trial in trials])
    model = Ridge(alpha=RIDGE, positive=True, tol=1e-8).fit(values / spread, y / spread)
    return np.asarray(model.coef_), (float(model.intercept_) * spread,)
