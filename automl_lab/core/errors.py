"""The errors a user can meet. Owns their wording in one line; refuses tracebacks for what the user can mend himself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AutoMLLabError(Exception):
    """Base of every error raised on purpose. ``str(error)`` is one line, fit to be shown as it is."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook prints in place of a traceback: the user can mend it, or nobody here can."""
        text = "".join(each if each.isprintable() else " " for each in str(self))
        return [f"{type(self).__name__}: {text}"]


class RequestError(AutoMLLabError):
    """The request is wrong and the user can mend it: what, where, and what instead.

    ``path`` names the configuration key the error belongs to (``("objectives", 0)``), so that a face that knows the text of the
    request (the cell) can add line and column. ``line`` and ``column`` count from 1 and are set where they are known at once.
    """

    def __init__(self, message: str, *, path: tuple[str | int, ...] = (), line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        if self.line is None:
            return self.message
        return f"line {self.line}, column {self.column or 1}: {self.message}"

    def at(self, line: int, column: int) -> RequestError:
        """The same error with its place in the user's text."""
        return type(self)(self.message, path=self.path, line=line, column=column)


class ClusterError(AutoMLLabError):
    """The cluster cannot be reached, started or spoken to; the message says which and what to do."""


class StoreError(AutoMLLabError):
    """The database or the artefact store does not answer, or has not what was asked for."""


class IntegrityError(AutoMLLabError):
    """Bytes are not what their hash, or source is not what its audit allows. Nothing of them is used."""


class ExperimentFailed(AutoMLLabError):
    """An experiment ended without a usable model; the message carries the recorded reason."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint ``; did you mean 'Churn'?`` for a mistyped name, else the known names when they are few, else nothing."""
    names = [str(each) for each in known]
    folded = {each.casefold(): each for each in names}
    match = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if match:
        return f"; did you mean {folded[match[0]]!r}?"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= 25 else ""
