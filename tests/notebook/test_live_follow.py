"""Following an experiment: what is told, in which order, how often, and what happens when something breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from automl_lab.core.errors import ClusterError, RequestError
from automl_lab.notebook.follow import Follower, Pace
from tests.notebook.played import Played, finished, row, snapshot

QUICK = Pace(delta=0.02, poll=0.2, tick=0.05, keep=1000.0, retries=(0.01, 0.02))


class Listener:
    """An audience that remembers everything with its time."""

    def __init__(self) -> None:
        self.told: list[tuple[float, dict[str, Any]]] = []
        self.kept: list[Mapping[str, Any]] = []
        self.ended = threading.Event()
        self._news = threading.Condition()

    def send(self, message: dict[str, Any]) -> None:
        with self._news:
            self.told.append((time.monotonic(), message))
            self._news.notify_all()

    def keep(self, snapshot: Mapping[str, Any]) -> None:
        assert not self.ended.is_set()
        with self._news:
            self.kept.append(snapshot)
            self._news.notify_all()

    def end(self) -> None:
        self.ended.set()

    def of(self, kind: str) -> list[dict[str, Any]]:
        with self._news:
            return [message for _, message in self.told if message["type"] == kind]

    def until(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, 10), f"never so; told: {[message['type'] for _, message in self.told][-20:]}"

    def until_told(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        self.until(lambda: len([1 for _, message in self.told if message["type"] == kind]) >= count)
        return self.of(kind)


def follow(played: Played, pace: Pace = QUICK) -> tuple[Follower, Listener]:
    listener = Listener()
    follower = Follower(played, played.snapshot(), listener, pace)
    follower.start()
    return follower, listener


def end(played: Played, listener: Listener) -> None:
    played.change(state="COMPLETED", phase="done")
    assert listener.ended.wait(10)


def test_a_hello_is_answered_with_the_whole() -> None:
    played = Played(snapshot([row(0), row(1)]))
    follower, listener = follow(played)
    follower.receive({"type": "hello", "revision": 0})
    told = listener.until_told("snapshot")[-1]["snapshot"]
    assert [each["number"] for each in told["trials"]] == [0, 1]
    assert "distributions" not in told["trials"][0]
    end(played, listener)


def test_deltas_follow_each_other_without_a_gap() -> None:
    played = Played()
    follower, listener = follow(played)
    follower.receive({"type": "hello", "revision": 0})
    for number in range(1, 30):
        played.change(row(number))
    end(played, listener)
    revision = played.snapshot()["revision"]
    deltas = [message["delta"] for message in listener.of("delta")]
    assert deltas[0]["base"] == 1
    assert [delta["base"] for delta in deltas[1:]] == [delta["revision"] for delta in deltas[:-1]]
    assert deltas[-1]["revision"] == revision
    assert {each["number"] for delta in deltas for each in delta["trials"]} == set(range(1, 30))


def test_the_end_is_saved_before_the_live_view_goes() -> None:
    played = Played()
    _, listener = follow(played)
    done = finished([row(0), row(1, 0.9)])
    played.change(*done["trials"], **{key: value for key, value in done.items() if key not in ("trials", "revision")})
    assert listener.ended.wait(10)
    assert listener.kept[-1]["state"] == "COMPLETED"
    assert listener.kept[-1]["result"]["winner"] == 1
    assert listener.of("delta")[-1]["delta"]["head"]["state"] == "COMPLETED"


def test_at_most_ten_deltas_a_second() -> None:
    played = Played()
    _, listener = follow(played, Pace(tick=1000.0))
    until = time.monotonic() + 1.0
    number = 1
    while time.monotonic() < until:
        played.change(row(number))
        number += 1
    end(played, listener)
    times = [when for when, message in listener.told if message["type"] == "delta"]
    # A late one may be followed soon, so that gaps of two are what a busy machine cannot shorten by much.
    gaps = [later - earlier for earlier, later in zip(times, times[2:], strict=False)]
    assert number > 100
    assert 5 <= len(times) <= 13
    assert min(gaps) > 0.15


def test_a_change_of_the_head_alone_is_told() -> None:
    played = Played(snapshot([], state="QUEUED", phase="starting", message="reading the data", revision=0))
    _, listener = follow(played)
    played.change(revision=0, message="starting the local cluster")
    assert listener.until_told("delta")[0]["delta"]["head"]["message"] == "starting the local cluster"
    end(played, listener)


def test_signs_of_life_come_while_a_poll_hangs() -> None:
    played = Played()
    played.hung.clear()
    follower, listener = follow(played)
    follower.receive({"type": "hello", "revision": 0})
    ticks = listener.until_told("tick", 3)
    assert ticks[0]["revision"] == 1
    assert ticks[0]["now"] < ticks[1]["now"] < ticks[2]["now"]
    played.hung.set()
    end(played, listener)


def test_the_whole_is_sent_until_a_view_says_hello() -> None:
    """A hello waits behind a busy cell, and a view that opens late has missed what was sent before."""
    played = Played()
    follower, listener = follow(played)
    assert listener.until_told("snapshot", 2)
    follower.receive({"type": "hello", "revision": 1})
    count = len(listener.of("snapshot"))
    listener.until_told("tick", len(listener.of("tick")) + 5)
    assert len(listener.of("snapshot")) == count
    end(played, listener)


def test_a_broken_connection_is_shown_and_tried_again() -> None:
    played = Played()
    played.broken = [ClusterError("the controller does not answer"), ClusterError("the controller\ndoes not answer")]
    _, listener = follow(played)
    notices = [message["text"] for message in listener.until_told("notice", 3)]
    assert (
        notices[0]
        == "the connection to the experiment is interrupted (the controller does not answer); the search is not harmed by that, next attempt in 0.01 s"
    )
    assert "\n" not in notices[1]
    assert "next attempt in 0.02 s" in notices[1]
    assert notices[2] == ""
    played.change(row(1))
    assert listener.until_told("delta")
    end(played, listener)


def test_following_gives_up_in_words_and_leaves_the_last_state() -> None:
    played = Played()
    played.broken = [ClusterError("gone")] * 10
    _, listener = follow(played)
    assert listener.ended.wait(10)
    assert listener.of("notice")[-1]["text"] == "gave up following after 3 attempts; come back with %automl attach churn"
    assert listener.kept[-1]["state"] == "RUNNING"


def test_a_restarted_other_side_is_read_anew() -> None:
    played = Played(snapshot([row(0), row(1)]))
    follower, listener = follow(played, Pace(delta=0.02, poll=0.2, tick=1000.0, keep=1000.0))
    played.change(row(2), revision=1)
    told = listener.until_told("snapshot")[-1]["snapshot"]
    assert told["revision"] == 1
    assert len(told["trials"]) == 3
    assert not follower.over.is_set()
    end(played, listener)


def test_checkpoints_are_saved_while_something_changes() -> None:
    played = Played()
    _, listener = follow(played, Pace(delta=0.01, poll=0.02, tick=1000.0, keep=0.05))
    played.change(row(1))
    listener.until(lambda: len(listener.kept) == 1)
    assert len(listener.kept[0]["trials"]) == 2
    end(played, listener)


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ({"type": "stop"}, ("stop", None)),
        ({"type": "pause"}, ("pause", None)),
        ({"type": "resume"}, ("resume", None)),
        ({"type": "prune", "number": 7}, ("prune", 7)),
        ({"type": "enqueue", "params": {"family": "xgboost"}}, ("enqueue", {"family": "xgboost"})),
        ({"type": "around", "number": 7}, ("around", 7)),
        ({"type": "pin", "number": 7}, ("pin", 7)),
        ({"type": "unpin", "number": 7}, ("unpin", 7)),
        ({"type": "extend", "seconds": 300}, ("extend", (300, None))),
        ({"type": "extend", "trials": 20}, ("extend", (None, 20))),
        ({"type": "narrow", "ranges": {"xgboost.max_depth": [3, 6]}}, ("narrow", {"xgboost.max_depth": [3, 6]})),
        ({"type": "switch_off", "family": "svm"}, ("switch_off", "svm")),
        ({"type": "switch_on", "family": "svm"}, ("switch_on", "svm")),
    ],
)
def test_commands_reach_the_experiment_and_are_answered(message: dict[str, Any], asked: tuple[str, Any]) -> None:
    played = Played()
    follower, listener = follow(played)
    follower.receive(message)
    assert listener.until_told("notice")[0]["text"] == ""
    assert played.asked == [asked]
    end(played, listener)


def test_a_refused_command_says_why() -> None:
    played = Played()
    played.refusal = RequestError("trial 7 has ended")
    follower, listener = follow(played)
    follower.receive({"type": "prune", "number": 7})
    assert listener.until_told("notice")[0]["text"] == "could not prune: trial 7 has ended"
    end(played, listener)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "explode"},
        {"type": "prune", "number": "7; import os"},
        {"type": "enqueue", "params": 3},
        {"type": "switch_off", "family": 3},
        {"type": "extend", "seconds": "5m"},
        {},
    ],
)
def test_what_is_no_command_is_not_done(message: dict[str, Any]) -> None:
    played = Played()
    follower, listener = follow(played)
    follower.receive(message)
    assert listener.until_told("notice")[0]["text"].startswith("the view sent what the kernel does not know")
    assert played.asked == []
    end(played, listener)


def test_the_source_of_a_trial_is_sent_to_the_view_that_asks() -> None:
    played = Played()
    follower, listener = follow(played)
    follower.receive({"type": "source", "number": 1})
    assert listener.until_told("source")[0] == {"type": "source", "number": 1, "text": "# the source of trial 1"}
    played.refusal = RequestError("there is no trial 99")
    follower.receive({"type": "source", "number": 99})
    assert listener.until_told("notice")[0]["text"] == "could not show the source: there is no trial 99"
    end(played, listener)
