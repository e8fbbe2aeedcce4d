"""The finish of one experiment without a cluster: what it waits for, and what somebody who wants the end cuts."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from automl_lab.cluster.executor import Cancelled, WorkerLost
from automl_lab.cluster.tasks import FinalJob
from automl_lab.evaluation.final import FinalScore
from automl_lab.experiment import view
from automl_lab.experiment.finish import Finish
from automl_lab.experiment.members import ENSEMBLE
from tests.experiment.test_members import SMALL, board

SECONDS = 1000.0


class Final:
    """A final that is ready at once, or never."""

    def __init__(self, job: FinalJob, *, ready: bool) -> None:
        self.job, self.cancelled = job, False
        self._answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if ready:
            self._answer.set_result((FinalScore({"rmse": 1.0}, None), "delivered" if job.deliver else None))

    def answer(self, found: Any) -> None:
        if isinstance(found, Exception):
            self._answer.set_exception(found)
        else:
            self._answer.set_result(found)

    async def result(self) -> Any:
        return await self._answer

    def cancel(self, process: Any = None) -> None:
        self.cancelled = True
        if not self._answer.done():
            self._answer.set_exception(Cancelled())


class Executor:
    """Where a stored model is scored at once, what has to be fitted is never ready, and fits of ``broken`` trials fail."""

    def __init__(self, broken: int | None = None, *, spare: bool = False) -> None:
        self.finals: list[Final] = []
        self.fitting, self.broken = asyncio.Event(), broken
        self.spare = lambda: spare

    def final(self, job: FinalJob, cpus: float = 0.0) -> Final:
        found = Final(job, ready=job.deliver if self.broken is not None else job.model is not None and not job.deliver)
        if self.broken is not None and not job.deliver:
            found.answer(WorkerLost("out of memory") if job.trial == self.broken else (FinalScore({"rmse": 1.0}, None), None))
        self.finals.append(found)
        if job.model is None or job.deliver:
            self.fitting.set()
        return found

    async def begun(self, count: int) -> list[Final]:
        """The finals, as soon as there are so many."""
        while len(self.finals) < count:
            self.fitting.clear()
            await asyncio.wait_for(self.fitting.wait(), 20)
        return self.finals


class NoCores:
    """Others hold all cores."""

    async def acquire(self, *_: Any) -> Any:
        await asyncio.Event().wait()


def finish(executor: Executor, *, ensemble: bool, desk: Any = None) -> Finish:
    """Of a single trial that has a model, and of an ensemble before it that has none."""
    known = board(SMALL, [(0.01, None)], nested=False, deliver="all", resources=None)
    known.record["config"]["resources"] |= {"gpus_per_trial": 0.0, "gpus": 0.0}
    row = {**known.rows[0], "model": "stored"}
    known.change(row)
    if ensemble:
        known.change({**row, "number": 1, "family": ENSEMBLE, "origin": ENSEMBLE, "source": "other", "model": None, "values": {**row["values"], "rmse": 0.5}})
    store = SimpleNamespace(artifacts=SimpleNamespace(get=lambda _: b"source"))

    async def write(*_: Any, **__: Any) -> None:
        """Nothing is kept."""

    journal: Any = SimpleNamespace(store=store, write=write)
    return Finish(known, journal, desk, cast("Any", executor), "")


@pytest.mark.parametrize(("ensemble", "spare", "cancelled"), [(True, False, [False, True]), (True, True, [False, True, True]), (False, True, [False, True])])
def test_whoever_wants_the_end_while_last_fits_run_gets_the_model_that_is_there(ensemble: bool, spare: bool, cancelled: list[bool]) -> None:
    """The fit of an ensemble, or that on all rows, may go on for minutes: it is cut, and the best single trial is the winner with its score."""

    async def run() -> tuple[dict[str, Any] | None, Executor]:
        executor = Executor(spare=spare)
        finishing = finish(executor, ensemble=ensemble)
        result = asyncio.ensure_future(finishing.run(SECONDS))
        await asyncio.wait_for(executor.fitting.wait(), 20)
        assert not result.done()
        finishing.hasten(0.01)
        return await asyncio.wait_for(result, 20), executor

    result, executor = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["holdout"], result["delivered"], result["error"]) == (0, {"rmse": 1.0}, None, None)
    assert [final.cancelled for final in executor.finals] == cancelled


def test_both_last_fits_of_an_ensemble_begin_at_once_where_there_are_cores_and_a_process_for_them() -> None:
    """One after the other they left a core idle: where the machine was slow, that on all rows missed the deadline."""

    async def run() -> tuple[dict[str, Any] | None, Executor]:
        executor = Executor(spare=True)
        result = asyncio.ensure_future(finish(executor, ensemble=True).run(SECONDS))
        scored, delivered = sorted((await executor.begun(3))[1:], key=lambda final: final.job.deliver)  # both begin at once, in any order
        assert [final.job.deliver for final in (scored, delivered)] == [False, True]
        delivered.answer((FinalScore({}, None), "on all rows"))
        scored.answer((FinalScore({"rmse": 0.5}, None), "fitted"))
        return await asyncio.wait_for(result, 20), executor

    result, executor = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["holdout"], result["delivered"]) == (1, {"rmse": 0.5}, "on all rows")
    assert len(executor.finals) == 3


def test_fits_that_need_a_whole_gpu_come_one_after_the_other() -> None:
    """Begun at once, the fit on all rows might have the GPU first, and the one that is scored would be late."""

    async def run() -> list[bool]:
        executor = Executor(spare=True)
        finishing = finish(executor, ensemble=True)
        finishing.board.record["config"]["resources"]["gpus_per_trial"] = 1.0
        result = asyncio.ensure_future(finishing.run(SECONDS))
        (await executor.begun(2))[1].answer((FinalScore({"rmse": 0.5}, None), "fitted"))
        (await executor.begun(3))[2].answer((FinalScore({}, None), "on all rows"))
        await asyncio.wait_for(result, 20)
        return [final.job.deliver for final in executor.finals]

    assert asyncio.run(run()) == [False, False, True]


def test_the_fit_on_all_rows_beside_one_that_fails_is_cut() -> None:
    async def run() -> tuple[dict[str, Any] | None, Executor]:
        executor = Executor(spare=True)
        result = asyncio.ensure_future(finish(executor, ensemble=True).run(SECONDS))
        scored, delivered = sorted((await executor.begun(3))[1:], key=lambda final: final.job.deliver)  # both begin at once, in any order
        scored.answer(WorkerLost("out of memory"))
        (await executor.begun(4))[3].answer(WorkerLost("out of memory"))
        last = (await executor.begun(5))[4]
        assert delivered.cancelled
        last.answer((FinalScore({}, None), "the single one on all rows"))
        return await asyncio.wait_for(result, 20), executor

    result, executor = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["delivered"]) == (0, "the single one on all rows")
    assert [final.job.trial for final in executor.finals] == [0, 1, 1, 1, 0]


def test_whoever_wants_the_end_before_last_fits_begin_waits_for_none() -> None:
    async def run() -> tuple[dict[str, Any] | None, Executor]:
        executor = Executor()
        finishing = finish(executor, ensemble=True)
        finishing.hasten(0.0)
        return await asyncio.wait_for(finishing.run(SECONDS), 20), executor

    result, executor = asyncio.run(run())
    assert result is not None
    assert result["winner"] == 0
    assert not executor.fitting.is_set()


def test_time_that_is_over_ends_last_fits_as_well() -> None:
    async def run() -> dict[str, Any] | None:
        return await asyncio.wait_for(finish(Executor(), ensemble=True).run(0.05), 20)

    result = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["delivered"]) == (0, None)


def test_what_could_not_be_fitted_is_not_tried_again_behind_the_winner() -> None:
    """Fitted then, it would be used by predict, and the result would speak of another one."""

    async def run() -> tuple[dict[str, Any] | None, Executor]:
        executor = Executor(broken=1)
        return await asyncio.wait_for(finish(executor, ensemble=True).run(SECONDS), 20), executor

    result, executor = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["delivered"], result["error"]) == (0, "delivered", None)
    assert [final.job.trial for final in executor.finals if not final.job.deliver] == [0, 1, 1]


@pytest.mark.parametrize(("seconds", "winner"), [(SECONDS, 1), (0.0, 0)])
def test_a_trial_that_was_not_refitted_in_the_search_is_fitted_in_the_end_or_left_out(seconds: float, winner: int) -> None:
    """Its last fold came when no time was left for more; the best that has been fitted stands by."""

    async def run() -> dict[str, Any] | None:
        finishing = finish(Executor(broken=-1), ensemble=False)
        best = {**finishing.board.rows[0], "number": 1, "source": "other", "model": None}
        finishing.board.change({**best, "values": {**best["values"], "rmse": 0.5}})
        return await asyncio.wait_for(finishing.run(seconds), 20)

    result = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["error"]) == (winner, None)


@pytest.mark.parametrize(("seconds", "beside"), [((2.0, 3.0), 2), ((2.0, 0.5), 1), ((0.5, 0.9), 1)])
def test_members_are_fitted_at_a_time_where_two_are_long_enough_to_gain_by_it(seconds: tuple[float, float], beside: int) -> None:
    """Short fits hold the interpreter: five forests of half a second took 5.5 s in two threads, and 3.6 s one after the other."""
    finishing = finish(Executor(), ensemble=True)
    for number, (family, took) in enumerate(zip(("linear", "xgboost"), seconds, strict=True), start=2):
        finishing.board.change({**finishing.board.rows[0], "number": number, "family": family, "values": {"rmse": 1.0, "fit_seconds": took}})
    ensemble = {**finishing.board.rows[1], "params": {"linear_2": 1, "xgboost_3": 2}}
    assert finishing._job(ensemble).members == beside
    assert finishing._beside(ensemble, finals=2) == 1, "the other fit has the other core"
    assert finishing._job(finishing.board.rows[2]).members == 1


def test_an_ensemble_that_was_fitted_before_the_controller_died_is_the_winner_however_late_it_is() -> None:
    async def run() -> dict[str, Any] | None:
        finishing = finish(Executor(), ensemble=True)
        finishing.board.change({**finishing.board.rows[1], "model": "stored by the one that died"})
        return await asyncio.wait_for(finishing.run(0.0), 20)

    result = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["holdout"]) == (1, {"rmse": 1.0})


def test_what_stands_between_what_cannot_be_fitted_and_the_best_trial_is_tried() -> None:
    async def run() -> tuple[dict[str, Any] | None, Executor]:
        executor = Executor(broken=2)
        finishing = finish(executor, ensemble=True)
        row = finishing.board.rows[1]
        finishing.board.change({**row, "number": 2, "source": "a bag", "values": {**row["values"], "rmse": 0.4}})
        return await asyncio.wait_for(finishing.run(SECONDS), 20), executor

    result, executor = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["delivered"]) == (1, "delivered")
    assert [final.job.trial for final in executor.finals if not final.job.deliver] == [0, 2, 2, 1]


def test_whoever_wants_the_end_waits_for_no_cores() -> None:
    """Without a deadline finals wait for cores as trials do, and those of others may be long."""

    async def run() -> dict[str, Any] | None:
        finishing = finish(Executor(), ensemble=False, desk=NoCores())
        result = asyncio.ensure_future(finishing.run(float("inf"), hurry=False))
        done, _ = await asyncio.wait({result}, timeout=0.2)
        assert not done
        finishing.hasten(0.0)
        return await asyncio.wait_for(result, 20)

    result = asyncio.run(run())
    assert result is not None
    assert (result["winner"], result["holdout"]) == (0, {"rmse": 1.0})


def test_what_is_used_is_the_winner() -> None:
    """An ensemble that was preferred and could not be fitted in time is no best of anything."""
    known = finish(cast("Any", None), ensemble=True).board
    known.record |= {"state": "RUNNING", "phase": "refitting", "run": 1, "owner": "ann", "reason": None, "message": None, "result": None, "timings": {}}
    known.record |= {"created": 0.0, "deadline": None, "finished": None}
    known.record["config"] |= {"seed": 0, "trials": 1}
    before = view.head(known.record, [], known.standing, 1)
    assert (before["best"], before["usable"]) == (1, 0)
    after = view.head({**known.record, "result": {"winner": 0, "error": None}}, [], known.standing, 2)
    assert (after["best"], after["usable"]) == (0, 0)
    failed = view.head({**known.record, "result": {"winner": 1, "error": "out of memory"}}, [], known.standing, 2)
    assert failed["usable"] == 0
