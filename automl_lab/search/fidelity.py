"""Rows as a fidelity: configurations are tried on a sample of the rows, and the best go on with more of them.

Method: asynchronous successive halving (Li et al. 2020, algorithm 2), with the number of rows that are fitted as the resource. All of them are
validated on the same rows, so a score on few rows is an honest score of what few rows give. Owns who goes on; refuses to know
how rows are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from automl_lab.evaluation.sampling import FACTOR


@dataclass
class Ladder:
    """Which trials go on with more rows. The same records in the same order give the same answers."""

    rungs: Sequence[int]
    _losses: dict[int, list[tuple[float, int, float]]] = field(default_factory=dict)  # rung -> (loss, trial, cost)
    _gone_on: set[int] = field(default_factory=set)

    def record(self, trial: int, rung: int, loss: float | None, cost: float) -> None:
        """Note the end of a trial: None for one that brought no score."""
        if loss is not None and math.isfinite(loss):
            self._losses.setdefault(rung, []).append((loss, trial, cost))

    def goes_on(self, limit: float = math.inf, outside: Collection[int] = ()) -> int | None:
        """The trial that is to go on, from the highest rung that has one; None where there is none, and never one of those ``outside``.

        It has to be among the best ``1 / FACTOR`` of its rung, and expected to cost no more than ``limit``.
        """
        for rung in range(len(self.rungs) - 2, -1, -1):
            found = sorted(self._losses.get(rung, ()))
            for _, trial, cost in found[: len(found) // FACTOR]:
                if trial not in self._gone_on and trial not in outside and cost * self.rungs[rung + 1] / self.rungs[rung] <= limit:
                    return trial
        return None

    def mark(self, trial: int) -> None:
        """The trial goes on."""
        self._gone_on.add(trial)
