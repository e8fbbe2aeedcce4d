"""What the routes answer, read from the store. Blocking, hence called in a thread; imports pandas and scikit-learn, hence imported late."""

from __future__ import annotations

import functools
from typing import Any

from automl_lab.experiment import view
from automl_lab.store.database import Store

_LISTED = ("id", "name", "run", "state", "phase", "reason", "message", "created", "started", "deadline", "finished", "revision")


@functools.cache
def _store() -> Store:
    return Store()


def experiments() -> list[dict[str, Any]]:
    """This user's experiments, the newest first, with what a list shows of each."""
    return [_entry(record) for record in _store().experiments()]


def snapshot(name: str) -> dict[str, Any]:
    """The Snapshot of an experiment. Raises ``RequestError`` when this user has none of that name."""
    store = _store()
    record = store.experiment(name)
    return view.snapshot(record, store.trials(record["id"]), store.events(record["id"]))


def _entry(record: dict[str, Any]) -> dict[str, Any]:
    dataset = record["dataset"] or {}
    return {**{key: record[key] for key in _LISTED}, **{key: dataset.get(key) for key in ("source", "target", "task")}}
