"""What the panel can choose from and what it shows of a request, as plain JSON values. Owns that form; refuses to compute what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl_lab.config import DELIVERIES, KINDS, TASKS, ExperimentConfig, Flag, Resources
from automl_lab.experiment.preview import Outlook, Seen
from automl_lab.models.family import COSTS, FAMILIES
from automl_lab.notebook.sources import TOYS, data_files, frames
from automl_lab.objectives.objective import DEFAULTS, OBJECTIVES
from automl_lab.search.strategy import STRATEGIES
from automl_lab.splitting import SPLITS, Split

MOST_SOURCES = 100


def offers(namespace: Mapping[str, Any], defaults: Mapping[str, Flag]) -> dict[str, Any]:
    """All that can be chosen, whatever the data."""
    return {
        "sources": _sources(namespace),
        "tasks": list(TASKS),
        "kinds": list(KINDS),
        "splits": list(SPLITS),
        "deliveries": list(DELIVERIES),
        "strategies": [{"name": each.name, "title": each.title} for each in STRATEGIES.values()],
        "objectives": [
            {"name": each.name, "title": each.title, "direction": each.direction, "kind": each.kind, "unit": each.unit, "tasks": sorted(each.tasks)}
            for each in OBJECTIVES.values()
        ],
        "usual": dict(DEFAULTS),
        "models": [
            {"name": each.name, "title": each.title, "cost": each.cost, "tasks": sorted(each.tasks)}
            for each in sorted(FAMILIES.values(), key=lambda each: COSTS.index(each.cost))
        ],
        "hints": _hints(),
        "defaults": {key: flag.value for key, flag in defaults.items()},
    }


def told(outlook: Outlook) -> dict[str, Any]:
    """What is known of a request."""
    dataset, request = outlook.dataset, outlook.request
    return {
        "names": list(outlook.names),
        "rows": outlook.rows,
        "looked": outlook.looked,
        "columns": [_column(each) for each in outlook.columns],
        "task": None if dataset is None else {"name": dataset.task, "reason": dataset.task_reason, "target": dataset.target},
        "findings": [] if dataset is None else [finding.to_json() for finding in dataset.findings],
        "left_out": dict(outlook.left_out),
        "refused": sorted(outlook.refused),
        "plan": None
        if request is None
        else {"validation": request.dataset.validation.told, "candidates": request.candidates, "yaml": request.config.to_yaml(), "name": request.config.name},
    }


def _sources(namespace: Mapping[str, Any]) -> list[dict[str, str]]:
    here = [{"name": name, "text": "DataFrame of {:,} rows and {:,} columns".format(*namespace[name].shape)} for name in frames(namespace)]
    files = [{"name": name, "text": "file"} for name in data_files("") if not name.endswith("/")]
    return [*here, *files[:MOST_SOURCES], *({"name": name, "text": "ships with scikit-learn"} for name in TOYS)]


def _column(seen: Seen) -> dict[str, Any]:
    column = seen.column
    findings = [{"level": each.level, "text": each.text} for each in seen.findings]
    known = {"name": column.name, "kind": column.kind, "missing": column.missing, "unique": column.unique, "example": column.example}
    return {**known, "findings": findings, "bars": seen.bars.to_json()}


def _hints() -> dict[str, str]:
    """What each key means, in the schema's words."""
    found = {name: each.description or "" for name, each in ExperimentConfig.model_fields.items()}
    found |= {f"split.{name}": each.description or "" for name, each in Split.model_fields.items()}
    return found | {f"resources.{name}": each.description or "" for name, each in Resources.model_fields.items()}
