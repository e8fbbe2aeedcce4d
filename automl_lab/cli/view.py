"""How a snapshot looks in a terminal: the live panel, the leaderboard and the Pareto front. Pure functions of the snapshot.

Names and messages reach the terminal as ``Text``, so that brackets in them are no markup and control characters do nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from automl_lab import summary

Snapshot = Mapping[str, Any]

ACCENT = "cyan"
TOP = 5
CHART = (52, 10)


def plain(value: object, style: str = "") -> Text:
    """Text that is shown as it is, on one line."""
    return Text("".join(each if each.isprintable() else "·" for each in str(value)), style=style)


def live(snapshot: Snapshot) -> RenderableType:
    """The panel that moves: phase, bar, time left, counts, the best and the top of the leaderboard."""
    facts = Table.grid(padding=(0, 2), expand=False)
    facts.add_column(style="dim", justify="right")
    facts.add_column()
    facts.add_row("phase", Text.assemble(plain(summary.activity(snapshot), "bold"), "   ", summary.left_text(snapshot)))
    share = summary.fraction(snapshot)
    facts.add_row("budget", ProgressBar(total=1.0, completed=share or 0.0, width=46, complete_style=ACCENT, finished_style=ACCENT, pulse=share is None))
    facts.add_row("trials", summary.counts_text(snapshot["counts"]))
    if snapshot["objectives"]:
        facts.add_row("best", plain(summary.best_text(snapshot).removeprefix("best "), "bold"))
    if snapshot["events"]:
        facts.add_row("last", plain(snapshot["events"][-1]["text"], "dim"))
    board = leaderboard(snapshot, TOP) if summary.leaders(snapshot, 1) else Text("waiting for the first trial", "dim")
    return Panel(Group(facts, Text(), board), title=_title(snapshot), title_align="left", border_style=ACCENT, width=88)


def _title(snapshot: Snapshot) -> Text:
    data = snapshot["data"] or {}
    about = f" · {data['source']} · {data['task']} on {data['target']}" if data.get("task") else ""
    return plain(f"{snapshot['name']}{about}", "bold")


def leaderboard(snapshot: Snapshot, limit: int) -> Table:
    """The best completed trials; ``*`` marks the Pareto front, ``!`` a trial outside the constraints."""
    table = _table(snapshot, "")
    members = set(snapshot["pareto"])
    for row in summary.leaders(snapshot, limit):
        mark = "!" if row["feasible"] is False else "*" if row["number"] in members else ""
        _add(table, snapshot, row, mark, "dim" if row["feasible"] is False else "")
    return table


def front(snapshot: Snapshot) -> Table:
    """The Pareto front, the best main score first."""
    table = _table(snapshot, "")
    for row in summary.front(snapshot):
        _add(table, snapshot, row, "*", "")
    return table


def _table(snapshot: Snapshot, first: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column(first, width=1)
    table.add_column("trial", justify="right")
    table.add_column("family", min_width=14)
    for objective in snapshot["objectives"]:
        table.add_column(plain(objective["name"] + (" ↑" if objective["direction"] == "maximize" else " ↓")), justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("origin")
    return table


def _add(table: Table, snapshot: Snapshot, row: Mapping[str, Any], mark: str, style: str) -> None:
    values = [summary.value_text(row["values"].get(objective["name"])) for objective in snapshot["objectives"]]
    seconds = f"{row['seconds']:.2f}" if row["seconds"] is not None else ""
    table.add_row(Text(mark, ACCENT), str(row["number"]), plain(row["family"]), *values, seconds, plain(row["origin"]), style=style)


def chart(snapshot: Snapshot) -> RenderableType:
    """The completed trials in the plane of the first two objectives; filled points are the Pareto front. Empty for a single objective."""
    if len(snapshot["objectives"]) < 2:
        return Text()
    main, other = snapshot["objectives"][:2]
    rows = summary.leaders(snapshot)
    points = [(row["values"].get(other["name"]), row["values"].get(main["name"]), row["number"]) for row in rows if row["feasible"] is not False]
    known = [(x, y, number) for x, y, number in points if x is not None and y is not None]
    if not known:
        return Text("no trial within the constraints", style="dim")
    width, height = CHART
    xs, ys = sorted(x for x, _, _ in known), sorted(y for _, y, _ in known)
    # A hopeless baseline would press all others into one row, so the plane leaves out the worst tenth (at least one of four): it lies on the edge.
    outside = max(len(known) // 10, len(known) >= 4)
    left, right, bottom, top = xs[0], xs[-1 - outside], ys[outside], ys[-1]
    if main["direction"] == "minimize":
        bottom, top = ys[0], ys[-1 - outside]
    grid = [[" "] * width for _ in range(height)]
    members = set(snapshot["pareto"])
    for x, y, number in sorted(known, key=lambda point: point[2] in members):
        column, line = _cell(x, left, right, width), height - 1 - _cell(y, bottom, top, height)
        grid[line][column] = "●" if number in members else "·"
    return _framed(grid, (summary.value_text(bottom), summary.value_text(top)), (summary.value_text(left), summary.value_text(right)), main, other)


def _cell(value: float, low: float, high: float, size: int) -> int:
    share = (value - low) / (high - low) if high > low else 0.5
    return round(min(1.0, max(0.0, share)) * (size - 1))


def _framed(grid: Sequence[Sequence[str]], ys: tuple[str, str], xs: tuple[str, str], main: Mapping[str, str], other: Mapping[str, str]) -> Text:
    margin, width = max(len(each) for each in ys), len(grid[0])
    text = Text(f"{main['title']} ({main['direction']}) against {other['title']} ({other['direction']}); ● Pareto front\n", style="dim")
    for index, line in enumerate(grid):
        label = ys[1] if index == 0 else ys[0] if index == len(grid) - 1 else ""
        text.append(f"{label:>{margin}} │", style="dim")
        for character in line:
            text.append(character, style=ACCENT if character == "●" else "dim")
        text.append("\n")
    text.append(f"{'':>{margin}} └{'─' * width}\n", style="dim")
    unit = f" {other['unit']}" if other["unit"] else ""
    text.append(f"{'':>{margin}}  {xs[0]}{f'{xs[1]}{unit}':>{max(1, width - len(xs[0]))}}", style="dim")
    return text
