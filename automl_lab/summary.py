"""A snapshot in words, for whatever shows text: the terminal, a waiting cell, ``%automl status``.

Owns how numbers, budgets and counts are written. It reads the snapshot as data and refuses to know where that came from. A head (a snapshot
without ``trials``) is enough for everything but the leaderboard.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from automl_lab.core.clock import format_duration

ACTIVE = ("QUEUED", "RUNNING", "PAUSED")


def value_text(value: float | None) -> str:
    """A score or a cost with about four digits that matter; a dash when there is none."""
    if value is None or not math.isfinite(value):
        return "–" if value is None or math.isnan(value) else str(value)
    size = abs(value)  # just above 1 counts as a share of 1, as most scores are
    if size and size < 0.001:
        return f"{value:.2e}"
    for limit, digits in ((1.0000001, 4), (10, 3), (100, 2), (10_000, 1)):
        if size < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def fraction(snapshot: Mapping[str, Any]) -> float | None:
    """Share of the budget that is used, 0 to 1: time or trials, whichever is further. None before the clock starts."""
    clock, budget, counts = snapshot["clock"], snapshot["budget"], snapshot["counts"]
    if snapshot["state"] not in ACTIVE:
        return 1.0
    shares = []
    if clock["started"] is not None and clock["deadline"] is not None:
        shares.append((clock["now"] - clock["started"]) / max(clock["deadline"] - clock["started"], 1e-9))
    if budget["trials"]:
        shares.append((counts["completed"] + counts["pruned"] + counts["failed"]) / budget["trials"])
    return min(1.0, max(0.0, *shares)) if shares else None


def left_text(snapshot: Mapping[str, Any]) -> str:
    """``12.0 s left``, ``14 of 50 trials left`` or, when it is over, how long it took."""
    clock, budget, counts = snapshot["clock"], snapshot["budget"], snapshot["counts"]
    started = clock["started"] if clock["started"] is not None else clock["created"]
    if snapshot["state"] not in ACTIVE:
        return f"took {format_duration(max(0.0, (clock['finished'] or clock['now']) - started))}"
    parts = []
    if clock["deadline"] is not None:
        parts.append(f"{format_duration(max(0.0, clock['deadline'] - clock['now']))} left")
    if budget["trials"]:
        ended = counts["completed"] + counts["pruned"] + counts["failed"]
        parts.append(f"{max(0, budget['trials'] - ended)} of {budget['trials']} trials left")
    return ", ".join(parts) or f"{format_duration(max(0.0, clock['now'] - started))} so far"


def counts_text(counts: Mapping[str, int]) -> str:
    """``36 done, 2 running, 3 pruned, 1 failed``; what is zero is left out, but for done."""
    shown = [f"{counts['completed']} done"]
    shown += [f"{counts[key]} {key}" for key in ("running", "queued", "pruned", "failed") if counts.get(key)]
    return ", ".join(shown) + (f" ({counts['infeasible']} outside the constraints)" if counts.get("infeasible") else "")


def best_text(snapshot: Mapping[str, Any]) -> str:
    """``best ROC AUC 0.8523 (trial 18)``, or that there is none yet."""
    if snapshot["best"] is None:
        return "no score yet"
    if not snapshot["history"]:
        return f"best so far trial {snapshot['best']}, outside the constraints"
    title = snapshot["objectives"][0]["title"]
    ensemble = snapshot.get("ensemble") if snapshot["phase"] == "searching" else None
    so_far = f", ensemble so far {value_text(ensemble['score'])}" if ensemble else ""
    row = next((each for each in snapshot.get("trials", ()) if each["number"] == snapshot["best"]), None)
    # An ensemble may have been preferred to a trial that is ahead by chance: what is said is its own score.
    value = snapshot["history"][-1][2] if row is None else row["values"][snapshot["objectives"][0]["name"]]
    return f"best {title} {value_text(value)} (trial {snapshot['best']}{so_far})"


def activity(snapshot: Mapping[str, Any]) -> str:
    """What it is doing: the phase while it runs, the step of the start while it is queued, else the state."""
    if snapshot["state"] == "RUNNING":
        return str(snapshot["phase"])
    return str((snapshot["state"] == "QUEUED" and snapshot["message"]) or snapshot["state"].lower())


def headline(snapshot: Mapping[str, Any]) -> str:
    """The whole state in one line."""
    parts = [activity(snapshot), left_text(snapshot), counts_text(snapshot["counts"])]
    if snapshot["objectives"]:
        parts.append(best_text(snapshot))
    return " · ".join(parts)


def held_out(snapshot: Mapping[str, Any]) -> bool:
    """Whether the winner of a result met a holdout; else its out-of-fold scores are all there is."""
    return bool(snapshot["result"].get("estimate", "holdout") == "holdout")


def winner_line(snapshot: Mapping[str, Any]) -> str:
    """The winner and how good it is, on the holdout or out of fold."""
    result = snapshot["result"]
    place = "on the holdout" if held_out(snapshot) else "estimated out of fold"
    validation = next((each["validation"] for each in result.get("finalists", ()) if each["number"] == result["winner"]), None)
    found = result["holdout"] if held_out(snapshot) else validation
    scores = ", ".join(f"{name} {value_text(value)}" for name, value in found.items()) if found else "no score"
    return f"winner: trial {result['winner']}, {place} {scores}"


def nested_line(snapshot: Mapping[str, Any]) -> str | None:
    """What the winner's score is when the choice is made without the fold that scores it; None where that was not asked for."""
    found = snapshot["result"].get("nested")
    if not found:
        return None
    spread = "" if found["deviation"] is None else f" ± {value_text(found['deviation'])} over {len(found['scores'])} folds"
    estimate, plain = value_text(found["estimate"]), value_text(found["chosen_by_all"])
    return f"nested: {snapshot['objectives'][0]['name']} {estimate}{spread} when each fold's winner is chosen on the other folds; {plain} when chosen on all"


