"""A candidate: the preparation of all columns and a family's model, as one call tree and as its source.

Owns how steps and models meet and which names their parameters have (``xgboost.learning_rate``, ``xgboost.numeric.scaler``). Refuses parameters
that no part asks for, and columns that two steps claim.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from automl_lab.core.errors import RequestError
from automl_lab.data.profile import Profile
from automl_lab.features.encoding import codes
from automl_lab.features.generator import GENERATORS
from automl_lab.features.option import OPTIONS, Asked
from automl_lab.features.resampling import PIPELINE, resample
from automl_lab.features.selection import SELECTION_USES, select
from automl_lab.features.step import STEPS, FeatureStep
from automl_lab.models.family import FAMILIES, ModelFamily
from automl_lab.pipelines.audit import permissions
from automl_lab.pipelines.call import Call, Hoisted
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants, Within
from automl_lab.pipelines.render import render
from automl_lab.pipelines.source import Source
from automl_lab.pipelines.suggest import DefaultSuggest, FixedSuggest, Parameter, RangedSuggest

FAMILY = "family"
PREPARE = "prepare"  # the name of the step that the model comes after
# What stands around candidates in an ensemble, see ``ensembles.source``.
COMBINING: tuple[str | Definition, ...] = (
    *(f"sklearn.ensemble.{way}{kind}" for way in ("Voting", "Stacking") for kind in ("Classifier", "Regressor")),
    "sklearn.model_selection.FixedThresholdClassifier",
    "sklearn.model_selection.KFold",
    "sklearn.model_selection.StratifiedKFold",
    "sklearn.pipeline.make_pipeline",
    "sklearn.preprocessing.FunctionTransformer",
    *(
        Definition.of("automl_lab.evaluation.ensembles.emitted", name)
        for name in (
            "StackedClassifier",
            "StackedRegressor",
            "ScaledProbabilities",
            "MappedProbabilities",
            "WeightedLabels",
            "BaggedClassifier",
            "BaggedRegressor",
            "with_names",
            "these_columns",
        )
    ),
)
# Everything a candidate's source may import, call and define: what `pipelines.audit` takes.
ALLOWED: frozenset[str] = permissions(
    [
        "sklearn.pipeline.Pipeline",
        "sklearn.compose.ColumnTransformer",
        *COMBINING,
        *(use for family in FAMILIES.values() for use in family.uses),
        *(use for step in STEPS.values() for use in step.uses),
        *(use for options in OPTIONS for option in options.values() for use in option.uses),
        *(use for generator in GENERATORS.values() for use in generator.uses),
        *SELECTION_USES,
        PIPELINE,
    ]
)


def build_candidate(family: ModelFamily, suggest: Suggest, profile: Profile) -> Call:
    """The scikit-learn ``Pipeline`` of the family for this profile: ``prepare`` (a ``ColumnTransformer``), if the family wants it, and ``model``.

    Raises ``RequestError`` when the family does not do the task, or looks at columns and there is none that it could use.
    """
    if profile.task not in family.tasks:
        raise RequestError(f"{family.name} does not do {profile.task}; it does {', '.join(sorted(family.tasks))}")
    within = Within(family.name, RangedSuggest(suggest, profile.ranges) if profile.ranges else suggest)
    steps = []
    native = _native(family, within, profile)
    if family.wants.prepared:
        wants = _wants(family, within, profile, native)
        asked = Asked(within, profile, tuple(each.name for each in profile.columns), wants)
        steps += _prepared(family, asked, native)
        # The options must not hang on another choice: what may be codes is none of the sampler's columns, whether it is or not.
        encoded = tuple(name for name in asked.columns if name not in _may_be_native(family, profile))
        steps += [(name, Hoisted(name, call)) for name, call in resample(replace(asked, columns=encoded))]
    model = family.build(within, profile)
    if native and family.native is not None:
        model = family.native(model, list(range(len(native))))
    steps.append(("model", Hoisted("model", model)))
    resampled = any(name.startswith("resample") for name, _ in steps)
    return Call(PIPELINE if resampled else "sklearn.pipeline.Pipeline", steps)


def render_candidate(family: ModelFamily, params: Mapping[str, Any], profile: Profile) -> Source:
    """The source of the candidate with these parameters, by their full names; those left out have their default. ``family`` may stand among them.

    The same parameters give the same bytes. Raises ``RequestError`` for a name that does not exist and a value out of its range.
    """
    named = params.get(FAMILY, family.name)
    if named != family.name:
        raise RequestError(f"these parameters are of the family {named!r}, not {family.name!r}")
    suggest = FixedSuggest({name: value for name, value in params.items() if name != FAMILY})
    call = build_candidate(family, suggest, profile)
    if suggest.given.keys() - suggest.asked.keys():
        suggest.refuse_unknown(parameters(family, profile))
    return render(call, title=f"{family.title} for a {_target(profile)}: a pipeline found by AutoML Lab.", notes=_notes(family, profile))


def default_params(family: ModelFamily, profile: Profile) -> dict[str, Any]:
    """The parameters of the family's sound default, by full name."""
    suggest = DefaultSuggest()
    build_candidate(family, suggest, profile)
    return suggest.params


def parameters(family: ModelFamily, profile: Profile) -> dict[str, Parameter]:
    """All parameters of the family by full name, those included that only some choice of another brings up."""
    found: dict[str, Parameter] = {}
    waiting: list[dict[str, Any]] = [{}]
    while waiting:
        given = waiting.pop()
        suggest = FixedSuggest(given)
        build_candidate(family, suggest, profile)
        new = {name: each for name, each in suggest.asked.items() if name not in found}
        found |= new
        waiting.extend({**given, name: option} for name, each in new.items() for option in each.options if option != each.default)
    return found


