"""The slots of a search without a cluster: what one of them breaks does not keep the others going."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from automl_lab.core.errors import StoreError
from automl_lab.data.validation import Validation
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


def test_the_best_that_has_been_fitted_is_a_finalist_whatever_is_before_it() -> None:
    def row(number: int, family: str, merit: float, model: str | None = None) -> dict[str, Any]:
        return {"number": number, "state": "COMPLETED", "family": family, "source": str(number), "values": merit, "model": model}

    finish = object.__new__(Finish)
    rows = [row(0, "linear", 0.7, "older"), row(1, "linear", 0.8, "stored"), row(2, "linear", 0.9), row(3, "ensemble", 0.95)]
    finish.board = SimpleNamespace(rows={each["number"]: each for each in rows}, standing=SimpleNamespace(place=lambda each: each["values"]))  # type: ignore[assignment]
    assert [each["number"] for each in finish.finalists(1)] == [3, 1]
    assert [each["number"] for each in finish.finalists(2)] == [3, 2, 1]
    assert [each["number"] for each in finish.finalists(4)] == [3, 2, 1, 0]


class Desk:
    """Cores that somebody else holds until ``free`` is set."""

    def __init__(self) -> None:
        self.free, self.asked, self.given, self.released = asyncio.Event(), asyncio.Event(), 0, 0

    async def acquire(self, *_: Any) -> Any:
        self.asked.set()
        await self.free.wait()
        self.given += 1
        return "cores"

    def release(self, _: Any) -> None:
        self.released += 1


class OneTrial(TwoSlots):
    """A search whose slot waits for cores."""

    def __init__(self) -> None:
        super().__init__()
        self.config.resources = SimpleNamespace(workers=1, cpus_per_trial=1, gpus=None)
        self.board = SimpleNamespace(rows={}, record={"id": "e"})
        self.desk: Any = Desk()
        self.begun = asyncio.Event()
        self._resumed = asyncio.Event()
        self._resumed.set()
        self.rows: list[dict[str, Any]] = [{"number": 0}]

    _slot = Search._slot

    async def _ask(self) -> dict[str, Any] | None:
        return self.rows.pop() if self.rows else None

    def _gpus(self, row: Mapping[str, Any]) -> float:
        return 0.0

    async def _trial(self, row: dict[str, Any], lease: Any) -> None:
        assert self._resumed.is_set()
        self.begun.set()


def test_a_trial_that_waits_for_cores_does_not_begin_while_the_search_is_paused() -> None:
    """What it is granted meanwhile goes to others; it asks again when the search goes on."""

    async def run() -> OneTrial:
        search = OneTrial()
        searching = asyncio.ensure_future(search.run(lambda: 60.0))
        await asyncio.wait_for(search.desk.asked.wait(), 20)
        search.pause()
        search.desk.free.set()
        done, _ = await asyncio.wait({searching}, timeout=0.3)
        assert not done
        assert (search.desk.given, search.desk.released, search.begun.is_set()) == (1, 1, False)
        search.resume()
        await asyncio.wait_for(searching, 20)
        return search

    search = asyncio.run(run())
    assert search.begun.is_set()
    assert (search.desk.given, search.desk.released) == (2, 1)


class Asking(TwoSlots):
    """A search of one slot whose trials take a moment each; it says how many have begun."""

    def __init__(self) -> None:
        super().__init__()
        self.config.resources.workers = 1
        self._resumed = asyncio.Event()
        self._resumed.set()
        self.asked, self.most = 0, 1
        self.reached = asyncio.Event()

    _slot = Search._slot

    async def _ask(self) -> dict[str, Any] | None:
        self.asked += 1
        if self.asked == self.most:
            self.reached.set()
        return {"number": self.asked}

    async def _leased(self, row: Mapping[str, Any]) -> Any:
        return "cores"

    async def _trial(self, row: dict[str, Any], lease: Any) -> None:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("more", [True, False])
def test_a_search_that_waits_for_the_choice_of_an_ensemble_begins_nothing_and_goes_on_where_none_was_found(more: bool) -> None:
    """Else what was kept back for an ensemble that is none would be lost: a quarter of the time, seen on 3,000 rows."""

    async def run() -> Asking:
        search, state = Asking(), {"left": 60.0, "held": False}
        searching = asyncio.ensure_future(search.run(lambda: state["left"], lambda: bool(state["held"])))
        await asyncio.wait_for(search.reached.wait(), 20)
        state.update(left=0.0, held=True)
        await asyncio.wait({searching}, timeout=0.3)
        asked = search.asked
        done, _ = await asyncio.wait({searching}, timeout=0.3)
        assert not done
        assert search.asked == asked
        search.reached.clear()
        search.most = asked + 1
        state.update(left=60.0 if more else 0.0, held=False)
        if more:
            await asyncio.wait_for(search.reached.wait(), 20)
            search.end("enough")
        await asyncio.wait_for(searching, 20)
        assert (search.asked > asked) == more
        return search

    search = asyncio.run(run())
    assert search.reason == ("enough" if more else "all 0 trials were done")


@pytest.mark.parametrize(("usable", "left", "told"), [(3, 5.0, True), (3, 50.0, False), (None, 5.0, False)])
def test_after_its_last_fold_a_trial_hears_that_no_time_is_left_for_a_refit(usable: int | None, left: float, told: bool) -> None:
    """Cut in its refit it would not count at all. The first model is waited for: without one there is nothing to use."""
    search = object.__new__(Search)
    rows: dict[int, dict[str, Any]] = {7: {"number": 7, "folds": [{"fit_seconds": 8.0}]}}
    search.board = SimpleNamespace(rows=rows, change=lambda row: rows.update({7: row}), standing=SimpleNamespace(usable=usable))  # type: ignore[assignment]
    search.attempts = SimpleNamespace(is_live=lambda *_: True)  # type: ignore[assignment]
    search.dataset = SimpleNamespace(validation=Validation("kfold", 2, fitted=0.5))  # type: ignore[assignment]
    search._left, search._held = lambda: left, lambda: False
    reason = search.fold(7, 1, 1, {"fit_seconds": 8.0})
    assert (reason is not None) == told
    assert len(rows[7]["folds"]) == 2
    assert told == (reason == "not fitted on all training rows in the search: no time was left for that")
