"""A snapshot as HTML and as text for whoever has neither our renderer nor a kernel: nbconvert, a code host, a mail.

Says the same as the live view: state, winner and holdout, charts, leaderboard, notes on the data, next commands. Plain elements that read well
without any style, inline styles that follow the page's colours, no script. Every name and message is escaped.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from automl_lab import summary
from automl_lab.core.text import one_line
from automl_lab.static_view import svg
from automl_lab.static_view.markup import Markup, joined, tag

Snapshot = Mapping[str, Any]

TOP = 10
FRAME = (
    "border:1px solid rgba(128,128,128,.32);border-radius:8px;padding:12px 16px;margin:4px 0;color-scheme:light dark;"
    "font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);color:var(--jp-ui-font-color1,inherit);font-variant-numeric:tabular-nums"
)
FAINT = "opacity:.76"
LINE = "border-bottom:1px solid rgba(128,128,128,.25)"
MARKS = {"COMPLETED": "✓", "STOPPED": "■", "FAILED": "✕", "PAUSED": "❚❚", "QUEUED": "○", "RUNNING": "▶"}


def to_text(snapshot: Snapshot) -> str:
    """A few lines: the state, the data, the reason, the winner, the best five trials and the command that shows more."""
    lines = [one_line(line) for line in summary.status_lines(snapshot)]
    leaders = summary.leaders(snapshot, 5)
    if leaders:
        names = [objective["name"] for objective in snapshot["objectives"]]
        rows = [("", "trial", "family", *names), *((str(rank), *_cells(row, names)) for rank, row in enumerate(leaders, 1))]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines += ["", *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)]
    if snapshot["state"] in summary.ACTIVE:
        lines += ["", f"saved at {_clock(snapshot)}; the search goes on: %automl attach {one_line(snapshot['name'])}"]
    elif snapshot["usable"] is not None:
        lines += ["", "next: " + "   ".join(_commands(snapshot))]
    return "\n".join(lines)


def to_html(snapshot: Snapshot) -> str:
    """One framed block. While the search runs it is folded under a line that says how far it is, because a live view may stand above it."""
    body = joined(*(part for part in _parts(snapshot) if part is not None))
    if snapshot["state"] not in summary.ACTIVE:
        return tag("div", body, style=FRAME)
    word = f"{snapshot['name']} · {summary.headline(snapshot)} · saved at {_clock(snapshot)}"
    return tag("div", tag("details", tag("summary", word, style="cursor:pointer"), body), style=FRAME)


def _parts(snapshot: Snapshot) -> Sequence[Markup | None]:
    return [_head(snapshot), _outcome(snapshot), _scores(snapshot), _charts(snapshot), _leaderboard(snapshot), _findings(snapshot), _next(snapshot)]


def _head(snapshot: Snapshot) -> Markup:
    phase = snapshot["phase"] if snapshot["state"] == "RUNNING" else snapshot["state"].lower()
    run = f" run {snapshot['run']}" if snapshot["run"] > 1 else ""
    title = tag("div", tag("strong", snapshot["name"] or "experiment", style="font-size:1.25em"), f"{run}  {MARKS.get(snapshot['state'], '')} {phase}")
    data = snapshot["data"] or {}
    facts = [("data", data.get("source")), ("target", data.get("target")), ("task", data.get("task"))]
    if data.get("rows"):
        facts.insert(1, ("rows × columns", f"{data['rows']:,} × {data['columns']:,}"))
    facts.append(("objectives", ", ".join(f"{each['title']} {'↑' if each['direction'] == 'maximize' else '↓'}" for each in snapshot["objectives"])))
    facts.append(("validation", data.get("validation")))
    facts.append(("subject to", ", ".join(snapshot["constraints"])))
    facts.append(("switched off", ", ".join(snapshot.get("off", ()))))
    facts.append(("ranges", ", ".join(f"{name} {given}" for name, given in snapshot.get("ranges", {}).items())))
    shown = [joined(tag("span", f"{label} ", style=FAINT), tag("span", str(value))) for label, value in facts if value]
    line = tag("div", Markup(" · ".join(shown)))
    return joined(title, line, tag("div", summary.headline(snapshot), style=FAINT))


def _outcome(snapshot: Snapshot) -> Markup | None:
    """Who won and why it ended; or, while it runs, that this is a saved state."""
    if snapshot["state"] in summary.ACTIVE:
        words = f"The state saved at {_clock(snapshot)}. The search goes on without this page; to see it live run "
        return tag("p", words, tag("code", f"%automl attach {snapshot['name']}"))
    winner = (snapshot["result"] or {}).get("winner", snapshot["usable"])
    row = next((row for row in snapshot["trials"] if row["number"] == winner), None)
    head = "No usable model" if winner is None else f"Winner: trial {winner}" + (f" · {row['family'].replace('_', ' ')}" if row else "")
    reasons = [text[:1].upper() + text[1:] for text in (snapshot["reason"], snapshot["message"]) if text]
    if snapshot["result"]:
        reasons += filter(None, [summary.nested_line(snapshot)])
        reasons.append(summary.delivered(snapshot).replace("predict() uses", "What predict() uses is"))
    return tag("p", tag("strong", head), Markup("<br>") if reasons else "", ". ".join(reasons))


def _scores(snapshot: Snapshot) -> Markup | None:
    """Validation beside holdout, for the winner in every objective and for the other finalists in the main one; without a holdout the winner alone."""
    result = snapshot["result"]
    if not result:
        return None
    if not summary.held_out(snapshot):
        return _estimates(snapshot)
    finalists = sorted(result["finalists"], key=lambda each: each["number"] != result["winner"])
    rows = []
    for finalist in finalists:
        winner = finalist["number"] == result["winner"]
        for objective in snapshot["objectives"] if winner else snapshot["objectives"][:1]:
            values = [(finalist[side] or {}).get(objective["name"]) for side in ("validation", "holdout")]
            validation, holdout = values
            gap = None if validation is None or holdout is None else holdout - validation
            label = objective["title"] + ("" if winner else f", trial {finalist['number']}")
            rows.append([label, *map(summary.value_text, values), "–" if gap is None else f"{'+' if gap > 0 else ''}{summary.value_text(gap)}"])
    return _table(["", "validation", "holdout", "difference"], rows, left=1) if rows else None


def _estimates(snapshot: Snapshot) -> Markup:
    """The winner's scores where nothing was held out."""
    validation: Mapping[str, Any] = next((each["validation"] for each in snapshot["result"]["finalists"] if each["number"] == snapshot["result"]["winner"]), {})
    rows = [[objective["title"], summary.value_text(validation.get(objective["name"]))] for objective in snapshot["objectives"]]
    return _table(["", "estimated out of fold"], rows, left=1)


