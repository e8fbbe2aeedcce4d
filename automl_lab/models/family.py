"""The type of a model family and the registry of all of them. Refuses to hold what differs between families: that is in one file each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from automl_lab.core.registry import Registry
from automl_lab.data.profile import Profile, Task
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants


def always() -> str | None:
    """The ``available`` of a family that needs no optional library."""
    return None


def anything(_profile: Profile) -> str | None:
    """The ``suits`` of a family for data of any kind and size."""
    return None


def at_most(rows: int) -> Callable[[Profile], str | None]:
    """The ``suits`` of a family whose cost grows too fast for more rows than this."""

    def suits(profile: Profile) -> str | None:
        return f"more than {rows:,} rows" if profile.rows > rows else None

    return suits


Cost = Literal["cheap", "medium", "dear"]
COSTS: tuple[Cost, ...] = ("cheap", "medium", "dear")
FindRounds = Callable[[Any, Any, Any, Any, Any], int]


@dataclass(frozen=True)
class ModelFamily:
    """One kind of model, as a plug-in.

    ``build`` makes the estimator's call tree for a profile; the names it asks ``Suggest`` for are short ("learning_rate") and get the
    family's name in front. ``uses`` lists every constructor (dotted name) and definition that ``build`` may put into a tree: the audit
    of sources allows these and no other. ``available`` gives the reason why the family cannot be used here, or None. ``cost`` is what a fit
    costs beside those of other families: the cheap ones show something first. ``stopping(model, X, y, X_validation, y_validation)`` is for a
    family that asks for ``rounds``: it trains a fresh model with early stopping and gives the number that becomes a literal in the source.
    ``shrinkage`` is the parameter by which every round of such a family counts: where it is smaller more rounds are found, and mostly better models.
    ``native(model, positions)`` is for a model that can split categories by itself: it gives the call of ``build`` with the positions of the
    columns that hold codes of categories (0, 1, 2, ...; -1 for one not seen in training). ``native_values`` is how many values it can take in
    such a column, None for any number, and ``native_first`` whether that is the default where it can be done. ``suits`` gives the reason why the
    family is left out for this data unless it is asked for by name, or None. ``gpu``: ``build`` heeds ``profile.device``, so that a trial of
    this family is granted its share of a GPU. ``steep``: a fit costs as much as the square of the rows, or more, as that of a kernel method does.
    """

    name: str
    title: str
    tasks: frozenset[Task]
    wants: Wants
    build: Callable[[Suggest, Profile], Call]
    uses: tuple[str | Definition, ...]
    available: Callable[[], str | None] = always
    cost: Cost = "medium"
    stopping: FindRounds | None = None
    shrinkage: str | None = None
    suits: Callable[[Profile], str | None] = anything
    native: Callable[[Call, list[int]], Call] | None = None
    native_values: int | None = None
    native_first: bool = True
    gpu: bool = False
    steep: bool = False


FAMILIES: Registry[ModelFamily] = Registry(
    "models",
    "automl_lab.models",
    ModelFamily,
    without=frozenset(
        {"family", "emitted", "emitted_neighbors", "emitted_networks", "emitted_neural", "emitted_probabilities", "emitted_process", "forests", "stopping"}
    ),
)
