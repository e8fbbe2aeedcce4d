"""The type of a feature step and the registry of all of them. Refuses to hold what differs between steps: that is in one file each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from automl_lab.core.registry import Registry
from automl_lab.data.profile import Kind, Profile
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

Groups = Callable[[Profile], list[list[str]]]


@dataclass(frozen=True)
class FeatureStep:
    """The preparation of some columns, as a plug-in.

    ``groups`` gives the columns it takes, in groups (none is empty): each group gets a transformer of its own, all with the same parameters.
    ``build`` makes that transformer's call tree for a model that has these wants; the names it asks ``Suggest`` for get the step's name in
    front. What it builds is a scikit-learn transformer, so it is fitted in the fold. ``order`` is its place among the steps, ``uses`` lists
    every constructor (dotted name) and definition that ``build`` may put into a tree. ``extra``: it makes new columns of ones that other steps
    prepare, and may give None for none. What is more than the plain preparation it does only where ``Wants.engineered`` says so.
    """

    name: str
    order: int
    groups: Groups
    build: Callable[[Suggest, Profile, Sequence[str], Wants], Call | None]
    uses: tuple[str | Definition, ...]
    extra: bool = False


def of_kind(*kinds: Kind) -> Groups:
    """All columns of these kinds in one group."""

    def groups(profile: Profile) -> list[list[str]]:
        columns = profile.of_kind(*kinds)
        return [columns] if columns else []

    return groups


# Modules and packages beside the steps that hold none.
_OTHERS = {"emitted", "emitted_categories", "emitted_dates", "emitted_interactions", "emitted_numbers", "emitted_sampling", "emitted_selection"}
_OTHERS |= {"encoding", "forest", "gaps", "generator", "option", "resampling", "selection", "step"}
_OTHERS |= {"encodings", "generators", "imputations", "samplers", "selections", "transforms"}
STEPS: Registry[FeatureStep] = Registry("features", "automl_lab.features", FeatureStep, without=frozenset(_OTHERS))
