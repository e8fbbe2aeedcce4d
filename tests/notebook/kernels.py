"""A real kernel for tests: run a cell, get what a notebook would show of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager


@dataclass
class Shown:
    """What a cell left: status, plain texts of streams and displays (updates replace), the error and payloads such as a next cell."""

    status: str
    seconds: float
    streams: str = ""
    displays: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str = ""
    traceback: list[str] = field(default_factory=list)
    payload: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All plain text."""
        return "\n".join([self.streams, *(str(data.get("text/plain", "")) for data in self.displays.values())])


@dataclass
class Kernel:
    """A running kernel and its client."""

    manager: KernelManager
    client: BlockingKernelClient

    def send(self, code: str) -> str:
        """Send a cell without waiting for it."""
        return str(self.client.execute(code))

    def run(self, code: str, timeout: float = 60) -> Shown:
        """Run a cell to its end."""
        began = time.perf_counter()
        return self.collect(self.send(code), timeout, began)

    def collect(self, sent: str, timeout: float = 60, began: float | None = None) -> Shown:
        """What a sent cell showed until it was idle again."""
        shown = Shown("", 0.0)
        anonymous = 0
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind == "stream":
                shown.streams += content["text"]
            elif kind == "error":
                shown.error, shown.traceback = f"{content['ename']}: {content['evalue']}", content["traceback"]
            elif kind in ("display_data", "update_display_data", "execute_result"):
                anonymous += 1
                shown.displays[content.get("transient", {}).get("display_id", str(anonymous))] = content["data"]
        reply = self.client.get_shell_msg(timeout=timeout)
        while reply["parent_header"].get("msg_id") != sent:
            reply = self.client.get_shell_msg(timeout=timeout)
        shown.status, shown.payload = reply["content"]["status"], reply["content"].get("payload", [])
        shown.seconds = time.perf_counter() - began if began is not None else 0.0
        return shown

    def complete(self, code: str) -> list[str]:
        """What the Tab key at the end of the code offers."""
        content: Mapping[str, Any] = self.client.complete(code, len(code), reply=True, timeout=60)["content"]
        return list(content["matches"])

    def wait_for_text(self, sent: str, text: str, timeout: float = 60) -> None:
        """Until a running cell has shown the text."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == sent and text in str(message["content"]):
                return
        raise TimeoutError(f"the cell did not show {text!r} in {timeout:g} s")


@contextmanager
def started(folder: Path, environment: Mapping[str, str]) -> Iterator[Kernel]:
    """A kernel in that folder, ended with the block."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), env=dict(environment))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
