"""The report as one HTML file: no script, nothing loaded from elsewhere, plumbing folded away.

Owns the page around the notebook; refuses scripts by its content security policy, whatever a cell has put out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

_HERE = Path(__file__).parent
_PAPERMILL_BANNER = "papermill-error-cell-tag"
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """What the page says above the notebook. ``verdict`` is one line; ``good`` is None when nothing was compared."""

    title: str
    verdict: str
    good: bool | None


def export_html(notebook: NotebookNode, page: Page) -> str:
    """The notebook as a page of HTML."""
    exporter = HTMLExporter(template_name="page", extra_template_basedirs=[str(_HERE)], exclude_anchor_links=True)  # type: ignore[no-untyped-call]
    resources = {
        "page": page,
        "contents": _contents(notebook),
        "style": (_HERE / "page" / "page.css").read_text(encoding="utf-8") + HtmlFormatter(style="friendly").get_style_defs(".highlight"),
    }
    shown: NotebookNode = notebook.copy()  # type: ignore[no-untyped-call]
    # papermill's own banner of an error says less than ours.
    shown["cells"] = [cell for cell in notebook.cells if _PAPERMILL_BANNER not in cell.metadata.get("tags", [])]
    body, _ = exporter.from_notebook_node(shown, resources=resources)
    return str(body)


def _contents(notebook: NotebookNode) -> list[tuple[str, str]]:
    """Cell ids and titles of the sections."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    return [(cell.id, unescape(found[1])) for cell in cells if (found := _HEADING.search(cell.source))]
