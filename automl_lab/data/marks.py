"""The column that says how rows are split: groups, moments, or the folds themselves.

Owns what such a column may hold and that groups and folds are no features. Refuses rows that it leaves open: they would have to be guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import pandas as pd

from automl_lab.core.errors import RequestError, nearest
from automl_lab.data.dataset import Finding
from automl_lab.data.kinds import Understood, understand
from automl_lab.data.plain import Values, plain
from automl_lab.data.profile import Kind

Role: TypeAlias = Literal["group", "time", "given"]

_SAID = {"group": "holds the groups of the split", "time": "orders the rows in time", "given": "names the folds of the split"}
_LACK = {"group": "no group", "time": "no moment", "given": "no fold"}


@dataclass(frozen=True)
class Mark:
    """A column of the user's and what it says of the split."""

    column: str
    role: Role


def check_mark(mark: Mark, table: pd.DataFrame, target: str) -> None:
    """Raise ``RequestError`` unless the column is there and is not the target."""
    names = [str(name) for name in table.columns]
    if mark.column not in names:
        others = [name for name in names if name != target]
        raise RequestError(f"no column {mark.column!r}{nearest(mark.column, others)}", path=("split", "column"))
    if mark.column == target:
        raise RequestError(f"{mark.column!r} is the target; a split by it would sort the answers", path=("split", "column"))


def understand_mark(series: Values, role: Role, asked: Kind | Literal["drop"] | None) -> Understood:
    """The column as the split needs it. Groups and folds are identifiers, which no candidate sees; moments may stay a feature.

    Raises ``RequestError`` for a column that has no order in time, for missing values and for a kind that would make a feature of groups or folds.
    """
    name = str(series.name)
    if role == "time":
        known = _in_time(series, asked)
    else:
        if asked not in (None, "drop", "identifier"):
            raise RequestError(f"{name!r} {_SAID[role]}, which no candidate sees; leave it out of columns", path=("columns", name))
        known = understand(series, "identifier")
    missing = int(known.values.isna().sum())
    if missing:
        rows = f"{missing:,} rows have" if missing > 1 else "one row has"
        raise RequestError(f"{rows} {_LACK[role]} in {name!r}; fill it in, or leave these rows out", path=("split", "column"))
    said = _SAID[role] + ("" if known.column.usable else f" ({known.column.unique:,} distinct values); no candidate sees it")
    return replace(known, findings=(*(each for each in known.findings if "left out" not in each.text), Finding("info", name, said)))


def _in_time(series: Values, asked: Kind | Literal["drop"] | None) -> Understood:
    name = str(series.name)
    kind: Kind | None = None if asked == "drop" else asked
    known = understand(series, kind)
    if known.column.kind in ("identifier", "constant") and plain(series).form == "number":
        known = _hidden(understand(series, "numeric"))
    if known.column.kind not in ("datetime", "numeric") and not (known.column.kind == "identifier" and known.column.dtype != "str"):
        example = f" ({known.column.example})" if known.column.example else ""
        raise RequestError(
            f"column {name!r} is {known.column.kind}{example} and has no order in time; a time column holds dates or numbers", path=("split", "column")
        )
    return _hidden(known) if asked == "drop" else known


def _hidden(known: Understood) -> Understood:
    """The same values in a column that is no feature."""
    return replace(known, column=replace(known.column, kind="identifier"))
