"""The notebook before it runs: what may be in its cells, what may not, and what is refused before anything is written."""

from __future__ import annotations

import ast
import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.filters import markdown2html

from automl_lab.core.errors import IntegrityError, RequestError
from automl_lab.report.builder import build_notebook, build_report
from automl_lab.report.facts import Facts
from automl_lab.report.section import REPORT_SECTIONS, quoted, spelled
from tests.report import experiments

TASKS = ("binary", "multiclass", "regression")


@pytest.fixture(scope="module")
def finished() -> dict[str, dict[str, Any]]:
    return {task: getattr(experiments, task)() for task in TASKS}


def facts_of(inputs: dict[str, Any]) -> Facts:
    return Facts.of(inputs, "churn.ipynb", "churn_files")


def changed(inputs: dict[str, Any], **head: Any) -> dict[str, Any]:
    """The inputs with other values in the head of their snapshot."""
    return {**inputs, "snapshot": {**inputs["snapshot"], **head}}


def bound(text: str) -> set[str]:
    """Names that the text binds at its top level, imports left out."""
    tree = ast.parse(text)
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    inner = {id(each) for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) for each in ast.walk(node)}
    return defined | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in inner}


@pytest.mark.parametrize("task", TASKS)
def test_code_cells_are_plain_public_code(finished: dict[str, dict[str, Any]], task: str) -> None:
    notebook = build_notebook(facts_of(finished[task]))
    modules = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                modules |= {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
                modules |= {str(node.module)} if isinstance(node, ast.ImportFrom) else set()
    assert modules
    assert not [module for module in modules if module.startswith("automl_lab")]
    own = set().union(*(bound(cell.source) for cell in notebook.cells if cell.cell_type == "code" and not cell.id.startswith("winner")))
    assert not own & (bound(finished[task]["pipeline"]) | bound(finished[task]["protocol"])), "a cell would hide a name of the winner's sources"


@pytest.mark.parametrize("task", TASKS)
def test_helpers_of_one_cell_are_not_hidden_by_another(finished: dict[str, dict[str, Any]], task: str) -> None:
    cells = [cell.source for cell in build_notebook(facts_of(finished[task])).cells if cell.cell_type == "code"]
    functions = [{node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)} for text in cells]
    for place, text in enumerate(cells):
        others = set().union(*functions[:place], *functions[place + 1 :])
        assert not bound(text) & others


def test_ruff_has_nothing_to_say(finished: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    for task in TASKS:
        nbformat.write(build_notebook(facts_of(finished[task])), tmp_path / f"{task}.ipynb")
    # Two cells are whole modules, docstring first, so their imports do not stand at the top of the cell.
    for rules in ((), ("--select", "E,F,W,I,UP,B,C4,SIM,RET,PERF,PTH", "--line-length", "160")):
        found = subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--extend-ignore", "E402,RUF100", *rules, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stdout


def test_same_facts_same_bytes_and_code_without_user_text(finished: dict[str, dict[str, Any]]) -> None:
    facts = facts_of(finished["binary"])
    notebook = build_notebook(facts)
    assert nbformat.writes(notebook) == nbformat.writes(build_notebook(facts))
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code" and "source-" not in str(cell.metadata.get("tags"))]
    for hostile in (experiments.HOSTILE_LABEL, experiments.HOSTILE_COLUMN, "onerror", "<img"):
        assert not [text for text in code if hostile in text]
    markdown = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "<script" not in markdown
    assert "<img" not in markdown
    assert "&#60;img src&#61;x&#62;" in markdown


def test_sections_stand_in_their_order(finished: dict[str, dict[str, Any]]) -> None:
    notebook = build_notebook(facts_of(finished["binary"]))
    seen = list(dict.fromkeys(cell.id.rpartition("-")[0] for cell in notebook.cells))
    assert seen == [
        "summary",
        "data_card",
        "search",
        "pareto",
        "leaderboard",
        "winner",
        "reproduction",
        "estimate",
        "diagnostics",
        "shap_summary",
        "environment",
        "verdict",
    ]
    assert sorted(seen) == list(REPORT_SECTIONS)
    parameters = [cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1
    assert 'data = "churn_files/data.parquet"' in parameters[0]
    assert f"recorded = {finished['binary']['snapshot']['result']['holdout']['roc_auc']!r}" in parameters[0]


def test_commands_pin_what_the_winner_imports(finished: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    build_report(finished["binary"], tmp_path / "churn.ipynb", execute=False)
    pins = dict(line.split("==") for line in (tmp_path / "churn_files" / "requirements.txt").read_text().split())
    assert set(pins) == {"papermill", "ipykernel", "matplotlib", "pandas", "pyarrow", "numpy", "scikit-learn", "shap", "xgboost"}
    assert pins["xgboost"] == finished["binary"]["versions"]["xgboost"]


def test_report_that_is_not_executed_says_so(finished: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    report = build_report(finished["multiclass"], tmp_path / "wine.ipynb", execute=False)
    assert not report.matches
    assert report.reproduced != report.reproduced
    assert "not run again" in report.html.read_text()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["wine.html", "wine.ipynb", "wine_files"]
    record = json.loads((tmp_path / "wine_files" / "experiment.json").read_text())
    assert record["snapshot"]["trials"][9]["params"] == finished["multiclass"]["snapshot"]["trials"][9]["params"]


def test_wrong_requests_are_one_line_and_leave_nothing(finished: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    inputs = finished["binary"]
    cases = [
        (inputs, tmp_path / "report.html", "ends in .ipynb"),
        (changed(inputs, result=None, state="RUNNING"), tmp_path / "a.ipynb", "churn has no winner with a holdout score (it is running)"),
        (changed(inputs, result={"holdout": None, "error": "worker died"}), tmp_path / "a.ipynb", "(scoring it failed: worker died)"),
        (changed(inputs, objectives=inputs["snapshot"]["objectives"][1:]), tmp_path / "a.ipynb", "no score among its objectives"),
    ]
    for given_inputs, path, message in cases:
        with pytest.raises(RequestError, match=re.escape(message)):
            build_report(given_inputs, path, execute=False)
    assert not list(tmp_path.iterdir())
    mine = tmp_path / "a_files" / "my_notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(RequestError, match="'a_files' beside the report holds something else"):
        build_report(inputs, tmp_path / "a.ipynb", execute=False)
    assert mine.read_text() == "mine"


def test_changed_sources_and_rows_are_refused(finished: dict[str, dict[str, Any]]) -> None:
    inputs = finished["binary"]
    with pytest.raises(IntegrityError, match="source of trial 9 is not the recorded one"):
        facts_of({**inputs, "pipeline": inputs["pipeline"] + "# touched\n"})
    with pytest.raises(IntegrityError, match="rows of churn are not the recorded ones"):
        facts_of({**inputs, "parquet": inputs["parquet"] + b"x"})
    clashing = {**inputs, "protocol": inputs["protocol"] + "\n\ndef build_pipeline():\n    return None\n"}
    with pytest.raises(IntegrityError, match=re.escape("pipeline.py and evaluate.py of churn both define build_pipeline")):
        build_notebook(facts_of(clashing))


@given(st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" \n\t`<>&$*_|[](){}#!~\\\"'")))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    line = " ".join(text.split())
    shown = markdown2html(f"a {quoted(text)} b {spelled(text)} c")
    assert not re.search(r"<(?!/?(?:p|code)>)", shown), shown
    words = html.unescape(re.sub(r"</?(?:p|code)>", "", shown))
    assert " ".join(words.split()) == " ".join(f"a {line} b {line} c".split())
