"""How an error on purpose looks in a cell: one clean line, status error, no traceback. Refuses to hide errors of ours: those pass as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from automl_lab.core.errors import AutoMLLabError
from automl_lab.core.text import one_line


class CellError(Exception):
    """Ends a cell with one line. The kernel reports an error, so that papermill and "run all" stop there."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(text)
        self.title = title

    def _render_traceback_(self) -> list[str]:
        """What the shell prints in place of a traceback."""
        return [f"{self.title}: {self}"]


_TITLES = {
    "RequestError": "Request error",
    "ClusterError": "Cluster error",
    "StoreError": "Store error",
    "IntegrityError": "Integrity error",
    "ExperimentFailed": "Experiment failed",
}


@contextmanager
def plainly() -> Iterator[None]:
    """Errors on purpose leave this block as a ``CellError``; all others leave it untouched."""
    try:
        yield
    except AutoMLLabError as error:
        raise CellError(_TITLES.get(type(error).__name__, "Error"), one_line(error)) from None
