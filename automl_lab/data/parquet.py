"""The one form in which the data is kept and recognised: Parquet bytes that depend on the values alone.

Owns the writing and its hash. Refuses what would make equal data differ: the index, pandas' own notes, chunks left over from reading.
The bytes also depend on the version of Arrow that wrote them, which is why they are kept and never written anew to be compared.
"""

from __future__ import annotations

import hashlib
import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def canonical_parquet(frame: pd.DataFrame) -> bytes:
    """The frame (canonical dtypes, the index is left out) as Parquet. Equal values in equal order give equal bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None).combine_chunks()
    buffer = io.BytesIO()
    # A dictionary pays for text that repeats; for numbers it costs time and space.
    texts = [str(name) for name in frame.columns if frame[name].dtype == "str"]
    pq.write_table(table, buffer, version="2.6", compression="zstd", use_dictionary=texts or False, row_group_size=2**20, store_schema=False)
    return buffer.getvalue()


def read_canonical(data: bytes) -> pd.DataFrame:
    """The frame whose ``canonical_parquet`` these bytes are, with the same dtypes."""
    return pd.read_parquet(io.BytesIO(data))


def fingerprint(data: bytes) -> str:
    """The sha256 of canonical Parquet, in hex."""
    return hashlib.sha256(data).hexdigest()
