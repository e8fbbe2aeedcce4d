"""One table from the bytes of a file: CSV, Parquet, JSON, JSON lines and Feather.

Owns which format a file is (its name, else its first bytes), how a CSV separates and encodes, and the one line that is said when it cannot be
read. Refuses to know where the bytes come from: that is ``read``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from automl_lab.core.errors import RequestError

SUFFIXES = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".data"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".jsonl", ".ndjson"), "json lines"),
    **dict.fromkeys((".feather", ".arrow"), "feather"),
    ".json": "json",
}
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".zip")
_MAGIC = ((b"PAR1", "parquet"), (b"ARROW1", "feather"), (b"FEA1", "feather"))
_SEPARATORS = ",;\t|"
# So many bytes of a file are looked at to know how it is written.
_HEAD = 2**16


def format_of(name: str) -> str | None:
    """The format that a file's name tells (``churn.csv.gz`` is CSV), or None."""
    lower = name.lower()
    for ending in COMPRESSIONS:
        lower = lower.removesuffix(ending)
    return next((form for suffix, form in SUFFIXES.items() if lower.endswith(suffix)), None)


def known_formats() -> str:
    """The formats in words, for messages."""
    return "CSV, Parquet, JSON, JSON lines or Feather"


def read_bytes(data: bytes, name: str) -> pd.DataFrame:
    """The table in ``data``, a whole file called ``name``. Raises ``RequestError`` when it is empty, of unknown format or broken."""
    if not data.strip():
        raise RequestError(f"{name} is empty", path=("data",))
    form = next((form for magic, form in _MAGIC if data.startswith(magic)), None) or format_of(name)
    if form is None:
        raise RequestError(f"{name} is of unknown format; it should be {known_formats()}", path=("data",))
    try:
        return _READERS[form](data, name)
    except RequestError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")[:200] or type(error).__name__
        raise RequestError(f"{name} cannot be read as {form.upper() if form in ('csv', 'json') else form}: {reason}", path=("data",)) from error


def _encoding(data: bytes, name: str) -> str:
    """How a file is written: UTF-8 with or without a mark, UTF-16 with one, else Windows' Latin letters."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in data[:_HEAD]:
        raise RequestError(f"{name} cannot be read as text: it holds binary data", path=("data",))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _decoded(data: bytes, name: str) -> str:
    return data.decode(_encoding(data, name), errors="replace")


def separator(text: str) -> str:
    """The separator of a CSV's first lines (whole ones): the one that cuts them all into the same number of cells, the most cells first; a comma in doubt."""
    lines = text.splitlines()[:50]
    best, most = ",", 1
    for each in _SEPARATORS:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=each) if cells]
        if widths and len(set(widths)) == 1 and widths[0] > most:
            best, most = each, widths[0]
    if most == 1:
        # Lines of uneven length: the header decides, and the reader says where they differ.
        header = lines[0] if lines else ""
        best = max(_SEPARATORS, key=header.count)
    return best


def _csv(data: bytes, name: str) -> pd.DataFrame:
    encoding = _encoding(data, name)
    head = data[:_HEAD].decode(encoding, errors="replace")
    whole = head if len(data) <= _HEAD or "\n" not in head else head[: head.rindex("\n")]
    cut = separator(whole)
    header = next(csv.reader(io.StringIO(whole), delimiter=cut, skipinitialspace=True), [])
    _refuse_twins([cell for cell in header if cell.strip()], name)
    settings: dict[str, Any] = {"sep": cut, "encoding": encoding, "encoding_errors": "replace", "skipinitialspace": True, "low_memory": False}
    frame: pd.DataFrame = pd.read_csv(io.BytesIO(data), **settings)
    # Lines that are longer than the header begin with a name for the row, or end with a separator. Then the last column is empty, and all others are shifted.
    if not isinstance(frame.index, pd.RangeIndex) and frame.iloc[:, -1].isna().all():
        frame = pd.read_csv(io.BytesIO(data), **settings, index_col=False)
    return frame


def _parquet(data: bytes, name: str) -> pd.DataFrame:
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy, and only for these files

    file = pq.ParquetFile(io.BytesIO(data))
    _refuse_twins(file.schema_arrow.names, name)
    return _with_named_index(file.read().to_pandas())


def _feather(data: bytes, name: str) -> pd.DataFrame:
    from pyarrow import feather  # noqa: PLC0415  heavy, and only for these files

    table = feather.read_table(io.BytesIO(data))
    _refuse_twins(table.column_names, name)
    return _with_named_index(table.to_pandas())


def _with_named_index(frame: pd.DataFrame) -> pd.DataFrame:
    """An index that was saved under a name is a column to the user who sees the file."""
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame


def _json(data: bytes, name: str) -> pd.DataFrame:
    text = _decoded(data, name)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text.lstrip().startswith("{"):
            return _json_lines(data, name)
        raise
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return _records(value)
    if isinstance(value, dict) and value and all(isinstance(column, (list, dict)) for column in value.values()):
        return pd.DataFrame(value)
    raise RequestError(f"{name} holds no table; its JSON should be a list of objects or an object of columns", path=("data",))


def _json_lines(data: bytes, name: str) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(_decoded(data, name).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise RequestError(f"{name} cannot be read as JSON lines: line {number}: {error.msg}", path=("data",)) from None
        if not isinstance(row, dict):
            raise RequestError(f"{name} cannot be read as JSON lines: line {number} is no object", path=("data",))
        rows.append(row)
    return _records(rows)


def _records(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Nested objects become columns of their own, ``address.city``."""
    return pd.json_normalize(rows) if rows else pd.DataFrame()


def _refuse_twins(names: list[str], source: str) -> None:
    """Raise for names that are there twice; pandas would rename the second one without a word."""
    twice = list(dict.fromkeys(name for name in names if names.count(name) > 1)) if len(set(names)) < len(names) else []
    if twice:
        raise RequestError(f"{source} has the column name{'s' if len(twice) > 1 else ''} {', '.join(map(repr, twice[:5]))} more than once", path=("data",))


_READERS: dict[str, Callable[[bytes, str], pd.DataFrame]] = {
    "csv": _csv,
    "parquet": _parquet,
    "feather": _feather,
    "json": _json,
    "json lines": _json_lines,
}
