"""The live view in a real kernel: the cell returns at once, messages flow both ways while cells run, and the result stays in the output."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from automl_lab.notebook.live import MIME_TYPE
from tests.notebook.kernels import Kernel, started

ROOT = Path(__file__).resolve().parents[2]
WIDGET = "application/vnd.jupyter.widget-view+json"
SET_UP = """
import sys, threading
sys.path.insert(0, {root!r})
from automl_lab.notebook import live
from tests.notebook.played import Played, finished, row, snapshot
"""


class Listening:
    """What the kernel publishes, in order, with the answers of a browser."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.seen: list[dict[str, Any]] = []

    def until(self, what: Callable[[str, Mapping[str, Any]], bool], timeout: float = 20) -> Mapping[str, Any]:
        """The content of the next message for which ``what(kind, content)`` holds."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self.kernel.client.get_iopub_msg(timeout=left)
            kind, content = message["header"]["msg_type"], message["content"]
            self.seen.append({"kind": kind, "content": content, "parent": message["parent_header"].get("msg_id")})
            if what(kind, content):
                return dict(content)
        raise TimeoutError(f"not seen in {timeout:g} s; seen: {[each['kind'] for each in self.seen][-20:]}")

    def until_told(self, kind: str, where: Callable[[Mapping[str, Any]], bool] = lambda _: True) -> Mapping[str, Any]:
        """The next message of that type to the live view."""

        def is_it(name: str, content: Mapping[str, Any]) -> bool:
            told = content.get("data", {}).get("content", {}) if name == "comm_msg" else {}
            return told.get("type") == kind and where(told)

        return dict(self.until(is_it)["data"]["content"])

    def say(self, comm: str, message: Mapping[str, Any]) -> None:
        """Send what a browser would."""
        client = self.kernel.client
        client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": message}}))

    def until_idle(self, sent: str) -> None:
        """Until that cell has run."""
        while True:
            self.until(lambda kind, content: kind == "status" and content["execution_state"] == "idle")
            if self.seen[-1]["parent"] == sent:
                return


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    with started(tmp_path, {**os.environ, "AUTOML_LAB_HOME": str(tmp_path / "home")}) as kernel:
        assert kernel.run(SET_UP.format(root=str(ROOT))).error == ""
        kernel.run("import automl_lab.notebook.widget")
        yield Listening(kernel)


def open_view(listening: Listening) -> tuple[str, str, str]:
    """Show a played experiment; the ids of the widget's comm and of the two outputs."""
    began = time.monotonic()
    sent = listening.kernel.send("played = Played(); live.show(played)")
    listening.until_idle(sent)
    assert time.monotonic() - began < 2
    cell = [each for each in listening.seen if each["parent"] == sent]
    displays = [each["content"] for each in cell if each["kind"] == "display_data"]
    assert not [each for each in cell if each["kind"] in ("stream", "error")]
    assert [WIDGET in each["data"] for each in displays] == [True, False]
    assert set(displays[1]["data"]) == {MIME_TYPE, "text/html", "text/plain"}
    assert "%automl attach churn" in displays[0]["data"]["text/plain"]
    ids = [each["transient"]["display_id"] for each in displays]
    return displays[0]["data"][WIDGET]["model_id"], ids[0], ids[1]


def test_a_run_is_followed_from_hello_to_result(listening: Listening):
    comm, live, saved = open_view(listening)
    listening.say(comm, {"type": "hello", "revision": 0})
    assert listening.until_told("snapshot")["snapshot"]["name"] == "churn"
    listening.kernel.send("played.change(row(1, 0.9))")
    delta = listening.until_told("delta")["delta"]
    assert (delta["base"], delta["revision"], [each["number"] for each in delta["trials"]]) == (1, 2, [1])
    assert listening.until_told("tick")["revision"] == 2
    listening.kernel.send("done = finished(played.snapshot()['trials']); played.change(**{k: v for k, v in done.items() if k not in ('trials', 'revision')})")
    kept = listening.until(lambda kind, content: kind == "update_display_data" and content["transient"]["display_id"] == saved)
    assert kept["data"][MIME_TYPE]["state"] == "COMPLETED"
    assert "Winner: trial 1" in kept["data"]["text/html"]
    gone = listening.until(lambda kind, content: kind == "update_display_data" and content["transient"]["display_id"] == live)
    assert gone["data"] == {"text/plain": ""}
    listening.until(lambda kind, content: kind == "comm_close" and content["comm_id"] == comm)