def delivered(snapshot: Mapping[str, Any]) -> str:
    """What ``predict`` uses, of an experiment that has a result."""
    winner = next((row for row in snapshot["trials"] if row["number"] == snapshot["result"]["winner"]), None)
    few = None if winner is None or snapshot["result"].get("delivered") else winner.get("rows")
    if not held_out(snapshot):
        return f"predict() uses the winner fitted on {'all' if few is None else f'{few:,}'} rows; none were held out"
    if snapshot["result"].get("delivered"):
        return "predict() uses the winner refitted on all rows, the holdout's included"
    return f"predict() uses the very model that was scored on the holdout{'' if few is None else f', fitted on {few:,} rows'}"


def reuse_line(snapshot: Mapping[str, Any]) -> str | None:
    """How many prepared folds were found in the cache, of a search that asked for any; None of others."""
    return next((str(event["text"]) for event in snapshot.get("events", ()) if event.get("kind") == "cache"), None)


def status_lines(snapshot: Mapping[str, Any]) -> list[str]:
    """A few lines: what is searched, where it stands, why it ended, how good the winner is on the holdout."""
    data = snapshot["data"] or {}
    lines = [f"{snapshot['name']}@{snapshot['run']}: {headline(snapshot)}"]
    if data.get("rows"):
        lines.append(f"data: {data['source']}, {data['rows']:,} rows, {data['columns']} columns, {data['task']} on {data['target']!r} ({data['task_reason']})")
    if data.get("validation"):
        lines.append(f"validation: {data['validation']}")
    if snapshot["reason"] and snapshot["state"] not in ACTIVE:
        lines.append(f"ended: {snapshot['reason']}")
    lines += filter(None, [reuse_line(snapshot)])
    if snapshot["message"]:
        lines.append(str(snapshot["message"]))
    result = snapshot["result"]
    if result:
        lines.append(winner_line(snapshot))
        lines += filter(None, [nested_line(snapshot)])
        lines.append(delivered(snapshot))
    elif snapshot["usable"] is not None:
        lines.append(f"predict() uses trial {snapshot['usable']}")
    return lines


def leaders(snapshot: Mapping[str, Any], limit: int | None = None) -> list[dict[str, Any]]:
    """The completed trials, the best first; those outside the constraints after all others."""
    if not snapshot["objectives"]:
        return []
    main = snapshot["objectives"][0]
    sign = -1.0 if main["direction"] == "maximize" else 1.0

    def rank(row: Mapping[str, Any]) -> tuple[bool, bool, float, int]:
        value = row["values"].get(main["name"])
        return row["feasible"] is False, value is None, sign * (value or 0.0), row["number"]

    done = [row for row in snapshot["trials"] if row["state"] == "COMPLETED"]
    return sorted(done, key=rank)[:limit]


def front(snapshot: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The trials of the Pareto front, the best main score first."""
    members = set(snapshot["pareto"])
    return [row for row in leaders(snapshot) if row["number"] in members]


LISTED = ("name", "state", "phase", "data", "target", "started", "ended because")


def listed(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A recorded experiment as the cells of a list, under the headers ``LISTED``."""
    config = row["config"] or {}
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(row["started"] or row["created"]))
    asked = str(config.get("data") or ""), str(config.get("target") or "")
    return f"{row['name']}@{row['run']}", row["state"], row["phase"] or "", *asked, started, row["reason"] or row["message"] or ""
