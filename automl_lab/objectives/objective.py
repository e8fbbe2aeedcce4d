"""The type of an objective, the registry of all of them, and the choice among them for a task.

Refuses objectives that do not fit the task, in one line. It loads no library of scores: an objective names its function, whose source is emitted
into every experiment's ``evaluate.py``, and only who calls it imports it. Costs are measured by whoever runs the trial.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from automl_lab.core.errors import RequestError
from automl_lab.core.registry import Registry
from automl_lab.data.profile import Task
from automl_lab.pipelines.definition import Definition

EVERY_TASK: frozenset[Task] = frozenset({"binary", "multiclass", "regression"})
CLASSIFICATION: frozenset[Task] = frozenset({"binary", "multiclass"})
REGRESSION: frozenset[Task] = frozenset({"regression"})
DEFAULTS: dict[Task, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
SCORES = "automl_lab.objectives.scores"

Function: TypeAlias = Callable[[Any, Any, Any], float]


@dataclass(frozen=True)
class Objective:
    """One thing to optimise, as a plug-in.

    A "score" has a ``formula``, the dotted module and the name of a function ``(y, prediction, classes) -> float``, and ``needs`` as the
    prediction "label" (one label per row), "probability" (a matrix with one column per class) or "value" (one number per row);
    ``classes`` is the list of sorted labels, None for regression. The function may use what its module imports and defines, and public
    libraries only. A "cost" has neither. ``unit`` is empty for pure numbers.
    """

    name: str
    title: str
    direction: Literal["maximize", "minimize"]
    tasks: frozenset[Task]
    kind: Literal["score", "cost"] = "score"
    needs: Literal["label", "probability", "value"] | None = None
    unit: str = ""
    formula: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if (self.kind == "score") != (self.formula is not None) or (self.kind == "score") != (self.needs is not None):
            raise TypeError(f"objective {self.name!r}: a score has a formula and needs a prediction, a cost has neither")

    @property
    def definition(self) -> Definition:
        """The function as it is emitted; its module is read, not imported. Raises ``TypeError`` for a cost."""
        return Definition.of(*self._named())

    @property
    def source(self) -> str:
        """The source text of the function. Raises ``TypeError`` for a cost."""
        return self.definition.source

    @property
    def function(self) -> Function:
        """The function itself. Raises ``TypeError`` for a cost."""
        module, name = self._named()
        found: Function = getattr(importlib.import_module(module), name)
        return found

    def _named(self) -> tuple[str, str]:
        if self.formula is None:
            raise TypeError(f"objective {self.name!r} is a cost and has no function")
        return self.formula

    def better(self, value: float, other: float) -> bool:
        """Whether ``value`` is better than ``other``."""
        return value > other if self.direction == "maximize" else value < other


OBJECTIVES: Registry[Objective] = Registry("objectives", "automl_lab.objectives", Objective, without=frozenset({"objective", "scores"}))


def choose(names: Sequence[str], task: Task) -> list[Objective]:
    """The objectives of these names, or the task's default for none. Raises ``RequestError`` for an unknown one or one of another task."""
    return [fitting(name, task, ("objectives", index)) for index, name in enumerate(names or [DEFAULTS[task]])]


def fitting(name: str, task: Task, path: tuple[str | int, ...]) -> Objective:
    """The objective of that name if it fits the task, else a ``RequestError`` about the configuration key ``path``."""
    objective = OBJECTIVES.choose(name, path)
    if task not in objective.tasks:
        fit = [each.name for each in OBJECTIVES.values() if task in each.tasks and each.kind == "score"]
        raise RequestError(f"objective {name!r} does not fit the task {task}; these do: {', '.join(fit)}", path=path)
    return objective
