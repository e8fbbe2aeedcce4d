"""How the candidates of one experiment are judged: by which splits, over which column, and why so.

Owns the record that travels with the data, and its words. Refuses to choose (see ``evaluation.validating``) and to see rows (see ``data.parts``):
whoever only says how an experiment is judged loads no pandas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, cast

from automl_lab.core.clock import format_duration

Splitting: TypeAlias = Literal["kfold", "repeated", "holdout", "group", "time", "given"]


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
    def told(self) -> str:
        """The words with the reason, as every display says them."""
        return f"{self.words} ({self.reason})"

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
        """The record as plain JSON values, and under ``told`` what every display says of it."""
        return {**asdict(self), "names": list(self.names), "held_out": list(self.held_out), "told": self.told}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Validation:
        """The inverse of ``to_json``. Raises ``TypeError`` for other keys."""
        known = {key: each for key, each in value.items() if key != "told"}
        return cls(**cast("dict[str, Any]", {**known, "names": tuple(known["names"]), "held_out": tuple(known["held_out"])}))