def test_deltas_flow_while_a_cell_is_busy(listening: Listening):
    comm, _, _ = open_view(listening)
    listening.say(comm, {"type": "hello", "revision": 0})
    listening.until_told("snapshot")
    busy = listening.kernel.send("release = threading.Event(); threading.Timer(1.0, lambda: played.change(row(1))).start(); release.wait(8)")
    listening.until_told("delta")
    assert not [each for each in listening.seen if each["parent"] == busy and each["content"].get("execution_state") == "idle"]
    listening.kernel.manager.interrupt_kernel()
    listening.until_idle(busy)


def test_the_buttons_reach_the_experiment(listening: Listening):
    comm, _, _ = open_view(listening)
    listening.say(comm, {"type": "prune", "number": 7})
    assert listening.until_told("notice")["text"] == ""
    assert listening.kernel.run("print(played.asked)").streams.strip() == "[('prune', 7)]"
    listening.kernel.run("played.refusal = ValueError('it has ended')")
    listening.say(comm, {"type": "stop"})
    assert listening.until_told("notice")["text"] == "could not stop: it has ended"


def test_an_ended_experiment_is_shown_without_a_widget(listening: Listening):
    shown = listening.kernel.run("live.show(Played(finished([row(0), row(1, 0.9)])))")
    (data,) = shown.displays.values()
    assert set(data) == {MIME_TYPE, "text/html", "text/plain"}
    assert data["text/plain"].startswith("churn@1: completed")


def test_the_panel_in_a_real_kernel_checks_starts_and_fills_its_outputs(tmp_path: Path, lab_home: Path) -> None:
    with started(tmp_path, {**os.environ, "AUTOML_LAB_HOME": str(lab_home)}) as kernel:
        panel_is_used(Listening(kernel))


def panel_is_used(listening: Listening) -> None:
    listening.kernel.run("import pandas as pd\n%load_ext automl_lab\nrows = pd.DataFrame({'a': range(60), 'y': [0, 1] * 30})")
    sent = listening.kernel.send("%automl panel")
    listening.until_idle(sent)
    shown = [each["content"] for each in listening.seen if each["parent"] == sent and each["kind"] == "display_data"]
    assert [WIDGET in each["data"] for each in shown] == [True, False, False]
    places = [each["transient"]["display_id"] for each in shown[1:]]
    comm = shown[0]["data"][WIDGET]["model_id"]
    listening.say(comm, {"type": "hello", "number": 0})
    assert listening.until_told("outlook")["outlook"]["problem"]["text"].startswith("no data")
    changes = [[["data"], "rows"], [["target"], "y"], [["trials"], 2], [["models"], ["linear"]], [["name"], "clicked"]]
    listening.say(comm, {"type": "set", "number": 1, "changes": changes})
    assert listening.until_told("outlook", lambda told: told["number"] == 1)["outlook"]["problem"] is None
    listening.say(comm, {"type": "run", "number": 1})
    filled = [listening.until(lambda kind, content: kind == "update_display_data") for _ in places]
    assert [each["transient"]["display_id"] for each in filled] == places
    assert [next(iter(set(each["data"]) & {WIDGET, MIME_TYPE})) for each in filled] == [WIDGET, MIME_TYPE]
    assert listening.until_told("notice") == {"type": "notice", "text": "clicked is running; it is the variable clicked here", "good": True}
    assert "COMPLETED" in listening.kernel.run("clicked.wait(120)\nprint(clicked.status['state'])", timeout=180).streams
