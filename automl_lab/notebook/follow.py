"""Follows one experiment from a thread and tells the view what changed: small deltas, at most ten a second, and a sign of life in between.

Owns the merged snapshot, the pace, what happens when the connection breaks, and the view's commands, which run in threads of their own so
that neither the kernel nor the following waits for them. Refuses to go on in silence: an error is shown, and the next attempt announced.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from automl_lab import summary
from automl_lab.core.text import one_line
from automl_lab.experiment import view

Snapshot = Mapping[str, Any]
Message = dict[str, Any]


class Followed(Protocol):
    """What is needed of an experiment's handle. ``poll`` may block for ``timeout`` seconds and a little more."""

    @property
    def name(self) -> str:
        """The name that ``%automl attach`` takes."""

    def snapshot(self) -> dict[str, Any]:
        """All of it, as recorded."""

    def poll(self, since: int, timeout: float) -> dict[str, Any]:
        """What changed after the revision ``since``."""

    def code(self, trial: int | None = None) -> str:
        """The source of a trial."""

    def stop(self) -> None:
        """End the search and keep the best."""

    def pause(self) -> None:
        """Start no new trials."""

    def resume(self) -> None:
        """Go on."""

    def prune(self, number: int) -> None:
        """End one running trial."""

    def enqueue(self, params: Mapping[str, Any]) -> None:
        """Try this configuration next."""

    def around(self, trial: int) -> None:
        """Try a step from this trial next."""

    def pin(self, trial: int) -> None:
        """Have every ensemble hold a trial."""

    def unpin(self, trial: int) -> None:
        """Leave that to the choice again."""

    def extend(self, time: float | str | None = None, trials: int | None = None) -> None:
        """Go on for longer."""

    def narrow(self, ranges: Mapping[str, Any]) -> None:
        """Search other ranges."""

    def switch_off(self, family: str) -> None:
        """Begin no more trials of a family."""

    def switch_on(self, family: str) -> None:
        """Begin trials of a family again."""


class Audience(Protocol):
    """Who is told. ``send`` reaches the live view, ``keep`` the saved output, ``end`` is the last call and comes after a last ``keep``."""

    def send(self, message: Message) -> None:
        """To the live view."""

    def keep(self, snapshot: Snapshot) -> None:
        """Into the saved output."""

    def end(self) -> None:
        """Nothing more will come."""


@dataclass(frozen=True)
class Pace:
    """All in seconds: least time between deltas, longest wait for one, sign of life, saving, and the waits between attempts to reconnect."""

    delta: float = 0.1
    poll: float = 1.0
    tick: float = 1.5
    keep: float = 20.0
    retries: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0, *(30.0,) * 19)


# What the view may ask for: the handle's methods, and what they are given in their order.
COMMANDS: Mapping[str, Mapping[str, Any]] = {
    "stop": {},
    "pause": {},
    "resume": {},
    "prune": {"number": int},
    "around": {"number": int},
    "pin": {"number": int},
    "unpin": {"number": int},
    "switch_on": {"family": str},
    "switch_off": {"family": str},
    "enqueue": {"params": Mapping},
    "narrow": {"ranges": Mapping},
    "extend": {"seconds": int | float | None, "trials": int | None},
}


