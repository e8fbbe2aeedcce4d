"""The encodings of categorical columns, for the steps that offer them. Owns their call trees; the choice among them is the step's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from automl_lab.data.profile import Profile
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

AS_CATEGORIES = Definition.of("automl_lab.features.emitted", "as_categories")
ENCODING_USES: tuple[str | Definition, ...] = (
    AS_CATEGORIES,
    "sklearn.pipeline.make_pipeline",
    "sklearn.preprocessing.FunctionTransformer",
    "sklearn.preprocessing.OneHotEncoder",
    "sklearn.preprocessing.OrdinalEncoder",
    "sklearn.preprocessing.StandardScaler",
    "sklearn.preprocessing.TargetEncoder",
    "sklearn.model_selection.KFold",
)
# Up to this many values one column per value is cheap for every model.
FEW = 12
# One column per class and feature: beyond this a target encoding drowns the rest.
TARGET_CLASSES = 10
_ORDINAL = Call("sklearn.preprocessing.OrdinalEncoder", handle_unknown="use_encoded_value", unknown_value=-1)


@dataclass(frozen=True)
class _Asked:
    suggest: Suggest
    profile: Profile
    wants: Wants


def encode(suggest: Suggest, profile: Profile, wants: Wants, options: tuple[str, ...], largest: int) -> Call:
    """The transformer of categorical columns by one of ``options``; ``largest`` is the number of values of the richest column."""
    if profile.classes is not None and len(profile.classes) > TARGET_CLASSES:
        options = tuple(each for each in options if each != "target") or ("ordinal",)
    encoding = options[0] if len(options) == 1 else suggest.choice("encoding", options, default=options[0])
    encoder = _ENCODERS[encoding](_Asked(suggest, profile, wants), largest)
    scaler = [Call("sklearn.preprocessing.StandardScaler")] if wants.scaled and encoding != "onehot" else []
    return Call("sklearn.pipeline.make_pipeline", _text(), encoder, *scaler)


def codes() -> Call:
    """The transformer for a model that splits categories by itself: a whole number for each value, -1 for one not seen in training."""
    return Call("sklearn.pipeline.make_pipeline", _text(), _ORDINAL)


def _text() -> Call:
    return Call("sklearn.preprocessing.FunctionTransformer", AS_CATEGORIES, feature_names_out="one-to-one")


def _onehot(asked: _Asked, largest: int) -> Call:
    limits: dict[str, int] = {}
    dense = {"sparse_output": False} if asked.wants.dense else {}
    if largest > FEW:  # what is rare shares one column
        limits["min_frequency"] = asked.suggest.int("min_frequency", 2, 50, default=5, log=True)
        limits["max_categories"] = 60 if asked.wants.dense else 500
    return Call("sklearn.preprocessing.OneHotEncoder", handle_unknown="infrequent_if_exist" if limits else "ignore", **limits, **dense)


def _ordinal(_asked: _Asked, _largest: int) -> Call:
    return _ORDINAL


def _target(asked: _Asked, _largest: int) -> Call:
    # Binary or multiclass is left to the encoder: a fold may lack a class, and it trusts what it is told beyond that.
    kind = {"target_type": "continuous"} if asked.profile.task == "regression" else {}
    # The encoder fits each part on the others, so no row sees its own target. Few rows have few parts.
    parts = min(5, max(2, asked.profile.rows // 8))
    return Call(
        "sklearn.preprocessing.TargetEncoder",
        **kind,
        cv=Call("sklearn.model_selection.KFold", parts, shuffle=True, random_state=asked.profile.seed),
    )


_ENCODERS: Mapping[str, Callable[[_Asked, int], Call]] = {"onehot": _onehot, "ordinal": _ordinal, "target": _target}
