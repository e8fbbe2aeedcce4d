"""Which of two candidates is better: feasible before infeasible, then the objectives in their order; among the infeasible the smaller violation.

One rule for the worker (is a refit worth it?), the controller (what is usable now?) and every display. Owns no scores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automl_lab.config import Constraint


@dataclass(frozen=True, order=True)
class Rank:
    """Orders candidates: the greater is the better one."""

    feasible: bool
    merit: float  # minus the summed violation where infeasible, else the main value with its sign turned so that more is better
    rest: tuple[float, ...] = ()  # the other objectives likewise: between equals in the main one the cheaper wins, so that a winner is on the front


def rank(values: Mapping[str, float | None], objectives: Sequence[str], directions: Sequence[str], constraints: Sequence[Constraint]) -> Rank | None:
    """The rank of one candidate's values, or None when its main value (the first objective) is missing or not finite: it cannot win."""
    merits = [_merit(values.get(name), direction) for name, direction in zip(objectives, directions, strict=True)]
    if merits[0] == -math.inf:
        return None
    broken = violations(values, constraints)
    if any(amount > 0 for amount in broken):
        return Rank(False, -sum(max(amount, 0.0) for amount in broken))
    return Rank(True, merits[0], tuple(merits[1:]))


def _merit(value: float | None, direction: str) -> float:
    if value is None or not math.isfinite(value):
        return -math.inf
    return value if direction == "maximize" else -value


def violations(values: Mapping[str, float | None], constraints: Sequence[Constraint]) -> list[float]:
    """By how much each constraint is broken (above zero: broken). A missing or undefined value breaks its constraint infinitely."""
    found = []
    for constraint in constraints:
        value = values.get(constraint.objective)
        found.append(math.inf if value is None or not math.isfinite(value) else constraint.violation(value))
    return found


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether ``one`` is at least as good everywhere and better somewhere; all values with their signs turned so that more is better."""
    return all(a >= b for a, b in zip(one, other, strict=True)) and any(a > b for a, b in zip(one, other, strict=True))
