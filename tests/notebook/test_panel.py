"""The panel's end in the kernel: drafts and what is answered to them, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from automl_lab.config import Flag
from automl_lab.core.errors import RequestError
from automl_lab.notebook import panel
from automl_lab.notebook.live import Place
from automl_lab.notebook.panel import Panel

RANDOM = np.random.default_rng(1)


class Browser:
    """What reaches the browser."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self._news = threading.Condition()

    def send(self, message: dict[str, Any]) -> None:
        with self._news:
            self.told.append(message)
            self._news.notify_all()

    def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        with self._news:
            assert self._news.wait_for(lambda: any(map(condition, self.told)), 30), self.told
            return next(message for message in reversed(self.told) if condition(message))

    def outlook(self, number: int) -> dict[str, Any]:
        return self.until(lambda message: message["type"] == "outlook" and message["number"] == number)["outlook"]

    def last(self, kind: str) -> dict[str, Any]:
        return next(message for message in reversed(self.told) if message["type"] == kind)


@pytest.fixture
def shell() -> InteractiveShell:
    shell = InteractiveShell()
    shell.user_ns["staff"] = pd.DataFrame({"age": RANDOM.integers(18, 90, 50), "left": RANDOM.choice(["yes", "no"], 50)})
    return shell


def opened(shell: InteractiveShell, text: str = "%%automl", **defaults: str) -> tuple[Panel, Browser]:
    browser = Browser()
    made = Panel(shell, text, {key: Flag(key, value) for key, value in defaults.items()}, browser.send, Place())
    made.receive({"type": "hello", "number": 0})
    return made, browser


def test_hello_is_answered_with_what_can_be_chosen_and_the_draft(shell: InteractiveShell) -> None:
    _, browser = opened(shell, "%%automl staff --target left\nseed: 3", time="2m")
    assert [message["type"] for message in browser.told[:2]] == ["offers", "draft"]
    offers = browser.told[0]["offers"]
    assert offers["sources"][0] == {"name": "staff", "text": "DataFrame of 50 rows and 2 columns"}
    assert {"linear", "xgboost"} <= {each["name"] for each in offers["models"]}
    assert offers["hints"]["split.gap"]
    assert browser.told[1]["values"] == {"data": "staff", "target": "left", "seed": 3}
    outlook = browser.outlook(0)
    assert outlook["problem"] is None
    assert outlook["task"]["name"] == "binary"
    assert "time: 2m" in outlook["plan"]["yaml"]


def test_form_and_text_say_the_same(shell: InteractiveShell) -> None:
    made, browser = opened(shell)
    made.receive({"type": "set", "number": 1, "changes": [[["data"], "staff"], [["target"], "left"], [["split", "kind"], "kfold"]]})
    assert browser.last("draft")["text"] == "%%automl staff --target left\nsplit: kfold"
    made.receive({"type": "text", "number": 2, "text": "%%automl staff --target left\nmodels: linear"})
    assert browser.last("draft")["values"] == {"data": "staff", "target": "left", "models": ["linear"]}
    assert browser.outlook(2)["problem"] is None


def test_errors_are_the_cells_with_line_and_key(shell: InteractiveShell) -> None:
    made, browser = opened(shell)
    made.receive({"type": "text", "number": 1, "text": "%%automl staff --target left\nseed: [1"})
    assert browser.last("draft")["problem"]["text"].startswith("line 2, column")
    assert browser.last("draft")["values"] == {}  # the form keeps what was last understood
    made.receive({"type": "text", "number": 2, "text": "%%automl staff --target left\nseed: -1"})
    assert browser.outlook(2)["problem"] == {"text": "line 2, column 7: seed should be at least 0, not -1", "path": ["seed"]}
    made.receive({"type": "set", "number": 3, "changes": [[["seed"], None], [["target"], "lft"]]})
    assert browser.outlook(3)["problem"] == {"text": "--target: staff has no column 'lft'; did you mean 'left'?", "path": ["target"]}


def test_only_the_newest_of_many_drafts_has_to_be_checked(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    made, browser = opened(shell, "%%automl staff --target left")
    browser.outlook(0)
    entered, go_on, real = threading.Event(), threading.Event(), panel.Preview.look

    def slow(self: Any, config: Any) -> Any:
        entered.set()
        assert go_on.wait(30)
        return real(self, config)

    monkeypatch.setattr(panel.Preview, "look", slow)
    for number in range(1, 20):
        made.receive({"type": "set", "number": number, "changes": [[["seed"], number]]})
        assert entered.wait(30)
    go_on.set()
    browser.outlook(19)
    assert [message["number"] for message in browser.told if message["type"] == "outlook"] == [0, 1, 19]


def test_a_check_that_breaks_is_told_and_the_next_one_goes_on(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    made, browser = opened(shell, "%%automl staff --target left")
    browser.outlook(0)
    with monkeypatch.context() as patched:
        patched.setattr(panel.Preview, "look", lambda self, config: 1 / 0)
        made.receive({"type": "set", "number": 1, "changes": [[["seed"], 1]]})
        assert browser.outlook(1)["problem"]["text"] == "the request could not be checked: division by zero"
    made.receive({"type": "set", "number": 2, "changes": [[["seed"], 2]]})
    assert browser.outlook(2)["problem"] is None


@pytest.mark.parametrize("message", [{"type": "set", "changes": 3}, {"type": "set", "changes": [[[], 1]]}, {"type": "text"}, {"type": 4}, {}])
def test_what_is_no_message_is_said_to_be_none(shell: InteractiveShell, message: dict[str, Any]) -> None:
    made, browser = opened(shell)
    made.receive(message)
    assert "the kernel does not know" in browser.last("notice")["text"]


def test_run_says_what_is_wrong_and_starts_nothing(shell: InteractiveShell) -> None:
    made, browser = opened(shell, "%%automl staff --target lft")
    made.receive({"type": "run", "number": 0})
    assert browser.last("notice") == {"type": "notice", "text": "--target: staff has no column 'lft'; did you mean 'left'?", "good": False}
    made.receive({"type": "text", "number": 1, "text": "%%automl"})
    made.receive({"type": "run", "number": 1})
    assert browser.last("notice")["text"].startswith("no data is named")


def test_outside_a_notebook_there_is_no_panel(shell: InteractiveShell) -> None:
    with pytest.raises(RequestError, match="the panel needs a notebook"):
        panel.show(shell, "%%automl", {})
