"""The source of an ensemble: its members' call trees under one estimator that combines them, and under those that adjust the result.

Averages are scikit-learn's voting estimators and two layers its stacking estimators, a threshold is its ``FixedThresholdClassifier``; what it has no
estimator for is emitted (``emitted``). Owns how members stand together in one module. Refuses numbers that are fitted anew: they are literals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import build_candidate
from automl_lab.evaluation.ensembles.layers import PARTS, THESE_COLUMNS, second_model
from automl_lab.evaluation.ensembles.recipe import Calibration, Recipe
from automl_lab.features.resampling import PIPELINE
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.call import Call, Hoisted
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.render import render
from automl_lab.pipelines.source import Source
from automl_lab.pipelines.suggest import FixedSuggest

EMITTED = "automl_lab.evaluation.ensembles.emitted"


@dataclass(frozen=True)
class Part:
    """A member as it is written down."""

    trial: int
    family: str
    params: Mapping[str, Any]
    ranges: Mapping[str, Any] | None = None  # that it was asked with; None: the profile's

    @property
    def name(self) -> str:
        """Its name in the source."""
        return f"{self.family}_{self.trial}"


def render_ensemble(recipe: Recipe, parts: Sequence[Part], profile: Profile) -> Source:
    """The module whose ``build_pipeline()`` gives what the recipe says of these trials; parts that it does not name are left out.

    How many members are fitted at a time is no part of it: ``joblib.parallel_config`` says that, and processes could not import a reader's notebook.
    Raises ``ValueError`` for a recipe with a trial that is no part.
    """
    by_trial = {part.trial: part for part in parts}
    missing = recipe.combination.weights.keys() - by_trial.keys()
    if missing:
        raise ValueError(f"the recipe needs trial {min(missing)}, of which nothing is known")
    chosen = [by_trial[trial] for trial in recipe.combination.weights]
    taken: dict[str, Any] = {}
    members = []
    calls = [_call(part, profile) for part in chosen]
    # One module has one Pipeline: where a member resamples, it is the one that knows how, which is the other one for the rest.
    pipeline = PIPELINE if any(call.target == PIPELINE for call in calls) else "sklearn.pipeline.Pipeline"
    for part, built in zip(chosen, calls, strict=True):
        members.append((part.name, Hoisted(_free(part.name, taken), _apart(Call(pipeline, *built.args), taken))))
    combined = _combined(recipe, members, taken, profile)
    title = "An ensemble found by AutoML Lab." if len(parts) > 1 else "A pipeline found by AutoML Lab, with what its predictions are corrected by."
    notes = [f"It is {recipe.words()}. Each pipeline is named after its family and its trial; every number was found on out-of-fold predictions."]
    notes.append("    pipeline = build_pipeline().fit(X, y)\n    pipeline.predict(X_new)")
    return render(_adjusted(recipe, combined, taken, profile), title=title, notes=notes)


def _call(part: Part, profile: Profile) -> Call:
    asked_with = profile if part.ranges is None else replace(profile, ranges=part.ranges)
    return build_candidate(FAMILIES[part.family], FixedSuggest({name: value for name, value in part.params.items() if name != "family"}), asked_with)


def _combined(recipe: Recipe, members: list[tuple[str, Hoisted]], taken: dict[str, Any], profile: Profile) -> Call | Hoisted:
    combination, classify = recipe.combination, profile.task != "regression"
    kind, weights = "Classifier" if classify else "Regressor", list(combination.weights.values())
    if combination.method == "single":
        return members[0][1]
    if combination.method == "layers":
        return _layered(kind, members, taken, profile)
    if combination.method == "pool":
        shifts: dict[str, Any] = {"shifts": list(combination.shifts)} if classify else {"shift": combination.shifts[0]}
        return Call(Definition.of(EMITTED, f"Stacked{kind}"), members, weights=weights, **shifts)
    voting: dict[str, Any] = {"voting": "soft"} if classify else {}
    return Call(f"sklearn.ensemble.Voting{kind}", members, **voting, weights=weights)


def _layered(kind: str, members: list[tuple[str, Hoisted]], taken: dict[str, Any], profile: Profile) -> Call:
    """Only the columns that are used go in: passed through, any other would reach the second model."""
    columns = [column.name for column in profile.columns]
    parts = {"shuffle": True, "random_state": profile.seed}
    method: dict[str, Any] = {"stack_method": "predict_proba"} if kind == "Classifier" else {}
    layers = Call(
        f"sklearn.ensemble.Stacking{kind}",
        members,
        final_estimator=_apart(Hoisted("second", second_model(profile, [name for name, _ in members])), taken),
        cv=Call(f"sklearn.model_selection.{'StratifiedKFold' if kind == 'Classifier' else 'KFold'}", PARTS, **parts),
        **method,
        passthrough=True,
    )
    only = Call("sklearn.preprocessing.FunctionTransformer", THESE_COLUMNS, kw_args={"columns": columns})
    return Call("sklearn.pipeline.make_pipeline", only, layers)


def _adjusted(recipe: Recipe, call: Call | Hoisted, taken: dict[str, Any], profile: Profile) -> Call:
    """Under a bag, a calibration and a decision, in this order; what stands inside another call has a variable of its own."""

    def inside(name: str) -> Hoisted:
        return call if isinstance(call, Hoisted) else Hoisted(_free(name, taken), call)

    if recipe.bag > 1:
        kind = "Regressor" if profile.task == "regression" else "Classifier"
        call = Call(Definition.of(EMITTED, f"Bagged{kind}"), inside("combined"), models=recipe.bag, random_state=profile.seed)
    if recipe.calibration is not None:
        call = _calibrated(recipe.calibration, inside("bagged" if recipe.bag > 1 else "combined"))
    if recipe.threshold is not None:
        threshold: dict[str, Any] = {"threshold": recipe.threshold, "response_method": "predict_proba"}
        call = Call("sklearn.model_selection.FixedThresholdClassifier", inside("calibrated" if recipe.calibration else "combined"), **threshold)
    if recipe.label_weights is not None:
        weights = list(recipe.label_weights)
        call = Call(Definition.of(EMITTED, "WeightedLabels"), inside("calibrated" if recipe.calibration else "combined"), weights=weights)
    if isinstance(call, Hoisted):
        assert isinstance(call.value, Call)  # noqa: S101  (a candidate is one)
        return call.value
    return call


def _calibrated(calibration: Calibration, model: Hoisted) -> Call:
    if calibration.kind == "isotonic":
        points = [[list(before), list(after)] for before, after in calibration.points]
        return Call(Definition.of(EMITTED, "MappedProbabilities"), model, points=points)
    shifts: dict[str, Any] = {"shifts": list(calibration.shifts)} if calibration.shifts else {}
    return Call(Definition.of(EMITTED, "ScaledProbabilities"), model, slope=calibration.slope, **shifts)


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
