"""What a column means: its kind, inferred from its values and its name, or as the user says.

Owns the rules of inference and what is said about a column while it is understood. Refuses to look at the target or at other columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_lab.core.errors import RequestError
from automl_lab.data.dataset import Finding
from automl_lab.data.plain import Plain, Values, as_text, plain
from automl_lab.data.profile import Column, Kind
from automl_lab.data.values import MISSING_WORDS, TOLERANCE, TRUTH_PAIRS, as_moments, as_numbers, as_truth, date_formats, looks_like_numbers

# Whole numbers written as text with at most so many values are taken as codes: somebody made them text on purpose.
FEW_CODES = 20
# Fewer rows than these say nothing about whether values are distinct by chance.
MANY_ROWS = 20

_ID_NAME = re.compile(r"(?i:(^|.*[_\-. ])(id|ids|uuid|guid|rowid|rownames?|row_?(number|nr|num|no))$|unnamed: \d+$|index$|level_\d$)|.*[a-z]I[Dd]$")
_DAY_OR_MONTH = {"%d/%m": "%m/%d", "%m/%d": "%d/%m", "%d-%m": "%m-%d", "%m-%d": "%d-%m"}


Read: TypeAlias = tuple[Values, str | None, tuple[str, ...]]


@dataclass(frozen=True)
class Understood:
    """A column with its canonical values and what is worth knowing about it."""

    column: Column
    values: Values
    findings: tuple[Finding, ...]


def understand(series: Values, asked: Kind | None = None) -> Understood:
    """Infer the kind of a column (or take the one asked for) and make its values canonical.

    Canonical dtypes: numeric int64 or float64; datetime datetime64[us] in UTC without a zone; boolean, categorical, text and identifier
    ``str`` with NaN for missing. Raises ``RequestError`` when the values cannot be of the kind asked for.
    """
    name = str(series.name)
    source = plain(series)
    kind, read = (asked, None) if asked else infer(name, source)
    values, written, unread = read or canonical(source, kind)
    if asked and unread:
        raise RequestError(f"column {name!r} cannot be {asked}: {unread[0]!r} is no {_things(asked)[:-1]}", path=("columns", name))
    there = values.dropna()
    example = None if there.empty else str(as_text(there.iloc[:1]).iloc[0])
    missing = 1 - len(there) / len(values) if len(values) else 0.0
    column = Column(name, kind, str(values.dtype), round(missing, 6), int(there.nunique()), None if example is None else example[:80], written)
    return Understood(column, values, tuple(_said(column, source, there, unread, bool(asked))))


def canonical(source: Plain, kind: Kind, written: str | None = None) -> Read:
    """The values of a plain column as its kind has them, how text was read (see ``Column.written``) and what could not be read."""
    if kind == "numeric":
        return as_numbers(source, written)
    if kind == "datetime":
        return as_moments(source, written)
    if kind == "boolean":
        return as_truth(source), None, ()
    if kind == "text":
        return (source.values.where(source.values.str.strip() != "", np.nan) if source.form == "text" else as_text(source.values)), None, ()
    if kind == "constant" and source.form in ("number", "moment"):
        return source.values, None, ()
    return as_text(source.values), None, ()


def infer(name: str, source: Plain) -> tuple[Kind, Read | None]:
    """The kind of a plain column of that name, with its canonical values where they had to be read to know."""
    values = source.values if source.form in ("number", "moment") else as_text(source.values)
    there = values.dropna()
    distinct = pd.unique(there)
    if len(distinct) == 0 or (len(distinct) == 1 and len(there) == len(values)):
        return "constant", None
    if source.form == "number":
        return ("identifier" if _counts_rows(name, values, len(distinct)) else "numeric"), None
    if source.form == "moment":
        return "datetime", None
    words = np.asarray(distinct, dtype=object)
    if source.form == "truth" or _says_truth(words):
        return "boolean", None
    read = _read_as(source, there, words) if source.form == "text" else None
    return read or (_of_text(name, there, words), None)


def _says_truth(words: NDArray[Any]) -> bool:
    # Two words in all their cases: no column of more distinct values can be one.
    return len(words) <= 16 and any({word.casefold() for word in words} <= pair for pair in TRUTH_PAIRS)


def _read_as(source: Plain, there: Values, words: NDArray[Any]) -> tuple[Kind, Read] | None:
    """Numeric or datetime when text is nothing else."""
    kind: Kind = "numeric"
    if looks_like_numbers(words) and not _codes(words):
        read = as_numbers(source, None)
    # Digits alone are numbers or codes; a date of eight digits has to be asked for.
    elif not all(word.isdigit() for word in words[:50]) and date_formats(words):
        kind, read = "datetime", as_moments(source, None)
    else:
        return None
    meant = int((~there.str.casefold().isin(MISSING_WORDS)).sum())
    return (kind, read) if read[0].notna().sum() >= (1 - TOLERANCE) * meant else None


def _codes(words: NDArray[Any]) -> bool:
    """Whether texts that read as numbers are codes: leading zeros, a few whole numbers, or long digits of one length that hardly repeat."""
    texts = pd.Series(words, dtype="str")
    if texts.str.fullmatch("0[0-9]+").any():
        return True
    if not texts.str.fullmatch("[+-]?[0-9]+").all():
        return False
    return len(texts) <= FEW_CODES or (len(texts) >= MANY_ROWS and len(words[0]) >= 5 and texts.str.len().nunique() == 1)


def _of_text(name: str, there: Values, words: NDArray[Any]) -> Kind:
    """Text, identifier or categorical, by how long the texts are and how seldom they repeat."""
    share = len(words) / len(there)
    sample = words[:: max(1, len(words) // 500)]
    length = float(np.mean([len(word.split()) for word in sample]))
    if _ID_NAME.fullmatch(name) and share >= 0.5 and len(there) >= MANY_ROWS and length < 3:
        return "identifier"
    if (length >= 5 and share >= 0.8) or (length >= 3 and share >= 0.5 and len(words) >= MANY_ROWS) or (length >= 8 and len(words) >= 50):
        return "text"
    return "identifier" if share >= 0.95 and len(there) >= MANY_ROWS else "categorical"


def _counts_rows(name: str, values: Values, distinct: int) -> bool:
    """Whether numbers only number the rows: 0, 1, 2, … in order, or whole numbers that hardly repeat under the name of an identifier."""
    there = values.dropna().to_numpy()
    if len(there) < MANY_ROWS or distinct < 0.9 * len(there) or not bool((there == np.floor(there)).all()):
        return False
    in_order = len(there) == len(values) and there[0] in (0, 1) and bool((np.diff(there) == 1).all())
    return in_order or _ID_NAME.fullmatch(name) is not None


def _said(column: Column, source: Plain, there: Values, unread: tuple[str, ...], asked: bool) -> list[Finding]:
    name, said = column.name, []
    if there.empty:
        return [Finding("warning", name, "no value at all; left out")]
    if column.missing:
        said.append(Finding("warning" if column.missing >= 0.5 else "info", name, f"{_percent(column.missing)} missing"))
    if column.kind == "constant":
        said.append(Finding("warning", name, f"one value only ({column.example}); left out"))
    if column.kind == "identifier" and not asked:
        said.append(Finding("warning", name, f"looks like an identifier ({column.unique} distinct values); left out"))
    if source.note:
        said.append(Finding("warning", name, f"holds {source.note}"))
    if unread:
        more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        said.append(Finding("warning", name, f"{unread[0]!r}{more} cannot be read as {_things(column.kind)}; taken as missing"))
    if column.written:
        said.append(Finding("info", name, _reading(column)))
    if column.kind == "datetime" and column.written and _either_way(source, column.written, unread):
        said.append(Finding("warning", name, f"day and month cannot be told apart; read as {column.written}, so {column.example}"))
    return said


def _reading(column: Column) -> str:
    how = {".": "", ",": " with a decimal comma", "ISO8601": ""}.get(column.written or "", f" written as {column.written}")
    return f"text read as {_things(column.kind)}{how}"


def _either_way(source: Plain, written: str, unread: tuple[str, ...]) -> bool:
    """Whether the dates read as well with day and month exchanged."""
    other = next((written.replace(first, second) for first, second in _DAY_OR_MONTH.items() if first in written), None)
    if other is None:
        return False
    moments, _, left = as_moments(source, other)
    return bool(moments.notna().any()) and len(left) <= len(unread)


def _things(kind: Kind) -> str:
    return {"numeric": "numbers", "datetime": "dates"}.get(kind, "values")


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "under 0.1%"
