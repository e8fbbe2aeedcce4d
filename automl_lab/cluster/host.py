"""The detached actor that hosts the controller. Ray restarts it when it dies; what it hosts is named by a factory, so that this room need not know it."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, Protocol

import ray

NAMESPACE = "automl_lab"
MOST_CALLS = 4000  # open at once: long polls of many readers, and the reports of many workers


class Hosted(Protocol):
    """What can be hosted: started once inside the actor's event loop, then called by the names of its coroutines."""

    async def start(self) -> None:
        """Begin background work; after a crash of the actor this runs again on a fresh object."""


class Host:
    """Makes the hosted object from ``"module:function"`` and passes calls on to its coroutines. Private names cannot be called."""

    async def __init__(self, factory: str, arguments: dict[str, Any]) -> None:  # type: ignore[misc]  # Ray awaits it
        # Asks of the sampler run in threads and hold the interpreter for 5 ms at a stretch by default; every report of a worker would wait for that.
        sys.setswitchinterval(0.0005)
        module, function = factory.split(":")
        self._hosted = getattr(importlib.import_module(module), function)(**arguments)
        await self._hosted.start()

    async def call(self, method: str, arguments: dict[str, Any]) -> Any:
        """The result of one coroutine of the hosted object. Its own errors reach the caller as Ray task errors that carry them."""
        if method.startswith("_"):
            raise AttributeError(method)
        return await getattr(self._hosted, method)(**arguments)

    async def pid(self) -> int:
        """The process that hosts: tests end it to see the restart."""
        return os.getpid()


def obtain(name: str, factory: str, arguments: dict[str, Any]) -> Any:
    """The handle of the named detached host, made if there is none; two callers at once get the same one."""
    options: dict[str, Any] = {"name": name, "namespace": NAMESPACE, "lifetime": "detached", "get_if_exists": True}
    options |= {"num_cpus": 0, "max_restarts": -1, "max_concurrency": MOST_CALLS}
    return ray.remote(Host).options(**options).remote(factory, arguments)
