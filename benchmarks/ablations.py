"""What each part of the engine is worth: the same searches without it, on tables that ship with scikit-learn or are generated.

    python -m benchmarks.ablations [--seconds 30] [--seeds 0] [--data breast_cancer clusters friedman1 shop rent wine] [--folder FOLDER]
        [--variants "without portfolio" "without features" "without calibration" "without ensemble" random]

A quarter of the rows is set aside and scored by the delivered model's ``predict`` or ``predict_proba``. Every variant gets the same rows, seeds, cores and
seconds on one warm cluster, in turn. The figures are losses relative to ``full`` on the same data and seed (below 1: better without the part), with
the standard error of their mean: what lies within two of it is chance. Classes have their log-loss as well, whatever the search went for: that is what a
calibration is for.
"""

from __future__ import annotations

import argparse
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

import automl_lab
from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Task
from automl_lab.evaluation.candidate import parameters
from automl_lab.experiment import lab
from automl_lab.experiment.request import profile_for, resolve
from automl_lab.models.family import FAMILIES
from automl_lab.objectives.objective import OBJECTIVES
from benchmarks.portfolio import tables

SMALL = ["breast_cancer", "clusters", "friedman1", "shop", "rent", "wine"]
MAIN = "the main objective"
LEAST = 1e-6  # of a loss: between nothing and nearly nothing there is no ratio
FULL = "full"
VARIANTS: dict[str, dict[str, Any]] = {
    FULL: {},
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


def losses(task: Task, train: pd.DataFrame, test: pd.DataFrame, seconds: float, settings: dict[str, Any]) -> dict[str, float]:
    """The main objective, less is better, and the log-loss of classes on the rows set aside. It waits for the processes that the search before lost."""
    target = str(train.columns[-1])
    lab.connect(None).connection.call("ready", patience=lab.WARM_SECONDS)
    experiment = automl_lab.automl(train, target=target, time=seconds, **settings)
    experiment.wait()
    objective = OBJECTIVES[experiment.config["objectives"][0]]
    value = experiment.score(test)[objective.name]
    found = {MAIN: max(LEAST, 1 - value if objective.direction == "maximize" else value)}
    if task != "regression":
        chances = experiment.predict_proba(test).rename(columns=str).sort_index(axis=1)
        found["log-loss"] = max(LEAST, log_loss(test[target].astype(str), chances))
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablations", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0], help="of rows and searches")
    parser.add_argument("--data", nargs="*", default=SMALL)
    parser.add_argument("--folder", type=Path, help="a folder of CSV files with an index.csv")
    parser.add_argument("--variants", nargs="*", choices=[name for name in VARIANTS if name != FULL], default=list(VARIANTS), help="beside the whole")
    given = parser.parse_args()
    lab.connect(None)
    found: dict[tuple[str, str], dict[tuple[str, int], float]] = {}
    for (name, task, frame), seed in itertools.product((table for table in tables(given.folder) if table[0] in given.data), given.seeds):
        train, test = train_test_split(frame, test_size=0.25, random_state=seed)
        for variant in dict.fromkeys([FULL, *given.variants]):
            settings = plain_preparation(train, str(frame.columns[-1])) if variant == "without features" else VARIANTS[variant]
            for measure, loss in losses(task, train.reset_index(drop=True), test, given.seconds, {"seed": seed, **settings}).items():
                found.setdefault((measure, variant), {})[name, seed] = loss
                print(f"{name:18} {seed} {variant:20} {measure:20} {loss:.5g}", flush=True)
    for (measure, variant), runs in found.items():
        _tell(f"{variant:20} {measure:20}", np.array([math.log(runs[run] / found[measure, FULL][run]) for run in runs]))


def _tell(name: str, apart: np.ndarray) -> None:
    """How far the losses of a variant are from those of the whole, by their logarithms."""
    error = f", times or over {math.exp(float(apart.std(ddof=1)) / math.sqrt(len(apart))):.3f} by chance" if len(apart) > 1 else ""
    print(f"{name} {math.exp(float(apart.mean())):.3f} times the loss of full (geometric mean{error}), worse on {(apart > 0).sum()} of {len(apart)}")


if __name__ == "__main__":
    main()
