"""Reports executed by real kernels: the score that comes back, the one that does not, a broken winner, and a colleague without our package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import pytest

from automl_lab.pipelines.source import Source
from automl_lab.report.builder import Report, build_report
from automl_lab.report.execute import ReportFailed
from tests.report import experiments

BLOCKER = """
import sys


class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "automl_lab":
            raise ImportError("automl_lab is not installed here")


sys.meta_path.insert(0, Refuse())
"""


@dataclass(frozen=True)
class Made:
    inputs: dict[str, Any]
    report: Report
    notebook: nbformat.NotebookNode


def said(notebook: nbformat.NotebookNode) -> str:
    return "".join(output.text for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "stream")


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A report whose building has a kernelspec named python3 in its way that starts no Python at all."""
    inputs = experiments.binary()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "kernels" / "python3").mkdir(parents=True)
    (elsewhere / "kernels" / "python3" / "kernel.json").write_text(json.dumps({"argv": ["/bin/false"], "display_name": "broken", "language": "python"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(elsewhere))
        report = build_report(inputs, tmp_path_factory.mktemp("report") / "a report" / "churn's.ipynb")
    return Made(inputs, report, nbformat.read(report.notebook, as_version=4))


def test_score_comes_back(binary: Made) -> None:
    report = binary.report
    assert report.matches
    assert report.metric == "roc_auc"
    assert report.reproduced == report.recorded == binary.inputs["snapshot"]["result"]["holdout"]["roc_auc"]
    assert f"recorded {report.recorded:.4f}, reproduced {report.recorded:.4f}" in said(binary.notebook)
    assert "the rows are those of the experiment" in said(binary.notebook)
    assert re.search(r"the gap of [+-]0\.\d{4} is within 0\.\d{4}", said(binary.notebook))
    for name in ("pipeline.py", "evaluate.py"):
        assert f"{name} as executed above has the recorded sha256" in said(binary.notebook)
    assert sorted(each.name for each in report.notebook.parent.iterdir()) == ["churn's.html", "churn's.ipynb", "churn's_files"]
    assert (report.notebook.parent / "churn's_files" / "pipeline.py").read_text() == binary.inputs["pipeline"]


def test_every_cell_ran_without_a_complaint(binary: Made) -> None:
    code = [cell for cell in binary.notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 7
    assert "automl_lab" not in "".join(cell.source for cell in code)


def test_page_holds_no_markup_of_the_user(binary: Made) -> None:
    page = binary.report.html.read_text()
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    for hostile in ("<b onclick", "<img src=x", "<b>infinity", "<i>two years"):
        assert hostile not in page
    for shown in (experiments.HOSTILE_LABEL, experiments.HOSTILE_COLUMN, "ValueError: <b>infinity</b> or a $value^$ too large"):
        assert escape(shown, quote=False) in page
    assert re.search(r'class="verdict good">recorded (0\.\d{4}), reproduced \1<', page)


def test_runs_again_elsewhere_with_papermill_alone(binary: Made, tmp_path: Path) -> None:
    """Moved with its folder, in a process where our package cannot be imported, with another tolerance."""
    moved = tmp_path / "moved"
    shutil.copytree(binary.report.notebook.parent, moved)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCKER)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "IPYTHONDIR": str(tmp_path / "ipython")}
    without = subprocess.run([sys.executable, "-c", "import automl_lab"], env=environment, cwd=moved, capture_output=True, text=True, check=False)
    assert "automl_lab is not installed here" in without.stderr
    command = [sys.executable, "-m", "papermill", "churn's.ipynb", "again.ipynb", "-p", "tolerance", "1e-7", "--no-progress-bar"]
    ran = subprocess.run(command, env=environment, cwd=moved, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    again = nbformat.read(moved / "again.ipynb", as_version=4)
    score = f"{binary.report.recorded:.4f}"
    assert f"recorded {score}, reproduced {score}\ndifference +0, tolerance 1e-07" in said(again)


def test_score_that_does_not_come_back_is_a_report_that_says_so(tmp_path: Path) -> None:
    inputs = experiments.regression()
    result = inputs["snapshot"]["result"]
    true = result["holdout"]["rmse"]
    inputs["snapshot"]["result"] = {**result, "holdout": {**result["holdout"], "rmse": true * 0.9}}
    for fold in inputs["snapshot"]["trials"][9]["folds"]:  # and validation promised far more than the holdout keeps
        fold["rmse"] *= 0.5
    report = build_report(inputs, tmp_path / "diabetes.ipynb")
    assert not report.matches
    assert report.recorded == true * 0.9
    assert report.reproduced == true
    notebook = nbformat.read(report.notebook, as_version=4)
    assert f"recorded {true * 0.9:.4f}, reproduced {true:.4f}" in said(notebook)
    assert "NOT THE SAME SCORE" in said(notebook)
    assert re.search(r"WARNING: the gap of \+\d+\.\d+ is wide.*: validation promised more than the holdout kept", said(notebook))
    last = notebook.cells[-1]
    assert last.outputs[0].ename == "AssertionError"
    assert "not reproduced: rmse was recorded as" in last.outputs[0].evalue
    assert sum("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])) == 7
    assert f'class="verdict bad">NOT reproduced: recorded {true * 0.9:.4f}, reproduced {true:.4f}<' in report.html.read_text()


@pytest.mark.parametrize("made", [experiments.averaged, experiments.layered])
def test_an_ensemble_is_run_again_and_equal(made: Callable[[], dict[str, Any]], tmp_path: Path) -> None:
    inputs = made()
    report = build_report(inputs, tmp_path / "ensemble.ipynb")
    metric = report.metric
    assert report.matches
    assert report.reproduced == pytest.approx(report.recorded, rel=1e-12)
    assert report.recorded == inputs["snapshot"]["result"]["holdout"][metric]
    notebook = nbformat.read(report.notebook, as_version=4)
    assert "pipeline.py as executed above has the recorded sha256" in said(notebook)
    assert (tmp_path / "ensemble_files" / "pipeline.py").read_text() == inputs["pipeline"]
    told = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    several = "2 finalists met the one holdout. The winner was chosen by validation alone"
    assert (several in told) == (made is experiments.averaged)
    assert ("One finalist met the holdout, once" in told) == (made is experiments.layered)


def test_broken_winner_leaves_its_notebook_and_no_report(tmp_path: Path) -> None:
    inputs = experiments.multiclass()
    broken = inputs["pipeline"].replace("LogisticRegression(", "LogisticRegression(l1_ratio=7.0, ", 1)
    assert broken != inputs["pipeline"]
    inputs["pipeline"] = broken
    inputs["snapshot"]["trials"][9]["source"] = Source(broken).sha256
    with pytest.raises(ReportFailed, match=r"cell reproduction-1 stopped with \w+Error: .*wine\.failed.wine\.ipynb\)$"):
        build_report(inputs, tmp_path / "wine.ipynb")
    assert [each.name for each in tmp_path.iterdir()] == ["wine.failed"]
    kept = nbformat.read(tmp_path / "wine.failed" / "wine.ipynb", as_version=4)
    assert "l1_ratio" in "".join(output.evalue for cell in kept.cells for output in cell.get("outputs", []) if output.output_type == "error")
    assert (tmp_path / "wine.failed" / "wine_files" / "data.parquet").is_file()
    build_report(inputs, tmp_path / "wine.ipynb", execute=False)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["wine.html", "wine.ipynb", "wine_files"]
