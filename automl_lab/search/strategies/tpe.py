"""Each family's default first, then a family by its expected improvement per cost and the tree-structured Parzen estimator within it.

Method: Bergstra et al. 2011, multivariate and grouped as in Optuna's TPESampler, with its constant liar for trials that still run.
"""

from __future__ import annotations

import warnings

import optuna
from optuna.samplers import TPESampler

from automl_lab.search.strategy import Strategy

STARTUP_TRIALS = 5  # of each family, its default included, before TPE has something to learn from


def sampler(seed: int) -> TPESampler:
    """The sampler of one ask."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return TPESampler(n_startup_trials=STARTUP_TRIALS, multivariate=True, group=True, seed=seed)


TPE = Strategy("tpe", "defaults, then tree-structured Parzen estimator", sampler)
