"""Shows an experiment in a notebook: live while it runs, saved for whenever there is no kernel.

Owns the two outputs of a cell. The first is the live widget. The second is what a reopened, untrusted or converted notebook shows: the snapshot
as JSON for our renderer in JupyterLab, as HTML and as text; it is brought up to date now and then and at the end, when the first one goes.
Refuses to print or to display anything new from a thread: that would land in whatever cell runs last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle

from automl_lab import summary
from automl_lab.core.errors import AutoMLLabError
from automl_lab.notebook.follow import Followed, Follower, Message, Snapshot
from automl_lab.static_view.html import to_html, to_text

if TYPE_CHECKING:
    from automl_lab.notebook.widget import LiveView

MIME_TYPE = "application/vnd.automl-lab.run.v1+json"
MOST_TRIALS = 200
UNSAVED = frozenset({"distributions", "curve"})  # of a row: no view shows the one, and the other is as large as all the rest


def show(handle: Followed, place: Place | None = None) -> Outputs | None:
    """Display the live view of a running experiment below the current cell, or in a ``place`` that was kept, and follow it; returns at once.

    One that ended is shown as it is. Outside a kernel (a terminal) there is nothing that could be live: then it is one text. What is live is given back.
    """
    snapshot = handle.snapshot()
    place = place or Place()
    if snapshot["state"] not in summary.ACTIVE or not _in_kernel():
        place.put(place.saved, saved(snapshot))
        return None
    outputs = Outputs(snapshot, place)
    follower = Follower(handle, snapshot, outputs)
    outputs.open(_live_view(str(snapshot["id"]), follower), snapshot)
    outputs.left = follower.leave
    follower.start()
    return outputs


def show_result(snapshot: Snapshot) -> None:
    """Display the state of an experiment as it is now, without following it."""
    DisplayHandle().display(saved(snapshot), raw=True)  # type: ignore[no-untyped-call]


def saved(snapshot: Snapshot) -> dict[str, Any]:
    """The MIME bundle that a notebook keeps: for our renderer, for browsers without it, for everything else."""
    return {MIME_TYPE: trimmed(snapshot), "text/html": to_html(snapshot), "text/plain": to_text(snapshot)}


def trimmed(snapshot: Snapshot, most: int = MOST_TRIALS) -> dict[str, Any]:
    """The snapshot with at most about ``most`` trials, so that a notebook stays small: the best, the last, the front, and every finalist; without curves."""
    rows = snapshot["trials"]
    result = snapshot["result"] or {}
    named = {snapshot["best"], snapshot["usable"], result.get("winner"), *(each["number"] for each in result.get("finalists", ()))}
    kept = named | set(snapshot["pareto"][:most]) | {row["number"] for row in rows if row["state"] == "RUNNING"}
    if len(rows) > most:
        kept |= {row["number"] for row in summary.leaders(snapshot, most // 2)} | {row["number"] for row in rows[-(most // 2) :]}
        rows = [row for row in rows if row["number"] in kept]
    return {**snapshot, "trials": [{key: value for key, value in row.items() if key not in UNSAVED} for row in rows]}


class Place:
    """Two outputs of one cell, the live one above the saved one."""

    def __init__(self) -> None:
        self.live, self.saved = DisplayHandle(), DisplayHandle()  # type: ignore[no-untyped-call]
        self._kept = False

    def keep(self) -> None:
        """Put both below the cell that runs, empty, to be filled when it has long ended."""
        for each in (self.live, self.saved):
            each.display({"text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]
        self._kept = True

    def put(self, output: DisplayHandle, data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Show something in one of them."""
        (output.update if self._kept else output.display)(data, raw=True, metadata=metadata or {})  # type: ignore[no-untyped-call]


class Outputs:
    """The two outputs of one cell, and the ``Audience`` of a follower."""

    def __init__(self, snapshot: Snapshot, place: Place) -> None:
        name = snapshot["name"]
        self._fallback = f"AutoML Lab, live view of {name}. Where it cannot be shown: %automl status {name}, %automl attach {name}"
        self._place = place
        self._live, self._saved = place.live, place.saved
        self._view: LiveView | None = None
        self._lock = threading.Lock()  # what is kept and shown comes from a thread, another experiment may take the place meanwhile
        self._gone = False
        self.left: Callable[[], None] = lambda: None  # who follows is told when the place is taken

    def open(self, view: LiveView, snapshot: Snapshot) -> None:
        """Display both. Has to be called in the thread of the cell, unless their place was kept."""
        self._view = view
        self._place.put(self._live, *view.bundle(self._fallback))
        self._place.put(self._saved, saved(snapshot))

    def send(self, message: Message) -> None:
        """To the live view, if there still is one."""
        view = self._view
        if view is not None:
            view.send(message)

    def keep(self, snapshot: Snapshot) -> None:
        """Bring the saved output up to date."""
        with self._lock:
            if not self._gone:
                self._saved.update(saved(snapshot), raw=True)  # type: ignore[no-untyped-call]

    def end(self) -> None:
        """Take the live view away; the saved output stays in its place."""
        with self._lock:
            if not self._gone:
                self._live.update({"text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]
        self._close()

    def leave(self) -> None:
        """Give the place to another experiment. This one goes on and is followed no longer."""
        with self._lock:
            self._gone = True
        self.left()
        self._close()

    def _close(self) -> None:
        view, self._view = self._view, None
        if view is not None:
            view.close()


def _in_kernel() -> bool:
    return getattr(get_ipython(), "kernel", None) is not None


def _live_view(experiment: str, follower: Follower) -> LiveView:
    try:
        from automl_lab.notebook.widget import LiveView  # noqa: PLC0415  (the widget stack, needed only where something is live)
    except FileNotFoundError as error:
        raise AutoMLLabError(f"the live view was not built into this installation ({error}); the experiment runs: %automl status") from None
    return LiveView(experiment, follower.receive)
