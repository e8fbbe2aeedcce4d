"""The house rules that programs can check, run as pre-commit runs them, and the commands a newcomer meets first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.packaging.conftest import ROOT

HOOKS = [hook for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"] for hook in repo["hooks"]]


def run(*command: str, cwd: Path = ROOT, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", **({"PATH": path} if path is not None else {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=cwd, env=environment, check=False)


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_the_hook_passes(hook: dict) -> None:
    program, *arguments = hook["entry"].split()
    done = run(str(Path(sys.executable).parent / Path(program).name), *arguments)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_make_lint_runs_the_same() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for hook in HOOKS:
        assert hook["entry"].replace(".venv", "$(VENV)") in makefile


def test_make_help_names_the_commands() -> None:
    done = run("make", "help")
    assert done.returncode == 0
    for target in ("demo", "test", "lab", "check", "lint", "clean"):
        assert f"make {target} " in done.stdout


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH with a shell and nothing else."""
    for program in ("bash", "env"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    return tmp_path


def test_a_missing_python_is_said_in_one_line(bare: Path) -> None:
    done = run(str(ROOT / ".ci" / "tools"), path=str(bare))
    assert done.returncode == 2
    assert done.stderr.startswith("AutoML Lab needs Python 3.11 or newer with its venv module")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("version", "said"), [(None, "found none"), ("v18.20.4", "found 18.20.4")])
def test_a_missing_or_old_node_is_said_in_one_line(bare: Path, version: str | None, said: str) -> None:
    (bare / "python3").symlink_to(sys.executable)
    if version is not None:
        (bare / "node").write_text(f"#!/usr/bin/env bash\necho {version}\n")
        (bare / "node").chmod(0o755)
    done = run(str(ROOT / ".ci" / "tools"), path=str(bare))
    assert done.returncode == 2
    assert "Node.js 20 or newer" in done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("test", "status", "line"), [("assert True", 0, "1 passed in"), ("assert False", 1, "1 failed in"), ("import os; os._exit(7)", 7, "not")]
)
def test_ci_ends_with_pytests_line_and_status(tmp_path: Path, test: str, status: int, line: str) -> None:
    """In a small project with the real .ci/run and the real recipe of ``make test``."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".stamps").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    recipe = (ROOT / "Makefile").read_text().partition("\ntest: ")[2].partition("\n\n")[0].partition("\n")[2]
    head = f"SHELL := /bin/bash\nPY := {sys.executable}\nSTAMPS := .stamps\nSIDE_BY_SIDE := quick\n"
    (tmp_path / "Makefile").write_text(f"{head}.PHONY: test\ntest:\n{recipe}\n")
    (tmp_path / "quick").mkdir()
    (tmp_path / "quick" / "test_other.py").write_text("def test_other():\n    pass\n")
    (tmp_path / "test_one.py").write_text(f"from os import _exit as exit_now\n\n\ndef test_one():\n    {test}\n")
    done = run(str(tmp_path / ".ci" / "run"), cwd=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    assert line in done.stdout.splitlines()[-1]
