"""The heartbeat of a trial's process: at once, then in its own time, and sooner where there is something to tell."""

from __future__ import annotations

import threading

import pytest

from automl_lab.cluster import tasks
from automl_lab.cluster.tasks import heart


class Beats:
    """Counts beats; each of them tells what news there was."""

    def __init__(self) -> None:
        self.news = threading.Event()
        self._beaten = threading.Semaphore(0)

    def beat(self) -> None:
        self.news.clear()
        self._beaten.release()

    def another(self, seconds: float = 20.0) -> bool:
        return self._beaten.acquire(timeout=seconds)


def test_news_is_told_before_the_next_beat_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "NEWS_SECONDS", 0.01)
    monkeypatch.setattr(tasks, "BEAT_SECONDS", 1000.0)
    beats = Beats()
    with heart(beats.beat, beats.news.is_set):
        assert beats.another(), "it beats at once"
        assert not beats.another(0.2), "and then not before it is due"
        for _ in range(3):
            beats.news.set()
            assert beats.another()
    assert not beats.another(0.0)


def test_without_news_it_beats_in_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "NEWS_SECONDS", 0.01)
    monkeypatch.setattr(tasks, "BEAT_SECONDS", 0.03)
    beats = Beats()
    with heart(beats.beat):
        assert all(beats.another() for _ in range(5))
