"""Each family's default first, then any family with any parameters: what every search should beat."""

from __future__ import annotations

from optuna.samplers import RandomSampler

from automl_lab.search.strategy import Strategy


def sampler(seed: int) -> RandomSampler:
    """The sampler of one ask."""
    return RandomSampler(seed=seed)


RANDOM = Strategy("random", "random search", sampler, economical=False)
