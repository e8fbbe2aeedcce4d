"""Writes to the store from the controller: one thread, everything that piled up in one go, and an answer once it is durable.

A trial counts as finished when its row is written, not before; Optuna's tables, a copy, are written in another thread. Owns retrying while
the database is away; refuses to let one slow commit block the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from optuna.exceptions import OptunaError
from sqlalchemy.exc import SQLAlchemyError

from automl_lab.core.errors import StoreError
from automl_lab.store.database import Store
from automl_lab.store.mirror import OptunaMirror

LOG = logging.getLogger(__name__)
LONGEST_PAUSE = 5.0
NOTE_SECONDS = 0.02
MIRROR_SECONDS = 0.5  # many trials in one transaction cost little more than one


@dataclass
class _Entry:
    id: str
    fields: dict[str, Any] = field(default_factory=dict)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    events: list[Mapping[str, Any]] = field(default_factory=list)
    mirrored: tuple[Mapping[str, Any], Mapping[str, float]] | None = None
    written: asyncio.Future[None] | None = None


class Journal:
    """The only writer of the controller's experiments."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._mirror: OptunaMirror | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="automl-journal")
        self._mirror_thread = ThreadPoolExecutor(1, thread_name_prefix="automl-mirror")
        self._pending: list[_Entry] = []
        self._filled, self._urgent = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unmirrored: list[tuple[str, Mapping[str, Any], Mapping[str, float]]] = []
        self._copying: asyncio.TimerHandle | None = None
        self._copy_task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin writing; called once inside the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def write(
        self,
        id: str,
        *,
        row: Mapping[str, Any] | None = None,
        event: Mapping[str, Any] | None = None,
        mirrored: tuple[Mapping[str, Any], Mapping[str, float]] | None = None,
        **fields: Any,
    ) -> None:
        """Write one change and return when it is durable. ``mirrored`` is a finished row with its constraint violations, for Optuna's tables."""
        entry = _Entry(id, fields, [row] if row else [], [event] if event else [], mirrored, asyncio.get_running_loop().create_future())
        self._pending.append(entry)
        self._filled.set()
        self._urgent.set()
        assert entry.written is not None  # noqa: S101  (for the type checker: set two lines above)
        await entry.written

    def note(self, id: str, *, row: Mapping[str, Any] | None = None, event: Mapping[str, Any] | None = None, **fields: Any) -> None:
        """Write one change soon, in order with the others; for what may be lost with the controller (a trial that merely started)."""
        self._pending.append(_Entry(id, fields, [row] if row else [], [event] if event else []))
        self._filled.set()

    async def ask(self, function: Any, *arguments: Any) -> Any:
        """Run a store function in the writer's thread and give its result."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(*arguments))

    def open_mirror(self, record: Mapping[str, Any], directions: Mapping[str, str]) -> None:
        """Make this experiment's study in Optuna's tables, soon and before its first trial goes there. The search does not wait for it."""

        def open_() -> None:
            try:
                if self._mirror is None:
                    self._mirror = OptunaMirror(self.store.database_url)
                self._mirror.study(record["id"], record["name"], directions, record["owner"])
            except (StoreError, OptunaError, SQLAlchemyError) as error:
                LOG.warning("experiment %s is not mirrored for the dashboard: %s", record["id"], error)

        self._mirror_thread.submit(open_)

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            with contextlib.suppress(TimeoutError):  # what nobody waits for may wait for what somebody does
                async with asyncio.timeout(NOTE_SECONDS):
                    await self._urgent.wait()
            self._filled.clear()
            self._urgent.clear()
            entries, self._pending = self._pending, []
            for entry in _merge(entries):
                error = await self._durably(entry)
                for waiting in [each.written for each in entries if each.id == entry.id]:
                    if waiting is not None and not waiting.done():
                        waiting.set_exception(error) if error else waiting.set_result(None)
            self._unmirrored += [(each.id, *each.mirrored) for each in entries if each.mirrored is not None]
            if self._unmirrored and self._copying is None:
                self._copying = asyncio.get_running_loop().call_later(MIRROR_SECONDS, self._copy_soon)

    def _copy_soon(self) -> None:
        self._copying = None
        rows, self._unmirrored = self._unmirrored, []
        self._copy_task = asyncio.get_running_loop().create_task(self._copy(rows))

    async def _copy(self, rows: list[tuple[str, Mapping[str, Any], Mapping[str, float]]]) -> None:
        """Bring Optuna's tables up to date: a copy for its dashboard, on which the search does not hang."""

        def copy() -> None:
            if self._mirror is not None:
                self._mirror.record_all([row for row in rows if self._mirror.knows(row[0])])

        try:
            await asyncio.get_running_loop().run_in_executor(self._mirror_thread, copy)
        except StoreError as error:
            LOG.warning("not mirrored for the dashboard: %s", error)

    async def _durably(self, entry: _Entry) -> Exception | None:
        pause = 0.05
        while True:
            try:
                await self.ask(lambda: self.store.write(entry.id, fields=entry.fields, trial_rows=entry.rows, event_rows=entry.events))
            except StoreError as error:  # the database is away or locked: nothing is lost by waiting for it
                LOG.warning("experiment %s: %s; trying again in %.1f s", entry.id, error, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            except Exception as error:
                LOG.exception("experiment %s: a change was not written", entry.id)
                return error
            else:
                return None


def _merge(entries: list[_Entry]) -> list[_Entry]:
    """One entry per experiment: later fields and rows win, events keep their order."""
    merged: dict[str, _Entry] = {}
    for entry in entries:
        target = merged.setdefault(entry.id, _Entry(entry.id))
        target.fields.update(entry.fields)
        target.rows += entry.rows
        target.events += entry.events
    for target in merged.values():
        target.rows = list({row["number"]: row for row in target.rows}.values())
    return list(merged.values())
