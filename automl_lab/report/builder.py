"""Builds the report: notebook and folder beside it, executed and exported, then put in place whole.

Owns the folder's layout and the order of publishing; refuses to leave half a report under the final name or to replace a folder that is
no report's. What ran up to a failure is kept under ``<name>.failed``.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from automl_lab.core.errors import RequestError
from automl_lab.core.files import write_atomically
from automl_lab.report.execute import Execution, Failure, ReportFailed, execute_notebook
from automl_lab.report.facts import Facts
from automl_lab.report.html import Page, export_html
from automl_lab.report.section import ordered_sections
from automl_lab.report.sections.reproduction import REPRODUCTION_MIME
from automl_lab.report.sections.verdict import VERDICT_TAG

RECORD = "experiment.json"
FILES = frozenset({RECORD, "data.parquet", "pipeline.py", "evaluate.py", "requirements.txt"})


@dataclass(frozen=True)
class Report:
    """A report on disk. ``recorded`` and ``reproduced`` are scores in the unit of ``metric`` (NaN: undefined, or not executed), found at ``place``.

    ``matches`` is true when the notebook was executed and both are within ``tolerance``; a report that does not match stands all the same.
    """

    notebook: Path
    html: Path
    metric: str
    place: str
    recorded: float
    reproduced: float
    tolerance: float
    matches: bool


def build_report(inputs: Mapping[str, Any], path: Path, *, execute: bool = True) -> Report:
    """Write the notebook ``path`` (``….ipynb``), its folder ``<stem>_files`` and ``<stem>.html``, replacing an earlier report of that name.

    ``inputs`` are those of an experiment's handle. With ``execute=False`` nothing is run or compared. Raises ``RequestError`` for a path that
    cannot be used or an experiment without a score to come back, ``IntegrityError`` when sources or rows are not the recorded ones, and
    ``ReportFailed`` when a cell other than the final comparison raises; nothing is changed under the final names then.
    """
    path = _checked(Path(path))
    facts = Facts.of(inputs, notebook=path.name, files=f"{path.stem}_files")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder:
        room = Path(folder) / path.stem
        draft = _write_draft(facts, room)
        execution = execute_notebook(draft, room / "executed.ipynb") if execute else Execution(build_notebook(facts), None)
        write_atomically(room / path.name, nbformat.writes(execution.notebook))  # type: ignore[no-untyped-call]
        if execution.failure is not None and VERDICT_TAG not in execution.failure.tags:
            _keep_failed(execution.failure, room, path)
        report = _judged(facts, execution.notebook, path, executed=execute)
        write_atomically(room / report.html.name, export_html(execution.notebook, _page(facts, report, executed=execute)))
        for name in (facts.files, report.html.name, path.name):
            _replace(room / name, path.parent / name)
        if _failed(path).exists():
            _failed(path).rename(Path(folder) / "outdated")
    return report


def build_notebook(facts: Facts) -> NotebookNode:
    """The notebook before it is executed: the cells of all sections in order. The same facts give the same bytes."""
    notebook: NotebookNode = new_notebook()  # type: ignore[no-untyped-call]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python"}
    for section in ordered_sections():
        for place, cell in enumerate(section.cells(facts)):
            cell.id = f"{section.name}-{place}"
            notebook.cells.append(cell)
    nbformat.validate(notebook)
    return notebook


def _checked(path: Path) -> Path:
    """The absolute path. Refuses other endings, and to replace a folder that holds what no report wrote."""
    if path.suffix != ".ipynb" or path.is_dir():
        wrong = "is a folder" if path.is_dir() else "does not"
        raise RequestError(f"a report is a notebook whose path ends in .ipynb; {str(path)!r} {wrong}")
    path = path.absolute()
    files = f"{path.stem}_files"
    for folder, ours in ((path.with_name(files), FILES), (_failed(path), {path.name, files})):
        if folder.exists() and not (folder.is_dir() and {each.name for each in folder.iterdir()} <= ours):
            raise RequestError(f"{folder.name!r} beside the report holds something else; choose another name for the report")
    return path


def _failed(path: Path) -> Path:
    return path.with_name(f"{path.stem}.failed")


def _write_draft(facts: Facts, room: Path) -> Path:
    files = room / facts.files
    record = {
        "snapshot": {**facts.snapshot, "trials": [{key: value for key, value in row.items() if key != "distributions"} for row in facts.snapshot["trials"]]},
        "config": facts.config,
        "dataset": facts.dataset,
        "versions": facts.versions,
        "requirements": facts.requirements,
        "sha256": facts.sha256,
    }
    write_atomically(files / "data.parquet", facts.parquet)
    write_atomically(files / "pipeline.py", facts.pipeline)
    write_atomically(files / "evaluate.py", facts.protocol)
    write_atomically(files / "requirements.txt", "".join(f"{package}=={version}\n" for package, version in facts.requirements.items()))
    write_atomically(files / RECORD, json.dumps(record, indent=1, ensure_ascii=False))
    return write_atomically(room / "draft.ipynb", nbformat.writes(build_notebook(facts)))  # type: ignore[no-untyped-call]


def _keep_failed(failure: Failure, room: Path, path: Path) -> NoReturn:
    """Put what ran, with its data, beside the report's place and raise."""
    kept = _failed(path)
    for name in ("draft.ipynb", "executed.ipynb"):
        (room / name).unlink(missing_ok=True)
    _replace(room, kept)
    where = f"cell {failure.cell}" if failure.cell else "the kernel"
    raise ReportFailed(f"the report could not be executed: {where} stopped with {failure.error} (the notebook as far as it ran: {kept / path.name})")


def _judged(facts: Facts, notebook: NotebookNode, path: Path, *, executed: bool) -> Report:
    outcome = _outcome(notebook)
    if executed and outcome is None:
        raise ReportFailed("the executed notebook holds no comparison of the scores")
    reproduced = None if outcome is None else outcome["reproduced"]
    return Report(
        notebook=path,
        html=path.with_suffix(".html"),
        metric=str(facts.metric["name"]),
        place=facts.place,
        recorded=math.nan if facts.recorded is None else facts.recorded,
        reproduced=math.nan if reproduced is None else float(reproduced),
        tolerance=facts.tolerance,
        matches=outcome is not None and bool(outcome["matches"]),
    )


def _outcome(notebook: NotebookNode) -> dict[str, Any] | None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if REPRODUCTION_MIME in output.get("data", {}):
                return dict(output.data[REPRODUCTION_MIME])
    return None


def _page(facts: Facts, report: Report, *, executed: bool) -> Page:
    if not executed:
        return Page(facts.name, f"recorded {_shown(report.recorded)}, not run again", None)
    compared = f"recorded {_shown(report.recorded)}, reproduced {_shown(report.reproduced)}"
    return Page(facts.name, compared if report.matches else f"NOT reproduced: {compared}", report.matches)


def _shown(score: float) -> str:
    return "undefined" if math.isnan(score) else f"{score:.4f}"


def _replace(new: Path, final: Path) -> None:
    """Move ``new`` to ``final``. A folder that stood there is moved away first and comes back when the move fails."""
    if not final.is_dir():
        new.replace(final)
        return
    old = Path(tempfile.mkdtemp(dir=new.parent, prefix="old.")) / final.name
    final.rename(old)
    try:
        new.rename(final)
    except OSError:
        old.rename(final)
        raise
