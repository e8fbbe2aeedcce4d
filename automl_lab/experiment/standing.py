"""How an experiment stands: the best trial, the usable model, the Pareto front, the history of the best and the counts.

Kept up to date one finished trial at a time, so that ten thousand trials cost no more per update than ten; ``of`` makes it from recorded
rows. Owns no rows and refuses to guess: only COMPLETED trials with finite objectives count, and the front is over feasible ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from automl_lab.config import parse_constraint
from automl_lab.evaluation.ranking import Rank, dominates, rank

Row = Mapping[str, Any]


class Standing:
    """The standing of one experiment with these objectives (the first is the main one) and constraints."""

    def __init__(self, objectives: Sequence[str], directions: Sequence[str], constraints: Sequence[str]) -> None:
        self.objectives, self.directions = list(objectives), list(directions)
        self.constraints = [parse_constraint(text) for text in constraints]
        self.best: int | None = None
        self.best_rank: Rank | None = None
        self.usable: int | None = None
        self.usable_rank: Rank | None = None
        self.history: list[tuple[float, int, float]] = []
        self.infeasible = 0
        self._front: dict[int, tuple[float, ...]] = {}
        self._states: dict[int, str] = {}
        self._ranks: dict[int, Rank] = {}
        self.ensembles: set[int] = set()  # rows that no search asked for
        self._looked: dict[str, Any] | None = None
        self.importances: dict[str, dict[str, float]] = {}  # by family, of its parameters; of the last time that they were looked up

    @classmethod
    def of(cls, rows: Iterable[Row], objectives: Sequence[str], directions: Sequence[str], constraints: Sequence[str], started: float | None) -> Standing:
        """The standing after all these rows, taken in the order in which they finished."""
        standing = cls(objectives, directions, constraints)
        for row in sorted(rows, key=lambda each: (each["finished"] or math.inf, each["number"])):
            standing.add(row, started)
        return standing

    def add(self, row: Row, started: float | None) -> None:
        """Take in the new state of a row. A finished row counts once; only its model may still come later."""
        before, number = self._states.get(row["number"]), row["number"]
        self._states[number] = row["state"]
        if row.get("origin") == "ensemble":
            self.ensembles.add(number)
        own = self.place(row) if row["state"] == "COMPLETED" else None
        if own is None:
            return
        self._ranks[number] = own
        if row["model"] is not None and self._beats(own, self.usable_rank, number):
            self.usable, self.usable_rank = number, own
        if before == "COMPLETED":
            return
        self.infeasible += not own.feasible and number not in self.ensembles
        if self._beats(own, self.best_rank, number):
            improved = self.best_rank is None or (own.feasible, own.merit) > (self.best_rank.feasible, self.best_rank.merit)
            self.best, self.best_rank = number, own
            if own.feasible and improved:  # one that is only cheaper is no better score
                self.history.append((max(0.0, (row["finished"] or 0.0) - (started or 0.0)), number, row["values"][self.objectives[0]]))
        if own.feasible:
            self._extend_front(number, row["values"])

    def _beats(self, own: Rank, best: Rank | None, number: int) -> bool:
        """Whether it takes the place of the best: a row of the finish that is level with it does, since its probabilities are better."""
        return best is None or own > best or (own == best and number in self.ensembles)

    def rank(self, values: Mapping[str, float | None]) -> Rank | None:
        """The rank of these values in this experiment."""
        return rank(values, self.objectives, self.directions, self.constraints)

    def place(self, row: Row) -> Rank | None:
        """Where a row stands: by its values, and an ensemble no lower than the trial that it was preferred to (its ``parent``)."""
        own = self.rank(row["values"])
        other = self._ranks.get(row.get("parent", -1)) if row.get("origin") == "ensemble" else None
        return own if own is None or other is None else max(own, other)

    @property
    def pareto(self) -> list[int]:
        """Numbers of the feasible trials that no feasible trial dominates, ascending."""
        return sorted(self._front)

    @property
    def counts(self) -> dict[str, int]:
        """Trials of the search by state, and the infeasible among the completed."""
        found = Counter(state for number, state in self._states.items() if number not in self.ensembles)
        names = {"queued": "QUEUED", "running": "RUNNING", "completed": "COMPLETED", "pruned": "PRUNED", "failed": "FAILED"}
        return {**{name: found[state] for name, state in names.items()}, "infeasible": self.infeasible}

    @property
    def ensemble(self) -> dict[str, Any] | None:
        """What an ensemble would be now, while the search runs: of the last look, as long as no single trial has become as good. It is not recorded."""
        if self._looked is None:
            return None
        own, best = self.rank(self._looked["values"]), self.best_rank
        if own is None or (best is not None and (own.feasible, own.merit) <= (best.feasible, best.merit)):
            return None
        return {"score": self._looked["values"][self.objectives[0]], "trials": self._looked["trials"], "words": self._looked["words"]}

    def looked(self, found: dict[str, Any] | None) -> None:
        """Take in what a look at the ensemble found: ``values`` as a row has them, ``trials`` and ``words``; None when it found none."""
        self._looked = found

    def _extend_front(self, number: int, values: Mapping[str, float | None]) -> None:
        numbers = [values.get(name) for name in self.objectives]
        if any(value is None or not math.isfinite(value) for value in numbers):
            return
        signed = zip(numbers, self.directions, strict=True)
        point = tuple(value if direction == "maximize" else -value for value, direction in signed if value is not None)
        if any(dominates(kept, point) for kept in self._front.values()):
            return
        self._front = {n: kept for n, kept in self._front.items() if not dominates(point, kept)}
        self._front[number] = point