def rounds_to_find(family: ModelFamily, params: Mapping[str, Any], profile: Profile) -> str | None:
    """The full name of the number of rounds that early stopping has to find for these parameters; None when there is nothing to find."""
    suggest = FixedSuggest({name: value for name, value in params.items() if name != FAMILY})
    build_candidate(family, suggest, profile)
    open_ = [name for name, each in suggest.asked.items() if each.kind == "rounds" and name not in suggest.given]
    return open_[0] if open_ and family.stopping is not None else None


def search_space_size(families: Iterable[ModelFamily], profile: Profile) -> int:
    """The number of parameters that a search over these families has, the choice of the family included when there are several."""
    sizes = [sum(each.kind != "rounds" for each in parameters(family, profile).values()) for family in families]
    return sum(sizes) + (len(sizes) > 1)


def _native(family: ModelFamily, suggest: Suggest, profile: Profile) -> list[str]:
    """The columns that the model gets as codes of categories, none when it cannot use them or is to have them encoded."""
    columns = _may_be_native(family, profile)
    default = "native" if family.native_first else "encoded"
    return columns if columns and suggest.choice("categories", ("native", "encoded"), default=default) == "native" else []


def _may_be_native(family: ModelFamily, profile: Profile) -> list[str]:
    if family.native is None:
        return []
    most = math.inf if family.native_values is None else family.native_values
    return [each.name for each in profile.columns if each.kind in {"categorical", "boolean"} and each.unique <= most]


def _wants(family: ModelFamily, suggest: Suggest, profile: Profile, native: Sequence[str]) -> Wants:
    """What the family wants, and whether this candidate is to have more than the plain preparation, where there is more.

    One choice stands before all of that: half of what is drawn at random stays plain, and the parameters of the rest exist only where they are used.
    """
    names = tuple(each.name for each in profile.columns)
    more = replace(family.wants, engineered=True)
    asked = []
    for wants in (family.wants, more):
        defaults = DefaultSuggest()
        _prepared(family, Asked(defaults, profile, names, wants), native)
        asked.append(defaults.asked.keys())
    if asked[0] == asked[1]:
        return family.wants
    return more if suggest.choice("features", ("plain", "engineered"), default="plain") == "engineered" else family.wants


def _prepared(family: ModelFamily, asked: Asked, native: Sequence[str]) -> list[tuple[str, Hoisted]]:
    """The steps before the model: the preparation of all columns and, if one is chosen, a selection among what came out."""
    steps = [(PREPARE, Hoisted("prepare", _preparation(family, asked, native)))]
    selection = select(asked, len(native)) if asked.wants.engineered else None
    return steps if selection is None else [*steps, ("select", Hoisted("select", selection))]


def _preparation(family: ModelFamily, asked: Asked, native: Sequence[str]) -> Call:
    suggest, profile = asked.suggest, asked.profile
    transformers: list[tuple[str, Hoisted, Hoisted]] = []
    if native:
        # They come first and are one column each, so their positions in the matrix are 0, 1, 2, ... whatever the blocks behind them are like.
        transformers.append(("categories", Hoisted("prepare_categories", codes()), Hoisted("categories", list(native))))
    taken: Counter[str] = Counter(native)
    for step in sorted(STEPS.values(), key=lambda each: (each.order, each.name)):
        groups = [left for group in step.groups(profile) if (left := [name for name in group if step.extra or name not in native])]
        if not groups:
            continue
        columns = [name for group in groups for name in group]
        built = step.build(Within(step.name, suggest), profile, columns, asked.wants)
        if not step.extra:
            taken.update(columns)
        if built is not None:
            # One variable for all groups of a step: the ColumnTransformer clones it for each of them.
            transformer = Hoisted(f"prepare_{step.name}", built)
            transformers.extend((name, transformer, Hoisted(name, group)) for name, group in _named(step, groups))
    twice = [name for name, times in taken.items() if times > 1]
    if twice:
        raise ValueError(f"two feature steps claim the column {twice[0]!r}")
    if not transformers:
        raise RequestError(f"no column of the data can be used by {family.name}; identifiers and constants are left out")
    return Call("sklearn.compose.ColumnTransformer", transformers)


def _named(step: FeatureStep, groups: list[list[str]]) -> list[tuple[str, list[str]]]:
    if len(groups) == 1:
        return [(step.name, groups[0])]
    return [(f"{step.name}_{number}", group) for number, group in enumerate(groups, start=1)]


def _target(profile: Profile) -> str:
    return {"binary": "target of two classes", "multiclass": f"target of {len(profile.classes or ())} classes"}.get(profile.task, "numeric target")


def _notes(family: ModelFamily, profile: Profile) -> list[str]:
    labels = "a Series of numbers" if profile.task == "regression" else "a Series of labels, as they are"
    if not family.wants.prepared:
        takes = f"X is a pandas DataFrame, whose columns do not matter; y is {labels}."
    else:
        kinds = Counter(each.kind for each in profile.columns)
        counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        takes = f"X is a pandas DataFrame with the columns listed in build_pipeline() ({counted}), others are ignored; y is {labels}."
    after = "" if profile.task == "regression" else "\n    pipeline.predict_proba(X_new)"
    return [takes, f"    pipeline = build_pipeline().fit(X, y)\n    pipeline.predict(X_new){after}"]
