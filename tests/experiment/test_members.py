"""Which trials an ensemble is chosen from, and what is kept back for its last fits."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl_lab.cluster.executor import WorkerLost
from automl_lab.data.dataset import Dataset
from automl_lab.data.profile import Column
from automl_lab.data.validation import Validation
from automl_lab.evaluation.ensembles.layers import FITS
from automl_lab.evaluation.ensembles.recipe import Combination, EnsembleJob, EnsembleOutcome, Recipe
from automl_lab.evaluation.sampling import schedule_of
from automl_lab.experiment.board import Board
from automl_lab.experiment.ensembling import Ensembling
from automl_lab.experiment.members import IN_TURN, MOST_ALIKE, MOST_OTHERS, ONCE, REFITS, STORING, STORING_ONE, Members, different, members_of

ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 40)), max_size=60)


@given(ROWS)
def test_the_best_of_every_family_is_there_and_no_family_fills_the_places_of_others(found: list[tuple[str, int]]) -> None:
    rows: list[dict[str, Any]] = [{"number": place, "family": family, "source": f"{family}{source}"} for place, (family, source) in enumerate(found)]
    chosen = different(rows)
    numbers = [row["number"] for row in chosen]
    assert numbers == sorted(numbers)
    assert len({row["source"] for row in chosen}) == len(chosen)
    assert {row["family"] for row in chosen} == {row["family"] for row in rows}
    for family in {row["family"] for row in rows}:
        assert next(row for row in rows if row["family"] == family) in chosen
    assert len(chosen) <= 4 + MOST_OTHERS
    counts = Counter(row["family"] for row in chosen)
    if max(counts.values(), default=0) > MOST_ALIKE:  # only where nobody else is left
        others = {row["source"] for row in rows if counts[row["family"]] <= MOST_ALIKE} - {row["source"] for row in chosen}
        assert all(counts[row["family"]] >= MOST_ALIKE for row in rows if row["source"] in others)


COLUMNS = tuple(Column(f"x{place}", "numeric", "float64", 0.0, 100, "1.0") for place in range(20))
LARGE = Dataset("large", "y", "regression", "numbers", None, 1_000_000, COLUMNS, "0" * 64, (), 1.0, Validation("holdout", 1, 1, 0.03, 0.03, fitted=0.97))
SMALL = Dataset("small", "y", "regression", "numbers", None, 1_000, COLUMNS, "0" * 64, ())
FEW, MORE, *_, ALL = schedule_of(LARGE)


def board(dataset: Dataset, trials: list[tuple[float, int | None]], **settings: Any) -> Board:
    """An experiment with one completed trial for each (seconds of a fit, rows), the best first and of three families in turn."""
    families = itertools.cycle(["linear", "xgboost", "lightgbm"])
    config = {"target": "y", "time": 120.0, "objectives": ["rmse"], "models": ["linear", "xgboost", "lightgbm"], "constraints": [], **settings}
    config["resources"] = {"cpus": 2, "cpus_per_trial": 1, "workers": 2}
    record = {"id": "e", "name": "e", "revision": 0, "started": 0.0, "config": config, "dataset": dataset.to_json()}
    rows = [
        {
            "number": number,
            "state": "COMPLETED",
            "family": next(families),
            "source": f"source {number}",
            "params": {},
            "predictions": "p",
            "parent": None,
            "rows": fitted,
            "folds": [],
            "finished": float(number),
            "model": None,
            "revision": 0,
            "values": {"rmse": 1.0 + number, "fit_seconds": seconds, "predict_ms": 0.0, "model_kb": 0.0},
        }
        for number, (seconds, fitted) in enumerate(trials)
    ]
    return Board(record, rows)


def kept_back(dataset: Dataset, trials: list[tuple[float, int | None]], most: float, **settings: Any) -> float:
    return Ensembling(board(dataset, trials, **settings), cast("Any", None), cast("Any", None), "").fitting_seconds(most)


def test_for_an_ensemble_is_kept_back_what_its_fits_take() -> None:
    # Three fits of a second on 80% of the rows, one at a time: the fit on all rows has the other core.
    assert kept_back(SMALL, [(1.0, None)] * 4, 30.0) == pytest.approx(REFITS * 3 / 0.8 + STORING)


def test_fits_that_need_a_whole_gpu_come_one_after_the_other() -> None:
    known = board(SMALL, [(1.0, None)] * 4)
    known.record["config"]["resources"] |= {"gpus_per_trial": 1.0}
    found = Ensembling(known, cast("Any", None), cast("Any", None), "").fitting_seconds(30.0)
    assert found == pytest.approx(IN_TURN * 3 / 0.8 + STORING)


def test_no_more_is_kept_back_than_the_share() -> None:
    assert kept_back(SMALL, [(5.0, None)] * 4, 25.0) == 25.0


def test_while_there_are_few_trials_only_the_fit_of_the_best_is_kept_back() -> None:
    """Seen on 50,000 rows with 15 seconds: for an average of two quick models the search ended early, and cut the first model that was good."""
    assert kept_back(SMALL, [(1.0, None)] * 2, 30.0) == pytest.approx(1.0 / 0.8 / 0.8 + STORING_ONE)
    assert kept_back(SMALL, [(1.0, None)] * 2, 30.0, max_models=2) == pytest.approx(REFITS * 2 / 0.8 + STORING)


def test_where_two_trials_do_not_fit_only_the_fit_of_the_best_is_kept_back() -> None:
    assert kept_back(SMALL, [(10.0, None)] * 4, 25.0) == pytest.approx(10.0 / 0.8 / 0.8 + STORING_ONE)


def test_where_the_best_trial_is_too_dear_for_an_ensemble_the_others_are_counted() -> None:
    """An ensemble of them was chosen, and what was kept back was the best one's fit: there was no time to fit the ensemble on all rows."""
    two = REFITS * 2 * 2.0 / 0.8 + STORING  # of two seconds each
    assert kept_back(SMALL, [(10.0, None), (2.0, None), (2.0, None)], 25.0) == pytest.approx(max(two, 10.0 / 0.8 / 0.8 + STORING_ONE))
    assert kept_back(SMALL, [(20.0, None), (2.0, None), (2.0, None)], 25.0) == pytest.approx(two)
    assert kept_back(SMALL, [(20.0, None), (20.0, None), (2.0, None)], 25.0) == 0.0


