"""Which trials may be members of an ensemble, on how many rows it would be fitted, and what its last fits are expected to take.

Owns the pool to choose from and its costs. Refuses to choose: that is done on a worker, from out-of-fold predictions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from automl_lab.data.dataset import Dataset
from automl_lab.evaluation.ensembles.layers import FITS
from automl_lab.evaluation.ensembles.recipe import Combination, Member, together
from automl_lab.evaluation.sampling import fold_seconds
from automl_lab.experiment.board import Board
from automl_lab.experiment.steering import pinned
from automl_lab.models.family import FAMILIES

ENSEMBLE = "ensemble"
MOST_OTHERS, MOST_ALIKE = 9, 3  # trials to choose from besides the best of each family, and of one family while there are others
REFITS = 1.8  # of the training rows, at once with the fit on all rows, which is 1.25 of it; beside each other they take longer
IN_TURN = 2.4  # likewise on one core, one after the other
ONCE = 1.3  # likewise, where rows are a sample: it is scored, and fitted on all rows only if there happens to be time
HALF_A_GPU = 0.5  # of one trial: with more than that no other has its share beside it
STORING = 2.0  # seconds: the best trial is scored, two models are stored, and what they cost is measured
STORING_ONE = 1.0  # likewise, where the best trial was fitted and stored in the search
SECONDS_PER_GB = 50.0  # of both models: written, hashed, sent and kept


@dataclass(frozen=True)
class Pool:
    """Trials to combine, the best first. ``rows`` is what a fit of them has of the training rows, the most that one of them had; None for all."""

    members: tuple[Member, ...] = ()
    rows: int | None = None
    fits: float = 1.0  # of each member, in one fit of them all

    def refits(self, cores: int) -> float:
        """What the last fits take where estimators are fitted on so many ``cores``, in fits of all members."""
        whole = REFITS if cores > 1 else IN_TURN
        return self.fits * (whole if self.rows is None else ONCE)

    @property
    def fit_seconds(self) -> float:
        """What one fit of them all costs."""
        return self.fits * math.fsum(float(each.values["fit_seconds"] or 0.0) for each in self.members)

    def fitting(self, cores: int) -> float:
        """Seconds that the last fits are expected to take on so many cores."""
        return self.refits(cores) * together(self.members, self.beside(cores))

    def beside(self, cores: int) -> int:
        """Members that are fitted at a time: the fit on all rows has half of the cores, where there is one."""
        return max(1, cores // 2) if self.rows is None else cores


class Members:
    """The trials of one experiment, as members of an ensemble."""

    def __init__(self, board: Board, dataset: Dataset) -> None:
        self.board, self.dataset = board, dataset

    def pool(self) -> Pool:
        """The best trials by validation, few of each family, and the best of every family; of equal sources one.

        The best of all are often one family's, a step apart from each other, and their average is hardly another model.
        """
        completed = [row for row in self.board.rows.values() if row["state"] == "COMPLETED" and row["family"] != ENSEMBLE]
        gone_on = {row["parent"] for row in completed}  # a candidate counts once, with most rows
        rows = [row for row in completed if row["number"] not in gone_on]
        ranked = [(rank, -row["number"], row) for row in rows if (rank := self._rank(row)) is not None]
        order = [row for *_, row in sorted(ranked, key=lambda each: each[:2], reverse=True)]
        kept, wanted = different(order), set(pinned(self.board.record))
        numbers = {row["number"] for row in kept}
        return self._pool([row for row in order if row["number"] in numbers | wanted])

    def of(self, combination: Combination) -> Pool:
        """The trials of a combination."""
        pool = self._pool([self.board.rows[trial] for trial in combination.weights])
        return replace(pool, fits=FITS if combination.method == "layers" else 1.0)

    def delivering(self, trial: int) -> float:
        """Seconds that a fit of this trial on all rows is expected to take, the holdout's included."""
        validation = self.dataset.validation
        return validation.whole * fold_seconds(self.dataset, self.board.rows[trial]) / (1 - validation.holdout) + STORING_ONE

    def predicting(self, pool: Pool) -> float:
        """Seconds that they take for the holdout."""
        each = sum(float(member.values["predict_ms"] or 0.0) for member in pool.members) / 1000
        return each * self.dataset.rows * self.dataset.validation.holdout / 1000

    def _pool(self, rows: Sequence[Mapping[str, Any]]) -> Pool:
        fitted = [row["rows"] for row in rows]
        most = None if None in fitted else max(fitted, default=None)
        return Pool(tuple(self._member(row, most) for row in rows), most)

    def _member(self, row: Mapping[str, Any], rows: int | None) -> Member:
        """A candidate with its costs on so many rows, whatever it was tried on."""
        seconds, standing = fold_seconds(self.dataset, row, rows), self.board.standing
        known = dict.fromkeys([*standing.objectives, *(limit.objective for limit in standing.constraints), "predict_ms", "model_kb"])
        return Member(
            trial=row["number"],
            predictions=row["predictions"],
            values={**{name: row["values"].get(name) for name in known}, "fit_seconds": seconds},
            seconds=seconds if rows else self.dataset.validation.whole * seconds,
            family=row["family"],
            folds=tuple(row["folds"]),
            storing=SECONDS_PER_GB * self._kilobytes(row) / 2**20 / REFITS,
        )

    def _kilobytes(self, row: Mapping[str, Any]) -> float:
        """The size of the row's model; of one that was never stored the largest of its family."""
        known = row["values"].get("model_kb")
        alike = [row] if known else [each for each in self.board.rows.values() if each["family"] == row["family"]]
        return max((float(each["values"].get("model_kb") or 0.0) for each in alike), default=0.0)

    def _rank(self, row: Mapping[str, Any]) -> Any:
        if row["predictions"] is None:
            return None
        if not FAMILIES[row["family"]].wants.prepared:  # a constant adds nothing to an average
            return None
        return self.board.standing.rank(row["values"])


def members_of(row: Mapping[str, Any], rows: Mapping[int, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of the trials that an ensemble's row names among its parameters (``family_number``); none for any other row."""
    names = [key.rpartition("_") for key in row["params"]] if row["family"] == ENSEMBLE else []
    return [rows[int(number)] for family, _, number in names if number.isdecimal() and rows.get(int(number), {}).get("family") == family]


def different(ranked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of rows, the best first, so many as are worth choosing from, in their order."""
    families: Counter[str] = Counter()
    places: dict[str, tuple[bool, bool, int]] = {}  # by source: what a row is passed over for, and its place
    for place, row in enumerate(ranked):
        if row["source"] not in places:
            families[row["family"]] += 1
            places[row["source"]] = (families[row["family"]] > 1, families[row["family"]] > MOST_ALIKE, place)
    firsts = [place for again, _, place in places.values() if not again]
    others = sorted((alike, place) for again, alike, place in places.values() if again)
    few = [place for _, place in others[:MOST_OTHERS]]
    return [ranked[place] for place in sorted(firsts + few)]
