"""The type of a strategy and the registry of all of them. Refuses to hold what differs between strategies: that is in one file each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optuna.samplers import BaseSampler

from automl_lab.core.registry import Registry


@dataclass(frozen=True)
class Strategy:
    """How the configurations of an experiment are found, as a plug-in.

    ``sampler(seed)`` gives the Optuna sampler of one ask, within one family; it is made anew for every ask, so all it knows is the study.
    ``portfolio``: the asks begin with the configurations that did well on other data, else with each family's default. ``economical``: later
    asks go to the family that is expected to improve most for its cost, else to each family with the same probability. ``local``: half of the asks,
    and all while little is known of a family, are steps from its best configuration.
    """

    name: str
    title: str
    sampler: Callable[[int], BaseSampler]
    portfolio: bool = False
    economical: bool = True
    local: bool = False


STRATEGIES: Registry[Strategy] = Registry("strategies", "automl_lab.search.strategies", Strategy)
