"""What was learned in one space of parameters, moved to another one: the user narrowed or widened a range while the search ran.

A trial counts in the new space when its parameters are a candidate of it, with the distributions that it would be asked from there; others are left out, as if
they had never been tried. Owns that; refuses to know why a space changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, create_trial

from automl_lab.core.errors import RequestError
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import build_candidate
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.suggest import FixedSuggest, Parameter


def distributions_there(family: ModelFamily, params: Mapping[str, Any], profile: Profile) -> dict[str, BaseDistribution] | None:
    """The distributions of these parameters (full names, none left out) in the profile's space; None where they are no candidate of it."""
    suggest = FixedSuggest(params)
    try:
        build_candidate(family, suggest, profile)
    except RequestError:
        return None
    if suggest.params != dict(params):
        return None
    return {name: _distribution(suggest.asked[name]) for name in suggest.params}


def moved(family: ModelFamily, trial: FrozenTrial, profile: Profile) -> FrozenTrial | None:
    """A finished trial as the profile's space would have it; None where it is no candidate of it."""
    found = distributions_there(family, trial.params, profile)
    if found is None:
        return None
    return create_trial(
        state=trial.state,
        values=trial.values,
        params=trial.params,
        distributions=found,
        system_attrs=trial.system_attrs,
        intermediate_values=trial.intermediate_values,
    )


def _distribution(parameter: Parameter) -> BaseDistribution:
    if parameter.kind == "choice":
        return CategoricalDistribution(list(parameter.options))
    assert parameter.low is not None and parameter.high is not None  # noqa: S101, PT018  (numbers have both, see Parameter)
    if parameter.kind == "float":
        return FloatDistribution(parameter.low, parameter.high, log=parameter.log)
    return IntDistribution(int(parameter.low), int(parameter.high), log=parameter.log)