def test_where_nothing_fits_nothing_is_kept_back() -> None:
    assert kept_back(SMALL, [(20.0, None)] * 4, 25.0) == 0.0
    assert kept_back(SMALL, [(10.0, None)] * 4, 25.0, deliver="scored") == 0.0


def test_where_rows_are_a_sample_the_members_are_fitted_on_as_many() -> None:
    pool = Members(board(LARGE, [(4.0, MORE), (1.0, FEW), (4.0, MORE)]), LARGE).pool()
    assert pool.rows == MORE
    assert [each.seconds for each in pool.members] == pytest.approx([4.0, 1.0 * MORE / FEW, 4.0])
    assert [each.values["fit_seconds"] for each in pool.members] == pytest.approx([4.0, 1.0 * MORE / FEW, 4.0])
    assert pool.fitting(2) == pytest.approx(ONCE * (8.0 + MORE / FEW) / 1.7)
    assert pool.fitting(1) == pytest.approx(ONCE * (8.0 + MORE / FEW))
    # On all rows each would take a minute: the ensemble is fitted once, on the sample.
    assert kept_back(LARGE, [(4.0, MORE)] * 3, 30.0) == pytest.approx(ONCE * 12.0 / 1.7 + STORING)
    assert kept_back(LARGE, [(40.0, MORE)] * 3, 30.0) == 0.0


def test_an_ensemble_with_a_member_that_had_all_rows_is_fitted_on_all() -> None:
    pool = Members(board(LARGE, [(4.0, None), (1.0, MORE)]), LARGE).pool()
    assert pool.rows is None
    assert [each.seconds for each in pool.members] == pytest.approx([4.0 / 0.97, ALL / MORE / 0.97])


def test_the_fits_of_two_layers_are_all_counted() -> None:
    """Each member is fitted once for every part of the second model's rows, and once on all of them."""
    members = Members(board(SMALL, [(1.0, None), (2.0, None), (3.0, None)]), SMALL)
    once, layers = (members.of(Combination(method, {0: 1, 1: 1})) for method in ("vote", "layers"))
    assert layers.fitting(1) == pytest.approx(FITS * once.fitting(1))
    assert layers.fit_seconds == pytest.approx(FITS * once.fit_seconds)


