"""The state of one running experiment in the controller's memory: its record, trial rows and events, with a revision that grows at every change.

Owns revisions, waking those who wait for the next one, and the learning curves of the last trials. Refuses to be the truth: what counts is written to the
store first (``journal``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from automl_lab.experiment import view
from automl_lab.experiment.signal import Signal

MOST_CURVES = 100  # of the trials that told of one last


class Board:
    """One experiment as readers see it. All methods run in the controller's event loop."""

    def __init__(self, record: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] = (), events: Sequence[Mapping[str, Any]] = ()) -> None:
        self.record: dict[str, Any] = {"steering": None, **record}
        self.rows: dict[int, dict[str, Any]] = {row["number"]: dict(row) for row in rows}
        self.events: list[dict[str, Any]] = [dict(event) for event in events]
        self.curves: dict[int, list[dict[str, Any]]] = {}  # beside the rows: they are shown, and never recorded
        # Deltas count from revisions: after a restart they go on above all that a reader may have seen unrecorded.
        self.revision = max([record["revision"], *(row["revision"] for row in rows)], default=0) + (1_000_000 if rows else 0)
        self.standing = view.standing_of(self.record, self.rows.values())
        self._changed = Signal()

    @property
    def active(self) -> bool:
        """Whether the experiment still goes on."""
        return self.record["state"] in view.ACTIVE

    def change(self, row: Mapping[str, Any] | None = None, **fields: Any) -> None:
        """Take in a trial row and fields of the record, and wake the readers."""
        self.revision += 1
        if row is not None:
            self.rows[row["number"]] = {**row, "revision": self.revision}
            self.standing.add(row, self.record["started"])
            self.record["usable"] = self.standing.usable
        self.record.update(fields, revision=self.revision)
        self._changed.fire()

    def draw(self, number: int, curve: Sequence[Mapping[str, Any]]) -> None:
        """Take in the learning curve of a trial, or an empty one; readers see it with the next ``change`` of its row."""
        self.curves.pop(number, None)
        if curve:
            self.curves[number] = [dict(line) for line in curve]
        while len(self.curves) > MOST_CURVES:
            del self.curves[next(iter(self.curves))]

    def event(self, kind: str, text: str) -> dict[str, Any]:
        """A new event of now with the next sequence number; the caller records it and then calls ``change``."""
        event = {"seq": (self.events[-1]["seq"] if self.events else 0) + 1, "at": time.time(), "kind": kind, "text": text}
        self.events.append(event)
        return event

    def delta(self, since: int) -> dict[str, Any]:
        """What changed after revision ``since``."""
        rows = [self._with_curve(row) for row in self.rows.values() if row["revision"] > since]
        return {
            "base": since,
            "revision": self.revision,
            "head": view.head(self.record, self.events, self.standing, self.revision),
            "trials": sorted(rows, key=lambda row: row["number"]),
        }

    def _with_curve(self, row: dict[str, Any]) -> dict[str, Any]:
        curve = self.curves.get(row["number"])
        return row if curve is None else {**row, "curve": curve}

    async def after(self, since: int, timeout: float) -> dict[str, Any]:
        """The delta as soon as there is one, or an empty one after ``timeout`` seconds. A finished experiment answers at once."""

        try:
            await asyncio.wait_for(self._changed.until(lambda: self.revision > since or not self.active), timeout)
        except TimeoutError:
            return self.delta(self.revision)
        return self.delta(min(since, self.revision))