def _charts(snapshot: Snapshot) -> Markup | None:
    charts = (("Best score over time", svg.history(snapshot)), ("Pareto front", svg.front(snapshot)))
    drawn = [(title, chart) for title, chart in charts if chart is not None]
    if not drawn:
        return None
    boxes = [tag("div", tag("strong", title), Markup("<br>"), chart, style="flex:1 1 320px;min-width:0") for title, chart in drawn]
    families = [_swatch(snapshot, family) for family in svg.families(snapshot)]
    shapes = [_apart("◆ on the front"), _apart("△ outside the constraints")] if len(drawn) > 1 else []
    key = tag("div", *families, *shapes, style=FAINT)
    return joined(tag("div", *boxes, style="display:flex;flex-wrap:wrap;gap:16px;margin:10px 0 4px"), key)


def _swatch(snapshot: Snapshot, family: str) -> Markup:
    return _apart(tag("span", "● ", style=f"color:{svg.colour(snapshot, family)}"), family.replace("_", " "))


def _apart(*words: str | Markup) -> Markup:
    """One of several things in a line, set apart from the next."""
    return tag("span", *words, " ", style="margin-right:14px;white-space:nowrap")


def _leaderboard(snapshot: Snapshot) -> Markup | None:
    leaders = summary.leaders(snapshot, TOP)
    if not leaders:
        return None
    names = [objective["name"] for objective in snapshot["objectives"]]
    members = set(snapshot["pareto"]) if len(names) > 1 else set()
    rows = []
    for rank, row in enumerate(leaders, 1):
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f} s"
        rows.append([str(rank), *_cells(row, names), seconds, _note(row, members)])
    titles = [objective["title"] for objective in snapshot["objectives"]]
    return joined(tag("div", tag("strong", "Leaderboard"), style="margin-top:12px"), _table(["#", "trial", "family", *titles, "time", "notes"], rows, left=3))


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [str(row["number"]), row["family"].replace("_", " "), *(summary.value_text(row["values"].get(name)) for name in names)]


def _note(row: Mapping[str, Any], members: set[int]) -> str:
    notes = ["on the front"] if row["number"] in members else []
    notes += ["outside the constraints"] if row["feasible"] is False else []
    notes += [row["note"]] if row["note"] else []
    return ", ".join(notes)


def _findings(snapshot: Snapshot) -> Markup | None:
    findings = (snapshot["data"] or {}).get("findings") or []
    if not findings:
        return None
    items = []
    for finding in findings:
        column = [tag("code", finding["column"]), " "] if finding["column"] else []
        items.append(tag("li", f"{'⚠ ' if finding['level'] == 'warning' else ''}", *column, finding["text"]))
    return tag("details", tag("summary", f"Notes on the data ({len(items)})", style="cursor:pointer"), tag("ul", *items), style="margin-top:8px")


def _next(snapshot: Snapshot) -> Markup | None:
    if snapshot["state"] in summary.ACTIVE or snapshot["usable"] is None:
        return None
    return tag("p", _apart(tag("span", "Next:", style=FAINT)), *(_apart(tag("code", command)) for command in _commands(snapshot)))


def _commands(snapshot: Snapshot) -> list[str]:
    name = one_line(snapshot["name"])
    return [f"{name}.predict(new_rows)", f"%automl code {name}", f"%automl report {name}"]


def _clock(snapshot: Snapshot) -> str:
    return time.strftime("%H:%M:%S", time.localtime(snapshot["clock"]["now"]))


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int) -> Markup:
    """A table whose first ``left`` columns and last one, when it is words, are left-aligned."""

    def cell(name: str, text: str, column: int, **more: str) -> Markup:
        words = column < left or (headers[column] == "notes")
        style = f"text-align:{'left' if words else 'right'};padding:3px 12px 3px 0;{LINE}"
        return tag(name, text, style=style, **more)

    head = tag("tr", *(cell("th", text, column, scope="col") for column, text in enumerate(headers)))
    body = [tag("tr", *(cell("td", text, column) for column, text in enumerate(row))) for row in rows]
    return tag("table", tag("thead", head), tag("tbody", *body), style="border-collapse:collapse;margin:6px 0;font:inherit;color:inherit")
