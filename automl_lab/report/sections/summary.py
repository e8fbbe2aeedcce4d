"""The head of the report: what was asked, what came out, and the cells that everything below stands on (parameters, record, style)."""

from __future__ import annotations

import json

from nbformat import NotebookNode

from automl_lab.core.clock import format_duration
from automl_lab.report.facts import Facts
from automl_lab.report.section import FOLDED, ReportSection, code, markdown, quoted, spelled

_TASKS = {"binary": "Binary classification", "multiclass": "Multiclass classification", "regression": "Regression"}

_SETUP = """
# The winner's two sources stand below as the whole modules that they are.
# ruff: noqa: F404
import hashlib
import json
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib_inline.backend_inline import set_matplotlib_formats

if not Path(record).is_file():
    raise FileNotFoundError(f"{record} is not in {Path.cwd()}: run this notebook in its own folder (papermill --cwd FOLDER ...)")
facts = json.loads(Path(record).read_text(encoding="utf-8"))
snapshot, dataset = facts["snapshot"], facts["dataset"]
objectives = snapshot["objectives"]
main = objectives[0]
start = snapshot["clock"]["started"] or snapshot["clock"]["created"]

trials = pd.DataFrame(
    {
        "trial": row["number"],
        "family": row["family"],
        "state": row["state"],
        "feasible": row["feasible"] is not False,
        "at": (row["finished"] or row["started"] or start) - start,
        "seconds": row["seconds"],
        "folds": [fold[main["name"]] for fold in row["folds"] if fold.get(main["name"]) is not None],
        "note": row["note"] or row["error"] or "",
        **{each["name"]: row["values"].get(each["name"]) for each in objectives},
    }
    for row in snapshot["trials"]
)
measures = [each["name"] for each in objectives]
trials[[*measures, "seconds"]] = trials[[*measures, "seconds"]].astype(float)
"""

_STYLE = """
INK, MUTED, LINE = "#1f2933", "#7b8794", "#d5dbe1"
PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6d31", "#555555"]  # told apart by colour-blind readers too
families = list(dict.fromkeys([*snapshot["families"], *trials["family"]]))
colours = {family: PALETTE[index % len(PALETTE)] for index, family in enumerate(families)}
shapes = {family: "osP"[index // len(PALETTE) % 3] for index, family in enumerate(families)}  # the second time round a colour is a square
plt.rcParams.update(
    {
        "figure.figsize": (9.6, 3.8),
        "figure.dpi": 100,
        "figure.constrained_layout.use": True,
        "font.size": 10,
        "text.color": INK,
        "text.parse_math": False,  # a "$" in a column's name is a "$"
        "axes.labelcolor": INK,
        "axes.edgecolor": LINE,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": plt.cycler(color=PALETTE),
        "grid.color": "#eceff2",
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "legend.frameon": False,
    }
)
set_matplotlib_formats("retina")


def short(text, length=28):
    text = str(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def capital(text):
    return text[:1].upper() + text[1:]


def written(value, digits=4):
    if not isinstance(value, float):
        return str(value)
    return "" if np.isnan(value) else f"{value:,.{digits}f}" if abs(value) < 10_000 else f"{value:,.0f}"


def table(frame, digits=None, extra=None):
    # Words to the left, numbers to the right, every text escaped and never typeset as a formula.
    sides = ["right" if pd.api.types.is_numeric_dtype(kind) else "left" for kind in frame.dtypes]
    lines = [[written(value, (digits or {}).get(name, 4)) for name, value in zip(frame.columns, line, strict=True)] for line in frame.itertuples(index=False)]
    heads = [f'<th style="text-align: {side}">{escape(str(name))}</th>' for side, name in zip(sides, frame.columns, strict=True)]
    cells = [[f'<td style="text-align: {side}">{escape(text)}</td>' for side, text in zip(sides, line, strict=True)] for line in lines]
    body = "".join(f"<tr>{''.join(line)}</tr>" for line in cells)
    shown = f'<table class="tex2jax_ignore mathjax_ignore"><thead><tr>{"".join(heads)}</tr></thead><tbody>{body}</tbody></table>'
    display({"text/plain": frame.to_string(index=False), "text/html": shown, **(extra or {})}, raw=True)


def named(objective):
    return f"{objective['title']} ({objective['unit']})" if objective["unit"] else objective["title"]


def zoom(values, direction):
    # Limits that keep the good half in sight: far worse values (a baseline, say) would flatten the rest. Rises to the best side.
    best, middle = (values.max(), values.quantile(0.3)) if direction == "maximize" else (values.min(), values.quantile(0.7))
    span = abs(best - middle) or abs(best) * 0.05 or 1.0
    return (middle - span, best + 0.25 * span) if direction == "maximize" else (best - 0.25 * span, middle + span)
"""


def _head(facts: Facts) -> str:
    snapshot, dataset = facts.snapshot, facts.dataset
    clock, counts = snapshot["clock"], snapshot["counts"]
    total = len(snapshot["trials"])
    seconds = (clock["finished"] or clock["now"]) - (clock["started"] or clock["created"])
    recorded = "undefined" if facts.recorded is None else f"{facts.recorded:.4f}"
    reason = f" It ended because: {spelled(snapshot['reason'].rstrip('.'))}." if snapshot["reason"] else ""
    cards = {
        f"{facts.metric['title'][:1].upper()}{facts.metric['title'][1:]} {facts.place}": recorded,
        f"winner, trial {facts.winner['number']}": facts.winner["family"].replace("_", " "),
        "trials completed": f"{counts['completed']} of {total}",
        "time": format_duration(max(0.0, seconds)),
    }
    return (
        f"# {spelled(facts.name)}\n\n"
        f"{_TASKS[facts.task]} of {quoted(dataset['target'])} in {quoted(dataset['source'])}: "
        f"{dataset['rows']:,} rows, {len(dataset['columns'])} columns.{reason}\n\n"
        f"| {' | '.join(spelled(title) for title in cards)} |\n|{'---|' * len(cards)}\n| {' | '.join(spelled(value) for value in cards.values())} |\n\n"
        "Everything below is computed by this notebook, with public libraries only: the figures from the experiment's record, the winner's scores\n"
        "and explanations by running its source again on the raw rows."
    )


def _parameters(facts: Facts) -> str:
    data, record = (json.dumps(f"{facts.files}/{name}", ensure_ascii=False) for name in ("data.parquet", "experiment.json"))
    return (
        f"data = {data}  # the raw rows, as seen from the folder in which this notebook runs\n"
        f"record = {record}  # what the experiment wrote down\n"
        f"metric = {json.dumps(facts.metric['name'])}  # the score that is compared\n"
        f"recorded = {facts.recorded!r}  # the winner's score {facts.place}, as it was recorded\n"
        f"tolerance = {facts.tolerance!r}  # the largest difference that counts as the same score\n"
        f"seed = {int(facts.snapshot['seed'])}  # for the sample of rows that are explained; the winner's own seeds stand in its source"
    )


def _cells(facts: Facts) -> list[NotebookNode]:
    return [
        markdown(_head(facts), "report-title"),
        code(_parameters(facts), "parameters", FOLDED, title="parameters"),
        code(_SETUP, "setup", FOLDED, title="record"),
        code(_STYLE, "setup", FOLDED, title="style"),
    ]


SUMMARY = ReportSection(name="summary", order=10, cells=_cells)
