"""A snapshot in words."""

from __future__ import annotations

import copy
import math

import pytest

from automl_lab import summary

ROW = {
    "number": 0,
    "state": "COMPLETED",
    "family": "linear",
    "origin": "default",
    "feasible": True,
    "seconds": 1.0,
    "values": {"roc_auc": 0.9, "predict_ms": 2.0},
}
SNAPSHOT = {
    "name": "churn",
    "run": 1,
    "state": "RUNNING",
    "phase": "searching",
    "reason": None,
    "message": None,
    "data": {"source": "churn.csv", "rows": 7043, "columns": 19, "target": "Churn", "task": "binary", "task_reason": "two distinct labels"},
    "objectives": [
        {"name": "roc_auc", "title": "ROC AUC", "direction": "maximize"},
        {"name": "predict_ms", "title": "prediction time", "direction": "minimize"},
    ],
    "budget": {"seconds": 60.0, "trials": None},
    "clock": {"created": 99.0, "started": 100.0, "deadline": 160.0, "finished": None, "now": 130.0},
    "counts": {"queued": 0, "running": 2, "completed": 3, "pruned": 1, "failed": 0, "infeasible": 1},
    "best": 1,
    "pareto": [1, 0],
    "history": [[1.0, 0, 0.9], [2.0, 1, 0.95]],
    "usable": 1,
    "result": None,
    "trials": [
        ROW,
        {**ROW, "number": 1, "values": {"roc_auc": 0.95, "predict_ms": 3.0}},
        {**ROW, "number": 2, "values": {"roc_auc": 0.99, "predict_ms": 30.0}, "feasible": False},
        {**ROW, "number": 3, "state": "RUNNING", "values": {}},
    ],
}


def changed(**changes):
    return {**copy.deepcopy(SNAPSHOT), **changes}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.99123, "0.9912"),
        (0, "0.0000"),
        (1.0, "1.0000"),
        (1.5, "1.500"),
        (12.345, "12.35"),
        (535.12, "535.1"),
        (26318.4, "26,318"),
        (-0.00002, "-2.00e-05"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_values(value, text):
    assert summary.value_text(value) == text


def test_headline():
    assert summary.headline(SNAPSHOT) == "searching · 30.0 s left · 3 done, 2 running, 1 pruned (1 outside the constraints) · best ROC AUC 0.9500 (trial 1)"
    ended = changed(state="COMPLETED", clock={**SNAPSHOT["clock"], "finished": 158.0})
    assert summary.headline(ended).startswith("completed · took 58.0 s")
    assert "no score yet" in summary.headline(changed(best=None, history=[]))
    preferred = {"number": 9, "values": {"roc_auc": 0.94}}
    said = summary.headline(changed(best=9, trials=[*SNAPSHOT["trials"], preferred]))
    assert "best ROC AUC 0.9400 (trial 9)" in said, "an ensemble that was preferred to a trial that is ahead by chance says its own score"


def test_fraction_takes_the_further_budget():
    assert summary.fraction(SNAPSHOT) == 0.5
    assert summary.fraction(changed(budget={"seconds": 60.0, "trials": 5})) == pytest.approx(0.8)
    assert summary.fraction(changed(clock={**SNAPSHOT["clock"], "started": None, "deadline": None})) is None
    assert summary.fraction(changed(state="STOPPED")) == 1.0


def test_leaders_and_front():
    assert [row["number"] for row in summary.leaders(SNAPSHOT)] == [1, 0, 2]
    assert [row["number"] for row in summary.front(SNAPSHOT)] == [1, 0]
    assert summary.leaders(changed(objectives=[])) == []


def test_status_of_an_ended_one():
    ended = changed(state="COMPLETED", reason="the time is used up", result={"winner": 1, "holdout": {"roc_auc": 0.9449}})
    lines = summary.status_lines(ended)
    assert "ended: the time is used up" in lines
    assert "winner: trial 1, on the holdout roc_auc 0.9449" in lines


@pytest.mark.parametrize(("rows", "delivered", "said"), [(60_626, None, "60,626 rows"), (60_626, "a model", "all rows"), (None, None, "all rows")])
def test_without_a_holdout_it_is_said_on_how_many_rows_the_winner_was_fitted(rows: int | None, delivered: str | None, said: str) -> None:
    snapshot = {**SNAPSHOT, "trials": [{**ROW, "rows": rows}], "result": {"winner": 0, "estimate": "out of fold", "delivered": delivered}}
    assert f"fitted on {said}; none were held out" in summary.delivered(snapshot)


@pytest.mark.parametrize(("rows", "said"), [(60_626, "scored on the holdout, fitted on 60,626 rows"), (None, "scored on the holdout")])
def test_what_was_scored_and_is_used_says_on_how_few_rows_it_was_fitted(rows: int | None, said: str) -> None:
    snapshot = {**SNAPSHOT, "trials": [{**ROW, "rows": rows}], "result": {"winner": 0, "estimate": "holdout", "delivered": None}}
    assert summary.delivered(snapshot).endswith(said)


def test_how_many_prepared_folds_were_reused_is_said_in_the_status():
    text = "prepared folds: 12 of 30 were there already (40%)"
    started = {"kind": "started", "text": "started"}
    assert text in summary.status_lines(changed(state="COMPLETED", reason="done", events=[started, {"kind": "cache", "text": text}]))
    assert not [line for line in summary.status_lines(changed(events=[started])) if "folds" in line]
