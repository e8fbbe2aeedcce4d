"""Where the user's table comes from: a name in the notebook, a path, a URL, a folder of Parquet, or scikit-learn's own data.

Owns what a source may be and the one line for one that is not there. Refuses to understand the table: that is ``prepare``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd

from automl_lab.core.errors import RequestError, nearest
from automl_lab.data.formats import COMPRESSIONS, format_of, known_formats, read_bytes

SKLEARN_TABLES = ("breast_cancer", "diabetes", "digits", "iris", "wine")
_ENDINGS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zip": "zip"}


def read(source: str | pd.DataFrame, namespace: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The table that ``source`` names, as it is.

    ``source`` is a DataFrame (of pandas, or anything with ``to_pandas``), the name of one in ``namespace``, a path or URL of a CSV, Parquet,
    JSON, JSON lines or Feather file, a folder of Parquet, or ``sklearn:NAME``. Raises ``RequestError`` when there is none such or it
    cannot be read; a mistyped name gets the nearest DataFrame or file.
    """
    if not isinstance(source, str):
        return _as_frame(source, "the data")
    source = source.strip()
    if not source:
        raise RequestError("no data: give a DataFrame's name, a path, a URL or sklearn:NAME", path=("data",))
    if namespace is not None and source in namespace:
        return _as_frame(namespace[source], repr(source))
    if source.startswith("sklearn:"):
        return _sklearn(source.removeprefix("sklearn:"))
    if source.startswith("openml:"):
        raise RequestError(f"{source!r}: openml: is not supported; download the table and give its path", path=("data",))
    if "://" in source:
        return _url(source)
    return _path(source, namespace or {})


def _as_frame(value: Any, name: str) -> pd.DataFrame:
    if hasattr(value, "to_pandas"):
        value = value.to_pandas()
    if isinstance(value, pd.DataFrame):
        return value
    raise RequestError(f"{name} is no DataFrame but of type {type(value).__name__}", path=("data",))


def _sklearn(name: str) -> pd.DataFrame:
    if name not in SKLEARN_TABLES:
        raise RequestError(f"unknown data 'sklearn:{name}'{nearest(name, SKLEARN_TABLES)}", path=("data",))
    from sklearn import datasets  # noqa: PLC0415  heavy, and only for these tables

    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame: pd.DataFrame = bunch.frame.copy()
    labels = [str(label) for label in bunch.get("target_names", [])]
    if labels and not all(label.isdigit() for label in labels):
        frame["target"] = pd.Series([labels[code] for code in frame["target"]], index=frame.index, dtype="str")
    return frame


def _path(source: str, namespace: Mapping[str, Any]) -> pd.DataFrame:
    path = Path(source).expanduser()
    if path.is_dir():
        return _folder(path, source)
    if not path.is_file():
        raise RequestError(f"no data {source!r}: neither a DataFrame nor a file{nearest(source, _offers(path, source, namespace))}", path=("data",))
    return read_bytes(_fetched(str(path.absolute()), source), source)


def _offers(path: Path, source: str, namespace: Mapping[str, Any]) -> list[str]:
    """What the user may have meant: DataFrames by name, and tables in the folder."""
    frames = [name for name, value in namespace.items() if isinstance(value, pd.DataFrame) and not name.startswith("_")]
    folder = path.parent
    files = sorted(each.name for each in folder.iterdir() if format_of(each.name)) if folder.is_dir() else []
    start = source[: len(source) - len(path.name)] if source.endswith(path.name) else ""
    return [*frames, *(start + name for name in files)]


def _folder(path: Path, source: str) -> pd.DataFrame:
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in (".parquet", ".pq") and not each.name.startswith((".", "_")))
    if not files:
        raise RequestError(f"the folder {source!r} holds no Parquet files", path=("data",))
    import pyarrow.dataset as arrow  # noqa: PLC0415  heavy, and only for folders

    try:
        partitions = arrow.partitioning(flavor="hive")
        table = arrow.dataset([str(each) for each in files], format="parquet", partitioning=partitions, partition_base_dir=str(path)).to_table()
    except (OSError, ValueError) as error:
        raise RequestError(f"the folder {source!r} cannot be read as Parquet: {' '.join(str(error).split())[:200]}", path=("data",)) from error
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _url(source: str) -> pd.DataFrame:
    parts = urlsplit(source)
    name = unquote(parts.path.rsplit("/", 1)[-1])
    if format_of(name) is None and "." in name:
        raise RequestError(f"{source} is of unknown format; it should be {known_formats()}", path=("data",))
    # Without an ending the table is most likely a CSV behind a script; Parquet and Feather are known by their first bytes.
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    data = _fetched(source, shown)
    return read_bytes(data, shown if format_of(name) else f"{shown}{'.json' if data.lstrip()[:1] in (b'[', b'{') else '.csv'}")


def _fetched(place: str, shown: str) -> bytes:
    """All bytes of a local path or URL, decompressed by its ending. ``shown`` is the source in messages, without a password or token."""
    import fsspec  # noqa: PLC0415  heavy

    plain = urlsplit(place).path if "://" in place else place
    compression = next((_ENDINGS[ending] for ending in COMPRESSIONS if plain.lower().endswith(ending)), None)
    try:
        with fsspec.open(place, "rb", compression=compression) as file:
            data: bytes = file.read()
    except Exception as error:
        # Every file system behind fsspec has errors of its own, all of them mean the same to the user.
        reason = _reason(error).replace(place, shown)[:200]
        raise RequestError(f"{shown} cannot be read: {reason}", path=("data",)) from error
    return data


def _reason(error: Exception) -> str:
    """Why a file did not come. Whatever a server answers, fsspec reports a missing file, with the truth as its cause."""
    cause = error if error.__cause__ is None else error.__cause__
    unreachable = isinstance(cause, OSError) and not isinstance(cause, FileNotFoundError)
    if isinstance(error, FileNotFoundError) and not unreachable and getattr(cause, "status", 404) == 404:
        return "there is no such file"
    return " ".join(str(cause).split()) or type(cause).__name__
