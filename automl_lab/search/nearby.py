"""A step from a good configuration: most of it stays, some numbers move a little, an option changes now and then.

Method: the mutation of an evolution strategy with one parent (Rechenberg 1973), as FLAML's local search uses it while little is known (Wu et al. 2021). Steps
are in the parameter's own scale (a logarithmic one where it is searched so). Owns the step; refuses to choose where from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

STEP = 0.2  # standard deviation of a number's step, of its range
MOVED, CHANGED = 0.5, 0.15  # how often a number moves and an option changes


def nearby(params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution], random: Random) -> dict[str, Any]:
    """Parameters near these, within their distributions; at least one of them differs where one can."""
    open_ = sorted(name for name, each in distributions.items() if not each.single())
    found = dict(params)
    while open_ and found == params:
        found = {name: _step(value, distributions[name], random) if name in open_ else value for name, value in sorted(params.items())}
    return found


def _step(value: Any, known: BaseDistribution, random: Random) -> Any:
    if isinstance(known, CategoricalDistribution):
        others = [each for each in known.choices if each != value or type(each) is not type(value)]
        return random.choice(others) if random.random() < CHANGED else value
    if not isinstance(known, FloatDistribution | IntDistribution) or random.random() >= MOVED:
        return value
    low, high, at = (math.log(each) if known.log else float(each) for each in (known.low, known.high, value))
    moved = min(high, max(low, random.gauss(at, STEP * (high - low))))
    number = min(known.high, max(known.low, math.exp(moved) if known.log else moved))
    return round(number) if isinstance(known, IntDistribution) else number
