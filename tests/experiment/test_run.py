"""What one experiment refuses and leaves out, without a cluster."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

import pytest

from automl_lab.cluster.executor import APART_SECONDS, CandidateError, RayExecutor
from automl_lab.core.errors import RequestError
from automl_lab.data.dataset import Dataset
from automl_lab.data.validation import Validation
from automl_lab.evaluation.ensembles.bagging import MODELS
from automl_lab.evaluation.ensembles.recipe import Recipe
from automl_lab.experiment.controller import Controller
from automl_lab.experiment.ensembling import Ensembling
from automl_lab.experiment.run import Run
from automl_lab.pipelines.source import Source
from tests.experiment.test_members import LARGE, SMALL, board

STEERED = [("RUNNING", "pause", ()), ("PAUSED", "resume", ()), ("RUNNING", "enqueue", ({"family": "linear"},)), ("RUNNING", "extend", (60.0,))]


@pytest.mark.parametrize(("phase", "over"), [("searching", True), ("refitting", False)])
@pytest.mark.parametrize(("state", "what", "given"), STEERED)
def test_nobody_steers_a_search_that_is_over(state: str, what: str, given: tuple[Any, ...], phase: str, over: bool) -> None:
    """What is not refused would be recorded as done and have no effect."""
    run = object.__new__(Run)
    run.board, run._over = cast("Any", SimpleNamespace(record={"state": state, "name": "ended", "phase": phase})), over
    with pytest.raises(RequestError, match=rf"cannot {what}( into)? experiment 'ended': it is about to end"):
        asyncio.run(getattr(run, what)(*given))
    assert run.board.record["state"] == state


def test_nothing_is_enqueued_once_all_trials_were_asked() -> None:
    run = object.__new__(Run)
    run.board, run._over = cast("Any", SimpleNamespace(record={"state": "RUNNING", "name": "asked", "phase": "searching"})), False
    run.search = cast("Any", SimpleNamespace(all_asked=True))
    with pytest.raises(RequestError, match="cannot enqueue into experiment 'asked': all of its trials were asked already"):
        asyncio.run(run.enqueue({"family": "linear"}))


class Faulty(Run):
    """An experiment at its end, on a machine whose disk is full for ensembles."""

    def __init__(self, stopped: str | None) -> None:
        self.events: list[str] = []
        self.given: list[float] = []
        standing = SimpleNamespace(importances={}, objectives=["rmse"], directions=["minimize"])
        self.board = cast("Any", SimpleNamespace(record={"deadline": None, "name": "faulty", "timings": {}}, rows={}, standing=standing))
        self.ensembling = cast("Any", SimpleNamespace(run=self.broken, bag=self.broken, run_latest=self.broken))
        self.finish = cast("Any", SimpleNamespace(run=self.finished, finalists=lambda _: []))
        self.stopped, self._over = stopped, False

    async def broken(self, _: float) -> None:
        raise OSError("no space left on device")

    async def finished(self, seconds: float, **_: Any) -> dict[str, Any]:
        self.given.append(seconds)
        return {"winner": 3, "error": None, "estimate": "holdout"}

    async def _event(self, kind: str, text: str, **fields: Any) -> None:
        self.events.append(text)
        self.board.record.update(fields)

    async def _change(self, **fields: Any) -> None:
        self.board.record.update(fields)


FAULT = ", by an error of AutoML Lab: OSError: no space left on device"


def test_a_fault_in_an_ensemble_costs_the_ensemble_alone() -> None:
    """The single winner is there, scored and delivered; events say what went wrong."""
    run = Faulty(stopped=None)
    asyncio.run(run._finish("all 6 trials were done"))
    assert (run.board.record["state"], run.board.record["result"]["winner"]) == ("COMPLETED", 3)
    assert run.events == [f"no ensemble{FAULT}", f"no bag{FAULT}", "all 6 trials were done"]
    assert run.given == [float("inf")], "without a deadline no clock decides what is fitted in the end"


def test_a_fault_in_an_ensemble_costs_nothing_else_when_somebody_stops() -> None:
    run = Faulty(stopped="stopped by hand after 6 trials")
    asyncio.run(run._finish("stopped by hand after 6 trials"))
    assert (run.board.record["state"], run.board.record["result"]["winner"]) == ("STOPPED", 3)
    assert run.events == [f"no ensemble{FAULT}", "stopped by hand after 6 trials"]


def test_the_process_for_finals_is_made_anew_for_those_who_count_on_it() -> None:
    """One experiment's final is cut, and what others had there is lost: what they ask for next goes to a process that has their data."""
    asked: list[Any] = []

    class Executor(RayExecutor):
        def expect_final(self, data: str | None = None, protocol: str | None = None) -> None:
            asked.append((data, protocol))

        def expect_no_final(self) -> None:
            asked.append("ended")
            self._expected = []

        def _new_finisher(self, after: float) -> None:
            asked.append(after)

    executor = object.__new__(Executor)
    executor._expected = [("one", "its protocol"), ("two", "its protocol")]
    executor._renew()
    assert asked == ["ended", 0.0, ("one", "its protocol"), ("two", "its protocol")]


