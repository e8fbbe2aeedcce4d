"""Which parameters of a family made the difference, as shares that add up to one.

Method: PED-ANOVA (Watanabe et al. 2023), as Optuna's evaluator has it: how much the distribution of a parameter among the better trials differs from that among
all. Owns from when on that says anything; refuses to compare families, whose parameters are not the same.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.study import StudyDirection
from optuna.trial import create_trial

FAMILY = "family"
LEAST_TRIALS = 20  # of a family; with fewer the better ones are too few to have a distribution
MOST_TRIALS = 1_000  # the last ones: more change little, and cost time
SHOWN = 10


def importances(rows: Iterable[Mapping[str, Any]], objective: str, direction: str) -> dict[str, dict[str, float]]:
    """By family the shares of its parameters, the largest first; no family that has fewer completed trials than say anything.

    Parameters count that every one of the family's trials had: what only some choices bring up has no distribution among all.
    """
    by_family: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["state"] == "COMPLETED" and row["distributions"] and row["values"].get(objective) is not None and row.get("parent") is None:
            by_family.setdefault(row["family"], []).append(row)
    found = {family: _shares(own[-MOST_TRIALS:], objective, direction) for family, own in by_family.items() if len(own) >= LEAST_TRIALS}
    return {family: shares for family, shares in found.items() if shares}


def _shares(rows: list[Mapping[str, Any]], objective: str, direction: str) -> dict[str, float]:
    study = optuna.create_study(direction=StudyDirection[direction.upper()])
    common = set.intersection(*(set(row["distributions"]) for row in rows)) - {FAMILY}
    # A range that was changed on the way: the values of all of them are in the last one's, or they do not count.
    last = {name: _distribution(rows[-1]["distributions"][name]) for name in sorted(common)}
    names = [name for name, known in last.items() if not known.single()]
    for row in rows:
        params = {name: row["params"][name] for name in names}
        if all(last[name]._contains(last[name].to_internal_repr(value)) for name, value in params.items()):
            study.add_trial(create_trial(value=row["values"][objective], params=params, distributions={name: last[name] for name in names}))
    if len(study.trials) < LEAST_TRIALS or not names:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        shares = optuna.importance.get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return {name: round(share, 4) for name, share in list(shares.items())[:SHOWN]}


@functools.lru_cache(maxsize=4096)
def _distribution(text: str) -> BaseDistribution:
    return json_to_distribution(text)
