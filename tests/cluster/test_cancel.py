"""How a task of a trial is ended: what heeds an interrupt leaves its process to the next one, what does not is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl_lab.cluster import connect, executor
from automl_lab.cluster.executor import Cancelled, Process, RayAttempt


def busy(told: Any) -> None:
    """Python that never ends."""
    import os
    import time

    import ray

    from automl_lab.cluster.tasks import heed_interrupts

    heed_interrupts()
    ray.get(told.tell.remote(os.getpid(), ray.get_runtime_context().get_node_id()))
    while True:
        time.sleep(0.01)


def deaf(told: Any) -> None:
    """Native code that looks at no signal: an interrupt is heard when it is over, in ten minutes."""
    import ctypes
    import os

    import ray

    from automl_lab.cluster.tasks import heed_interrupts

    lock = ctypes.create_string_buffer(256)
    libc = ctypes.PyDLL(None)  # holds the interpreter
    libc.pthread_mutex_init(lock, None)
    libc.pthread_mutex_lock(lock)
    heed_interrupts()
    try:
        ray.get(told.tell.remote(os.getpid(), ray.get_runtime_context().get_node_id()))
        libc.pthread_mutex_lock(lock)  # for ever
    except KeyboardInterrupt:  # it came in the moment between the two lines, where Python hears it
        libc.pthread_mutex_lock(lock)


def stubborn(told: Any) -> str:
    """An estimator that takes an interrupt for a wish to end with what it has, as scikit-learn's perceptron does."""
    import os
    import time

    import ray

    from automl_lab.cluster.tasks import heed_interrupts

    heed_interrupts()
    ray.get(told.tell.remote(os.getpid(), ray.get_runtime_context().get_node_id()))
    try:
        while True:
            time.sleep(0.01)
    except KeyboardInterrupt:
        return "half a model"


class Told:
    """Where the task runs, once it runs."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    async def tell(self, pid: int, node: str) -> None:
        await self.heard.put((pid, node))

    async def where(self) -> tuple[int, str]:
        return await self.heard.get()


@pytest.mark.parametrize(("task", "elsewhere", "killed"), [(busy, False, False), (stubborn, False, False), (deaf, False, True), (busy, True, True)])
def test_what_is_cut_ends_at_once_and_keeps_its_process_where_it_can(
    lab_home: Path, monkeypatch: pytest.MonkeyPatch, task: Callable[[Any], Any], elsewhere: bool, killed: bool
) -> None:
    connect.join(None, lab_home)
    if not killed:  # on a busy machine a worker, whose priority is low, may take its time
        monkeypatch.setattr(executor, "HEEDING_SECONDS", 60.0)
    import ray

    cut: list[None] = []

    async def run() -> tuple[int, float]:
        told = ray.remote(Told).options(num_cpus=0).remote()
        attempt = RayAttempt(ray.remote(max_retries=0)(task).options(num_cpus=0).remote(told), on_cut=lambda: cut.append(None))
        pid, node = await asyncio.wrap_future(told.where.remote().future())
        result = asyncio.ensure_future(attempt.result())
        began = asyncio.get_running_loop().time()
        attempt.cancel(Process(pid, "another node" if elsewhere else node))
        with pytest.raises(Cancelled):
            await asyncio.wait_for(result, 30)
        ray.kill(told)
        return pid, asyncio.get_running_loop().time() - began

    pid, took = asyncio.run(run())
    print(f"{task.__name__} ended after {took:.2f} s")
    assert bool(cut) == killed
    import psutil

    if killed:
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=20)
        assert not psutil.pid_exists(pid)
    else:
        assert psutil.pid_exists(pid)
