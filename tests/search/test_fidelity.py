"""The ladder of rows: who goes on, in which order, and what a search over it proposes."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Profile
from automl_lab.evaluation.sampling import FACTOR, LEAST_CELLS, SMALLEST, schedule
from automl_lab.experiment.request import resolve
from automl_lab.models.family import FAMILIES
from automl_lab.search.fidelity import Ladder
from automl_lab.search.proposals import Proposal, Proposals, Told

RUNGS = (100, 400, 1600)


@given(rows=st.integers(1, 50_000_000), columns=st.integers(1, 2000))
def test_a_schedule_ends_with_all_rows_and_grows_by_its_factor(rows: int, columns: int) -> None:
    rungs = schedule(rows, columns)
    assert rungs[-1] == rows
    assert list(rungs) == sorted(set(rungs))
    if rows * columns < LEAST_CELLS:
        assert len(rungs) == 1
    if len(rungs) > 1:
        assert SMALLEST <= rungs[0] < SMALLEST * FACTOR
        assert all(math.isclose(upper / lower, FACTOR, rel_tol=1e-3) for lower, upper in itertools.pairwise(rungs))


@given(st.lists(st.tuples(st.floats(-1e6, 1e6) | st.none() | st.just(math.nan), st.floats(0.1, 100)), max_size=60))
def test_only_the_best_share_of_a_rung_goes_on_and_each_once(trials: list[tuple[float | None, float]]) -> None:
    ladder = Ladder(RUNGS)
    for number, (loss, cost) in enumerate(trials):
        ladder.record(number, 0, loss, cost)
    gone = []
    while (trial := ladder.goes_on()) is not None:
        ladder.mark(trial)
        gone.append(trial)
    scored = sorted((loss, number) for number, (loss, _) in enumerate(trials) if loss is not None and math.isfinite(loss))
    assert gone == [number for _, number in scored[: len(scored) // FACTOR]]


def test_what_would_cost_more_than_is_left_stays() -> None:
    ladder = Ladder(RUNGS)
    for number in range(FACTOR):
        ladder.record(number, 0, float(number), cost=2.0)
    assert ladder.goes_on(limit=7.9) is None
    assert ladder.goes_on(limit=8.0) == 0


def test_the_higher_rung_goes_first() -> None:
    ladder = Ladder(RUNGS)
    for number in range(2 * FACTOR):
        ladder.record(number, 0, float(number), 1.0)
    for number in range(FACTOR):
        ladder.record(100 + number, 1, float(number), 1.0)
    assert ladder.goes_on() == 100


@pytest.fixture(scope="module")
def profile() -> Profile:
    frame = pd.DataFrame({"a": [i % 7 + i / 9 for i in range(60)], "y": [i % 2 for i in range(60)]})
    return resolve(ExperimentConfig.of({"target": "y", "trials": 5}), frame).dataset.profile(0, 1)


def score(proposal: Proposal) -> float:
    return 0.5 + 0.01 * (len(proposal.family) % 7) / 7 + 0.1 * proposal.rung + 0.001 * (proposal.number % 5)


def search(profile: Profile, trials: int, dies_after: int = 0, record: list[Proposal] | None = None) -> list[Proposal]:
    proposals = Proposals(["maximize"], [FAMILIES[name] for name in ("linear", "knn", "xgboost")], profile, 0, rungs=RUNGS)
    asked: list[Proposal] = []
    for number in range(trials):
        if number < dies_after and record is not None:
            earlier = record[number]
            asked.append(proposals.restore(earlier.family, earlier.origin, earlier.params, earlier.parent))
        else:
            asked.append(proposals.ask())
        proposals.tell(Told(number, "COMPLETED", (score(asked[-1]),)))
    return asked


def test_a_promoted_configuration_is_its_parent_on_the_next_rung(profile: Profile) -> None:
    asked = search(profile, 60)
    promoted = [each for each in asked if each.origin == "promoted"]
    assert {each.rung for each in promoted} == {1, 2}
    for each in promoted:
        assert each.parent is not None
        assert (each.family, each.params) == (asked[each.parent].family, asked[each.parent].params)
        assert each.rung == asked[each.parent].rung + 1
    assert len({each.parent for each in promoted}) == len(promoted)
    assert len(asked) / FACTOR / 1.5 < len(promoted) < len(asked) / 2


@pytest.mark.parametrize("dies_after", [7, 30, 59])
def test_a_ladder_rebuilt_from_its_record_goes_on_alike(profile: Profile, dies_after: int) -> None:
    undisturbed = search(profile, 60)
    assert [(each.family, each.params, each.rung) for each in search(profile, 60, dies_after, undisturbed)] == [
        (each.family, each.params, each.rung) for each in undisturbed
    ]