def test_a_bag_is_not_tried_where_it_could_not_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is judged fold by fold, on all rows of each: a sample or a single part says nothing of it."""
    rendered: list[int] = []

    def render(_: Ensembling, recipe: Recipe) -> Source:
        rendered.append(recipe.bag)
        raise CandidateError("far enough")

    monkeypatch.setattr(Ensembling, "_rendered", render)
    one_part = Dataset.from_json({**SMALL.to_json(), "validation": Validation("holdout", 1, fitted=0.8).to_json()})
    for dataset, rows in ((LARGE, 15_000), (one_part, None)):
        found = Ensembling(board(dataset, [(0.01, rows)]), cast("Any", None), cast("Any", None), "")
        assert asyncio.run(found.bag(1e6)) is None
    assert not rendered
    with pytest.raises(CandidateError, match="far enough"):
        asyncio.run(Ensembling(board(SMALL, [(0.01, None)]), cast("Any", None), cast("Any", None), "").bag(1e6))
    assert rendered == [MODELS]


def test_the_process_for_finals_is_given_back_some_time_after_the_last_experiment() -> None:
    """Not after the first one: a timer for each would end it between two that follow each other."""

    async def run() -> None:
        controller = object.__new__(Controller)
        controller._resting = None
        controller._rest_later()
        first = controller._resting
        controller._rest_later()
        assert first is not None
        assert first.cancelled()
        assert controller._resting is not None
        assert not controller._resting.cancelled()
        assert controller._resting.when() >= first.when()
        controller._resting.cancel()

    asyncio.run(run())


def test_the_ready_call_waits_for_the_process_for_finals() -> None:
    """Whoever asks for it begins a search with everything imported, also where the process was given back or had to be made anew."""
    waited: list[str] = []

    async def nothing() -> None:
        """It is warm."""

    async def warm_final() -> None:
        waited.append("final")

    async def run() -> None:
        controller = object.__new__(Controller)
        controller._warming, controller._warming_again, controller._resting = asyncio.ensure_future(nothing()), None, None
        controller.executor = cast("Any", SimpleNamespace(warm_final=warm_final))
        assert await controller.ready()
        assert controller._resting is not None
        controller._resting.cancel()

    asyncio.run(run())
    assert waited == ["final"]


def test_processes_are_made_again_once_after_something_was_cut() -> None:
    asked: list[float] = []

    class Executor(RayExecutor):
        async def _import(self, least: float) -> None:
            asked.append(least)

    executor = object.__new__(Executor)
    executor._cut = False
    asyncio.run(executor.warm_again())
    executor._note_cut()
    asyncio.run(executor.warm_again())
    asyncio.run(executor.warm_again())
    assert asked == [APART_SECONDS]


def test_as_many_processes_as_cores_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was about to end when it was asked leaves its import to another one that has everything already, and its successor nothing."""
    answers = [["a/1", "a/1"], ["a/1", "a/1"], ["a/1", "a/2"]]
    asked: list[float] = []

    class Remote:
        def options(self, **_: Any) -> Remote:
            return self

        def remote(self, least: float) -> Any:
            asked.append(least)
            found: Future[str] = Future()
            found.set_result(answers[(len(asked) - 1) // 2][(len(asked) - 1) % 2])
            return SimpleNamespace(future=lambda: found)

    monkeypatch.setattr("ray.remote", lambda **_: lambda _: Remote())
    executor = object.__new__(type("Two", (RayExecutor,), {"cores": lambda _: 2.0}))
    asyncio.run(executor._import(0.0))
    assert asked == [0.0] * 2, "where others use the cores one process may answer twice: it is not asked for longer than that"
    asyncio.run(executor._import(APART_SECONDS))
    assert asked[2:] == [APART_SECONDS] * 4
