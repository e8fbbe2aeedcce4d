"""Calibration of probabilities and the decision behind a label, learned on out-of-fold predictions.

Owns how each is learned; whether it is taken is judged across folds (``choose``). Temperature: Guo et al. 2017. Sigmoid: Platt 1999, on the
log-probabilities and with one shift for each class (Alexandari et al. 2020). Isotonic: Zadrozny and Elkan 2002. Everything found is a short number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from automl_lab.evaluation.ensembles.apply import FLOOR, softmax
from automl_lab.evaluation.ensembles.averages import short
from automl_lab.evaluation.ensembles.recipe import Calibration

Kind = Literal["temperature", "sigmoid", "isotonic"]
KINDS: tuple[Kind, ...] = ("temperature", "sigmoid", "isotonic")  # the simplest first
SLOPES = (0.05, 20.0)
MOST_POINTS = 40  # of a line in the source, for each class
THRESHOLDS = 60
POWERS = np.linspace(-0.5, 1.5, 21)


def learn_calibration(kind: Kind, probability: np.ndarray, codes: np.ndarray) -> Calibration:
    """The calibration with the least log-loss (isotonic: the least squared error) for rows whose true classes are ``codes``."""
    if kind == "isotonic":
        columns = [1] if probability.shape[1] == 2 else range(probability.shape[1])
        return Calibration(kind, points=tuple(_rising(probability[:, column], codes == column) for column in columns))
    logs = np.log(np.maximum(probability, FLOOR))
    slope, shifts = _scaled(logs, codes, shifted=kind == "sigmoid")
    return Calibration(kind, slope, shifts)


def _scaled(logs: np.ndarray, codes: np.ndarray, *, shifted: bool) -> tuple[float, tuple[float, ...]]:
    """Slope and shifts by L-BFGS-B; the shifts are drawn a little to zero, since a class without a row would have one without end."""
    from scipy.optimize import minimize  # noqa: PLC0415

    truth, rows = np.eye(logs.shape[1])[codes], len(codes)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        shares = softmax(parameters[0] * logs + parameters[1:])
        value = -np.log(np.maximum((shares * truth).sum(axis=1), 1e-300)).mean() + (parameters[1:] ** 2).sum() / 2 / rows
        slope = (shares - truth) / rows
        gradient = np.concatenate([[(slope * logs).sum()], (slope.sum(axis=0) + parameters[1:] / rows) * shifted])
        return float(value), gradient

    start = np.concatenate([[1.0], np.zeros(logs.shape[1])])
    bounds = [SLOPES, *[(None, None) if shifted else (0.0, 0.0)] * logs.shape[1]]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    shifts = found[1:] - found[1:].mean()
    return short(found[0]), tuple(short(shift) for shift in shifts) if shifted else ()


def _rising(before: np.ndarray, truth: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The points of the rising line nearest to the truth; it stays away from 0 and 1, where one wrong row would cost without end."""
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415

    edge = 1 / (len(truth) + 2)
    line = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(before, truth.astype(float))
    x, y = line.X_thresholds_, line.y_thresholds_
    if len(x) > MOST_POINTS:
        picked = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
        x, y = x[picked], y[picked]
    return tuple(short(each) for each in x), tuple(short(each) for each in y)


def learn_threshold(probability: np.ndarray, merit: Callable[[np.ndarray], Any]) -> float:
    """The least probability to be called positive, the best by ``merit`` of who is called so; between equal ones the nearest to one half."""
    positive = probability[:, 1]
    middles = np.unique(np.quantile(positive, np.linspace(0.01, 0.99, THRESHOLDS)))
    # Between two rows, not on one: a last digit should turn no label.
    options = {0.5, *(float(f"{each:.4g}") for each in (middles[1:] + middles[:-1]) / 2 if 0 < each < 1)}
    merits = {threshold: merit(positive >= threshold) for threshold in options}
    return max(merits, key=lambda threshold: (merits[threshold], -abs(threshold - 0.5), threshold))


def learn_label_weights(shares: Sequence[float], merit: Callable[[tuple[float, ...]], Any]) -> tuple[float, ...]:
    """A weight for each class, a power of its share of the rows: one number is chosen, however many classes there are.

    The power 0 leaves the likeliest class as the label, 1 takes the shares of the classes out of the decision.
    """
    middle = float(np.median(shares))
    options = {float(power): tuple(short((share / middle) ** -power) for share in shares) for power in POWERS.round(3)}
    merits = {power: merit(weights) for power, weights in options.items()}
    return options[max(merits, key=lambda power: (merits[power], -abs(power), power))]
