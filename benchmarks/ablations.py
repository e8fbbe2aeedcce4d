"""What each part of the engine is worth: the same searches without it, on tables that ship with scikit-learn or are generated.

    python -m benchmarks.ablations [--seconds 30] [--seeds 0] [--data breast_cancer clusters friedman1 shop rent wine] [--folder FOLDER]

A quarter of the rows is set aside and scored by the delivered model's ``predict`` or ``predict_proba``. Every variant gets the same rows, seeds, cores and
seconds on one warm cluster, in turn. The figures are losses relative to ``full`` on the same data and seed (below 1: better without the part), with
the standard error of their mean: what lies within two of it is chance.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import automl_lab
from automl_lab.config import ExperimentConfig
from automl_lab.evaluation.candidate import parameters
from automl_lab.experiment import lab
from automl_lab.experiment.request import profile_for, resolve
from automl_lab.models.family import FAMILIES
from automl_lab.objectives.objective import OBJECTIVES
from benchmarks.portfolio import tables

SMALL = ["breast_cancer", "clusters", "friedman1", "shop", "rent", "wine"]
LEAST = 1e-6  # of a loss: between nothing and nearly nothing there is no ratio
VARIANTS: dict[str, dict[str, Any]] = {
    "full": {},
    "without portfolio": {"strategy": "tpe"},
    "without features": {},  # filled in below: it depends on the data
    "without calibration": {"calibrate": False},
    "without ensemble": {"max_models": 1},
    "random": {"strategy": "random"},
}


def plain_preparation(frame: pd.DataFrame, target: str) -> dict[str, Any]:
    """Ranges that leave every family its plain preparation."""
    request = resolve(ExperimentConfig.of({"target": target}), frame)
    profile = profile_for(request.config, request.dataset)
    names = [f"{name}.features" for name in request.config.models if f"{name}.features" in parameters(FAMILIES[name], profile)]
    return {"ranges": dict.fromkeys(names, "plain")}


def loss(train: pd.DataFrame, test: pd.DataFrame, target: str, seconds: float, settings: dict[str, Any]) -> float:
    """The main objective on the rows set aside, less is better. It waits for the processes that the search before it lost at its deadline."""
    lab.connect(None).connection.call("ready", patience=lab.WARM_SECONDS)
    experiment = automl_lab.automl(train, target=target, time=seconds, **settings)
    experiment.wait()
    objective = OBJECTIVES[experiment.config["objectives"][0]]
    value = experiment.score(test)[objective.name]
    return max(LEAST, 1 - value if objective.direction == "maximize" else value)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablations", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0], help="of rows and searches")
    parser.add_argument("--data", nargs="*", default=SMALL)
    parser.add_argument("--folder", type=Path, help="a folder of CSV files with an index.csv")
    given = parser.parse_args()
    lab.connect(None)
    found: dict[str, dict[tuple[str, int], float]] = {}
    for name, _, frame in tables(given.folder):
        if name not in given.data:
            continue
        target = str(frame.columns[-1])
        for seed in given.seeds:
            train, test = train_test_split(frame, test_size=0.25, random_state=seed)
            for variant, settings in VARIANTS.items():
                own = plain_preparation(train, target) if variant == "without features" else settings
                found.setdefault(variant, {})[name, seed] = loss(train.reset_index(drop=True), test, target, given.seconds, {"seed": seed, **own})
            print(f"{name} {seed}: " + ", ".join(f"{variant} {losses[name, seed]:.4g}" for variant, losses in found.items()), flush=True)
    for variant, losses in found.items():
        _tell(variant, np.array([math.log(losses[run] / found["full"][run]) for run in losses]))


def _tell(variant: str, apart: np.ndarray) -> None:
    """How far the losses of a variant are from those of the whole, by their logarithms."""
    error = f", times or over {math.exp(float(apart.std(ddof=1)) / math.sqrt(len(apart))):.3f} by chance" if len(apart) > 1 else ""
    print(f"{variant:20} {math.exp(float(apart.mean())):.3f} times the loss of full (geometric mean{error}), worse on {(apart > 0).sum()} of {len(apart)}")


if __name__ == "__main__":
    main()
