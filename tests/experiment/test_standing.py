"""The standing kept trial by trial equals the one computed from all rows."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from automl_lab.evaluation.ranking import dominates
from automl_lab.experiment.standing import Standing

OBJECTIVES, DIRECTIONS, CONSTRAINTS = ["roc_auc", "predict_ms"], ["maximize", "minimize"], ["predict_ms <= 5"]


def row(number: int, state: str, auc: float | None, ms: float | None, model: str | None = None) -> dict[str, Any]:
    return {"number": number, "state": state, "values": {"roc_auc": auc, "predict_ms": ms}, "model": model, "finished": 100.0 + number}


rows = st.lists(
    st.tuples(st.sampled_from(["COMPLETED", "COMPLETED", "PRUNED", "FAILED"]), st.floats(0, 1) | st.none(), st.floats(0, 10) | st.none(), st.booleans()),
    max_size=30,
).map(lambda found: [row(n, state, auc, ms, "m" if model else None) for n, (state, auc, ms, model) in enumerate(found)])


@given(rows)
def test_best_front_and_counts_follow_from_the_rows(found: list[dict[str, Any]]) -> None:
    standing = Standing.of(found, OBJECTIVES, DIRECTIONS, CONSTRAINTS, started=100.0)
    complete = [each for each in found if each["state"] == "COMPLETED" and None not in each["values"].values()]
    feasible = [each for each in complete if each["values"]["predict_ms"] <= 5]
    points = {each["number"]: (each["values"]["roc_auc"], -each["values"]["predict_ms"]) for each in feasible}
    assert standing.pareto == [number for number, point in points.items() if not any(dominates(other, point) for other in points.values())]
    if feasible:
        assert standing.best is not None
        assert max(each["values"]["roc_auc"] for each in feasible) == found[standing.best]["values"]["roc_auc"]
        improvements = [value for _, _, value in standing.history]
        assert improvements == sorted(improvements)
        assert len(set(improvements)) == len(improvements)
    assert standing.counts["completed"] == sum(each["state"] == "COMPLETED" for each in found)
    assert standing.usable is None or found[standing.usable]["model"] == "m"


def test_a_model_that_comes_later_makes_its_trial_usable_and_counts_once() -> None:
    standing = Standing(OBJECTIVES, DIRECTIONS, CONSTRAINTS)
    standing.add(row(0, "COMPLETED", 0.9, 1.0), 100.0)
    assert (standing.best, standing.usable) == (0, None)
    standing.add(row(0, "COMPLETED", 0.9, 1.0, "m"), 100.0)
    assert (standing.best, standing.usable, standing.counts["completed"]) == (0, 0, 1)
    assert len(standing.history) == 1


def test_an_ensemble_that_a_trial_has_caught_up_with_is_not_shown() -> None:
    standing = Standing(OBJECTIVES, DIRECTIONS, CONSTRAINTS)
    standing.add(row(0, "COMPLETED", 0.8, 1.0), 100.0)
    standing.looked({"values": {"roc_auc": 0.85, "predict_ms": 2.0}, "trials": [0, 1], "words": "the average of 2 trials"})
    assert standing.ensemble == {"score": 0.85, "trials": [0, 1], "words": "the average of 2 trials"}
    standing.add(row(1, "COMPLETED", 0.85, 4.0), 100.0)
    assert standing.ensemble is None
    standing.looked(None)
    assert standing.ensemble is None


def test_an_ensemble_stands_where_the_trial_stands_that_it_was_preferred_to_and_gives_way_to_a_better_one() -> None:
    standing = Standing(OBJECTIVES, DIRECTIONS, CONSTRAINTS)
    ensemble = {**row(2, "COMPLETED", 0.84, 3.0, "m"), "origin": "ensemble", "parent": 0}
    for each in (row(1, "COMPLETED", 0.8, 1.0, "m"), row(0, "COMPLETED", 0.85, 1.0, "m"), ensemble):
        standing.add(each, 100.0)
    assert (standing.best, standing.usable) == (2, 2), "what predicts is what was preferred"
    assert [value for *_, value in standing.history] == [0.8, 0.85], "its own score is no improvement"
    standing.add(row(3, "COMPLETED", 0.86, 1.0, "m"), 100.0)  # it ended while the ensemble was chosen
    assert (standing.best, standing.usable) == (3, 3)
    other = Standing(OBJECTIVES, DIRECTIONS, CONSTRAINTS)
    for each in (row(1, "COMPLETED", 0.85, 1.0, "m"), {**ensemble, "parent": None}):
        other.add(each, 100.0)
    assert (other.best, other.usable) == (1, 1)
