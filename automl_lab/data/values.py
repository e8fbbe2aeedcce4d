"""How text is read as numbers, dates and truth values.

Owns every rule of that reading, so that training rows and new rows are read alike. Refuses to decide what a column means: that is ``kinds``.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_lab.core.errors import RequestError
from automl_lab.data.plain import Plain, Values, as_text, distinct, renamed, spread

MISSING_WORDS = frozenset({"", "?", "-", "--", ".", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "unknown", "missing"})
TRUTH_PAIRS = (frozenset({"true", "false"}), frozenset({"yes", "no"}), frozenset({"y", "n"}), frozenset({"t", "f"}), frozenset({"on", "off"}))
TRUTH_WORDS = frozenset().union(*TRUTH_PAIRS)
# Up to this share of values may be unreadable as numbers or dates; they count as missing. Real tables have a few broken cells.
TOLERANCE = 0.05

_DATE_FORMATS = (
    *(
        f"{day}{time}"
        for day in ("%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y")
        for time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
    ),
    *("%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%Y-%b-%d", "%Y%m%d"),
)
_DATE_LIKE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,4}[./-](\d{1,2}|[A-Za-z]{3})[./-]\d{1,4}( .*)?"
    r"|\d{1,2} [A-Za-z]{3,9} \d{4}|[A-Za-z]{3,9} \d{1,2},? \d{4}"
)
_NUMBER_MARKS = re.compile(r"^[$€£¥]\s?|\s?[%€$£]$|(?<=\d)[ '’\u00a0\u202f](?=\d{3})")
_MARKED = "[$€£¥% '’\u00a0\u202f−]"
_DECIMAL_POINT = r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)?(\.[0-9]*)?([eE][+-]?[0-9]+)?"
_DECIMAL_COMMA = r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)?(,[0-9]*)?([eE][+-]?[0-9]+)?"


def as_truth(column: Plain) -> Values:
    """The values as labels of a truth column: known words ("yes", "TRUE") are written alike ("Yes", "True"), others stay as they are."""
    values = as_text(column.values)
    known, codes = distinct(values)
    return spread(np.array([word.capitalize() if word.casefold() in TRUTH_WORDS else word for word in known], dtype=object), codes, values)


def as_numbers(column: Plain, written: str | None) -> tuple[Values, str | None, tuple[str, ...]]:
    """Numbers (int64 or float64), the mark by which text was read ("." or ","; None when it was no text) and examples of what is no number.

    ``written`` fixes the mark; None finds it: the comma when it reads more of the values.
    """
    if column.form == "number":
        return column.values, None, ()
    if column.form == "moment":
        raise RequestError(f"column {str(column.values.name)!r} holds dates, which are no numbers", path=("columns", str(column.values.name)))
    if column.form == "truth":
        return (column.values == "True").astype("float64").where(column.values.notna(), np.nan), None, ()
    values = as_text(column.values)
    known, codes = distinct(values)
    read = {mark: _read_numbers(known, mark) for mark in ([written] if written else [".", ","])}
    mark = max(read, key=lambda each: int(np.isfinite(read[each]).sum()))
    numbers = pd.Series(_taken(read[mark], codes), index=values.index, name=values.name)
    whole = bool(len(numbers)) and bool(numbers.notna().all()) and bool((numbers == np.floor(numbers)).all()) and bool((numbers.abs() < 2**53).all())
    return numbers.astype("int64") if whole else numbers, mark, _unread(known, np.isfinite(read[mark]))


def _read_numbers(texts: NDArray[Any], mark: str) -> NDArray[np.float64]:
    form, grouping = (_DECIMAL_POINT, ",") if mark == "." else (_DECIMAL_COMMA, ".")
    cleaned: Values = pd.Series(texts, dtype="str")
    marked = cleaned.str.contains(_MARKED)
    if marked.any():
        cleaned[marked] = [_NUMBER_MARKS.sub("", text.replace("−", "-")) for text in cleaned[marked]]
    fits = cleaned.str.fullmatch(form) & cleaned.str.contains("[0-9]")
    ready = cleaned.where(fits, np.nan).str.replace(grouping, "", regex=False).str.replace(mark, ".", regex=False)
    numbers = pd.to_numeric(ready, errors="coerce").to_numpy(dtype="float64")
    return np.where(np.isfinite(numbers), numbers, np.nan)


def as_moments(column: Plain, written: str | None) -> tuple[Values, str | None, tuple[str, ...]]:
    """Moments (datetime64[us], UTC), the format by which text was read (None when it was no text) and examples of what is no date.

    ``written`` fixes the format; None finds the one that reads most.
    """
    if column.form == "moment":
        return column.values, None, ()
    values = as_text(column.values)
    known, codes = distinct(values)
    texts = pd.Series(known, dtype="str")
    read = {form: _read_moments(texts, form) for form in ([written] if written else date_formats(known) or ["ISO8601"])}
    form = max(read, key=lambda each: int(read[each].notna().sum()))
    return renamed(read[form].reindex(codes).set_axis(values.index), values), form, _unread(known, read[form].notna().to_numpy())


def _read_moments(texts: Values, form: str) -> Values:
    read = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
    return read.dt.tz_localize(None).astype("datetime64[us]")


def date_formats(texts: NDArray[Any]) -> list[str]:
    """The formats that read nearly all of a sample of 200 of these distinct texts, the likeliest first."""
    sample = _sample(texts)
    needed = (1 - TOLERANCE) * len(sample)
    if not len(sample) or sum(text.isdigit() or _DATE_LIKE.fullmatch(text) is not None for text in sample) < needed:
        return []
    if sample.str.isdigit().all():
        formats = ["%Y%m%d"]
    else:
        marks = {_marks(text) for text in sample}
        formats = ["ISO8601", *(form for form in _DATE_FORMATS if _marks(form) in marks)]
    return [form for form in formats if int(_read_moments(sample, form).notna().sum()) >= needed]


def _marks(text: str) -> str:
    """The marks between the parts of a date or of a format: a format whose marks no value has is not worth trying."""
    return "".join(mark for mark in "/.-:," if mark in text)


def looks_like_numbers(texts: NDArray[Any]) -> bool:
    """Whether a sample of 200 of these distinct texts reads as numbers nearly throughout."""
    sample = [_NUMBER_MARKS.sub("", text.replace("−", "-")) for text in _sample(texts)]
    read = max(sum(form.fullmatch(text) is not None for text in sample) for form in (re.compile(_DECIMAL_POINT), re.compile(_DECIMAL_COMMA)))
    return bool(sample) and read >= (1 - 2 * TOLERANCE) * len(sample)


def _sample(texts: NDArray[Any]) -> Values:
    return pd.Series([text for text in texts[:: max(1, len(texts) // 200)] if text.casefold() not in MISSING_WORDS], dtype="str")


def _unread(known: NDArray[Any], read: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(str(text) for text in known[~read] if str(text).casefold() not in MISSING_WORDS)


def _taken(distinct: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.append(distinct, np.nan)[codes]
