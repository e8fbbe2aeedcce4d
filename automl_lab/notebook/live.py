"""Shows an experiment in a notebook: live while it runs, saved for whenever there is no kernel.

Owns the two outputs of a cell. The first is the live widget. The second is what a reopened, untrusted or converted notebook shows: the snapshot
as JSON for our renderer in JupyterLab, as HTML and as text; it is brought up to date now and then and at the end, when the first one goes.
Refuses to print or to display anything new from a thread: that would land in whatever cell runs last.
"""

from __future__ import annotations

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


def show(handle: Followed) -> None:
    """Display the live view of a running experiment below the current cell and follow it; returns at once. One that ended is shown as it is.

    Outside a kernel (a terminal) there is nothing that could be live: then it is one text.
    """
    snapshot = handle.snapshot()
    if snapshot["state"] not in summary.ACTIVE or not _in_kernel():
        show_result(snapshot)
        return
    outputs = Outputs(snapshot)
    follower = Follower(handle, snapshot, outputs)
    outputs.open(_live_view(str(snapshot["id"]), follower), snapshot)
    follower.start()


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


class Outputs:
    """The two outputs of one cell, and the ``Audience`` of a follower."""

    def __init__(self, snapshot: Snapshot) -> None:
        name = snapshot["name"]
        self._fallback = f"AutoML Lab, live view of {name}. Where it cannot be shown: %automl status {name}, %automl attach {name}"
        self._live, self._saved = DisplayHandle(), DisplayHandle()  # type: ignore[no-untyped-call]
        self._view: LiveView | None = None

    def open(self, view: LiveView, snapshot: Snapshot) -> None:
        """Display both. Has to be called in the thread of the cell."""
        self._view = view
        data, metadata = view.bundle(self._fallback)
        self._live.display(data, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]
        self._saved.display(saved(snapshot), raw=True)  # type: ignore[no-untyped-call]

    def send(self, message: Message) -> None:
        """To the live view, if there still is one."""
        if self._view is not None:
            self._view.send(message)

    def keep(self, snapshot: Snapshot) -> None:
        """Bring the saved output up to date."""
        self._saved.update(saved(snapshot), raw=True)  # type: ignore[no-untyped-call]

    def end(self) -> None:
        """Take the live view away; the saved output stays in its place."""
        self._live.update({"text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]
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
