"""The portfolio: an ordered list of configurations that did well on other data, from the quick ones to those that add to them.

Owns reading the list that ``benchmarks/portfolio.py`` writes and fitting its entries to the data at hand. Refuses to learn: the list is made
offline, and whoever measures on a data set leaves that one out of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from automl_lab.core.errors import RequestError
from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import build_candidate
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.suggest import ClosestSuggest

# Another list than the one that is shipped: for measuring what a portfolio without some data sets is worth.
OTHER = "AUTOML_LAB_PORTFOLIO"
LARGE = 10_000  # rows from which on there is a list of its own


@dataclass(frozen=True)
class Entry:
    """A configuration by its family and the parameters that are not the default; ``cost`` is what it takes, in a unit of the list's own."""

    family: str
    params: Mapping[str, Any]
    cost: float | None = None

    def is_that(self, family: str, params: Mapping[str, Any]) -> bool:
        """Whether a recorded trial is this one. It may have more parameters: the rounds that early stopping found."""
        return family == self.family and all(name in params and params[name] == value for name, value in self.params.items())


def entries(profile: Profile) -> list[Entry]:
    """The list for the profile's kind of task. Raises ``RequestError`` when the list named in the environment cannot be read."""
    other = os.environ.get(OTHER)
    text = files("automl_lab.search").joinpath("portfolio.json").read_text("utf-8") if other is None else _read(Path(other))
    kind = "regression" if profile.task == "regression" else "classification"
    lists = json.loads(text)
    found = lists.get(list_of(kind, large=profile.rows >= LARGE), lists[kind])
    return [Entry(each["family"], each["params"], each.get("cost")) for each in found]


def list_of(kind: str, *, large: bool) -> str:
    """The name of the list for large or small data of a kind of task."""
    return f"{kind}_large" if large else kind


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise RequestError(f"{OTHER} names a portfolio that cannot be read: {error}") from None


def opening(families: Sequence[ModelFamily], profile: Profile) -> list[Entry]:
    """The asks that begin a search: the portfolio as far as these families are in it, then the defaults that are not; no configuration twice.

    Before it what is known within a second: what the constants score and, where the list's first entries take long, a first model to predict with.
    """
    known = {family.name: family for family in families}
    listed = [each for each in entries(profile) if each.family in known]
    constants = [family for family in families if not family.wants.prepared]
    cheap = [family for family in families if family.wants.prepared and family.cost == "cheap" and profile.rows >= LARGE]
    wanted = [*(Entry(each.name, {}) for each in (*constants, *cheap)), *listed, *(Entry(each.name, {}) for each in families)]
    found: list[Entry] = []
    for entry in wanted:
        asked = Entry(entry.family, closest(known[entry.family], entry.params, profile), entry.cost)
        if not any((asked.family, asked.params) == (each.family, each.params) for each in found):
            found.append(asked)
    return found


def closest(family: ModelFamily, params: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    """The parameters of a candidate for this data that are as near to ``params`` as its ranges allow; defaults where they say nothing."""
    suggest = ClosestSuggest(params)
    build_candidate(family, suggest, profile)
    return suggest.params
