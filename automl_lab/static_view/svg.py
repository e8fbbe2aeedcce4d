"""The two charts of the saved HTML, as SVG without any script: the best score over time and the Pareto front.

Same content as the live view's charts: shapes tell what a trial is, what lies far off is drawn at the edge. Colours are mid-tones that can be
told apart on light and on dark; text takes the colour around it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from automl_lab import summary
from automl_lab.static_view.markup import Markup, joined, tag

Snapshot = Mapping[str, Any]

WIDTH, HEIGHT = 430, 230
LEFT, RIGHT, TOP, BOTTOM = 54, 418, 26, 190
ACCENT, LIMIT, FAINT = "#3d85d6", "#c27a12", "#8a94a3"
COLOURS = ("#d9772f", "#189c8f", "#9268d8", "#d6528f", "#8f9420", "#ab7350", "#4a90dc")
GRID = "stroke:currentColor;stroke-opacity:.14"


@dataclass(frozen=True)
class Axis:
    """A linear scale from values to pixels; values outside are held at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        share = (min(self.high, max(self.low, value)) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, wanted: int) -> list[float]:
        """Multiples of 1, 2 or 5 times a power of ten inside the range."""
        step = _step(self.high - self.low, wanted)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(f"{index * step:.12g}") for index in range(first, last + 1)]

    def label(self, tick: float, wanted: int) -> str:
        """A tick with as many decimals as its step has."""
        places = max(0, -math.floor(math.log10(_step(self.high - self.low, wanted)) + 1e-9))
        return f"{tick:,.{min(10, places)}f}"


def _step(span: float, wanted: int) -> float:
    raw = span / wanted
    power = float(10 ** math.floor(math.log10(raw)))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))


def _range(values: Sequence[float], direction: str | None, always: Sequence[float] = ()) -> tuple[float, float]:
    """What is worth looking at: everything but a bad tail far from the rest, and never an empty range."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    lower, upper = ordered[(len(ordered) - 1) // 4], ordered[math.ceil((len(ordered) - 1) * 0.75)]
    room = max((upper - lower) * 2.5, (high - low) * 1e-3)
    if direction == "maximize":
        low = max(low, lower - room)
    elif direction == "minimize":
        high = min(high, upper + room)
    low, high = min([low, *always]), max([high, *always])
    pad = (high - low) * 0.06 or abs(low) * 0.01 or 0.5
    return (max(0.0, low - pad) if low >= 0 else low - pad), (min(1.0, high + pad) if high <= 1 and high > low else high + pad)


def history(snapshot: Snapshot) -> Markup | None:
    """The best score over time. None while nothing has a score."""
    main = snapshot["objectives"][0] if snapshot["objectives"] else None
    started = snapshot["clock"]["started"]
    if main is None or started is None:
        return None
    scored = [row for row in snapshot["trials"] if row["state"] == "COMPLETED" and row["finished"] and _known(row["values"].get(main["name"]))]
    if not scored:
        return None
    end = max(1.0, (snapshot["clock"]["finished"] or snapshot["clock"]["now"]) - started)
    x = Axis(0.0, end, LEFT, RIGHT)
    best = [point[2] for point in snapshot["history"][-1:]]  # the way up from a bad start would press the race into one line
    y = Axis(*_range([row["values"][main["name"]] for row in scored], main["direction"], best), BOTTOM, TOP)
    marks = [_mark(snapshot, row, x(row["finished"] - started), y(row["values"][main["name"]])) for row in scored]
    line = _stairs([(x(point[0]), y(point[2])) for point in snapshot["history"]], x(end))
    return _chart("Best score over time", ("seconds since the start", _title(main)), x, y, [line, *marks])


def front(snapshot: Snapshot) -> Markup | None:
    """The Pareto front of the first two objectives. None with one objective, or while nothing has a score."""
    if len(snapshot["objectives"]) < 2:
        return None
    main, other = snapshot["objectives"][:2]
    names = main["name"], other["name"]
    done = [row for row in snapshot["trials"] if row["state"] == "COMPLETED" and all(_known(row["values"].get(name)) for name in names)]
    if not done:
        return None
    members = set(snapshot["pareto"])
    x = Axis(*_range([row["values"][names[1]] for row in done], other["direction"]), LEFT, RIGHT)
    y = Axis(*_range([row["values"][names[0]] for row in done], main["direction"]), BOTTOM, TOP)
    at = {row["number"]: (x(row["values"][names[1]]), y(row["values"][names[0]])) for row in done}
    joint = sorted((row for row in done if row["number"] in members), key=lambda row: row["values"][names[1]], reverse=other["direction"] == "maximize")
    line = _stairs([at[row["number"]] for row in joint], None) if len(snapshot["objectives"]) == 2 else Markup("")
    marks = [_mark(snapshot, row, *at[row["number"]], member=row["number"] in members) for row in sorted(done, key=lambda row: row["number"] in members)]
    return _chart("Pareto front", (_title(other), _title(main)), x, y, [line, *marks])


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _title(objective: Mapping[str, Any]) -> str:
    unit = f" ({objective['unit']})" if objective["unit"] else ""
    return f"{objective['title']}{unit}, {'higher' if objective['direction'] == 'maximize' else 'lower'} is better"


def families(snapshot: Snapshot) -> list[str]:
    """The families of the search; those of its trials where the configuration names none."""
    return list(snapshot["families"]) or sorted({row["family"] for row in snapshot["trials"]})


def colour(snapshot: Snapshot, family: str) -> str:
    """A family's colour, by its place among the families; grey for the baseline."""
    others = [each for each in families(snapshot) if each != "baseline"]
    return COLOURS[others.index(family) % len(COLOURS)] if family in others else FAINT


