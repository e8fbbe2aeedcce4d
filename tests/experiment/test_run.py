"""What one experiment refuses and leaves out, without a cluster."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from automl_lab.cluster.executor import APART_SECONDS, CandidateError, RayExecutor
from automl_lab.core.errors import RequestError
from automl_lab.data.dataset import Dataset
from automl_lab.data.validation import Validation
from automl_lab.evaluation.ensembles.bagging import MODELS
from automl_lab.evaluation.ensembles.recipe import Recipe
from automl_lab.experiment.ensembling import Ensembling
from automl_lab.experiment.run import Run
from automl_lab.pipelines.source import Source
from tests.experiment.test_members import LARGE, SMALL, board


@pytest.mark.parametrize(("state", "what"), [("RUNNING", "pause"), ("PAUSED", "resume")])
def test_nobody_steers_while_the_final_state_is_written(state: str, what: str) -> None:
    run = object.__new__(Run)
    run.board, run._over = cast("Any", SimpleNamespace(record={"state": state, "name": "ended"})), True
    with pytest.raises(RequestError, match=f"cannot {what} experiment 'ended': it is {state.lower()}"):
        asyncio.run(getattr(run, what)())
    assert run.board.record["state"] == state


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
