"""What a running trial is compared with: the best trial that was told when it was asked, and whether its family had shown anything by then.

Fixed at the ask, so that pruning hangs on no timing. Owns these; refuses to prune, which is decided where the trial runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl_lab.evaluation.ranking import Rank


class References:
    """Of one experiment, from the ends that were told and the asks, in their order."""

    def __init__(self) -> None:
        self._best: dict[int | None, tuple[Rank, int]] = {}  # of the trials told, by the rows that were fitted
        self._of: dict[int, int] = {}  # trial -> the best one when it was asked
        self._completed: set[str] = set()  # families of which a completed trial was told
        self._firsts: set[int] = set()  # trials asked before that

    def told(self, row: Mapping[str, Any], rank: Rank) -> None:
        """A completed trial was told."""
        self._completed.add(row["family"])
        if row["rows"] not in self._best or rank > self._best[row["rows"]][0]:
            self._best[row["rows"]] = (rank, row["number"])

    def asked(self, number: int, family: str, rows: int | None) -> None:
        """A trial was asked that is fitted on so many ``rows``."""
        if family not in self._completed:
            self._firsts.add(number)
        if rows in self._best:
            self._of[number] = self._best[rows][1]

    def is_first(self, number: int) -> bool:
        """Whether the trial's family had no completed trial when it was asked."""
        return number in self._firsts

    def folds(self, number: int, rows: Mapping[int, Mapping[str, Any]], objective: str) -> tuple[float, ...] | None:
        """The scores of the folds that this trial is pruned against; None where there are none, or not all."""
        if number not in self._of:
            return None
        scores = [fold.get(objective) for fold in rows[self._of[number]]["folds"]]
        return tuple(score for score in scores if score is not None) if None not in scores else None
