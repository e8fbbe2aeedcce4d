"""How a snapshot looks in a terminal."""

from __future__ import annotations

import copy
import io

from rich.console import Console

from automl_lab.cli import view
from automl_lab.cli.running import Latest
from tests.test_summary import SNAPSHOT

SHOWN = {**SNAPSHOT, "events": [{"text": "trial 12: the worker died; retried once"}], "objectives": [{**each, "unit": ""} for each in SNAPSHOT["objectives"]]}


def drawn(renderable) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(renderable)
    return console.file.getvalue()


def test_the_live_panel():
    text = drawn(view.live(SHOWN))
    for part in (
        "churn · churn.csv · binary on Churn",
        "searching   30.0 s left",
        "3 done, 2 running",
        "ROC AUC 0.9500 (trial 1)",
        "retried once",
        "predict_ms ↓",
    ):
        assert part in text


def test_before_the_first_trial():
    early = {
        **SHOWN,
        "objectives": [],
        "trials": [],
        "data": {"source": "x", "target": "y", "task": None},
        "events": [],
        "best": None,
        "history": [],
        "pareto": [],
    }
    text = drawn(view.live(early))
    assert "waiting for the first trial" in text
    assert "None" not in text


def test_names_are_no_markup():
    evil = copy.deepcopy(SHOWN)
    evil["name"], evil["events"][0]["text"] = "[red]x[/red]", "[link=https://example.org]a\x1b[31m\nb"
    text = drawn(view.live(evil))
    assert "[red]x[/red]" in text
    assert "\x1b" not in text


def test_the_chart_marks_the_front():
    text = drawn(view.chart(SHOWN))
    assert text.count("●") == 3  # two points and the legend
    assert "ROC AUC (maximize) against prediction time (minimize)" in text
    assert drawn(view.chart({**SHOWN, "objectives": SHOWN["objectives"][:1]})).strip() == ""


def test_the_clock_goes_on_between_changes():
    latest = Latest(SHOWN)
    first, second = latest.now()["clock"]["now"], latest.now()["clock"]["now"]
    assert SHOWN["clock"]["now"] <= first <= second
    latest.take(
        {
            "head": {**{key: value for key, value in SHOWN.items() if key != "trials"}, "phase": "refitting"},
            "trials": [{**SHOWN["trials"][3], "state": "FAILED"}],
        }
    )
    assert latest.snapshot["phase"] == "refitting"
    assert latest.snapshot["trials"][3]["state"] == "FAILED"
