"""The type of a report section, its registry, and the only ways in which a section makes cells.

Code cells are fixed texts: what belongs to one experiment reaches them through ``experiment.json`` and the parameters, never by
formatting. Refuses user text in markdown that is not spelled in character references.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from textwrap import dedent

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from automl_lab.core.registry import Registry
from automl_lab.report.facts import Facts

# Cells that only prepare or draw: JupyterLab folds their source, the HTML keeps it behind a small button.
FOLDED = "hide-input"
_SPECIAL = re.compile(r"[^0-9A-Za-z \u00a0-\U0010ffff]")


@dataclass(frozen=True)
class ReportSection:
    """One section. ``cells`` gives its notebook cells, none when it has nothing to say of this experiment; sections stand by ``order``."""

    name: str
    order: int
    cells: Callable[[Facts], list[NotebookNode]]


REPORT_SECTIONS: Registry[ReportSection] = Registry("sections", "automl_lab.report.sections", ReportSection)


def ordered_sections() -> list[ReportSection]:
    """All sections as they follow one another."""
    return sorted(REPORT_SECTIONS.values(), key=lambda section: (section.order, section.name))


def markdown(text: str, *tags: str) -> NotebookNode:
    """A markdown cell; indentation common to all lines is taken away."""
    cell: NotebookNode = new_markdown_cell(dedent(text).strip("\n"))  # type: ignore[no-untyped-call]
    return _tagged(cell, tags)


def code(text: str, *tags: str, alt: str | None = None, title: str | None = None) -> NotebookNode:
    """A code cell. ``alt`` describes its figure for those who cannot see it, ``title`` stands on the button that unfolds it in the HTML."""
    cell: NotebookNode = new_code_cell(text.strip("\n"))  # type: ignore[no-untyped-call]
    _tagged(cell, tags)
    if FOLDED in tags:
        cell.metadata["jupyter"] = {"source_hidden": True}
    cell.metadata.update({key: value for key, value in (("alt", alt), ("title", title)) if value is not None})
    return cell


def _tagged(cell: NotebookNode, tags: Iterable[str]) -> NotebookNode:
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def spelled(text: object) -> str:
    """``text`` as one line of markdown that shows exactly it: every special character becomes a character reference, so no markup and no HTML is left."""
    line = " ".join(str(text).split())
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", line)


def quoted(text: object) -> str:
    """A name of the user's in markdown, set as code. Formulas are not typeset inside."""
    return f"<code>{spelled(text)}</code>"