def _mark(snapshot: Snapshot, row: Mapping[str, Any], x: float, y: float, *, member: bool = False) -> Markup:
    """A dot; a diamond on the front; a hollow triangle for one that breaks a constraint. Its title names the trial."""
    words = [f"trial {row['number']}", row["family"].replace("_", " ")]
    words += [f"{name} {summary.value_text(value)}" for name, value in row["values"].items()]
    title = tag("title", ", ".join(words))
    if member:
        return tag("path", title, d=f"M{x} {y - 5.5}l5.5 5.5l-5.5 5.5l-5.5-5.5Z", fill=colour(snapshot, row["family"]), stroke="currentColor")
    if row["feasible"] is False:
        return tag("path", title, d=f"M{x} {y - 3.8}l4 7h-8Z", fill="none", stroke=FAINT, stroke_width="1.3")
    return tag("circle", title, cx=x, cy=y, r="3.2", fill=colour(snapshot, row["family"]))


def _stairs(points: Sequence[tuple[float, float]], end: float | None) -> Markup:
    if not points:
        return Markup("")
    steps = "".join(f"H{x}V{y}" for _, (x, y) in pairwise(points))
    path = f"M{points[0][0]} {points[0][1]}{steps}{'' if end is None else f'H{end}'}"
    return tag("path", d=path, fill="none", stroke=ACCENT, stroke_width="2", stroke_linejoin="round")


def _chart(title: str, titles: tuple[str, str], x: Axis, y: Axis, inside: Sequence[Markup]) -> Markup:
    parts: list[Markup] = [tag("title", title)]
    for tick in x.ticks(5):
        at = x(tick)
        parts += [tag("line", x1=at, x2=at, y1=TOP, y2=BOTTOM, style=GRID), _text(x.label(tick, 5), at, BOTTOM + 15, "middle")]
    for tick in y.ticks(4):
        at = y(tick)
        parts += [tag("line", x1=LEFT, x2=RIGHT, y1=at, y2=at, style=GRID), _text(y.label(tick, 4), LEFT - 6, at + 3.5, "end")]
    parts += [_text(titles[1], 0, 12, "start"), _text(titles[0], RIGHT, HEIGHT - 8, "end"), *inside]
    style = "max-width:100%;height:auto;font:11px system-ui,sans-serif;overflow:visible"
    return tag("svg", joined(*parts), viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img", aria_label=title, style=style)


def _text(words: str, x: float, y: float, anchor: str) -> Markup:
    return tag("text", words, x=x, y=y, text_anchor=anchor, fill="currentColor", fill_opacity="0.72")
