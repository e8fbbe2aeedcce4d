"""Prepared folds in Ray's object store, where all trials of a controller find them.

Owns which of them stay: the ones used last, up to a share of the store, and of these only what took longer to make than it takes to keep. What cannot be
had at once counts as not kept: a lost process, a full store or a busy one costs a preparation and no trial. Refuses to be shared between
controllers, since what is kept is unpickled.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from automl_lab.evaluation.prepared import Prepared
from automl_lab.pipelines.source import Source

STORE_SHARE = 0.4
LARGEST_SHARE = 0.15  # of the store, for one fold: a few of them and nothing else would find room
ANSWER_SECONDS = 0.5
FETCH_SECONDS = 0.1  # at least; no longer than it would take to make it
KEEP_SECONDS, KEEP_BYTES = 0.02, 5e8  # what keeping takes: so long, and a second for so many bytes


class Shelf:
    """The index of what is kept, as an actor. An object goes with the process that made it; whoever misses it puts another one in its place."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, 0
        self._kept: OrderedDict[str, tuple[Any, int, float]] = OrderedDict()

    def find(self, key: str) -> list[Any]:
        """The reference, in a list because Ray would fetch it here, and the seconds that making it took; empty when nothing is kept under the key."""
        if key not in self._kept:
            return []
        self._kept.move_to_end(key)
        reference, _, seconds = self._kept[key]
        return [reference, seconds]

    def keep(self, key: str, reference: list[Any], size: int, seconds: float) -> None:
        """Keep it, and let go of what was not used for longest where room is needed."""
        self.drop(key)
        self._kept[key] = (reference[0], size, seconds)
        self._held += size
        while self._held > self._most:
            self.drop(next(iter(self._kept)))

    def drop(self, key: str) -> None:
        """Let go of it: its process has ended, say, and taken it along."""
        self._held -= self._kept.pop(key, (None, 0, 0.0))[1]


class RayFoldCache:
    """The ``FoldCache`` of a worker process."""

    def __init__(self, shelf: Any, largest: int) -> None:
        self._shelf, self._largest = shelf, largest

    def find(self, key: str) -> Prepared | None:
        """See ``FoldCache``."""
        import ray  # noqa: PLC0415

        try:
            found = ray.get(self._shelf.find.remote(key), timeout=ANSWER_SECONDS)
        except ray.exceptions.RayError:
            return None
        if not found:
            return None
        reference, seconds = found
        try:
            return ray.get(reference, timeout=max(FETCH_SECONDS, seconds))  # type: ignore[no-any-return]
        except ray.exceptions.RayError:  # Ray needs a second to find out that whoever put it there is gone: others are spared that
            self._shelf.drop.remote(key)
            return None

    def keep(self, key: str, prepared: Prepared) -> None:
        """See ``FoldCache``."""
        import ray  # noqa: PLC0415

        if prepared.size > self._largest or prepared.seconds < KEEP_SECONDS + prepared.size / KEEP_BYTES:
            return
        try:
            with _by_value(Source.modules()):
                reference = ray.put(prepared)
            self._shelf.keep.remote(key, [reference], prepared.size, prepared.seconds)
        except ray.exceptions.RayError:  # the store is full, or the shelf is gone: the trial has what it needs
            return


@contextmanager
def _by_value(modules: Sequence[ModuleType]) -> Iterator[None]:
    """Pickle what these modules define, and not their names: who finds it has never loaded the candidate that it was made for."""
    from ray import cloudpickle  # noqa: PLC0415

    registry: Any = cloudpickle
    for module in modules:
        registry.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            registry.unregister_pickle_by_value(module)


def open_shelf() -> tuple[Any, int]:
    """A new shelf on the cluster, and the bytes of the largest fold that is kept."""
    import ray  # noqa: PLC0415

    store = float(ray.cluster_resources().get("object_store_memory", 0.0))  # type: ignore[no-untyped-call]
    return ray.remote(Shelf).options(num_cpus=0, max_restarts=3).remote(int(STORE_SHARE * store)), int(LARGEST_SHARE * store)
