"""From what was asked to what can run: data read and understood, every name of the configuration checked against what exists.

Owns the defaults that need the data (objective, families, name). Refuses in one line, with the configuration key that is wrong, before anything
is started.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from automl_lab.config import ExperimentConfig, parse_constraint
from automl_lab.core.errors import RequestError
from automl_lab.data.dataset import Dataset
from automl_lab.data.prepare import Prepared, prepare
from automl_lab.data.profile import Profile, Task
from automl_lab.data.read import read
from automl_lab.evaluation.candidate import search_space_size
from automl_lab.evaluation.protocol import render_protocol
from automl_lab.evaluation.sampling import schedule_of
from automl_lab.evaluation.validating import choose as choose_validation
from automl_lab.evaluation.validating import mark_of
from automl_lab.evaluation.validating import resolved as resolved_keys
from automl_lab.experiment.naming import default_name, shown_source
from automl_lab.models.family import COSTS, FAMILIES, ModelFamily
from automl_lab.objectives.objective import DEFAULTS, OBJECTIVES, choose, fitting
from automl_lab.pipelines.source import Source
from automl_lab.search.ranges import check_ranges
from automl_lab.search.strategy import STRATEGIES

if TYPE_CHECKING:
    import pandas as pd


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
        profile = profile_for(self.config, self.dataset)
        names = ", ".join(self.config.models)
        rungs = schedule_of(self.dataset)
        space = f"{search_space_size(self.families, profile)} parameters over {len(self.families)} families ({names})"
        rows = "" if len(rungs) == 1 else f"; each begins with {rungs[0]:,} rows, the best go on with {', '.join(f'{each:,}' for each in rungs[1:])}"
        if self.config.trials is not None:
            return f"{self.config.trials} candidates from {space}{rows}"
        return f"as many candidates as fit into {self.config.time:g} s, from {space}{rows}"


def resolve(config: ExperimentConfig, data: Any = None, namespace: Mapping[str, Any] | None = None) -> Request:
    """Read, understand and check. ``data`` is a DataFrame, or None for ``config.data``. Raises ``RequestError`` with the path of the wrong key."""
    given = config.data if data is None else data
    if given is None:
        raise RequestError("no data: give a DataFrame's name, a file or sklearn:NAME", path=("data",))
    frame = read(given, namespace)
    return checked(config, understood(config, frame, source_of(config, given)))


def source_of(config: ExperimentConfig, given: Any) -> str:
    """What the data is called where it is recorded and shown."""
    return shown_source(given if isinstance(given, str) else config.data or "DataFrame")


def understood(config: ExperimentConfig, frame: pd.DataFrame, source: str) -> Prepared:
    """The data as the request wants it understood. It depends on the keys ``target``, ``task``, ``columns`` and ``split`` alone."""
    return prepare(frame, source=source, target=config.target, task=config.task, columns=config.columns, mark=mark_of(config.split))


def checked(config: ExperimentConfig, prepared: Prepared) -> Request:
    """The request with every name found and every default chosen. Raises ``RequestError`` with the path of the wrong key."""
    validation = choose_validation(config, prepared.dataset, prepared.frame)
    dataset = replace(prepared.dataset, validation=validation)
    objectives = _objectives(config, dataset.task)
    resolved = config.model_copy(
        update={
            "data": dataset.source,
            "target": dataset.target,
            "task": dataset.task,
            "objectives": objectives,
            "models": _families(config, dataset),
            "name": config.name or default_name(dataset.source),
            "prune": len(objectives) == 1 if config.prune is None else config.prune,
            **resolved_keys(validation, config.split),
        }
    )
    check_ranges(config.ranges, [FAMILIES[name] for name in resolved.models], profile_for(config, dataset))
    STRATEGIES.choose(config.strategy, ("strategy",))
    wanted = protocol_objectives(objectives, config.constraints, dataset.task)
    protocol = render_protocol(dataset, wanted, seed=config.seed, validation=validation)
    return Request(resolved, dataset, protocol, prepared.parquet)


def profile_for(config: ExperimentConfig, dataset: Dataset) -> Profile:
    """What the experiment's candidates are built from."""
    return dataset.profile(config.seed, config.resources.cpus_per_trial, config.resources.gpus_per_trial, config.ranges)


def _objectives(config: ExperimentConfig, task: Task) -> list[str]:
    names = [objective.name for objective in choose(config.objectives, task)]
    if OBJECTIVES[names[0]].kind == "cost":
        score = DEFAULTS[task]
        raise RequestError(f"the first objective has to be a score, and {names[0]!r} is a cost: put a score like {score!r} before it", path=("objectives", 0))
    for index, text in enumerate(config.constraints):
        fitting(parse_constraint(text).objective, task, ("constraints", index))
    return names


def protocol_objectives(objectives: Sequence[str], constraints: Sequence[str], task: Task) -> list[str]:
    """The scores that evaluate.py computes: what was asked for, what the constraints need, and the task's usual one, in this order."""
    bounded = [parse_constraint(text).objective for text in constraints]
    wanted = dict.fromkeys([*objectives, *bounded, DEFAULTS[task], *{"regression": ["r2"]}.get(task, ["accuracy"])])
    return [name for name in wanted if OBJECTIVES[name].kind == "score"]


def _families(config: ExperimentConfig, dataset: Dataset) -> list[str]:
    by_cost = sorted(FAMILIES, key=lambda name: COSTS.index(FAMILIES[name].cost))  # the cheap ones show something first
    chosen = []
    for index, name in enumerate(config.models or by_cost):
        FAMILIES.choose(name, ("models", index))
        reason = unusable(name, dataset) or (None if config.models else unsuitable(name, config, dataset))
        if reason is None:
            chosen.append(name)
        elif config.models:
            raise RequestError(f"model {name!r} cannot be used: {reason}", path=("models", index))
    return chosen


def unusable(name: str, dataset: Dataset) -> str | None:
    """Why a family cannot be used for this request at all; None when it can."""
    family = FAMILIES[name]
    return family.available() if dataset.task in family.tasks else f"it does not fit a {dataset.task} task"


def unsuitable(name: str, config: ExperimentConfig, dataset: Dataset) -> str | None:
    """Why a family is left out of this request unless it is asked for by name; None when it is not."""
    return FAMILIES[name].suits(profile_for(config, dataset))
