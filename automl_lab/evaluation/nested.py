"""What choosing the best of many trials adds to its validation score: the choice made again for every fold, on the other folds alone.

For each fold the winner is the trial with the best mean over the other folds, and its score on the fold that had no say is counted (Tibshirani and
Tibshirani 2009, there for tuning). It costs no fit, since the folds' scores are known. Owns that estimate; it does not search again: which parameters
were tried, and the weights of an ensemble, still come from all folds. Refuses to choose by a fold it scores, or in time by a later one.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl_lab.data.validation import Validation


@dataclass(frozen=True)
class Nested:
    """``scores`` are one per fold that was held back, ``chosen`` the trials that were chosen without it; ``chosen_by_all`` is the plain winner's mean."""

    chosen: tuple[int, ...]
    scores: tuple[float, ...]
    chosen_by_all: float

    @property
    def estimate(self) -> float:
        """The mean over the folds that were held back, in the unit of the main objective."""
        return statistics.fmean(self.scores)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, the standard deviation over the folds among them."""
        return {
            "estimate": self.estimate,
            "deviation": statistics.stdev(self.scores) if len(self.scores) > 1 else None,
            "chosen": list(self.chosen),
            "scores": list(self.scores),
            "chosen_by_all": self.chosen_by_all,
        }


def nested(rows: Sequence[Mapping[str, Any]], objective: str, direction: str, validation: Validation) -> Nested | None:
    """The estimate over these completed rows by the main objective; None where fewer than two folds can be held back.

    Of repeated folds the first repeat counts: folds of another one hold the same rows. In time a fold is judged by a choice on earlier ones.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    whole: dict[int, list[float]] = {}
    for row in sorted(rows, key=lambda row: int(row["number"])):
        scores = [fold.get(objective) for fold in row["folds"][: validation.folds]]
        if len(scores) == validation.folds and None not in scores:
            whole[row["number"]] = scores
    held = range(1, validation.folds) if validation.kind == "time" else range(validation.folds)
    if not whole or len(held) < 2:
        return None

    def best(folds: Sequence[int]) -> int:
        return max(whole, key=lambda number: sign * statistics.fmean(whole[number][fold] for fold in folds))

    chosen = [best([fold for fold in range(validation.folds) if (fold < turn if validation.kind == "time" else fold != turn)]) for turn in held]
    plain = best(list(held))
    return Nested(
        tuple(chosen), tuple(whole[number][turn] for number, turn in zip(chosen, held, strict=True)), statistics.fmean(whole[plain][turn] for turn in held)
    )
