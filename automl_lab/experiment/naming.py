"""Names made from where the data comes from. Refuses to import anything heavy: a cell needs them before it returns."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from automl_lab.config import NAME_PATTERN


def shown_source(source: str) -> str:
    """Where the data comes from, as it may be recorded and shown: a URL without password and query, which can carry keys."""
    parts = urlsplit(source)
    if not parts.scheme or not parts.netloc:
        return source
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def default_name(source: str) -> str:
    """A name made from where the data comes from: ``data/churn-2026.csv`` gives ``churn_2026``."""
    stem = source.rstrip("/").split(":")[-1].rsplit("/", 1)[-1].split("?")[0].split(".")[0]
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_")[:64]
    return name if NAME_PATTERN.fullmatch(name) else "experiment"
