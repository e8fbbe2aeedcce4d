"""What a column holds, whatever dtype it came in, in one of five plain forms.

Owns the dtypes of pandas: nullable, categorical, sparse, Arrow, zoned, object columns of Python values. Refuses to read text as anything
else: that is ``values``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl_lab.core.errors import RequestError

Values: TypeAlias = "pd.Series[Any]"
Form: TypeAlias = Literal["number", "truth", "moment", "text", "category"]


@dataclass(frozen=True)
class Plain:
    """A column in one of five forms.

    "number" is int64 or float64 (infinite is missing), "moment" datetime64[us] in UTC without a zone, the others are ``str`` with NaN
    for what is missing: "truth" holds "True" and "False", "text" is untouched, "category" comes from a column declared categorical.
    ``note`` says in a few words what had to be done, None for nothing.
    """

    values: Values
    form: Form
    note: str | None = None


def plain(series: Values) -> Plain:
    """The column in its plain form. Raises ``RequestError`` for complex numbers."""
    for belongs, read in _DTYPES:
        if belongs(series.dtype):
            return read(series)
    objects = series.astype(object)
    return _OBJECTS.get(pd.api.types.infer_dtype(objects, skipna=True), _mixed)(objects)


def as_text(values: Values) -> Values:
    """Plain values as labels: text without blanks around it, whole numbers without a point, dates in ISO form; blank is missing."""
    if values.dtype.kind in "iuf":
        known, codes = distinct(values)
        return spread(np.array([_written(value) for value in known.tolist()], dtype=object), codes, values)
    if values.dtype.kind == "M":
        known, codes = distinct(values)
        return spread(np.array([pd.Timestamp(value).isoformat() for value in known], dtype=object), codes, values)
    stripped = values.str.strip()
    return stripped.where(stripped != "", np.nan)


def distinct(values: Values) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The distinct values that are there and, per row, the position of its value among them (-1 for missing)."""
    codes, known = pd.factorize(values)
    return (np.asarray(known) if values.dtype.kind in "iufM" else np.asarray(known, dtype=object)), codes


def spread(known: NDArray[Any], codes: NDArray[np.intp], like: Values) -> Values:
    """Distinct texts given back to their rows as ``str``, missing where the code is -1."""
    return renamed(pd.Series(known, dtype="str").reindex(codes).set_axis(like.index), like)


def renamed(values: Values, like: Values) -> Values:
    """``values`` under the name of ``like``."""
    values.name = like.name
    return values


def _written(value: Any) -> str | None:
    """One value as text: whole floats lose their ``.0`` so that 1, 1.0 and "1" are one label."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _truth(series: Values) -> Plain:
    truth = series.astype("boolean")
    return Plain(truth.astype("str").where(truth.notna(), np.nan), "truth")


def _numbers(series: Values) -> Plain:
    if pd.api.types.is_integer_dtype(series.dtype) and not series.isna().any() and (series.empty or int(series.max()) < 2**63):
        return Plain(series.astype("int64"), "number")
    real = series.astype("float64")
    infinite = int(np.isinf(real.to_numpy()).sum())
    if not infinite:
        return Plain(real, "number")
    return Plain(real.where(~np.isinf(real), np.nan), "number", f"infinite values ({infinite}), taken as missing")


def _python_numbers(series: Values) -> Plain:
    whole = series.map(lambda value: isinstance(value, (int, np.integer)))
    small = whole.all() and bool(series.map(lambda value: -(2**63) <= value < 2**63).all())
    return _numbers(series.astype("int64") if small else series.where(series.notna(), np.nan).map(_real).astype("float64"))


def _real(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an int beyond every float
        return math.inf if value > 0 else -math.inf


def _moments(series: Values) -> Plain:
    if isinstance(series.dtype, pd.ArrowDtype) and series.dtype.name.startswith("date"):  # days, which know of no zones
        series = series.astype("datetime64[us]")
    aware = series.dt.tz_convert("UTC").dt.tz_localize(None) if series.dt.tz is not None else series
    return Plain(aware.astype("datetime64[us]"), "moment")


def _durations(series: Values) -> Plain:
    return Plain(series.dt.total_seconds(), "number", "durations, taken as seconds")


def _python_moments(series: Values) -> Plain:
    read: Values = pd.Series(pd.to_datetime(series, errors="coerce", utc=True))
    return _moments(read)


def _python_durations(series: Values) -> Plain:
    read: Values = pd.Series(pd.to_timedelta(series))
    return _durations(read)


def _complex(series: Values) -> Plain:
    raise RequestError(f"column {str(series.name)!r} holds complex numbers; give their real and imaginary parts as two columns")


def _declared(series: Values) -> Plain:
    known = as_text(plain(pd.Series(series.cat.categories)).values)
    return Plain(renamed(known.reindex(series.cat.codes).set_axis(series.index), series), "category")


def _sparse(series: Values) -> Plain:
    return plain(pd.Series(np.asarray(series), index=series.index, name=series.name))


def _periods(series: Values) -> Plain:
    return _moments(renamed(pd.Series(series.dt.to_timestamp(), index=series.index), series))


def _text(series: Values) -> Plain:
    return Plain(series.astype("str"), "text")


def _nothing(series: Values) -> Plain:
    return Plain(renamed(pd.Series(np.nan, index=series.index, dtype="float64"), series), "number")


def _mixed(series: Values) -> Plain:
    types = sorted({type(value).__name__ for value in series[series.notna()]})
    text = renamed(pd.Series([_written(value) for value in series], index=series.index, dtype="str"), series)
    return Plain(text, "text", f"{'values of different types' if len(types) > 1 else 'values of the type'} {', '.join(types)}, taken as text")


_DTYPES: tuple[tuple[Callable[[Any], bool], Callable[[Values], Plain]], ...] = (
    (lambda dtype: isinstance(dtype, pd.SparseDtype), _sparse),
    (lambda dtype: isinstance(dtype, pd.CategoricalDtype), _declared),
    (lambda dtype: isinstance(dtype, pd.PeriodDtype), _periods),
    (lambda dtype: isinstance(dtype, pd.StringDtype), _text),
    (pd.api.types.is_bool_dtype, _truth),
    (pd.api.types.is_complex_dtype, _complex),
    (pd.api.types.is_numeric_dtype, _numbers),
    (pd.api.types.is_datetime64_any_dtype, _moments),
    (pd.api.types.is_timedelta64_dtype, _durations),
)
# By what pandas says an object column holds.
_OBJECTS: dict[str, Callable[[Values], Plain]] = {
    "empty": _nothing,
    "boolean": _truth,
    "string": _text,
    "complex": _complex,
    **dict.fromkeys(("integer", "floating", "mixed-integer-float", "decimal"), _python_numbers),
    **dict.fromkeys(("datetime", "datetime64", "date"), _python_moments),
    **dict.fromkeys(("timedelta", "timedelta64"), _python_durations),
}
