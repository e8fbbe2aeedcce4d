"""The slots of a search without a cluster: what one of them breaks does not keep the others going."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from automl_lab.core.errors import StoreError
from automl_lab.experiment import loop
from automl_lab.experiment.attempts import Ended
from automl_lab.experiment.finish import Finish
from automl_lab.experiment.loop import Search


class TwoSlots(Search):
    """A search of two slots: one fails, the other one goes on until the search ends."""

    def __init__(self) -> None:
        self.config: Any = SimpleNamespace(resources=SimpleNamespace(workers=2), time=None)
        self.board: Any = SimpleNamespace(rows={})
        self.cancelled: list[str] = []
        self.attempts: Any = SimpleNamespace(cancel_all=self.cancelled.append)
        self.reason, self._next, self._ahead, self._slots = None, 0, None, 0
        self._ending, self._busy, self._recording, self._prepared = asyncio.Event(), set(), set(), Counter()

    def _restore(self) -> None:
        """Nothing was asked before."""

    async def _slot(self) -> None:
        self._slots += 1
        if self._slots == 1:
            raise StoreError("the artefact store is away")
        await self._ending.wait()


def test_a_fault_in_one_slot_ends_the_others_and_is_heard() -> None:
    async def run() -> TwoSlots:
        search = TwoSlots()
        with pytest.raises(StoreError, match="the artefact store is away"):
            await asyncio.wait_for(search.run(lambda: 60.0), timeout=20)
        return search

    search = asyncio.run(run())
    assert search._ending.is_set()
    assert search.cancelled == ["stopped with the experiment"]


class SlowToRecord(TwoSlots):
    """A search whose one trial has ended while the database is away for longer than the others are waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.config.resources.workers = 1
        self.board.rows = {0: {"number": 0, "state": "RUNNING", "attempt": 1}}
        self.board.change = lambda row: self.board.rows.update({row["number"]: row})
        self.back, self.ended = asyncio.Event(), asyncio.Event()

    async def _slot(self) -> None:
        await Search._trial(self, self.board.rows[0], cast("Any", None))

    async def _attempt(self, row: dict[str, Any], lease: Any) -> Ended:
        return Ended("COMPLETED", 1)

    async def _record(self, row: Mapping[str, Any], ended: Ended) -> None:
        if ended.state == "COMPLETED":
            self.ended.set()
            await self.back.wait()
        self.board.change({**row, "state": ended.state})


def test_a_trial_that_has_ended_is_recorded_as_such_however_long_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "LATE_SECONDS", 0.01)

    async def run() -> dict[str, Any]:
        search = SlowToRecord()
        searching = asyncio.ensure_future(search.run(lambda: 60.0))
        await asyncio.wait_for(search.ended.wait(), 20)
        search.end("stopped by hand")
        done, _ = await asyncio.wait({searching}, timeout=0.3)
        assert not done
        search.back.set()
        await asyncio.wait_for(searching, 20)
        return search.board.rows[0]  # type: ignore[no-any-return]

    assert asyncio.run(run())["state"] == "COMPLETED"


def test_the_best_single_trial_is_a_finalist_whatever_is_before_it() -> None:
    def row(number: int, family: str, merit: float) -> dict[str, Any]:
        return {"number": number, "state": "COMPLETED", "family": family, "source": str(number), "values": merit}

    finish = object.__new__(Finish)
    rows = [row(0, "linear", 0.7), row(1, "linear", 0.8), row(2, "ensemble", 0.9), row(3, "ensemble", 0.95)]
    finish.board = SimpleNamespace(rows={each["number"]: each for each in rows}, standing=SimpleNamespace(place=lambda each: each["values"]))  # type: ignore[assignment]
    assert [each["number"] for each in finish.finalists(1)] == [3, 1]
    assert [each["number"] for each in finish.finalists(2)] == [3, 2, 1]
    assert [each["number"] for each in finish.finalists(4)] == [3, 2, 1, 0]
