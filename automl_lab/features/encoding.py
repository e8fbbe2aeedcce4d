"""Categorical columns as text and their encodings, for the steps that offer them. Owns what stands around an encoding; the choice is the step's."""

from __future__ import annotations

from automl_lab.data.profile import Profile
from automl_lab.features.encodings.onehot import FEW
from automl_lab.features.option import ENCODINGS, Asked
from automl_lab.pipelines.call import Call
from automl_lab.pipelines.definition import Definition
from automl_lab.pipelines.parts import Suggest, Wants

__all__ = ["CATEGORY_USES", "FEW", "codes", "encode"]

AS_CATEGORIES = Definition.of("automl_lab.features.emitted", "as_categories")
# The encodings bring their own.
CATEGORY_USES: tuple[str | Definition, ...] = (
    AS_CATEGORIES,
    "sklearn.pipeline.make_pipeline",
    "sklearn.preprocessing.FunctionTransformer",
    "sklearn.preprocessing.OrdinalEncoder",
    "sklearn.preprocessing.StandardScaler",
)


def encode(suggest: Suggest, profile: Profile, wants: Wants, options: tuple[str, ...], columns: tuple[str, ...]) -> Call:
    """The transformer of categorical columns by one of the encodings named by ``options``, the sound default first."""
    asked = Asked(suggest, profile, columns, wants)
    options = tuple(each for each in options if ENCODINGS[each].suits(asked)) or ("ordinal",)
    encoding = ENCODINGS[options[0] if len(options) == 1 else suggest.choice("encoding", options, default=options[0])]
    scaler = [Call("sklearn.preprocessing.StandardScaler")] if wants.scaled and not encoding.scales else []
    return Call("sklearn.pipeline.make_pipeline", as_text(), *encoding.build(asked), *scaler)


def codes() -> Call:
    """The transformer for a model that splits categories by itself: a whole number for each value, -1 for one not seen in training."""
    ordinal = Call("sklearn.preprocessing.OrdinalEncoder", handle_unknown="use_encoded_value", unknown_value=-1)
    return Call("sklearn.pipeline.make_pipeline", as_text(), ordinal)


def as_text() -> Call:
    """The transformer to text, 1.0 like 1, with a value for what is missing."""
    return Call("sklearn.preprocessing.FunctionTransformer", AS_CATEGORIES, feature_names_out="one-to-one")
