"""Which family the next trial belongs to: the one that is expected to improve the best score most for what it costs.

Method: expected improvement (Mockus 1975, Jones et al. 1998) per unit of cost (Snoek et al. 2012), with the better half of a family's own scores as
a normal distribution of its next one. All of a family's scores may be off by the noise between folds, against those of the family that leads: what chance
explains sets no family apart, but whatever a family is off by, a trial of it brings something only if it is also better than what that family has. Families
are drawn with a probability in proportion, as FLAML draws them by its estimated cost of improvement (Wang et al. 2021). Unlike that estimate it needs
no improvement to have been seen, and takes no family for promising because it is quick and far behind. With several objectives a draw decides which of
them counts for this choice, so that a family that is good at any of them keeps its share.
Owns what every family cost and found; refuses to know what a cost is measured in.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

LEAST_COST = 1e-3  # a trial that took no time at all still took its place
MAIN_SHARE = 0.5  # how often the first objective decides when there are several
EXPLORED = 0.05  # how often any family may be drawn: one that is far behind is not given up
LEAST_SPREAD = 1e-6  # of the scores' size
RECENT = 20  # trials whose folds say how noisy a comparison is
PRIOR = 2.0  # observations that the spread of all families counts as in that of one with a single loss; less the more losses it has
_NORMAL = statistics.NormalDist()
_OFFSETS = [_NORMAL.inv_cdf((place + 0.5) / 8) for place in range(8)]  # equally likely, in units of the noise


@dataclass
class _Record:
    """What one family cost, and its losses by each objective; less is better."""

    trials: int = 0
    spent: float = 0.0
    losses: list[list[float]] = field(default_factory=list)

    def better_half(self, objective: int) -> list[float]:
        found = sorted(self.losses[objective])
        return found[: max(2, math.ceil(len(found) / 2))]


class Allocation:
    """The share of trials that each family gets, once something was told of it."""

    def __init__(self, families: Iterable[str], directions: Sequence[str]) -> None:
        self._signs = [-1.0 if direction == "maximize" else 1.0 for direction in directions]
        self._records = {family: _Record(losses=[[] for _ in directions]) for family in families}
        self._best: tuple[float, Sequence[float | None]] = (math.inf, ())
        self._errors: deque[float] = deque(maxlen=RECENT)  # standard errors of the distance from the best by the first objective

    def record(self, family: str, cost: float, values: Sequence[float | None], folds: Sequence[float | None] = ()) -> None:
        """Count a trial that ended. ``values`` in the order of the objectives; None where it brought none (failed, pruned, infeasible).

        ``folds`` are the first objective's values by fold.
        """
        own = self._records[family]
        own.trials += 1
        own.spent += max(cost, LEAST_COST)
        for losses, sign, value in zip(own.losses, self._signs, values, strict=True):
            if value is not None and math.isfinite(value):
                losses.append(sign * value)
        first = values[0]
        if first is not None and math.isfinite(first):
            self._compare(self._signs[0] * first, folds)

    def _compare(self, loss: float, folds: Sequence[float | None]) -> None:
        """How much the folds disagree on its distance from the best, which it may be now."""
        pairs = [(one, other) for one, other in zip(folds, self._best[1], strict=False) if one is not None and other is not None]
        if len(pairs) > 1:
            self._errors.append(statistics.stdev(one - other for one, other in pairs) / math.sqrt(len(pairs)))
        if loss < self._best[0]:
            self._best = (loss, tuple(folds))

    def choose(self, random: Random, among: Collection[str] | None = None) -> str:
        """The family of the next trial, ``among`` those named (None: all); the same state and the same ``random`` give the same family."""
        allowed = [family for family in self._records if among is None or family in among]
        # A family of which nothing was told yet still runs its first trials: how it does has to be known before it gets more.
        families = [family for family in allowed if self._records[family].trials]
        if not families:
            return random.choice(allowed)
        if random.random() < EXPLORED:
            return random.choice(families)
        weights = self._weights(families, self._objective(random))
        return random.choices(families, weights)[0] if sum(weights) > 0 else random.choice(families)

    def _weights(self, families: Sequence[str], objective: int) -> list[float]:
        """Expected improvement for what a trial costs, of each family."""
        halves = {family: own.better_half(objective) for family, own in self._records.items() if own.losses[objective]}
        best = min((half[0] for half in halves.values()), default=math.inf)
        common = _common_spread(list(halves.values()))
        noise = statistics.median(self._errors) if self._errors and objective == 0 else 0.0
        found = []
        for family in families:
            own = self._records[family]
            rate = len(own.losses[objective]) / own.trials  # of its trials that brought a score at all
            gain = _improvement(best, halves[family], common, noise) if family in halves else 0.0
            found.append(rate * gain * own.trials / own.spent)
        return found

    def _objective(self, random: Random) -> int:
        count = len(self._signs)
        return 0 if count == 1 or random.random() < MAIN_SHARE else random.randrange(1, count)


def _common_spread(halves: Sequence[Sequence[float]]) -> float:
    """The standard deviation within a family, over all that have two losses; where none has, a tenth of that between families. Never zero."""
    within = [statistics.variance(half) for half in halves if len(half) > 1]
    bests = [half[0] for half in halves] or [0.0]
    return max((math.sqrt(statistics.median(within)) if within else 0.0) or statistics.pstdev(bests) / 10, LEAST_SPREAD * (1 + max(map(abs, bests))))


def _improvement(best: float, losses: Sequence[float], common: float, noise: float) -> float:
    """The expected improvement by a family's next loss on ``best`` and on the family's own best, both: it is taken to be normal with the mean and the
    spread of ``losses``, the least first. All of the family's losses are off by the same, normal with ``noise``; those of the family that leads are not.
    """
    mean, count = statistics.fmean(losses), len(losses)
    prior = PRIOR / count
    squares = prior * common**2 + sum((loss - mean) ** 2 for loss in losses)
    spread = math.sqrt(squares / (prior + count - 1) * (1 + 1 / count))
    offsets = [0.0] if losses[0] <= best else [noise * offset for offset in _OFFSETS]
    return statistics.fmean(_gain(min(best - offset, losses[0]), mean, spread) for offset in offsets)


def _gain(best: float, mean: float, spread: float) -> float:
    """The expected improvement on ``best`` by a normal loss."""
    z = (best - mean) / spread
    return (best - mean) * _NORMAL.cdf(z) + spread * _NORMAL.pdf(z)
