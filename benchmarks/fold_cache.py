"""What keeping prepared folds in the object store is worth: the same candidates with and without it, in turn, in one run.

    python -m benchmarks.fold_cache [--rows 4000] [--candidates 12]

The candidates are drawn at random from all families that take seconds at most, on a table with text, categories of many values and numbers. They are
evaluated one after the other in this process; the store is that of a real local Ray in a temporary lab home, which ends with the run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from automl_lab.cluster import connect, daemon
from automl_lab.config import ExperimentConfig
from automl_lab.core.errors import IntegrityError
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.evaluation.prepared import FoldCache
from automl_lab.evaluation.trial import TrialJob, TrialOutcome, evaluate
from automl_lab.experiment.request import Request, profile_for, resolve
from automl_lab.models.family import FAMILIES
from automl_lab.search.proposals import Proposals
from automl_lab.search.strategy import STRATEGIES

MODELS = ["linear", "naive_bayes", "knn", "lightgbm", "extra_trees"]
WORDS = [f"word{number}" for number in range(400)]


def table(rows: int) -> pd.DataFrame:
    """Reviews with a text, a city of many values and numbers with gaps."""
    random = np.random.default_rng(0)
    chosen = random.integers(0, len(WORDS), (rows, 12))
    city = random.integers(0, 300, rows)
    numbers = random.normal(size=(rows, 8))
    signal = (chosen < 40).sum(axis=1) + numbers[:, 0] + 0.5 * np.sin(city)
    frame = pd.DataFrame(numbers, columns=[f"x{place}" for place in range(8)])
    frame = frame.mask(random.random(frame.shape) < 0.1)
    texts = [" ".join(WORDS[each] for each in row) for row in chosen]
    return frame.assign(city=[f"city {each}" for each in city], text=texts, y=np.where(signal > np.median(signal), "good", "bad"))


def jobs(request: Request, candidates: int) -> list[TrialJob]:
    """The candidates as a search would draw them at random."""
    profile = profile_for(request.config, request.dataset)
    proposals = Proposals(["maximize"], [FAMILIES[name] for name in MODELS], profile, 0, STRATEGIES["random"])
    plain = TrialJob("fold-cache", 0, 1, "", "", {}, profile, request.protocol.text, request.dataset.fingerprint, ("roc_auc",), ("maximize",))
    found = []
    for _ in range(candidates):
        asked = proposals.ask()
        source = render_candidate(FAMILIES[asked.family], asked.params, profile).text
        found.append(replace(plain, trial=asked.number, pipeline=source, family=asked.family, params=asked.params))
    return found


def run(wanted: Sequence[TrialJob], data: LoadedData, cache: FoldCache | None) -> tuple[float, list[TrialOutcome]]:
    """Seconds for all folds of all candidates, refits left out, and what they found."""
    began = time.perf_counter()
    outcomes = [evaluate(job, data, lambda *_: None, cache) for job in wanted]
    return time.perf_counter() - began - sum(each.refit_seconds or 0.0 for each in outcomes), outcomes


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fold_cache", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--candidates", type=int, default=12)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        connect.join(None, home)
        try:
            _compare(given.rows, given.candidates, home)
        finally:
            import ray  # noqa: PLC0415

            ray.shutdown()
            daemon.stop(home)


def _compare(rows: int, candidates: int, folder: Path) -> None:
    from automl_lab.cluster.fold_cache import RayFoldCache, open_shelf  # noqa: PLC0415  (once the cluster's token is in the environment)

    request = resolve(ExperimentConfig.of({"target": "y", "models": MODELS, "folds": 5}), table(rows))
    (folder / "data.parquet").write_bytes(request.parquet)
    data = load_data(request.protocol, folder / "data.parquet", folder)
    wanted = jobs(request, candidates)
    run(wanted[:2], data, None)  # imports
    plain, without = run(wanted, data, None)
    kept, found = run(wanted, data, RayFoldCache(*open_shelf()))
    if [each.values["roc_auc"] for each in without] != [each.values["roc_auc"] for each in found]:
        raise IntegrityError("a score differs between prepared folds that were found and those that were made")
    reused, asked = sum(each.reused for each in found), sum(each.reused + each.prepared for each in found)
    print(f"{candidates} candidates of {len(MODELS)} families, {rows:,} rows, 5 folds, one core; the same scores")
    print(f"without the cache {plain:.1f} s, with it {kept:.1f} s: {plain / kept:.2f} times as fast")
    print(f"prepared folds: {reused} of {asked} were there already ({reused / asked:.0%})")


if __name__ == "__main__":
    main()
