"""What a cell shows while it blocks: one line with a bar, redrawn in place.

A notebook (and papermill) gets a display that is updated; a terminal gets one line that is overwritten. Refuses to draw more often than
a few times a second, however many changes arrive.
"""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Mapping
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle

from automl_lab import summary
from automl_lab.core.text import one_line
from automl_lab.notebook.tables import Bundle

WIDTH = 30
PAUSE = 0.25


class Line:
    """One line of output that changes."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.in_terminal = getattr(shell, "kernel", None) is None
        self.handle: DisplayHandle | None = None
        self.width = 0

    def show(self, bundle: Bundle) -> None:
        """Replace what the line shows."""
        if self.in_terminal:
            text = bundle["text/plain"]
            sys.stdout.write("\r" + text.ljust(self.width))
            sys.stdout.flush()
            self.width = len(text)
        elif self.handle is None:
            self.handle = DisplayHandle()  # type: ignore[no-untyped-call]
            self.handle.display(bundle, raw=True)  # type: ignore[no-untyped-call]
        else:
            self.handle.update(bundle, raw=True)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Leave the line; what comes next is below it."""
        if self.in_terminal and self.width:
            sys.stdout.write("\n")
            sys.stdout.flush()


class Progress:
    """The line of a waiting cell: how far the budget is used and how it stands. ``follow`` takes each Delta."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.line = Line(shell)
        self.drawn = 0.0

    def follow(self, delta: Mapping[str, Any]) -> None:
        """Draw the head of a Delta, unless the last drawing was a moment ago and this is not the end."""
        head, now = delta["head"], time.monotonic()
        if now - self.drawn >= PAUSE or head["state"] not in summary.ACTIVE:
            self.drawn = now
            self.line.show(progress(head))


def progress(head: Mapping[str, Any]) -> Bundle:
    """A bar and the headline of a snapshot's head."""
    share, text = summary.fraction(head), one_line(f"{head['name']}: {summary.headline(head)}")
    filled = round((share or 0.0) * WIDTH)
    plain = f"[{'█' * filled}{'░' * (WIDTH - filled)}] {text}"
    bar = f'<progress max="1" value="{share:.3f}"></progress>' if share is not None else "<progress></progress>"
    return {"text/plain": plain, "text/html": f"<div>{bar} {html.escape(text)}</div>"}
