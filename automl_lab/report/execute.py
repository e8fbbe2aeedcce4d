"""Executes a notebook as anybody else would: the papermill command in a process of its own, with a kernel of this very interpreter.

Owns the kernel's surroundings (kernelspec, IPython profile) so that neither a kernelspec of another environment nor a start-up file of the
user decides what runs. A process of its own, because papermill changes the working directory and the event loop of the one it runs in.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from nbformat import NotebookNode

from automl_lab.core.errors import AutoMLLabError

KERNEL = "python3"
KERNEL_START_SECONDS = 180


class ReportFailed(AutoMLLabError):
    """The report's notebook could not be executed; the message says which cell, why, and where the notebook is kept as far as it ran."""


@dataclass(frozen=True)
class Failure:
    """Where an execution stopped. ``cell`` is the cell's id, None when the kernel was lost; ``error`` is one line."""

    cell: str | None
    tags: tuple[str, ...]
    error: str


@dataclass(frozen=True)
class Execution:
    """An executed notebook, and where it stopped if it did."""

    notebook: NotebookNode
    failure: Failure | None


def execute_notebook(source: Path, target: Path, parameters: Mapping[str, object] | None = None) -> Execution:
    """Execute ``source`` in its own folder and write ``target``, a name in the same folder. ``parameters`` override those of the notebook.

    Gives the notebook as far as it ran, with the failure if a cell raised. Raises ``ReportFailed`` when no kernel could be started.
    """
    with tempfile.TemporaryDirectory(prefix="automl-report-") as surroundings:
        command = [sys.executable, "-m", "papermill", source.name, target.name, "--kernel", KERNEL, "--language", "python"]
        command += ["--no-progress-bar", "--start-timeout", str(KERNEL_START_SECONDS)]
        if parameters:
            command += ["--parameters_yaml", json.dumps(dict(parameters))]
        code, errors = _run(command, source.parent, _environment(Path(surroundings)))
    if not target.is_file():
        raise ReportFailed(f"papermill could not start: {_last_line(errors)}")
    notebook: NotebookNode = nbformat.read(target, as_version=4)  # type: ignore[no-untyped-call]
    failure = _failure(notebook)
    if code != 0 and failure is None:
        failure = Failure(None, (), _last_line(errors))
    return Execution(notebook, failure)


def _environment(folder: Path) -> dict[str, str]:
    """This process's environment, with a kernelspec of this interpreter found first and an empty IPython profile."""
    spec = folder / "jupyter" / "kernels" / KERNEL / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps(get_kernel_dict()))
    found = os.environ.get("JUPYTER_PATH")
    return {
        **os.environ,
        "JUPYTER_PATH": os.pathsep.join([str(folder / "jupyter"), *([found] if found else [])]),
        "IPYTHONDIR": str(folder / "ipython"),
        # Threads that spin while they wait make small fits on a busy machine many times slower; results are the same.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and fixed arguments
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        _, errors = process.communicate()
    except BaseException:
        # Interrupted by the user: the kernel ends itself when its parent is gone.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return process.returncode, errors


def _failure(notebook: NotebookNode) -> Failure | None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                first = str(output.evalue).strip().splitlines()
                return Failure(cell.id, tuple(cell.metadata.get("tags", [])), f"{output.ename}: {first[0] if first else ''}")
    return None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
