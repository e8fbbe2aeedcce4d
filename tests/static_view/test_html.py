"""What a notebook without our renderer and without a kernel shows of a run."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from automl_lab.notebook.live import MIME_TYPE, saved, trimmed
from automl_lab.static_view.html import to_html, to_text
from tests.notebook.played import OBJECTIVES, finished, row, snapshot

HOSTILE = "<img src=x onerror=\"alert('1')\"></script><script>alert(2)</script>"
VOID = {"br"}


class Page(HTMLParser):
    """The elements, attributes and text of a page; fails on one that is not well nested."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def rows() -> list[dict[str, Any]]:
    return [
        row(0, 0.5, 0.4),
        row(1, 0.842, 1.1),
        row(2, 0.851, 8.0),
        row(3, 0.8601, 3.2),
        row(4, 0.8599, 2.0, note="retried once: the worker died"),
        row(5, None),
    ]


def test_the_end_says_who_won_how_well_and_what_next():
    page = Page(to_html(finished(rows())))
    assert "churn ✓ completed" in page.text
    assert "Winner: trial 3 · xgboost" in page.text
    assert "The time budget of 60 s is used up" in page.text
    assert "ROC AUC0.86010.8515-0.0086" in page.text
    assert "churn.predict(new_rows)" in page.text
    assert "%automl report churn" in page.text
    assert "retried once: the worker died" in page.text
    assert "outside the constraints" in page.text
    assert {"svg", "table", "th"} <= page.tags
    assert not {"script", "style", "link", "iframe"} & page.tags


def test_while_it_runs_it_is_folded_under_its_state():
    page = to_html(snapshot(rows()))
    assert page.index("<details>") < page.index("<summary") < page.index("Leaderboard")
    text = Page(page).text
    assert "churn · searching" in text
    assert "%automl attach churn" in text
    assert "Winner" not in text


def hostile() -> dict[str, Any]:
    trials = [row(number, 0.8 + number / 100, 1.0, family=HOSTILE, note=HOSTILE, error=HOSTILE, params={HOSTILE: HOSTILE}) for number in range(4)]
    made = finished(trials, name=HOSTILE, reason=HOSTILE, message=HOSTILE, families=[HOSTILE], constraints=[HOSTILE])
    data = dict.fromkeys(("source", "target", "task", "task_reason"), HOSTILE) | {"findings": [{"level": HOSTILE, "column": HOSTILE, "text": HOSTILE}]}
    objectives = [{**each, "title": HOSTILE, "unit": HOSTILE} for each in OBJECTIVES]
    return {**made, "data": {**made["data"], **data}, "objectives": objectives}


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETED", "FAILED", HOSTILE])
def test_hostile_names_are_text(state):
    page = Page(to_html({**hostile(), "state": state}))
    assert not {"img", "script"} & page.tags
    assert not [name for name in page.attributes if name.startswith("on")]
    assert HOSTILE in "".join(page.words)


def test_an_experiment_that_has_nothing_yet():
    starting = snapshot([], state="QUEUED", phase="starting", objectives=[], message="starting the local cluster", families=[], pareto=[])
    starting["clock"] = {**starting["clock"], "started": None, "deadline": None}
    starting["data"] = {**dict.fromkeys(("rows", "columns", "task", "task_reason", "classes", "fingerprint")), "source": "df", "target": "y", "findings": []}
    page = Page(to_html(starting))
    assert "svg" not in page.tags
    assert "starting the local cluster" in to_text(starting)


def test_a_failure_says_why():
    failed = snapshot([], state="FAILED", phase="done", reason="no column 'chrun'; did you mean 'Churn'?", objectives=[])
    text = Page(to_html(failed)).text
    assert "No usable model" in text
    assert "No column 'chrun'; did you mean 'Churn'?" in text
    assert "did you mean 'Churn'?" in to_text(failed)
    assert "next:" not in to_text(failed)


def test_the_text_ranks_the_best():
    lines = to_text(finished(rows())).splitlines()
    assert lines[0].startswith("churn@1: completed")
    assert lines[-1] == "next: churn.predict(new_rows)   %automl code churn   %automl report churn"
    ranking = [line.split() for line in lines if line[:1].isdigit()]
    assert [line[1] for line in ranking] == ["3", "4", "1", "0", "2"]


def test_text_keeps_line_breaks_of_names_out():
    assert "evil\x1b" not in to_text(snapshot(rows(), name="evil\x1b[31m"))


@pytest.mark.parametrize("values", [[0.5, 0.5, 0.5], [0.0, 0.0], [1e9, 1e-9], [-3.0, 4.0]])
def test_charts_stand_any_values(values):
    trials = [row(number, value, abs(value)) for number, value in enumerate(values)]
    page = Page(to_html(finished([each | {"feasible": True} for each in trials])))
    assert "svg" in page.tags
    assert "nan" not in page.text


def test_the_saved_bundle_has_all_three_forms():
    bundle = saved(finished(rows()))
    assert set(bundle) == {MIME_TYPE, "text/html", "text/plain"}
    assert bundle[MIME_TYPE]["schema"] == 1
    assert "distributions" not in bundle[MIME_TYPE]["trials"][0]


def test_learning_curves_are_not_saved():
    """A hundred of them would be larger than all the rest of a notebook."""
    line = {"fold": 0, "epochs": 100, "points": [[epoch, 0.5, 0.5] for epoch in range(1, 101)]}
    running = [row(number, None, curve=[line] * 5) for number in range(100)]
    assert saved(snapshot(running)) == saved(snapshot([{key: value for key, value in each.items() if key != "curve"} for each in running]))


def test_a_long_search_is_trimmed_to_what_matters():
    trials = [row(number, 0.8 + (number % 997) / 10_000, 1.0) for number in range(3000)] + [row(3000, None)]
    whole = finished(trials)
    kept = trimmed(whole)["trials"]
    numbers = [each["number"] for each in kept]
    assert len(kept) <= 210
    assert {whole["best"], 3000, 2999} <= set(numbers)
    assert numbers == sorted(numbers)
    assert trimmed(finished(rows()))["trials"][2]["number"] == 2