class Follower:
    """One experiment followed until its final state. Made with a first snapshot, so that a view that asks is never left waiting."""

    def __init__(self, handle: Followed, snapshot: Snapshot, audience: Audience, pace: Pace | None = None) -> None:
        self.handle, self.audience, self.pace = handle, audience, pace or Pace()
        self.over = threading.Event()
        self._snapshot: dict[str, Any] = dict(snapshot)
        self._heard = time.monotonic()
        # Guards the snapshot together with the order of what is sent: a snapshot and the delta after it must not swap.
        self._lock = threading.RLock()
        self._greeted = self._left = False
        self._kept: dict[str, Any] | None = self._snapshot
        self._kept_at = time.monotonic()

    def start(self) -> None:
        """Follow in the background. The threads end with the experiment, or with the kernel."""
        for work in (self._follow, self._pulse):
            threading.Thread(target=work, name=f"automl-follow {self.handle.name}", daemon=True).start()

    def leave(self) -> None:
        """Follow no longer: another experiment is shown in this place. What is under way may still be sent."""
        self._left = True
        self.over.set()

    def receive(self, message: Mapping[str, Any]) -> None:
        """Take a message of the view. Returns at once."""
        kind = message.get("type")
        if kind == "hello":
            self._greeted = True
            self._send_snapshot()
        elif kind == "source" and isinstance(message.get("number"), int):
            threading.Thread(target=self._send_source, args=(message["number"],), name=f"automl-source {self.handle.name}", daemon=True).start()
        elif (asked := command_of(message)) is not None:
            self._act(*asked)
        else:
            self._notice(f"the view sent what the kernel does not know: {one_line(kind)[:60]}")

    # Following ----------------------------------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        failures = 0
        try:
            while self._snapshot["state"] in summary.ACTIVE and not self._left:
                told = time.monotonic()
                try:
                    self._take(self.handle.poll(self._snapshot["revision"], self.pace.poll))
                    told = time.monotonic()  # what comes after it waits from here on, however long this one was waited for
                    if failures:
                        failures = 0
                        self._notice("")
                except Exception as error:  # noqa: BLE001  (whatever it is, the user sees it and the next attempt is counted)
                    if failures == len(self.pace.retries):
                        self._notice(f"gave up following after {failures + 1} attempts; come back with %automl attach {self.handle.name}")
                        return
                    self._wait_after(error, self.pace.retries[failures])
                    failures += 1
                self._keep_sometimes()
                self.over.wait(max(0.0, told + self.pace.delta - time.monotonic()))
        finally:
            self._finish()

    def _take(self, delta: Mapping[str, Any]) -> None:
        with self._lock:
            mine = self._snapshot["revision"]
            if delta["revision"] < mine:
                # The other side knows less than we do: it was restarted or answers from the store. Start again from its whole.
                self._put(self.handle.snapshot())
                self._send_snapshot()
                return
            merged = view.merge(self._snapshot, delta)
            changed = bool(delta["trials"]) or _what_counts(merged) != _what_counts(self._snapshot)
            self._put(merged)
            if changed:
                trials = [_small(row) for row in delta["trials"]]
                self.audience.send({"type": "delta", "delta": {"base": mine, "revision": merged["revision"], "head": delta["head"], "trials": trials}})

    def _put(self, snapshot: dict[str, Any]) -> None:
        self._snapshot, self._heard = snapshot, time.monotonic()

    def _wait_after(self, error: Exception, seconds: float) -> None:
        words = one_line(error) or type(error).__name__
        self._notice(f"the connection to the experiment is interrupted ({words}); the search is not harmed by that, next attempt in {seconds:g} s")
        self.over.wait(seconds)

    def _keep_sometimes(self) -> None:
        if self._snapshot is not self._kept and time.monotonic() - self._kept_at >= self.pace.keep and self._snapshot["state"] in summary.ACTIVE:
            if self._kept is None or _what_counts(self._kept) != _what_counts(self._snapshot):
                self.audience.keep(self._snapshot)
            self._kept, self._kept_at = self._snapshot, time.monotonic()

    def _finish(self) -> None:
        self.over.set()
        if self._left:
            return
        try:
            self.audience.keep(self._snapshot)
        finally:
            self.audience.end()

    # Signs of life ------------------------------------------------------------------------------------------------------------------------

    def _pulse(self) -> None:
        """A tick now and then, also while a poll hangs. Until a view has said hello it may have come too late for the snapshot, or its hello may
        wait behind a busy cell: then the whole is sent, less and less often."""
        pause, next_whole = self.pace.tick, time.monotonic()
        while not self.over.wait(self.pace.tick):
            if not self._greeted and time.monotonic() >= next_whole:
                self._send_snapshot()
                pause = min(30.0, pause * 2)
                next_whole = time.monotonic() + pause
            else:
                with self._lock:
                    self.audience.send({"type": "tick", "now": self._now(), "revision": self._snapshot["revision"]})

    def _now(self) -> float:
        """The experiment's clock, which may be another machine's: what it said last and the time since."""
        return float(self._snapshot["clock"]["now"]) + time.monotonic() - self._heard

    def _send_snapshot(self) -> None:
        with self._lock:
            trials = [_small(row) for row in self._snapshot["trials"]]
            clock = {**self._snapshot["clock"], "now": self._now()}
            self.audience.send({"type": "snapshot", "snapshot": {**self._snapshot, "clock": clock, "trials": trials}})

    def _send_source(self, number: int) -> None:
        try:
            text = self.handle.code(number)
        except Exception as error:  # noqa: BLE001  (as for a command)
            self._notice(f"could not show the source: {one_line(error) or type(error).__name__}")
        else:
            with self._lock:
                self.audience.send({"type": "source", "number": number, "text": text})

    # Commands -----------------------------------------------------------------------------------------------------------------------------

    def _act(self, command: str, *arguments: Any) -> None:
        threading.Thread(target=self._acting, args=(command, arguments), name=f"automl-{command} {self.handle.name}", daemon=True).start()

    def _acting(self, command: str, arguments: tuple[Any, ...]) -> None:
        method: Callable[..., None] = getattr(self.handle, command)
        try:
            method(*arguments)
        except Exception as error:  # noqa: BLE001  (there is no caller in this thread; the user asked in the view and reads it there)
            self._notice(f"could not {command.replace('_', ' ')}: {one_line(error) or type(error).__name__}")
        else:
            self._notice("")  # nothing to say, but the view's buttons are free again

    def _notice(self, text: str) -> None:
        with self._lock:
            self.audience.send({"type": "notice", "text": text})


def command_of(message: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The handle's method that a message of the view asks for, and its arguments; None for what is no command."""
    kind = message.get("type")
    wanted = COMMANDS.get(kind) if isinstance(kind, str) else None
    if wanted is None or not all(isinstance(message.get(name), types) for name, types in wanted.items()):
        return None
    return (kind, *(message.get(name) for name in wanted))


def _small(row: Mapping[str, Any]) -> dict[str, Any]:
    """A trial's row without what no view shows."""
    return {key: value for key, value in row.items() if key != "distributions"}


def _what_counts(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot without what changes by itself."""
    clock = {key: value for key, value in snapshot["clock"].items() if key != "now"}
    return {**snapshot, "clock": clock}
