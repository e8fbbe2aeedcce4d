"""How the candidates of one experiment are judged: by which splits, over which column, and why so.

Owns the record that travels with the data, its words, and whether rows suffice for it. Refuses to choose: see ``evaluation.validating``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_lab.core.clock import format_duration
from automl_lab.core.errors import RequestError
from automl_lab.data import split
from automl_lab.data.profile import Task

Splitting: TypeAlias = Literal["kfold", "repeated", "holdout", "group", "time", "given"]
Rows: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True)
class Validation:
    """How rows are split. What a kind does not know keeps its default.

    ``folds`` are those of one repeat; ``holdout`` and ``share`` (the validation rows of kind "holdout") are shares of the rows that are split; ``column``
    holds groups, moments or names; ``window`` is a share of the training rows, ``gap`` is in seconds where ``column`` is ``dated``, else in its
    unit; ``names`` are those of the given folds in their order, ``held_out`` those of the given holdout. ``fitted`` is the mean share of the
    training rows that one fold fits, ``reason`` says in one line why it is done so.
    """

    kind: Splitting = "kfold"
    folds: int = 5
    repeats: int = 1
    holdout: float = 0.2
    share: float = 0.2
    column: str | None = None
    window: float = 1.0
    gap: float = 0.0
    dated: bool = True
    names: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    fitted: float = 0.8
    reason: str = "the default"

    @property
    def fits(self) -> int:
        """How often a candidate is fitted to be scored."""
        return self.folds * self.repeats

    @property
    def whole(self) -> float:
        """What a fit on all training rows takes, in fits of a fold; time is taken to grow with the rows."""
        return 1 / self.fitted

    @property
    def held(self) -> bool:
        """Whether rows are held out for the final score."""
        return self.holdout > 0

    @property
    def words(self) -> str:
        """The whole of it in one line: ``5 folds, 20% of the rows held out``."""
        return f"{self._folds()}; {self._holdout()}"

    def _folds(self) -> str:
        by = f" by {self.column!r}"
        if self.kind == "holdout":
            return f"one validation part of {self.share:.0%} of the training rows"
        if self.kind == "repeated":
            return f"{self.folds} folds, {self.repeats} times"
        if self.kind == "group":
            return f"{self.folds} folds of whole groups{by}"
        if self.kind == "given":
            return f"the fold{'s' if self.folds > 1 else ''} given{by} ({', '.join(self.names[:10])}{', …' if self.folds > 10 else ''})"
        if self.kind == "time":
            way = "on all earlier rows" if self.window == 1 else f"on the latest {self.window:.0%} of the rows before them"
            gap = f", a gap of {self.gap_words} between" if self.gap else ""
            return f"{self.folds} folds in the order of {self.column!r}, each fitted {way}{gap}"
        return f"{self.folds} folds"

    @property
    def gap_words(self) -> str:
        """The gap as it is read: a duration, or a number for a column of numbers."""
        days = self.gap / 86_400
        return f"{self.gap:g}" if not self.dated else f"{days:g} days" if days >= 2 else format_duration(self.gap)

    def _holdout(self) -> str:
        if not self.held:
            return "no holdout: the estimate is the out-of-fold one"
        share = f"{self.holdout:.0%} of the rows" if self.holdout >= 0.01 else f"{self.holdout:.1%} of the rows"
        which = {"group": ", whole groups,", "time": ", the latest,", "given": f" ({', '.join(map(repr, self.held_out))})"}.get(self.kind, "")
        return f"{share}{which} held out"

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return {**asdict(self), "names": list(self.names), "held_out": list(self.held_out)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Validation:
        """The inverse of ``to_json``. Raises ``TypeError`` for other keys."""
        known = dict(value)
        return cls(**cast("dict[str, Any]", {**known, "names": tuple(known["names"]), "held_out": tuple(known["held_out"])}))

    # The rows -----------------------------------------------------------------------------------------------------------------------------

    def split(self, y: pd.Series, marks: pd.Series | None, seed: int, *, stratify: bool) -> Rows:
        """Positions of the training rows and of the holdout; ``marks`` are the values of ``column``. evaluate.py does the same."""
        if self.kind == "group":
            return split.split_groups(y, _known(marks), share=self.holdout, seed=seed, stratify=stratify)
        if self.kind == "time":
            return split.split_times(_known(marks), share=self.holdout, gap=self.gap)
        if self.kind == "given":
            return split.split_named(_known(marks), held_out=list(self.held_out))
        return split.split_rows(y, share=self.holdout, seed=seed, stratify=stratify)

    def parts(self, y: pd.Series, marks: pd.Series | None, seed: int, *, stratify: bool) -> list[Rows]:
        """Positions to fit and to validate of every fold, among the training rows that are given. evaluate.py does the same."""
        if self.kind == "holdout":
            return [split.split_rows(y, share=self.share, seed=seed, stratify=stratify)]
        if self.kind == "group":
            return split.fold_groups(y, _known(marks), folds=self.folds, seed=seed, stratify=stratify)
        if self.kind == "time":
            return split.fold_times(_known(marks), folds=self.folds, window=self.window, gap=self.gap)
        if self.kind == "given":
            return split.fold_named(_known(marks), folds=list(self.names))
        return split.repeated_rows(y, folds=self.folds, repeats=self.repeats, seed=seed, stratify=stratify)


def _known(marks: pd.Series | None) -> pd.Series:
    if marks is None:
        raise ValueError("a split by a column needs its values")
    return marks


def check_rows(y: Any, task: Task, *, folds: int, holdout: float) -> None:
    """Raise ``RequestError`` unless this canonical target has a row for the holdout (a share of the rows; 0: none) and for every fold by chance."""
    stratify = task != "regression"
    training, held = split.split_rows(y, share=holdout, seed=0, stratify=stratify)
    if holdout and not len(held):
        raise RequestError(f"{len(training)} rows are too few to hold out {holdout:.0%} of them", path=("holdout",))
    scored = len(split.shuffled_rows(np.asarray(y)[training], seed=0, stratify=stratify))
    if scored < folds:
        alone = f" ({len(training) - scored} more are alone in their class)" if scored < len(training) else ""
        advice = f"set folds: {scored} or bring more rows" if scored >= 2 else "bring more rows"
        raise RequestError(f"{scored} training rows{alone} are fewer than the {folds} folds; {advice}", path=("folds",))
