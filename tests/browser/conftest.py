"""A real JupyterLab on loopback and a real Chromium."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
expect.set_options(timeout=30_000)  # a machine that does other things as well may take more than the usual five seconds
SCREENSHOTS = Path(__file__).parent / "output"


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    folder: Path

    def address(self, notebook: str) -> str:
        """Where a notebook opens, alone and without what an earlier visit left open."""
        return f"{self.url}/lab/tree/{notebook}?reset&token={self.token}"


def chromium() -> str:
    """The path of Chromium; on Debian as root it is installed when it is missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"], check=True)
        found = shutil.which("chromium")
    assert found, "the browser tests need Chromium: apt-get install chromium"
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for one module: while Playwright is open its event loop runs in this thread, and no other can."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 1360, "height": 1500})
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


@pytest.fixture(scope="session")
def lab(lab_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the built extension, its kernels in the test run's lab home."""
    folder = tmp_path_factory.mktemp("notebooks")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    token = secrets.token_hex(16)
    settings = tmp_path_factory.mktemp("jupyter")
    notification = settings / "lab" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notification.parent.mkdir(parents=True)
    notification.write_text('{"fetchNews": "false"}')  # the question about news would lie over the pictures
    environment = {**os.environ, "AUTOML_LAB_HOME": str(lab_home), "JUPYTER_CONFIG_DIR": str(settings), "JUPYTERLAB_SETTINGS_DIR": str(settings / "lab")}
    environment |= {"JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"), "JUPYTER_DATA_DIR": str(settings / "data")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root", f"--ServerApp.root_dir={folder}"]
    command += [f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = _until_it_serves(server)
        threading.Thread(target=said.extend, args=(server.stdout,), daemon=True).start()  # a full pipe would stop the server
        yield Lab(f"http://127.0.0.1:{port}", token, folder)
    finally:
        server.terminate()
        server.wait(20)


def _until_it_serves(server: subprocess.Popen[str]) -> list[str]:
    """Read what the server says until it serves; the lines read so far."""
    said: list[str] = []
    for line in server.stdout or ():
        said.append(line)
        if "is running at:" in line:
            return said
    raise AssertionError("JupyterLab ended: " + "".join(said[-20:]))
