"""Which family the next trial belongs to: the one whose next improvement is expected to cost the least.

Method: the estimated cost for improvement of FLAML (Wang et al. 2021, section 4.2), families drawn with a probability of one over their cost.
With several objectives a draw decides which of them counts for this choice, so that a family that is good at any of them keeps its share.
Owns the cost and the progress of every family; refuses to know what a cost is measured in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

LEAST_COST = 1e-3  # a trial that took no time at all still took its place
MAIN_SHARE = 0.5  # how often the first objective decides when there are several


@dataclass
class _Progress:
    """One family by one objective; losses are better when smaller."""

    trials: int = 0
    spent: float = 0.0  # K0: on all trials
    at_best: float = 0.0  # K1: when the best was found
    at_previous: float = 0.0  # K2: when the best before it was found
    best: float | None = None
    gained: float | None = None  # by the last improvement

    @property
    def mean(self) -> float:
        return self.spent / max(1, self.trials)

    def record(self, cost: float, loss: float | None) -> None:
        self.trials += 1
        self.spent += max(cost, LEAST_COST)
        if loss is None or (self.best is not None and loss >= self.best):
            return
        self.gained = None if self.best is None else self.best - loss
        self.at_previous, self.at_best, self.best = self.at_best, self.spent, loss

    def cost_of_improvement(self, overall: float | None, most: float) -> float:
        """Never above ``most``: a family that is far behind is not given up, it is tried ever more rarely."""
        if self.best is None:
            return most
        again = max(self.spent - self.at_best, self.at_best - self.at_previous, LEAST_COST)
        if overall is None or self.best <= overall or self.gained is None:
            return min(again, most)
        return min(max(again, (self.best - overall) * (self.spent - self.at_previous) / self.gained), most)


class Allocation:
    """The share of trials that each family gets, once something was told of it."""

    def __init__(self, families: Iterable[str], directions: Sequence[str]) -> None:
        self._signs = [-1.0 if direction == "maximize" else 1.0 for direction in directions]
        self._progress = {family: [_Progress() for _ in directions] for family in families}

    def record(self, family: str, cost: float, values: Sequence[float | None]) -> None:
        """Count a trial that ended. ``values`` in the order of the objectives; None where it brought none (failed, pruned, infeasible)."""
        for progress, sign, value in zip(self._progress[family], self._signs, values, strict=True):
            progress.record(cost, sign * value if value is not None and math.isfinite(value) else None)

    def choose(self, random: Random, limit: float = math.inf) -> str:
        """The family of the next trial; the same state and the same ``random`` give the same family.

        Families whose trials cost more than ``limit`` on average are left out, as long as one remains that does not.
        """
        # A family of which nothing was told yet still runs its first trials: how it does has to be known before it gets more.
        families = [family for family, progress in self._progress.items() if progress[0].spent > 0.0]
        if not families:
            return random.choice(list(self._progress))
        families = [family for family in families if self._progress[family][0].mean <= limit] or families
        objective = self._objective(random)
        bests = [progress[objective].best for progress in self._progress.values()]
        overall = min((best for best in bests if best is not None), default=None)
        most = sum(self._progress[family][objective].spent for family in families)
        weights = [1 / self._progress[family][objective].cost_of_improvement(overall, most) for family in families]
        return random.choices(families, weights)[0]

    def _objective(self, random: Random) -> int:
        count = len(self._signs)
        return 0 if count == 1 or random.random() < MAIN_SHARE else random.randrange(1, count)
