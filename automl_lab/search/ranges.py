"""The user's ranges of parameters, checked against what the families at hand ask for.

Owns the words of these errors; ``pipelines.suggest.RangedSuggest`` applies the ranges. Refuses names that no family has: a range that is silently
ignored is a search that the user did not ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from automl_lab.core.errors import RequestError, nearest
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import parameters
from automl_lab.models.family import FAMILIES, ModelFamily


def check_ranges(ranges: Mapping[str, Any], families: Sequence[ModelFamily], profile: Profile) -> None:
    """Raise ``RequestError`` with the path of the first range that has an unknown name, or is none for its parameter."""
    if not ranges:
        return
    free = replace(profile, ranges={})
    known = {family.name: parameters(family, free) for family in families}
    for name, given in ranges.items():
        owner = name.partition(".")[0]
        if owner in FAMILIES and owner not in known:
            raise RequestError(f"the range {name!r} is of {owner}, which is not searched here; searched: {', '.join(known)}", path=("ranges", name))
        names = list(known[owner]) if owner in known else [each for found in known.values() for each in found]
        if name not in names:
            raise RequestError(f"unknown parameter {name!r}{nearest(name, names)}", path=("ranges", name))
        try:
            parameters(next(family for family in families if family.name == owner), replace(profile, ranges={name: given}))
        except RequestError as error:
            raise RequestError(error.message, path=("ranges", name)) from None
