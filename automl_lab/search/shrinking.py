"""The best configuration of a boosted family once more, with smaller steps: early stopping finds more rounds for it, and it is mostly better.

Method: shrinkage (Friedman 2001, section 5). A random step from a good configuration changes other things as well and goes either way. Owns this one; refuses
to say whether there is time for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, FloatDistribution

TIMES = 3.0  # so much smaller, and about as much dearer
LARGE = 0.06  # what takes smaller steps already has little to gain
LESS = 2.0  # they are smaller by this at least, or not worth a trial


def smaller_steps(params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution], name: str) -> dict[str, Any] | None:
    """These parameters with a third of ``name``, or the least that its range allows; None where that is hardly less."""
    known, rate = distributions.get(name), params.get(name)
    if not isinstance(known, FloatDistribution) or rate is None or rate < LARGE:
        return None
    wanted = max(known.low, rate / TIMES)
    return None if wanted > rate / LESS else {**params, name: wanted}
