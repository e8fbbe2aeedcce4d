"""From what was asked to what can run: data read and understood, every name of the configuration checked against what exists.

Owns the defaults that need the data (objective, families, name). Refuses in one line, with the configuration key that is wrong, before anything
is started.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl_lab.config import NAME_PATTERN, ExperimentConfig, parse_constraint
from automl_lab.core.errors import RequestError, nearest
from automl_lab.data.dataset import Dataset
from automl_lab.data.prepare import prepare
from automl_lab.data.read import read
from automl_lab.data.split import check_rows
from automl_lab.evaluation.protocol import render_protocol
from automl_lab.models.family import FAMILIES, ModelFamily
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.pipelines.source import Source
from automl_lab.search.candidate import search_space_size

MAIN_OBJECTIVE = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}


@dataclass(frozen=True)
class Request:
    """A checked request: all that an experiment needs, before any cluster is touched."""

    config: ExperimentConfig  # resolved but for what depends on the cluster
    dataset: Dataset
    protocol: Source
    parquet: bytes

    @property
    def families(self) -> list[ModelFamily]:
        """The families to search."""
        return [FAMILIES[name] for name in self.config.models]

    @property
    def candidates(self) -> str:
        """One line: how many candidates, of what."""
        profile = self.dataset.profile(self.config.seed, self.config.resources.cpus_per_trial)
        names = ", ".join(self.config.models)
        space = f"{search_space_size(self.families, profile)} parameters over {len(self.families)} families ({names})"
        if self.config.trials is not None:
            return f"{self.config.trials} candidates from {space}"
        return f"as many candidates as fit into {self.config.time:g} s, from {space}"


def resolve(config: ExperimentConfig, data: Any = None, namespace: Mapping[str, Any] | None = None) -> Request:
    """Read, understand and check. ``data`` is a DataFrame, or None for ``config.data``. Raises ``RequestError`` with the path of the wrong key."""
    given = config.data if data is None else data
    if given is None:
        raise RequestError("no data: give a DataFrame's name, a file or sklearn:NAME", path=("data",))
    frame = read(given, namespace)
    source = given if isinstance(given, str) else config.data or "DataFrame"
    if config.target is None:
        raise RequestError(f"no target: name the column to predict{nearest('', map(str, frame.columns))}", path=("target",))
    prepared = prepare(frame, source=source, target=config.target, task=config.task, columns=config.columns)
    dataset = prepared.dataset
    check_rows(prepared.frame[dataset.target], dataset.task, folds=config.folds, holdout=config.holdout)
    objectives = _objectives(config, dataset.task)
    _check_constraints(config, dataset.task)
    resolved = config.model_copy(
        update={
            "data": source,
            "task": dataset.task,
            "objectives": objectives,
            "models": _families(config, dataset.task),
            "name": config.name or default_name(source),
            "prune": len(objectives) == 1 if config.prune is None else config.prune,
        }
    )
    protocol = render_protocol(
        dataset, protocol_objectives(objectives, config.constraints, dataset.task), folds=config.folds, holdout=config.holdout, seed=config.seed
    )
    return Request(resolved, dataset, protocol, prepared.parquet)


def _objectives(config: ExperimentConfig, task: str) -> list[str]:
    names = list(config.objectives) or [MAIN_OBJECTIVE[task]]
    for index, name in enumerate(names):
        _check_objective(name, task, ("objectives", index))
    if OBJECTIVES[names[0]].kind == "cost":
        raise RequestError(
            f"the first objective has to be a score, and {names[0]!r} is a cost: put a score like {MAIN_OBJECTIVE[task]!r} before it", path=("objectives", 0)
        )
    return names


def _check_objective(name: str, task: str, path: tuple[str | int, ...]) -> None:
    objective = OBJECTIVES.choose(name, path)
    if task not in objective.tasks:
        fitting = ", ".join(sorted(each.name for each in OBJECTIVES.values() if task in each.tasks and each.kind == "score"))
        raise RequestError(f"{name!r} does not fit a {task} task; choose one of {fitting}", path=path)


def _check_constraints(config: ExperimentConfig, task: str) -> None:
    for index, text in enumerate(config.constraints):
        _check_objective(parse_constraint(text).objective, task, ("constraints", index))


def protocol_objectives(objectives: Sequence[str], constraints: Sequence[str], task: str) -> list[str]:
    """The scores that evaluate.py computes: what was asked for, what the constraints need, and the task's usual one, in this order."""
    bounded = [parse_constraint(text).objective for text in constraints]
    wanted = dict.fromkeys([*objectives, *bounded, MAIN_OBJECTIVE[task], *{"regression": ["r2"]}.get(task, ["accuracy"])])
    return [name for name in wanted if OBJECTIVES[name].kind == "score"]


def _families(config: ExperimentConfig, task: str) -> list[str]:
    chosen = []
    for index, name in enumerate(config.models or FAMILIES):
        family = FAMILIES.choose(name, ("models", index))
        reason = family.available()
        if task not in family.tasks:
            reason = f"it does not fit a {task} task"
        if reason is None:
            chosen.append(name)
        elif config.models:
            raise RequestError(f"model {name!r} cannot be used: {reason}", path=("models", index))
    return chosen


def default_name(source: str) -> str:
    """A name made from where the data comes from: ``data/churn-2026.csv`` gives ``churn_2026``."""
    stem = source.rstrip("/").split(":")[-1].rsplit("/", 1)[-1].split("?")[0].split(".")[0]
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_")[:64]
    return name if NAME_PATTERN.fullmatch(name) else "experiment"
