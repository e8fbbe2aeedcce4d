"""The key ``split`` of the schema: which rows validate a candidate, as the user says it.

Owns which settings go with which kind of split. Refuses the rest in one line that says what to write; whether a column exists is checked where the data
is known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from automl_lab.core.clock import parse_duration
from automl_lab.core.errors import RequestError

SplitKind = Literal["auto", "kfold", "repeated", "holdout", "group", "time", "given"]
SPLITS: tuple[str, ...] = get_args(SplitKind)

_GOES_WITH = {"repeats": "repeated", "share": "holdout", "window": "time", "gap": "time"}
_COLUMN_NAMES = {"group": "the groups", "time": "the moments", "given": "the folds"}
_COLUMN_EXAMPLES = {"group": "customer", "time": "date", "given": "fold"}


class Split(BaseModel):
    """Which rows validate a candidate. ``split: kfold`` is short for ``split: {kind: kfold}``."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    kind: SplitKind = Field(default="auto", description="auto chooses by the number of rows")
    column: str | None = Field(default=None, description="the column of the groups, of the moments or of the given folds")
    repeats: int | None = Field(default=None, ge=2, le=20, description="of the K folds, for kind repeated; 2 when not given")
    share: float | None = Field(default=None, gt=0, lt=0.5, description="of the training rows that validate, for kind holdout; 0.2 when not given")
    window: float | None = Field(default=None, gt=0, lt=1, description="of the training rows that a fold fits at most, for kind time; all earlier ones without")
    gap: float | str | None = Field(default=None, description="between fitted and validated rows, for kind time: like 7d, a number for a numeric column")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        value = {"kind": value} if isinstance(value, str) else value
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if kind in ("sliding", "expanding"):
            more = ", window: 0.3" if kind == "sliding" else ""
            raise ValueError(f"{kind!r} is a split in time; write it like split: {{kind: time, column: date{more}}}")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Split:
        if self.kind in _COLUMN_NAMES and self.column is None:
            example = f"split: {{kind: {self.kind}, column: {_COLUMN_EXAMPLES[self.kind]}}}"
            raise ValueError(f"{self.kind} needs the column of {_COLUMN_NAMES[self.kind]}; write it like {example}")
        if self.kind not in _COLUMN_NAMES and self.column is not None:
            raise ValueError(f"column {self.column!r} says nothing for kind {self.kind}; is kind group, time or given meant?")
        for key, kind in _GOES_WITH.items():
            if getattr(self, key) is not None and self.kind != kind:
                raise ValueError(f"{key} goes with kind {kind}, not with {self.kind}")
        return self

    @field_validator("gap")
    @classmethod
    def _lasting(cls, gap: float | str | None) -> float | str | None:
        if isinstance(gap, str):
            try:
                parse_duration(gap)
            except RequestError as error:
                raise ValueError(error.message) from None
        elif gap is not None and not 0 <= gap < math.inf:
            raise ValueError(f"a gap is a duration like 7d or a number from 0 on, not {gap!r}")
        return gap
