"""A real Jupyter server with a token, on loopback, with our extension and a lab home of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

TOKEN = "b1a2" * 8
BASE_URL = "/user/a%40b/"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class JupyterServer:
    port: int
    process: subprocess.Popen[str]
    log: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, *, token: str | None = None, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=240)
        sent = {**({"Authorization": f"token {token}"} if token else {}), **(headers or {})}
        with contextlib.closing(connection):
            connection.request(method, BASE_URL + path, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())


def _wait_for(server: JupyterServer) -> None:
    """Until the port answers: the server says that it is running a little before it is."""
    deadline = time.monotonic() + 90
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(0.1)
        assert server.process.poll() is None, "".join(server.log)
        assert time.monotonic() < deadline, "".join(server.log)


@contextlib.contextmanager
def running(home: Path, folder: Path) -> Iterator[JupyterServer]:
    """Start a server for this lab home and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "AUTOML_LAB_HOME": str(home), "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    environment |= {"JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTER_NO_CONFIG": "", "JUPYTER_TOKEN": TOKEN}
    options = {"ip": "127.0.0.1", "port": port, "port_retries": 0, "open_browser": False, "allow_root": True, "root_dir": str(folder), "base_url": BASE_URL}
    command = [sys.executable, "-m", "jupyter_server", *(f"--ServerApp.{name}={value}" for name, value in options.items())]
    command.append("--ServerApp.jpserver_extensions={'automl_lab.server': True}")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder)
    server = JupyterServer(port, process)
    assert process.stderr is not None
    listener = threading.Thread(target=server.log.extend, args=(process.stderr,), daemon=True)
    listener.start()
    try:
        _wait_for(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)
        listener.join(timeout=10)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server whose lab home nothing has written to yet."""
    home = tmp_path_factory.mktemp("home")
    with running(home, tmp_path_factory.mktemp("server")) as started:
        started.home = home  # type: ignore[attr-defined]
        yield started
