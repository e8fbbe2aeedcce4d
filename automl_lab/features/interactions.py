"""Columns made of others: products, ratios, aggregates by groups. Up to 500 are made, and those kept that matter, at most 100; all in the fold."""

from __future__ import annotations

from collections.abc import Sequence

from automl_lab.data.profile import Profile
from automl_lab.features.forest import strongest
from automl_lab.features.generator import GENERATORS
from automl_lab.features.option import NONE, Asked
from automl_lab.features.step import FeatureStep
from automl_lab.pipelines.call import Call, Hoisted
from automl_lab.pipelines.parts import Suggest, Wants

MOST_MADE = 500
MOST_KEPT = 100
ALL = "all"


def groups(profile: Profile) -> list[list[str]]:
    """Numbers and categories in one group."""
    columns = profile.of_kind("numeric", "categorical", "boolean")
    return [columns] if columns else []


def build(suggest: Suggest, profile: Profile, columns: Sequence[str], wants: Wants) -> Call | None:
    """One kind or all of them, for a model that has no such columns of its own; a small forest says which of them matter."""
    asked = Asked(suggest, profile, tuple(columns), wants)
    # Trees cut one column at a time and sums know no pairs; distances and networks make their own.
    fitting = [each for each in GENERATORS.values() if each.suits(asked)] if wants.additive or not wants.scaled else []
    if not wants.engineered or not fitting:
        return None
    options = (NONE, *(each.name for each in fitting), *([ALL] if len(fitting) > 1 else []))
    kind = suggest.choice("kind", options, default=NONE)
    chosen = [each for each in fitting if kind in {each.name, ALL}]
    if not chosen:
        return None
    built = [each.build(asked, MOST_MADE // len(chosen)) for each in chosen]
    parts = [(each.name, Hoisted(f"make_{each.name}", call)) for each, (call, _) in zip(chosen, built, strict=True)]
    keep = suggest.int("keep", 5, MOST_KEPT, default=30, log=True)
    made = sum(count for _, count in built)
    steps: list[Call | Hoisted] = [parts[0][1] if len(parts) == 1 else Call("sklearn.pipeline.FeatureUnion", parts), strongest(profile, min(keep, made))]
    if not wants.missing:  # a ratio has gaps where it divides by zero
        steps.append(Call("sklearn.impute.SimpleImputer", strategy="median", keep_empty_features=True))
    if wants.scaled:
        steps.append(Call("sklearn.preprocessing.StandardScaler"))
    return Call("sklearn.pipeline.make_pipeline", *steps)


INTERACTIONS = FeatureStep(
    "interactions",
    60,
    groups,
    build,
    (
        "sklearn.impute.SimpleImputer",
        "sklearn.pipeline.FeatureUnion",
        "sklearn.pipeline.make_pipeline",
        "sklearn.preprocessing.StandardScaler",
    ),
    extra=True,
)
