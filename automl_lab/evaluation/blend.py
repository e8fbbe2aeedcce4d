"""The source of an ensemble: its members' call trees under one voting estimator of scikit-learn, weighted.

Owns how members stand together in one module. Refuses code of its own: soft voting is the average that was chosen, and a reader knows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import build_candidate
from automl_lab.features.resampling import PIPELINE
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.call import Call, Hoisted
from automl_lab.pipelines.render import render
from automl_lab.pipelines.source import Source
from automl_lab.pipelines.suggest import FixedSuggest


@dataclass(frozen=True)
class Part:
    """A member as it is written down."""

    trial: int
    family: str
    params: Mapping[str, Any]
    weight: int


def render_ensemble(parts: Sequence[Part], profile: Profile) -> Source:
    """The module whose ``build_pipeline()`` gives the voting estimator, the heaviest member first.

    How many members are fitted at a time is no part of it: ``joblib.parallel_config`` says that, and processes could not import a reader's notebook.
    """
    taken: dict[str, Any] = {}
    members, weights = [], []
    ordered = sorted(parts, key=lambda each: (-each.weight, each.trial))
    calls = [build_candidate(FAMILIES[part.family], FixedSuggest({k: v for k, v in part.params.items() if k != "family"}), profile) for part in ordered]
    # One module has one Pipeline: where a member resamples, it is the one that knows how, which is the other one for the rest.
    pipeline = PIPELINE if any(call.target == PIPELINE for call in calls) else "sklearn.pipeline.Pipeline"
    for part, built in zip(ordered, calls, strict=True):
        call = Call(pipeline, *built.args)
        name = f"{part.family}_{part.trial}"
        members.append((name, Hoisted(_free(name, taken), _apart(call, taken))))
        weights.append(part.weight)
    if profile.task == "regression":
        voting = Call("sklearn.ensemble.VotingRegressor", members, weights=weights)
    else:
        voting = Call("sklearn.ensemble.VotingClassifier", members, voting="soft", weights=weights)
    notes = [f"An average of {len(members)} pipelines, weighted as out-of-fold predictions chose. Each is named after its family and its trial."]
    notes.append("    pipeline = build_pipeline().fit(X, y)\n    pipeline.predict(X_new)")
    return render(voting, title="An ensemble found by AutoML Lab.", notes=notes)


def _apart(value: Any, taken: dict[str, Any]) -> Any:
    """The tree with variables that do not clash with those of the members before: equal lists of columns are shared, the rest gets a number."""
    if isinstance(value, Hoisted):
        inner = _apart(value.value, taken)
        return Hoisted(_free(value.name, taken, inner), inner)
    if isinstance(value, Call):
        return Call(value.target, *(_apart(each, taken) for each in value.args), **{key: _apart(each, taken) for key, each in value.kwargs})
    if isinstance(value, list):
        return [_apart(each, taken) for each in value]
    if isinstance(value, tuple):
        return tuple(_apart(each, taken) for each in value)
    if isinstance(value, dict):
        return {key: _apart(each, taken) for key, each in value.items()}
    return value


def _free(name: str, taken: dict[str, Any], value: Any = None) -> str:
    """The name, or the name with the first number that nothing else has. A variable of an equal value is one variable."""
    candidate, number = name, 1
    while candidate in taken and (value is None or taken[candidate] != value):
        number += 1
        candidate = f"{name}_{number}"
    taken[candidate] = value
    return candidate
