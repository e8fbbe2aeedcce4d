"""``%automl report``: the report is built beside the user's work, and its cell says how it goes and where it lies.

Owns the thread and the line of output. Refuses to lose an error of the thread: it is shown where the links would stand.
"""

from __future__ import annotations

import html
import os
import threading
import time
from concurrent.futures import Future
from concurrent.futures import wait as settled
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from IPython.core.interactiveshell import InteractiveShell

from automl_lab import api, summary
from automl_lab.core.clock import format_duration
from automl_lab.core.text import one_line
from automl_lab.notebook.tables import Bundle, lines
from automl_lab.notebook.waiting import Line

if TYPE_CHECKING:
    from automl_lab.report.builder import Report

TICK = 1.0


def build_report(shell: InteractiveShell, experiment: api.Experiment, *, wait: bool) -> None:
    """Build the report of an experiment, blocking or in the background. With ``wait`` errors are raised, else they are shown."""
    line = Line(shell)
    future: Future[Report] = Future()
    line.show(lines([f"{experiment.name}: building the report"]))
    threading.Thread(target=_fill, args=(future, experiment), name=f"report {experiment.name}", daemon=True).start()
    if wait or line.in_terminal:  # in a terminal a thread would write over the prompt
        try:
            _follow(line, future, experiment.name)
            future.result()
        finally:
            line.close()
    else:
        threading.Thread(target=_follow, args=(line, future, experiment.name), name=f"report line {experiment.name}", daemon=True).start()


def _fill(future: Future[Report], experiment: api.Experiment) -> None:
    try:
        future.set_result(experiment.report())
    except BaseException as error:  # noqa: BLE001 (handed on whole: whoever asks the future gets it)
        future.set_exception(error)


def _follow(line: Line, future: Future[Report], name: str) -> None:
    started = time.monotonic()
    while not settled([future], timeout=TICK).done:
        line.show(lines([f"{name}: building the report, {format_duration(time.monotonic() - started)}"]))
    error = future.exception()
    if error is None:
        line.show(links(name, future.result()))
    else:
        line.show(lines([f"{name}: the report failed: {type(error).__name__}: {error}"]))


def links(name: str, report: Report) -> Bundle:
    """Where the report lies and whether it reproduced the score."""
    verdict = f"recorded {summary.value_text(report.recorded)}, reproduced {summary.value_text(report.reproduced)} ({report.metric})"
    if not report.matches:
        verdict += " – THEY DIFFER"
    shown = [(word, _near(Path(path))) for word, path in (("notebook", report.notebook), ("HTML", report.html))]
    plain = "\n".join([f"{one_line(name)}: {verdict}", *(f"{word}: {path}" for word, path in shown)])
    anchors = " · ".join(_anchor(word, path) for word, path in shown)
    return {"text/plain": plain, "text/html": f"<div>{html.escape(one_line(name))}: {html.escape(verdict)}<br>{anchors}</div>"}


def _near(path: Path) -> str:
    """The path as seen from the working folder when it lies in it, which is what a notebook's links are relative to."""
    absolute, here = path.absolute(), Path.cwd()
    return os.fspath(absolute.relative_to(here)) if absolute.is_relative_to(here) else os.fspath(absolute)


def _anchor(word: str, path: str) -> str:
    if Path(path).is_absolute():
        return f"{word}: {html.escape(path)}"
    return f'{word}: <a href="{html.escape(quote(path))}" target="_blank">{html.escape(path)}</a>'
