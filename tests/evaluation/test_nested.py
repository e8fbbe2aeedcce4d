"""The choice made again without the fold that scores it: known answers, and that no fold judges what it chose."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl_lab.data.validation import Validation
from automl_lab.evaluation.nested import nested

SCORES = st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=6)


def rows(scores: list[list[float]]) -> list[dict[str, Any]]:
    return [{"number": number, "folds": [{"roc_auc": score} for score in each]} for number, each in enumerate(scores)]


def test_luck_in_one_fold_is_not_counted() -> None:
    """Each of three trials is lucky in one fold: whichever the others choose has no luck in the fold that scores it."""
    found = nested(rows([[0.9, 0.5, 0.5], [0.5, 0.9, 0.5], [0.5, 0.5, 0.9]]), "roc_auc", "maximize", Validation(folds=3))
    assert found is not None
    assert found.chosen_by_all == pytest.approx(1.9 / 3)
    assert found.scores == (0.5, 0.5, 0.5)
    assert found.to_json()["deviation"] == 0.0


def test_in_time_only_earlier_folds_choose() -> None:
    found = nested(rows([[0.9, 0.1, 0.2], [0.1, 0.8, 0.9]]), "roc_auc", "maximize", Validation(kind="time", folds=3))
    assert found is not None
    assert found.chosen == (0, 0)
    assert found.scores == (0.1, 0.2)
    assert found.chosen_by_all == pytest.approx(0.85)


@given(SCORES, st.sampled_from(["maximize", "minimize"]))
def test_a_fold_that_scores_has_no_say(scores: list[list[float]], direction: str) -> None:
    found = nested(rows(scores), "roc_auc", direction, Validation(folds=2, repeats=2))
    assert found is not None
    best = max if direction == "maximize" else min
    for turn, (chosen, score) in enumerate(zip(found.chosen, found.scores, strict=True)):
        assert scores[chosen][1 - turn] == best(each[1 - turn] for each in scores)
        assert score == scores[chosen][turn]


def test_nothing_to_hold_back_is_no_estimate() -> None:
    assert nested([], "roc_auc", "maximize", Validation()) is None
    assert nested(rows([[0.5]]), "roc_auc", "maximize", Validation(kind="given", folds=1)) is None
    assert nested(rows([[0.5, 0.6]]), "roc_auc", "maximize", Validation(folds=3)) is None
