"""What an update of the live view costs the browser's main thread, by the number of trials.

    python -m benchmarks.live_view [--trials 100 1000 10000] [--rounds 30]

The real view in a real Chromium, on a page of its own: a delta with one new trial is taken in, merged, drawn and laid out. Nothing is painted: that is
another thread's. Needs Chromium, and the packages of ``labextension`` (``make test`` installs both).
"""

from __future__ import annotations

import argparse
import functools
import json
import platform
import shutil
import statistics
import subprocess
import sys
import threading
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[1] / "labextension"


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said of requests."""


def measured(trials: int, rounds: int, port: int, chromium: str) -> list[float]:
    """Milliseconds of each update."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1360, "height": 1500})
        page.goto(f"http://127.0.0.1:{port}/demo.html?measure={trials}&rounds={rounds}")
        page.wait_for_function("document.querySelector('#log').textContent !== ''", timeout=180_000)
        found = json.loads(page.locator("#log").inner_text())
        browser.close()
    return [float(each) for each in found]


def main() -> None:
    """Build the page, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium: apt-get install chromium")
    subprocess.run(["jlpm", "build:demo"], cwd=FOLDER, check=True, capture_output=True)  # noqa: S607  (of the environment that runs this)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=str(FOLDER)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{datetime.now(UTC):%Y-%m-%d}  {platform.machine()} {platform.system()}, {given.rounds} updates each, milliseconds of the main thread")
    for trials in given.trials:
        found = sorted(measured(trials, given.rounds, server.server_port, chromium))
        print(f"{trials:>7,} trials: median {statistics.median(found):5.1f}, the slowest {found[-1]:5.1f}")
    server.shutdown()


if __name__ == "__main__":
    main()
