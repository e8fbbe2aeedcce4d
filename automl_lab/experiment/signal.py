"""Waking coroutines when something changed, without a lock: whoever changes state calls ``fire``, whoever waits says for what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Signal:
    """Many waiters of one event loop. Refuses to carry values: the waiter's predicate looks at the state itself."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def fire(self) -> None:
        """Let every waiter look again."""
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, predicate: Callable[[], bool]) -> None:
        """Return as soon as ``predicate()`` holds."""
        while not predicate():
            await self._event.wait()
