"""The panel's end in the kernel: a cell that is clicked together, checked while it is written, and started.

Owns the draft, which is the text of a cell; the browser shows it as a form and as text. Data is read and the request is checked in a thread, so that
the kernel stays free; only the newest draft is checked. Refuses judgements of its own: what is wrong is said in the words of the cell.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle

from automl_lab.config import Flag
from automl_lab.core.errors import AutoMLLabError, RequestError
from automl_lab.core.text import one_line
from automl_lab.experiment.preview import Outlook, Preview
from automl_lab.notebook import live
from automl_lab.notebook.draft import Cell, cell_of, changed, read_cell
from automl_lab.notebook.offers import offers, told
from automl_lab.notebook.starting import check_data, start

FALLBACK = "AutoML Lab, the panel. Where it cannot be shown: write a %%automl cell; %automl help shows the words"
LOOK_SECONDS = 0.3  # that "Run" waits for an error before it answers

Message = dict[str, Any]


def show(shell: InteractiveShell, text: str, defaults: Mapping[str, Flag]) -> None:
    """Display the panel below the current cell, holding the cell ``text``. Raises ``RequestError`` where there is no notebook."""
    if getattr(shell, "kernel", None) is None:
        raise RequestError("the panel needs a notebook; here, write a %%automl cell or call automl_lab.automl")
    from automl_lab.notebook.widget import PanelView  # noqa: PLC0415  (the widget stack, needed only where something is live)

    try:
        view = PanelView()
    except FileNotFoundError as error:
        raise AutoMLLabError(f"the panel was not built into this installation ({error})") from None
    place = live.Place()
    panel = Panel(shell, text, defaults, view.send, place)
    view.listen(panel.receive)
    data, metadata = view.bundle(FALLBACK)
    DisplayHandle().display(data, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]
    place.keep()


class Panel:
    """One panel. ``send`` reaches the browser; ``place`` is where what it starts is shown."""

    def __init__(self, shell: InteractiveShell, text: str, defaults: Mapping[str, Flag], send: Any, place: live.Place) -> None:
        self._shell, self._text, self._defaults, self._send, self._place = shell, text, defaults, send, place
        self._values: dict[str, Any] = {}
        self._switches: frozenset[str] = frozenset()
        self._number = 0  # of the browser's last change: an answer to an older one is not shown
        self._preview = Preview(shell.user_ns)
        self._wanted = threading.Condition()
        self._unchecked = False
        self._working = False
        self._shown: live.Outputs | None = None

    def receive(self, message: Mapping[str, Any]) -> None:
        """Take a message of the browser. Returns at once, but for "run", which takes as long as a cell."""
        kind, number = message.get("type"), message.get("number")
        self._number = number if isinstance(number, int) else self._number
        if kind == "hello":
            self._send({"type": "offers", "offers": offers(self._shell.user_ns, self._defaults)})
            self._took()
        elif kind == "refresh":
            self._preview.forget()
            self._send({"type": "offers", "offers": offers(self._shell.user_ns, self._defaults)})
            self._took()
        elif kind == "text" and isinstance(message.get("text"), str):
            self._text = message["text"]
            self._took()
        elif kind == "set" and (changes := _changes(message.get("changes"))) is not None:
            self._values = changed(self._values, changes)
            self._text = cell_of(self._values, self._switches)
            self._took()
        elif kind == "run":
            self._run()
        else:
            self._notice(f"the panel sent what the kernel does not know: {one_line(kind)[:60]}", good=False)

    # The draft ----------------------------------------------------------------------------------------------------------------------------

    def _took(self) -> None:
        """Say how the draft stands in form and text, and have it checked."""
        problem = None
        try:
            cell = read_cell(self._text)
        except RequestError as error:
            problem = _problem(error)
        else:
            self._values, self._switches = cell.values, cell.switches
        self._send({"type": "draft", "number": self._number, "text": self._text, "values": self._values, "problem": problem})
        if problem is None:
            self._have_checked()

    def _have_checked(self) -> None:
        with self._wanted:
            self._unchecked = True
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name="automl-panel", daemon=True).start()

    def _work(self) -> None:
        """Check the newest draft until there is no newer one."""
        while True:
            with self._wanted:
                if not self._unchecked:
                    self._working = False
                    return
                self._unchecked = False
                number, text = self._number, self._text
            try:
                answer = self._checked(read_cell(text))
            except Exception as error:  # noqa: BLE001  (a thread's error has no caller: the user reads it in the panel)
                answer = {"problem": {"text": f"the request could not be checked: {one_line(error) or type(error).__name__}", "path": []}}
            self._send({"type": "outlook", "number": number, "outlook": answer})

    def _checked(self, cell: Cell) -> Message:
        try:
            asked = cell.check(self._defaults)
        except RequestError as error:
            return {"problem": _problem(error)}
        outlook: Outlook = self._preview.look(asked.config)
        problem = None if outlook.problem is None else _problem(asked.explain(outlook.problem), outlook.problem.path)
        return {**told(outlook), "problem": problem}

    # Starting -----------------------------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asked = read_cell(self._text).check(self._defaults)
            check_data(asked.config)
            experiment = start(self._shell, asked, LOOK_SECONDS)
        except AutoMLLabError as error:
            self._notice(one_line(error), good=False)
            return
        before, self._shown = self._shown, None
        if before is not None:
            before.leave()
        self._shown = live.show(experiment, self._place)
        name = experiment.name
        self._notice(f"{name} is running; it is the variable {name} here", good=True)

    def _notice(self, text: str, *, good: bool) -> None:
        self._send({"type": "notice", "text": text, "good": good})


def _problem(error: RequestError, path: Sequence[str | int] | None = None) -> Message:
    return {"text": one_line(error), "path": [str(each) for each in (error.path if path is None else path)]}


def _changes(given: Any) -> list[tuple[list[str], Any]] | None:
    """What a form changed, as ``[[path, value], ...]``; None for anything else."""
    if not isinstance(given, list):
        return None
    found = []
    for each in given:
        if not isinstance(each, list) or len(each) != 2 or not isinstance(each[0], list) or not 1 <= len(each[0]) <= 2:
            return None
        found.append(([str(key) for key in each[0]], each[1]))
    return found
