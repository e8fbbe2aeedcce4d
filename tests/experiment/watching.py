"""Waiting for what an experiment shows, by its own deltas: no sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from automl_lab.experiment import view
from automl_lab.experiment.handle import Handle


def until(experiment: Handle, holds: Callable[[dict[str, Any]], bool], seconds: float = 90.0) -> dict[str, Any]:
    """The first Snapshot for which ``holds``; fails loudly after ``seconds`` or when the experiment ends without it."""
    deadline = time.monotonic() + seconds
    snapshot: dict[str, Any] = {}
    revision = -1
    while time.monotonic() < deadline:
        delta = experiment.poll(revision, 5.0)
        snapshot, revision = view.merge(snapshot, delta), delta["revision"]
        if snapshot["trials"] and holds(snapshot):
            return snapshot
        if snapshot["state"] not in view.ACTIVE:
            raise AssertionError(f"ended before: {snapshot['state']}, {snapshot['reason']}")
    raise AssertionError(f"not seen within {seconds} s; last: {snapshot['state']} {snapshot['counts']} {snapshot['message']}")


def running_trial(experiment: Handle) -> int:
    """A trial that runs now."""
    snapshot = until(experiment, lambda s: any(row["state"] == "RUNNING" for row in s["trials"]))
    return next(row["number"] for row in snapshot["trials"] if row["state"] == "RUNNING")
