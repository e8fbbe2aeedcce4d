"""Lends cores to experiments: only what fits is dispatched, and the next core goes to the experiment that holds the smallest share.

Ray's own queue is first come, first served, so one flood of queued tasks would delay everybody: nothing is ever queued there.
Refuses to lend more than the cluster has; owns no knowledge of what the cores are used for.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lease:
    """Granted cores of one experiment; give it back exactly once."""

    experiment: str
    cpus: float
    serial: int


@dataclass
class _Waiting:
    experiment: str
    cpus: float
    serial: int
    granted: asyncio.Future[Lease] = field(compare=False)


class LeaseDesk:
    """Fair sharing of ``total`` cores within one event loop."""

    def __init__(self, total: float) -> None:
        self.total = total
        self.held: Counter[str] = Counter()
        self._free = total
        self._queue: list[_Waiting] = []
        self._serials = itertools.count()

    @property
    def free(self) -> float:
        """Cores not lent now."""
        return self._free

    async def acquire(self, experiment: str, cpus: float) -> Lease:
        """Wait for ``cpus`` cores. A request above the whole cluster gets the whole cluster, since waiting would never end. Cancelling gives up the place."""
        wanted = min(cpus, self.total)
        waiting = _Waiting(experiment, wanted, next(self._serials), asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._grant()
        try:
            return await waiting.granted
        except asyncio.CancelledError:
            if waiting in self._queue:
                self._queue.remove(waiting)
            elif waiting.granted.done() and not waiting.granted.cancelled():
                self.release(waiting.granted.result())
            raise

    def release(self, lease: Lease) -> None:
        """Give the cores back and serve who waits."""
        self._free += lease.cpus
        self.held[lease.experiment] -= lease.cpus  # type: ignore[assignment]  # cores may be fractions
        if self.held[lease.experiment] <= 0:
            del self.held[lease.experiment]
        self._grant()

    def _grant(self) -> None:
        while self._queue:
            waiting = min(self._queue, key=lambda each: (self.held[each.experiment], each.serial))
            if waiting.cpus > self._free + 1e-9:
                return
            self._queue.remove(waiting)
            self._free -= waiting.cpus
            self.held[waiting.experiment] += waiting.cpus  # type: ignore[assignment]
            waiting.granted.set_result(Lease(waiting.experiment, waiting.cpus, waiting.serial))