def test_the_members_of_an_ensemble_are_those_that_its_row_names() -> None:
    rows = {number: {"number": number, "family": family} for number, family in enumerate(["linear", "random_forest", "hist_gradient_boosting"])}
    weights = {"hist_gradient_boosting_2": 3, "random_forest_1": 1}
    ensemble = {"family": "ensemble", "params": {**weights, "calibration": "temperature", "slope": 1.2, "threshold": 0.4, "bag": 5, "linear_7": 1, "svm_0": 1}}
    assert [each["number"] for each in members_of(ensemble, rows)] == [2, 1]
    assert members_of({**ensemble, "family": "linear"}, rows) == []


class Looks:
    """Looks at the ensemble of now, each answered in turn; an exception is what it failed with."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def look(self, _: EnsembleJob) -> Looks:
        return self

    async def result(self) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Recorded(Ensembling):
    """What would be recorded: the trials of the recipe, and the one it was preferred to."""

    async def _record(self, recipe: Recipe, outcome: EnsembleOutcome, began: float, against: int) -> dict[str, Any]:
        return {"members": set(recipe.combination.weights), "against": against}


FOUND = EnsembleOutcome(Recipe(Combination("vote", {0: 1, 1: 1})), [], {"rmse": 0.5})


def looked(*answers: Any) -> Recorded:
    found = Recorded(board(SMALL, [(0.01, None), (0.01, None)]), cast("Any", SimpleNamespace(note=lambda *_, **__: None)), cast("Any", Looks(*answers)), "")
    found.members.board.record["events"] = []
    return found


def test_what_a_look_found_is_preferred_to_the_trial_that_was_best_then() -> None:
    """A better trial has come since, and the look at it was lost: the ensemble was never compared with that one."""

    async def run() -> Any:
        ensembling = looked(FOUND, WorkerLost("killed"))
        await ensembling.look()
        best = ensembling.board.rows[0]
        ensembling.board.change({**best, "number": 2, "source": "better", "values": {**best["values"], "rmse": 0.1}})
        await ensembling.look()
        return await ensembling.run_latest(100.0)

    assert asyncio.run(run()) == {"members": {0, 1}, "against": 0}


class Choices(Looks):
    """Choices of an ensemble instead."""

    ensemble = Looks.look

    def cancel(self) -> None:
        """Nothing runs."""


@pytest.mark.parametrize(("answers", "members"), [([WorkerLost("killed"), FOUND], {0, 1}), ([WorkerLost("killed"), WorkerLost("killed")], None)])
def test_a_choice_that_was_lost_is_begun_again_once(answers: list[Any], members: set[int] | None) -> None:
    """The process that makes it is ended when another experiment's final is cut in it."""

    async def run() -> Any:
        ensembling = looked()
        ensembling.executor = cast("Any", Choices(*answers))
        assert ensembling.begin(100.0)
        return await ensembling.run(100.0)

    found = asyncio.run(run())
    assert found == (None if members is None else {"members": members, "against": 0})


@pytest.mark.parametrize(("outcome", "taken"), [(EnsembleOutcome(cut=True), True), (EnsembleOutcome(), False), (None, True)])
def test_a_choice_that_was_cut_leaves_the_ensemble_of_now(outcome: EnsembleOutcome | None, taken: bool) -> None:
    async def run() -> Any:
        ensembling = looked(FOUND)
        await ensembling.look()
        ensembling._begun = asyncio.ensure_future(asyncio.sleep(0.0 if outcome is not None else 60.0, outcome))
        return await ensembling.run(1.0)

    assert (asyncio.run(run()) is not None) == taken


def test_for_a_choice_that_was_cut_is_kept_back_what_the_ensemble_of_now_needs() -> None:
    async def kept(outcome: EnsembleOutcome | None) -> float:
        ensembling = looked(FOUND)
        await ensembling.look()
        if outcome is not None:
            ensembling._begun = asyncio.ensure_future(asyncio.sleep(0.0, outcome))
            await ensembling._begun
        return ensembling.fitting_seconds(30.0)

    now, cut, none = (asyncio.run(kept(outcome)) for outcome in (None, EnsembleOutcome(cut=True), EnsembleOutcome()))
    assert cut == now
    assert none < now


def test_after_a_look_that_found_nothing_as_much_is_kept_back_as_before_the_first_one() -> None:
    """Seen: one look in half a minute found none, nothing was kept back, the choice had no time for any, and its ensemble would have been 4% better."""

    async def kept(*answers: Any) -> float:
        ensembling = looked(*answers)
        if answers:
            await ensembling.look()
        return ensembling.fitting_seconds(30.0)

    assert asyncio.run(kept(EnsembleOutcome())) == asyncio.run(kept()) > 0
