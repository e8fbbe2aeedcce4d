"""What the makers of candidates may know of the data: its columns by kind and its size, never its rows.

Owns the kinds of columns and the `Profile` that families and feature steps build from. Refuses values of the data other than one
example per column, so that nothing fitted can reach a pipeline through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias, cast

Kind: TypeAlias = Literal["numeric", "categorical", "boolean", "datetime", "text", "identifier", "constant"]
Task: TypeAlias = Literal["binary", "multiclass", "regression"]
Label: TypeAlias = str | int | bool
Device: TypeAlias = Literal["cpu", "cuda"]

KINDS: tuple[Kind, ...] = ("numeric", "categorical", "boolean", "datetime", "text", "identifier", "constant")
TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")
LEFT_OUT: frozenset[Kind] = frozenset({"identifier", "constant"})


@dataclass(frozen=True)
class Column:
    """One column as it was understood.

    ``dtype`` is the canonical one ("int64", "float64", "str", "datetime64[us]"); ``missing`` a share from 0 to 1; ``unique`` counts the
    distinct values that are there; ``example`` is one value as text (None when all are missing). ``written`` says how text was read as
    numbers or dates ("," for a decimal comma, a strptime format or "ISO8601"), None when no reading was needed.
    """

    name: str
    kind: Kind
    dtype: str
    missing: float
    unique: int
    example: str | None
    written: str | None = None

    @property
    def usable(self) -> bool:
        """Whether candidates may use it: identifiers and constants are left out."""
        return self.kind not in LEFT_OUT

    def to_json(self) -> dict[str, Any]:
        """The column as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Column:
        """The inverse of ``to_json``. Raises ``TypeError`` for other keys and ``ValueError`` for an unknown kind."""
        if value["kind"] not in KINDS:
            raise ValueError(f"unknown kind of column {value['kind']!r}")
        return cls(**cast("dict[str, Any]", dict(value)))


@dataclass(frozen=True)
class Profile:
    """What a family or a feature step builds from. ``columns`` are the usable features only, in the order of the data.

    ``classes`` are the sorted labels (None for regression), ``rows`` all rows of the data, ``threads`` the cores one trial may use,
    ``gpus`` the share of a GPU (0 to 1) that one trial of a family that can use it is granted. ``imbalance`` is how many rows the most
    frequent class has for each row of the rarest, 1.0 for regression or where it is not known. ``ranges`` are the user's, by full name of a
    parameter: a list of two numbers or of options, or the one value that it is to have.
    """

    task: Task
    classes: tuple[Label, ...] | None
    rows: int
    columns: tuple[Column, ...]
    seed: int
    threads: int
    gpus: float = 0.0
    imbalance: float = 1.0
    ranges: Mapping[str, Any] = field(default_factory=dict)

    @property
    def device(self) -> Device:
        """Where a model that can use a GPU is trained."""
        return "cuda" if self.gpus > 0 else "cpu"

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Names of the columns of any of these kinds, in the order of the data."""
        return [column.name for column in self.columns if column.kind in kinds]
