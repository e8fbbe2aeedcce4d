"""Which of two candidates is better: feasible before infeasible, then the main objective; among the infeasible the smaller violation.

One rule for the worker (is a refit worth it?), the controller (what is usable now?) and every display. Owns no scores.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from automl_lab.config import Constraint


@dataclass(frozen=True, order=True)
class Rank:
    """Orders candidates: the greater is the better one."""

    feasible: bool
    merit: float  # minus the summed violation where infeasible, else the main value with its sign turned so that more is better


def rank(values: Mapping[str, float | None], main: str, direction: str, constraints: Sequence[Constraint]) -> Rank | None:
    """The rank of one candidate's values, or None when its main value is missing or not finite (it cannot win)."""
    value = values.get(main)
    if value is None or not math.isfinite(value):
        return None
    broken = violations(values, constraints)
    if any(amount > 0 for amount in broken):
        return Rank(False, -sum(max(amount, 0.0) for amount in broken))
    return Rank(True, value if direction == "maximize" else -value)


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


def pareto_front(points: Iterable[tuple[int, Sequence[float]]]) -> list[int]:
    """The numbers of the points that no other point dominates, ascending; equal points stay together."""
    front: list[tuple[int, Sequence[float]]] = []
    for number, point in points:
        if any(dominates(kept, point) for _, kept in front):
            continue
        front = [(n, kept) for n, kept in front if not dominates(point, kept)]
        front.append((number, point))
    return sorted(number for number, _ in front)
