"""The default: a portfolio that did well on other data, then steps from the best of a family in turn with what ``tpe`` does."""

from __future__ import annotations

from automl_lab.search.strategies import tpe
from automl_lab.search.strategy import Strategy

AUTO = Strategy("auto", "portfolio, then tree-structured Parzen estimator", tpe.sampler, portfolio=True, local=True)
