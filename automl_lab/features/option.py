"""Options of the preparation: one way each to impute, transform, encode, select or resample, and the registries of them.

Owns what they have in common: what they are asked with, and the choice among those that suit. Refuses to hold what differs between them: that is in
one file each, found by a walk of the package of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from automl_lab.core.registry import Registry
from automl_lab.data.profile import Column, Profile
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

NONE = "none"


@dataclass(frozen=True)
class Asked:
    """What an option is built from: the columns it is for (in the order of the data), the model's wants, and whom to ask for parameters.

    A sampler is for all columns but those that the model may get as codes of categories.
    """

    suggest: Suggest
    profile: Profile
    columns: tuple[str, ...]
    wants: Wants

    @property
    def classify(self) -> bool:
        """Whether the target has classes."""
        return self.profile.task != "regression"

    def described(self) -> list[Column]:
        """What is known of the columns."""
        wanted = set(self.columns)
        return [each for each in self.profile.columns if each.name in wanted]

    @property
    def gaps(self) -> bool:
        """Whether any of the columns has missing values in the data."""
        return any(each.missing > 0 for each in self.described())

    @property
    def largest(self) -> int:
        """The number of values of the richest of the columns."""
        return max(each.unique for each in self.described())


def everywhere(_asked: Asked) -> bool:
    """The ``suits`` of an option for every model and all data."""
    return True


@dataclass(frozen=True)
class Option:
    """One way to do a step of the preparation, as a plug-in.

    ``build`` makes the call trees of what is done, one after the other; names that it asks for get the prefix of the step. What it builds is fitted in
    the fold. ``uses`` lists every constructor (dotted name) and definition that ``build`` may put into a tree. ``suits`` says whether the option is
    offered. ``scales``: what comes out is on one scale. ``title`` says in a few words what it does.
    """

    name: str
    title: str
    build: Callable[[Asked], list[Call]]
    uses: tuple[str | Definition, ...]
    suits: Callable[[Asked], bool] = everywhere
    scales: bool = False


def choose(asked: Asked, name: str, options: Registry[Option], default: str) -> Option | None:
    """The option that is chosen for the parameter ``name``, the default or any other that suits; None for ``"none"``. A choice of one is not asked for."""
    offered = [default, *(each.name for each in options.values() if each.name != default and each.suits(asked))]
    chosen = default if len(offered) == 1 else asked.suggest.choice(name, offered, default=default)
    return None if chosen == NONE else options[chosen]


def in_a_row(steps: Sequence[Call]) -> Call:
    """The steps as one transformer."""
    return steps[0] if len(steps) == 1 else Call("sklearn.pipeline.make_pipeline", *steps)


IMPUTATIONS: Registry[Option] = Registry("imputations", "automl_lab.features.imputations", Option)
TRANSFORMS: Registry[Option] = Registry("transforms", "automl_lab.features.transforms", Option)
ENCODINGS: Registry[Option] = Registry("encodings", "automl_lab.features.encodings", Option)
SELECTIONS: Registry[Option] = Registry("selections", "automl_lab.features.selections", Option)
SAMPLERS: Registry[Option] = Registry("samplers", "automl_lab.features.samplers", Option)
OPTIONS: tuple[Registry[Option], ...] = (IMPUTATIONS, TRANSFORMS, ENCODINGS, SELECTIONS, SAMPLERS)
