"""The mean target of each value (for classes, the share of each), shrunk towards the overall one and fitted crosswise (Micci-Barreca 2001)."""

from __future__ import annotations

from automl_lab.features.option import Asked, Option
from automl_lab.pipelines.call import Call

# One column per class and feature: beyond this a target encoding drowns the rest.
MOST_CLASSES = 10


def build(asked: Asked) -> list[Call]:
    """The encoder fits each part of the rows on the others, so no row sees its own target."""
    # Binary or multiclass is left to the encoder: a fold may lack a class, and it trusts what it is told beyond that.
    kind = {} if asked.classify else {"target_type": "continuous"}
    parts = min(5, max(2, asked.profile.rows // 8))  # few rows have few parts
    crosswise = Call("sklearn.model_selection.KFold", parts, shuffle=True, random_state=asked.profile.seed)
    return [Call("sklearn.preprocessing.TargetEncoder", **kind, cv=crosswise)]


def suits(asked: Asked) -> bool:
    """Not for very many classes."""
    return len(asked.profile.classes or ()) <= MOST_CLASSES


TARGET = Option(
    "target", "the mean target of each value, fitted crosswise", build, ("sklearn.preprocessing.TargetEncoder", "sklearn.model_selection.KFold"), suits
)
