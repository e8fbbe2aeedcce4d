"""Lends cores and GPUs to experiments: only what fits is dispatched, and the next core goes to the experiment that holds the smallest share.

Ray's own queue is first come, first served, so one flood of queued tasks would delay everybody: nothing is ever queued there.
Refuses to lend more than the cluster has; owns no knowledge of what it is used for.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field

ROUNDING = 1e-9  # shares of a GPU are added and taken away


@dataclass(frozen=True)
class Lease:
    """Granted cores of one experiment, and its share of a GPU; give it back exactly once."""

    experiment: str
    cpus: float
    serial: int
    gpus: float = 0.0


@dataclass
class _Waiting:
    wanted: Lease
    most_gpus: float
    granted: asyncio.Future[Lease] = field(compare=False)


class LeaseDesk:
    """Fair sharing of ``total`` cores and of ``gpus`` within one event loop."""

    def __init__(self, total: float, gpus: float = 0.0) -> None:
        self.total, self.gpus = total, gpus
        self.held: Counter[str] = Counter()
        self.held_gpus: Counter[str] = Counter()
        self._free = total
        self._queue: list[_Waiting] = []
        self._serials = itertools.count()

    @property
    def free(self) -> float:
        """Cores not lent now."""
        return self._free

    @property
    def free_gpus(self) -> float:
        """GPUs not lent now."""
        return self.gpus - sum(self.held_gpus.values())

    async def acquire(self, experiment: str, cpus: float, gpus: float = 0.0, most_gpus: float | None = None) -> Lease:
        """Wait for ``cpus`` cores and ``gpus`` GPUs, of which the experiment never holds more than ``most_gpus``. Cancelling gives up the place.

        A request above the whole cluster gets the whole cluster, since waiting would never end.
        """
        wanted = Lease(experiment, min(cpus, self.total), next(self._serials), min(gpus, self.gpus))
        most = self.gpus if most_gpus is None else max(most_gpus, wanted.gpus)
        waiting = _Waiting(wanted, most, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._grant()
        try:
            return await waiting.granted
        except asyncio.CancelledError:
            if waiting in self._queue:
                self._queue.remove(waiting)
                self._grant()  # it may have stood before others
            elif waiting.granted.done() and not waiting.granted.cancelled():
                self.release(waiting.granted.result())
            raise

    def release(self, lease: Lease) -> None:
        """Give the lease back and serve who waits."""
        self._free += lease.cpus
        _take(self.held, lease.experiment, lease.cpus)
        _take(self.held_gpus, lease.experiment, lease.gpus)
        self._grant()

    def _grant(self) -> None:
        while (waiting := self._next()) is not None:
            wanted = waiting.wanted
            self._queue.remove(waiting)
            self._free -= wanted.cpus
            self.held[wanted.experiment] += wanted.cpus  # type: ignore[assignment]  # cores may be fractions
            self.held_gpus[wanted.experiment] += wanted.gpus  # type: ignore[assignment]
            waiting.granted.set_result(wanted)

    def _next(self) -> _Waiting | None:
        """Whose turn it is. Who waits for a GPU holds up nobody who needs none; who waits for cores holds up everybody behind, or he would starve."""
        for waiting in sorted(self._queue, key=self._turn):
            wanted = waiting.wanted
            if wanted.gpus <= min(self.free_gpus, waiting.most_gpus - self.held_gpus[wanted.experiment]) + ROUNDING:
                return waiting if wanted.cpus <= self._free + ROUNDING else None
        return None

    def _turn(self, waiting: _Waiting) -> tuple[float, int]:
        return self.held[waiting.wanted.experiment], waiting.wanted.serial


def _take(held: Counter[str], experiment: str, amount: float) -> None:
    held[experiment] -= amount  # type: ignore[assignment]  # may be fractions
    if held[experiment] <= ROUNDING:
        del held[experiment]
