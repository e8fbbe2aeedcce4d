"""The live view's end in the kernel: a widget that carries the bundled view to the browser and messages both ways.

Holds no state of the experiment: nothing but code and the experiment's id is synchronised, all figures travel as messages. Refuses to exist
without its bundle, which the build puts beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Unicode

STATIC = Path(__file__).parent / "static"


class LiveView(anywidget.AnyWidget):
    """The view in the browser. ``receive`` is called with every message that comes from it, in the thread that serves messages."""

    _esm = STATIC / "live.js"
    _css = STATIC / "live.css"

    # Known from the first paint on, so that the saved output of the same experiment beside it steps back at once.
    experiment = Unicode("").tag(sync=True)

    def __init__(self, experiment: str, receive: Callable[[Mapping[str, Any]], None]) -> None:
        super().__init__(experiment=experiment)
        self.on_msg(lambda _widget, content, _buffers: receive(content if isinstance(content, Mapping) else {}))

    def bundle(self, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What to display, with ``text`` for frontends that have no widgets, and its metadata."""
        data, metadata = self._repr_mimebundle_() or ({}, {})
        return {**data, "text/plain": text}, dict(metadata)
