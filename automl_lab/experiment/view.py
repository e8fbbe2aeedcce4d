"""What every display reads: the Snapshot of an experiment and the Delta between two of its revisions.

Pure functions of the recorded rows: the controller, the server and a process without a cluster all get the same picture. Refuses to decide
anything; it only says what is so.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from automl_lab.experiment.standing import Standing
from automl_lab.experiment.steering import pinned, spaces
from automl_lab.objectives.objective import OBJECTIVES

SCHEMA = 1
SHOWN_EVENTS = 50

ACTIVE = frozenset({"QUEUED", "RUNNING", "PAUSED"})


def standing_of(experiment: Mapping[str, Any], trials: Iterable[Mapping[str, Any]]) -> Standing:
    """The standing of recorded rows."""
    config = experiment["config"]
    names = config["objectives"]
    return Standing.of(trials, names, [OBJECTIVES[name].direction for name in names], config["constraints"], experiment["started"])


def head(experiment: Mapping[str, Any], events: Sequence[Mapping[str, Any]], standing: Standing, revision: int) -> dict[str, Any]:
    """Everything of a Snapshot but the trials. ``off`` are families that are not searched by now, and ``ranges`` those of now."""
    config, dataset, result, space = experiment["config"], experiment["dataset"], experiment["result"], spaces(experiment)[-1]
    # What was recorded as better, and could not be fitted in time, is neither used nor the best of anything.
    settled = result["winner"] if result and not result["error"] else None
    return {
        "schema": SCHEMA,
        **{key: experiment[key] for key in ("id", "name", "run", "owner", "state", "phase", "reason", "message", "result", "timings")},
        "data": data_card(dataset),
        "objectives": [_objective(name) for name in config["objectives"]],
        "constraints": list(config["constraints"]),
        "families": [*config["models"], *(["ensemble"] if standing.ensembles else [])],
        "off": [name for name in config["models"] if name not in space.families],
        "ranges": dict(space.ranges),
        "pinned": list(pinned(experiment)),
        "seed": config["seed"],
        "workers": config["resources"]["workers"],
        "resources": {key: config["resources"].get(key) for key in ("cpus", "cpus_per_trial", "gpus", "gpus_per_trial")},
        "budget": {"seconds": config["time"], "trials": config["trials"]},
        "clock": {**{key: experiment[key] for key in ("created", "started", "deadline", "finished")}, "now": time.time()},
        "counts": standing.counts,
        "best": standing.best if settled is None else settled,
        "ensemble": standing.ensemble,
        "importances": (result or {}).get("importances") or standing.importances,
        "pareto": standing.pareto,
        "history": [list(point) for point in standing.history],
        "usable": standing.usable if settled is None else settled,
        "events": [dict(event) for event in events[-SHOWN_EVENTS:]],
        "revision": revision,
    }


def snapshot(experiment: Mapping[str, Any], trials: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The whole Snapshot of recorded rows."""
    revision = max([experiment["revision"], *(row["revision"] for row in trials)])
    return {**head(experiment, events, standing_of(experiment, trials), revision), "trials": [dict(row) for row in trials]}


def whole(snapshot: Mapping[str, Any], since: int) -> dict[str, Any]:
    """A Delta after revision ``since`` made from a whole Snapshot."""
    head_ = {key: value for key, value in snapshot.items() if key != "trials"}
    return {"base": since, "revision": snapshot["revision"], "head": head_, "trials": [row for row in snapshot["trials"] if row["revision"] > since]}


def merge(snapshot: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """The Snapshot after a Delta: the head replaced, changed rows put in by their number."""
    rows = {row["number"]: row for row in snapshot.get("trials", [])}
    rows.update((row["number"], row) for row in delta["trials"])
    return {**delta["head"], "trials": [rows[number] for number in sorted(rows)]}


def _objective(name: str) -> dict[str, str]:
    objective = OBJECTIVES[name]
    return {"name": name, "title": objective.title, "direction": objective.direction, "unit": objective.unit, "kind": objective.kind}


def data_card(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """What a display says of the data; None for what is not known before it is read."""
    shown = {key: dataset[key] for key in ("source", "rows", "target", "task", "task_reason", "classes", "fingerprint", "findings")}
    columns, validation = dataset["columns"], dataset.get("validation")
    return {**shown, "columns": None if columns is None else len(columns), "validation": None if validation is None else validation["told"]}
