"""Ways to average: equal votes of the best, greedy selection with replacement, and weights by a constrained optimiser.

Each learner takes rows with out-of-fold predictions and gives a ``Combination``, or None where there is nothing to combine. Weights are above
zero; those of "blend" have four digits and sum to 1, those of the others are whole numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from automl_lab.evaluation.ensembles.recipe import Combination, Limits
from automl_lab.evaluation.ensembles.rows import Measure, Rows

ROUNDS = 30  # picks with replacement: the weights are multiples of a thirtieth at the finest
PATIENCE = 5  # picks without a better average after which no more are made
LEAST_WEIGHT = 0.01  # a member of less is not worth its fit
DIGITS = 4
MOST_VOTES = 8
POOL = 18  # the best candidates on the rows at hand: more only cost time

Loss: TypeAlias = Callable[[np.ndarray], tuple[float, np.ndarray]]


def ranked(rows: Rows, measure: Measure) -> list[int]:
    """The trials by the main objective on these rows, the best first."""
    merits = {trial: measure.merit(rows.y, each) for trial, each in rows.predictions.items()}
    return sorted(merits, key=lambda trial: (-merits[trial], trial))


def vote(rows: Rows, measure: Measure, limits: Limits) -> Combination | None:
    """The plain average of the best k, the best k of all; None where the best candidate alone is better on these rows."""
    order = limits.leading(ranked(rows, measure), min(MOST_VOTES, limits.job.most_members))
    sums = np.cumsum([rows.predictions[trial] for trial in order], axis=0)
    merits = {count: measure.merit(rows.y, sums[count - 1] / count) for count in range(1, len(order) + 1)}
    least = sum(trial in limits.job.pinned for trial in order)
    best = max((count for count in merits if count >= least), key=lambda count: (merits[count], -count), default=1)
    return Combination("vote", dict.fromkeys(order[:best], 1)) if best > 1 else None


def greedy(rows: Rows, measure: Measure, limits: Limits) -> Combination | None:
    """Greedy selection with replacement (Caruana et al. 2004), begun with the pinned candidates or the best single one; as many picks as were best."""
    counts: Counter[int] = Counter()
    total: np.ndarray | None = None
    best, kept = -math.inf, Counter[int]()
    pooled = ranked(rows, measure)[:POOL]
    first = [trial for trial in limits.job.pinned if trial in rows.predictions]
    for picked in range(ROUNDS):
        options = {
            trial: measure.merit(rows.y, rows.predictions[trial] if total is None else (total + rows.predictions[trial]) / (picked + 1))
            for trial in (first[picked : picked + 1] or pooled)
            if limits.allow({*counts, trial})
        }
        if not options:
            break
        trial = max(options, key=lambda each: (options[each], each in counts, -each))  # between equals no new member
        counts[trial] += 1
        total = rows.predictions[trial] if total is None else total + rows.predictions[trial]
        if options[trial] > best or picked < len(first):
            best, kept = options[trial], Counter(counts)
        elif picked - kept.total() >= PATIENCE:
            break
    return Combination("greedy", heaviest_first(kept)) if len(kept) > 1 else None


def blend(rows: Rows, measure: Measure, limits: Limits) -> Combination | None:
    """Weights on the simplex by sequential quadratic programming (SLSQP, Kraft 1988): log-loss for classes, for values a loss near the objective's."""
    return trimmed("blend", lambda trials: (_simplex(_averaged_loss(rows, measure, trials), len(trials)), ()), ranked(rows, measure)[:POOL], limits)


def trimmed(method: str, learn: Callable[[Sequence[int]], tuple[np.ndarray, tuple[float, ...]]], trials: Sequence[int], limits: Limits) -> Combination | None:
    """What is learned for the trials that matter: those of tiny weights and those that may not stand together are left out, and it is learned again."""
    if len(trials) < 2:
        return None
    weights, _ = learn(trials)
    wanted = [trial for trial, weight in sorted(zip(trials, weights, strict=True), key=lambda each: (-each[1], each[0])) if weight >= LEAST_WEIGHT]
    kept = limits.leading(wanted, limits.job.most_members)
    if len(kept) < 2:
        return None
    weights, shifts = learn(kept)
    pinned = limits.job.pinned
    given = {trial: max(float(weight), LEAST_WEIGHT) if trial in pinned else float(weight) for trial, weight in zip(kept, weights, strict=True)}
    rounded = {trial: round(weight, DIGITS) for trial, weight in given.items() if weight >= LEAST_WEIGHT}
    if len(rounded) < 2:
        return None
    if method == "blend":
        rounded = _summing_to_one(rounded)
    return Combination("blend" if method == "blend" else "pool", heaviest_first(rounded), tuple(short(shift) for shift in shifts))


def short(value: float) -> float:
    """A number that a source can hold without looking more exact than it is: six digits that matter."""
    return float(f"{value:.6g}")


def heaviest_first(weights: dict[int, int] | dict[int, float] | Counter[int]) -> dict[int, float]:
    """The order in which a source lists its members."""
    return dict(sorted(weights.items(), key=lambda each: (-each[1], each[0])))


def _summing_to_one(weights: dict[int, float]) -> dict[int, float]:
    shares = {trial: round(weight / math.fsum(weights.values()), DIGITS) for trial, weight in weights.items()}
    first = max(shares, key=lambda trial: (shares[trial], -trial))
    return {**shares, first: round(1.0 - math.fsum(share for trial, share in shares.items() if trial != first), DIGITS)}


def _simplex(loss: Loss, count: int) -> np.ndarray:
    """The weights, none below zero and summing to 1, with the least loss."""
    from scipy.optimize import LinearConstraint, minimize  # noqa: PLC0415

    start = np.full(count, 1 / count)
    whole = LinearConstraint(np.ones((1, count)), 1.0, 1.0)
    found = minimize(loss, start, jac=True, method="SLSQP", bounds=[(0.0, 1.0)] * count, constraints=[whole], options={"maxiter": 200, "ftol": 1e-9})
    weights = np.clip(found.x, 0.0, 1.0)
    # Where the optimiser gives up, the equal weights that it began with are as good as anything.
    return weights / weights.sum() if np.isfinite(weights).all() and weights.sum() > 0 else start


def _averaged_loss(rows: Rows, measure: Measure, trials: Sequence[int]) -> Loss:
    """The loss of an average as a function of its weights, with its gradient."""
    if measure.classes is not None:
        codes = rows.codes(measure.classes)
        own = np.column_stack([np.maximum(rows.predictions[trial][np.arange(len(codes)), codes], 1e-6) for trial in trials])

        def log_loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
            share = np.maximum(own @ weights, 1e-12)
            return float(-np.log(share).mean()), -(own / share[:, None]).mean(axis=0)

        return log_loss
    values = np.column_stack([rows.predictions[trial] for trial in trials])
    return _value_loss(values, rows.y.to_numpy(dtype=float), measure.name)


def _value_loss(values: np.ndarray, y: np.ndarray, objective: str) -> Loss:
    """Squared errors; for objectives of absolute errors these, rounded off at zero, so that there is a gradient."""
    spread = float(y.std()) or 1.0
    absolute = objective in ("mae", "mape")
    scale = 1 / np.maximum(np.abs(y), 1e-3 * spread) if objective == "mape" else np.full(len(y), 1 / spread)
    scale = scale / scale.mean() / spread

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        errors = (values @ weights - y) * scale
        size = np.sqrt(errors**2 + 1e-6) if absolute else errors**2
        slope = errors / size if absolute else 2 * errors
        return float(size.mean()), ((slope * scale)[:, None] * values).mean(axis=0)

    return loss
