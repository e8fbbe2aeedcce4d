"""Small tables and lines for a cell's output, as text and as HTML. Owns escaping: whatever comes from data or names is shown as text, never as markup."""

from __future__ import annotations

import html
from collections.abc import Sequence

from IPython.display import display

from automl_lab.core.text import one_line

Bundle = dict[str, str]


def lines(texts: Sequence[str]) -> Bundle:
    """Lines of plain text."""
    clean = [one_line(text) for text in texts]
    return {"text/plain": "\n".join(clean), "text/html": f"<div>{'<br>'.join(html.escape(text) for text in clean)}</div>"}


def block(text: str) -> Bundle:
    """Text whose line breaks and spaces count, like help or YAML."""
    return {"text/plain": text, "text/html": f"<pre>{html.escape(text)}</pre>"}


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> Bundle:
    """A table with left-aligned columns."""
    cells = [[one_line("" if cell is None else cell) for cell in row] for row in (headers, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headers))]
    plain = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    style = ' style="text-align:left"'
    head = "".join(f"<th{style}>{html.escape(cell)}</th>" for cell in cells[0])
    body = "".join("<tr>" + "".join(f"<td{style}>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in cells[1:])
    return {"text/plain": plain, "text/html": f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"}


def together(*bundles: Bundle) -> Bundle:
    """Several outputs as one, below each other."""
    return {"text/plain": "\n\n".join(each["text/plain"] for each in bundles), "text/html": "".join(each["text/html"] for each in bundles)}


def show(bundle: Bundle) -> None:
    """Display a bundle in the cell that runs."""
    display(bundle, raw=True)  # type: ignore[no-untyped-call]
