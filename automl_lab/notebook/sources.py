"""The data that a cell may name without being told where it is: DataFrames of the notebook, files nearby, the tables of scikit-learn.

Owns what is offered while a user writes. Refuses to read any of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILES = (".csv", ".csv.gz", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson", ".feather", ".arrow")
TOYS = tuple(f"sklearn:{name}" for name in ("breast_cancer", "diabetes", "digits", "iris", "wine"))
MOST_ENTRIES = 5000


def frames(namespace: Mapping[str, Any]) -> list[str]:
    """The names of the DataFrames of the notebook."""
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    return [name for name, value in namespace.items() if frame is not None and isinstance(value, frame) and not name.startswith("_")]


def data_files(fragment: str) -> list[str]:
    """Data files and folders that the fragment of a path may become, as the user writes them."""
    written = fragment.strip("\"'")
    folder = written[: written.rfind("/") + 1]
    try:
        entries = sorted(Path(folder or ".").iterdir())[:MOST_ENTRIES]
    except OSError:
        return []
    shown = [each for each in entries if not each.name.startswith((".", "_"))]
    return [f"{folder}{each.name}" for each in shown if each.name.casefold().endswith(FILES)] + [f"{folder}{each.name}/" for each in shown if each.is_dir()]
