"""What the strategies find in so many trials, beside each other: the asks of a search without a cluster, its trials one after the other in this process.

    python -m benchmarks.strategies [--trials 24] [--seeds 0 1] [--models lightgbm xgboost linear extra_trees] [--data NAME ...] [--folder FOLDER]

Every strategy gets the same tables, folds, families and seeds. Printed are the losses in the end, and how far each strategy is behind the best found by any
after a third, two thirds and all of the trials, in units of the distance from there to the best default (0: the best found; 1: no better than a
default), the mean over tables and seeds.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from automl_lab.evaluation.loaded import LoadedData
from automl_lab.evaluation.trial import evaluate
from automl_lab.experiment.request import Request, profile_for
from automl_lab.models.family import FAMILIES
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.search.proposals import Proposals, Told
from automl_lab.search.strategy import STRATEGIES
from benchmarks.portfolio import job_of, prepared, tables

ROWS = 1500
SMALL = ["breast_cancer", "clusters", "friedman1", "friedman3", "hastie", "shop", "rent"]


def search(request: Request, data: LoadedData, models: Sequence[str], strategy: str, *, seed: int, trials: int) -> list[float]:
    """The best loss after each trial; less is better."""
    profile = profile_for(request.config, request.dataset)
    main = request.config.objectives[0]
    sign = -1.0 if OBJECTIVES[main].direction == "maximize" else 1.0
    proposals = Proposals([OBJECTIVES[main].direction], [FAMILIES[name] for name in models], profile, seed, STRATEGIES[strategy])
    best: list[float] = []
    for number in range(trials):
        asked = proposals.ask()
        try:
            outcome = evaluate(job_of(asked.family, asked.params, request), data, lambda *_: None)
        except Exception as error:  # noqa: BLE001  (whatever a configuration raises is its result)
            print(f"  trial {number} of {asked.family} failed: {type(error).__name__}: {error}")
            proposals.tell(Told(number, "FAILED", (None,)))
            best.append(best[-1] if best else math.inf)
            continue
        value = outcome.values[main]
        proposals.tell(Told(number, "COMPLETED", (value,), (), tuple(fold[main] for fold in outcome.folds), outcome.seconds))
        best.append(min([sign * value if value is not None else math.inf, *best[-1:]]))
    return best


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strategies", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1])
    parser.add_argument("--models", nargs="*", default=["lightgbm", "xgboost", "linear", "extra_trees"])
    parser.add_argument("--data", nargs="*", default=SMALL)
    parser.add_argument("--folder", type=Path, help="a folder of CSV files with an index.csv")
    given = parser.parse_args()
    behind: defaultdict[str, list[list[float]]] = defaultdict(list)
    steps = [given.trials // 3 - 1, 2 * given.trials // 3 - 1, given.trials - 1]
    for name, task, frame in tables(given.folder):
        if name in given.data:
            found = _compared(name, *prepared(frame, task, ROWS), given)
            for strategy, each in found.items():
                behind[strategy] += [[row[step] for step in steps] for row in each]
    for strategy, rows in behind.items():
        means = ", ".join(f"{value:.3f} after {step + 1}" for value, step in zip(np.mean(rows, axis=0), steps, strict=True))
        print(f"{strategy:8} behind the best by {means}")


def _compared(name: str, request: Request, data: LoadedData, given: argparse.Namespace) -> dict[str, list[list[float]]]:
    """Of every strategy the distances from the best, for each seed after each trial."""
    losses: dict[str, list[Any]] = {}
    for strategy in STRATEGIES:
        losses[strategy] = [search(request, data, given.models, strategy, seed=seed, trials=given.trials) for seed in given.seeds]
        print(f"{name:15} {strategy:8} " + "  ".join(f"{row[-1]:.5g}" for row in losses[strategy]), flush=True)
    best = min(row[-1] for rows in losses.values() for row in rows)
    default = min(row[len(given.models) - 1] for row in losses["tpe"])  # it begins with the defaults
    scale = max(default - best, 1e-12)
    return {strategy: [[min(1.0, (loss - best) / scale) for loss in row] for row in rows] for strategy, rows in losses.items()}


if __name__ == "__main__":
    main()
