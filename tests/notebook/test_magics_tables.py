"""Whatever is shown is text, never markup."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from automl_lab.core.text import one_line
from automl_lab.notebook.errors import CellError
from automl_lab.notebook.reporting import links
from automl_lab.notebook.tables import block, lines, table, together
from automl_lab.notebook.waiting import progress

EVIL = "<img src=x onerror=alert(1)>\n\x1b[31m"


def test_names_are_escaped():
    head = {
        "name": EVIL,
        "state": "RUNNING",
        "phase": EVIL,
        "best": None,
        "history": [],
        "objectives": [],
        "budget": {"trials": 4},
        "counts": {"completed": 1, "pruned": 0, "failed": 0},
        "clock": {"created": 1.0, "started": 1.0, "deadline": None, "now": 2.0},
    }
    shown = together(lines([EVIL]), table(["a"], [[EVIL]]), progress(head))
    assert "<img" not in shown["text/html"]
    assert "\x1b" not in shown["text/plain"] + shown["text/html"]
    assert "<img" not in block(EVIL)["text/html"]


def test_one_line():
    assert one_line("a\nb\x1b[0m\tc") == "a b\\x1b[0m\\tc"


def test_an_error_of_a_cell_is_one_line():
    assert CellError("Request error", "no column 'chrun'")._render_traceback_() == ["Request error: no column 'chrun'"]


def test_links_of_a_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = SimpleNamespace(
        notebook=Path("a report/<b>.ipynb"), html=tmp_path / "a report" / "b.html", recorded=0.99123, reproduced=0.99123, metric="roc_auc", matches=True
    )
    shown = links("churn", report)
    assert "recorded 0.9912, reproduced 0.9912 (roc_auc)" in shown["text/plain"]
    assert "DIFFER" not in shown["text/plain"]
    assert 'href="a%20report/%3Cb%3E.ipynb"' in shown["text/html"]
    assert "<b>" not in shown["text/html"]
    report.matches = False
    assert "THEY DIFFER" in links("churn", report)["text/plain"]
