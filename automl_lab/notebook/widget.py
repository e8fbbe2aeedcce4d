"""The kernel's end of live view and panel: widgets that carry the bundled views to the browser and messages both ways.

Hold no state: nothing but code and an experiment's id is synchronised, all else travels as messages. Refuse to exist without their bundles, which the
build puts beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Unicode

STATIC = Path(__file__).parent / "static"


class _View(anywidget.AnyWidget):
    """What both views do."""

    def listen(self, receive: Callable[[Mapping[str, Any]], None]) -> None:
        """Have ``receive`` called with every message that comes from the browser, in the thread that serves messages."""
        self.on_msg(lambda _widget, content, _buffers: receive(content if isinstance(content, Mapping) else {}))

    def bundle(self, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What to display, with ``text`` for frontends that have no widgets, and its metadata."""
        data, metadata = self._repr_mimebundle_() or ({}, {})
        return {**data, "text/plain": text}, dict(metadata)


class LiveView(_View):
    """The view of one experiment in the browser. ``receive`` is called with every message that comes from it."""

    _esm = STATIC / "live.js"
    _css = STATIC / "live.css"

    # Known from the first paint on, so that the saved output of the same experiment beside it steps back at once.
    experiment = Unicode("").tag(sync=True)

    def __init__(self, experiment: str, receive: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__(experiment=experiment)
        self.listen(receive)


class PanelView(_View):
    """The panel in the browser."""

    _esm = STATIC / "panel.js"
    _css = STATIC / "panel.css"
