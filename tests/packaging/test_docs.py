"""The documentation says what the program does: its tables are the program's own, its links lead somewhere, and the quick start runs."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from automl_lab.config import ConfigText
from automl_lab.features.generator import GENERATORS
from automl_lab.features.option import OPTIONS
from automl_lab.models.family import FAMILIES, ModelFamily
from tests.packaging.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "benchmarks").glob("*.md"))]


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_the_programs_own() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    assert loaded(ROOT / "docs" / "tables.py").written(page) == page, "run: python docs/tables.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_option_of_the_preparation_is_documented() -> None:
    text = (ROOT / "docs" / "features.md").read_text()
    for registry in (*OPTIONS, GENERATORS):
        for name in registry:
            assert f"`{name}`" in text, f"{registry.kind}: {name}"


def test_the_cells_of_the_readme_are_valid_configurations() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "configuration.md"):
        cells = re.findall(r"```\n%%automl [^\n]*\n(.*?)```", page.read_text(), re.DOTALL)
        assert cells
        for body in cells:
            assert ConfigText.read(body).config.objectives == ["roc_auc", "predict_ms"]


def test_the_example_of_a_family_is_a_family(tmp_path: Path) -> None:
    from automl_lab.testing.families import family_checks

    text = (ROOT / "docs" / "adding-a-part.md").read_text()
    (tmp_path / "decision_tree.py").write_text(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0])
    family = loaded(tmp_path / "decision_tree.py").DECISION_TREE
    assert isinstance(family, ModelFamily)
    assert family.name not in FAMILIES
    for number, (each, task, check) in enumerate(family_checks([family])):
        (folder := tmp_path / str(number)).mkdir()
        check(each, task, folder)


def test_the_quick_start_runs_from_top_to_bottom(lab_home: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papermill", str(ROOT / "notebooks" / "quickstart.ipynb"), "out.ipynb", "-p", "time", "25s", "--no-progress-bar"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400, env={**os.environ, "AUTOML_LAB_HOME": str(lab_home)}, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    text = "\n".join(str(output.get("text") or output.get("data")) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)
    assert re.search(r"recorded 0\.\d+, reproduced 0\.\d+", text), text[-3000:]
    assert "def build_pipeline" in text
    assert "THEY DIFFER" not in text


@pytest.mark.parametrize(("name", "said"), [("steering", "random_forest switched off by hand"), ("constraints", "def build_pipeline")])
def test_an_example_runs_from_top_to_bottom(lab_home: Path, tmp_path: Path, name: str, said: str) -> None:
    shorter = ["-p", "time", "15s"] if name == "constraints" else []
    command = [sys.executable, "-m", "papermill", str(ROOT / "notebooks" / f"{name}.ipynb"), "out.ipynb", *shorter, "--no-progress-bar"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400, env={**os.environ, "AUTOML_LAB_HOME": str(lab_home)}, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert said in "\n".join(str(output.get("text") or output.get("data")) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_examples_are_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)] == []
