"""What keeping prepared folds in the object store is worth: the same candidates with and without it, in turn, in one run.

    python -m benchmarks.fold_cache [--rows 4000] [--candidates 12] [--strategy auto]

The candidates are those that a search asks for, whose results it is told without the cache (``--strategy random``: drawn at random), from families that take
seconds at most, on a table with text, categories of many values and numbers. They are evaluated one after the other in this process; the store is that
of a real local Ray in a temporary lab home, which ends with the run.
"""

from __future__ import annotations

import argparse
import tempfile
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
from automl_lab.search.proposals import Proposals, Told
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


def searched(request: Request, data: LoadedData, candidates: int, strategy: str) -> tuple[list[TrialJob], list[TrialOutcome]]:
    """The candidates that a search asks for, and what was found of each without a cache."""
    profile = profile_for(request.config, request.dataset)
    proposals = Proposals(["maximize"], [FAMILIES[name] for name in MODELS], profile, 0, STRATEGIES[strategy])
    plain = TrialJob("fold-cache", 0, 1, "", "", {}, profile, request.protocol.text, request.dataset.fingerprint, ("roc_auc",), ("maximize",))
    jobs, found = [], []
    for _ in range(candidates):
        asked = proposals.ask()
        source = render_candidate(FAMILIES[asked.family], asked.params, profile).text
        jobs.append(replace(plain, trial=asked.number, pipeline=source, family=asked.family, params=asked.params))
        outcome = evaluate(jobs[-1], data, lambda *_: None, None)
        folds = tuple(each["roc_auc"] for each in outcome.folds)
        proposals.tell(Told(asked.number, "COMPLETED", (outcome.values["roc_auc"],), (), folds, outcome.seconds))
        found.append(outcome)
    return jobs, found


def seconds(found: Sequence[TrialOutcome]) -> float:
    """What all folds took, refits left out."""
    return sum(each.seconds for each in found)


def again(jobs: Sequence[TrialJob], data: LoadedData, cache: FoldCache | None) -> list[TrialOutcome]:
    """The same candidates once more."""
    return [evaluate(job, data, lambda *_: None, cache) for job in jobs]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fold_cache", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--candidates", type=int, default=12)
    parser.add_argument("--strategy", choices=sorted(STRATEGIES), default="auto")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        connect.join(None, home)
        try:
            _compare(given.rows, given.candidates, given.strategy, home)
        finally:
            import ray  # noqa: PLC0415

            ray.shutdown()
            daemon.stop(home)


def _compare(rows: int, candidates: int, strategy: str, folder: Path) -> None:
    from automl_lab.cluster.fold_cache import RayFoldCache, open_shelf  # noqa: PLC0415  (once the cluster's token is in the environment)

    request = resolve(ExperimentConfig.of({"target": "y", "models": MODELS, "folds": 5}), table(rows))
    (folder / "data.parquet").write_bytes(request.parquet)
    data = load_data(request.protocol, folder / "data.parquet", folder)
    wanted, without = searched(request, data, candidates, strategy)
    plain = seconds(again(wanted, data, None))  # once more: the first time, libraries were imported
    found = again(wanted, data, RayFoldCache(*open_shelf()))
    kept = seconds(found)
    if [each.values["roc_auc"] for each in without] != [each.values["roc_auc"] for each in found]:
        raise IntegrityError("a score differs between prepared folds that were found and those that were made")
    reused, asked = sum(each.reused for each in found), sum(each.reused + each.prepared for each in found)
    print(f"{candidates} candidates of {len(MODELS)} families ({strategy}), {rows:,} rows, 5 folds, one core; the same scores")
    print(f"without the cache {plain:.1f} s, with it {kept:.1f} s: {plain / kept:.2f} times as fast")
    print(f"prepared folds: {reused} of {asked} were there already ({reused / asked:.0%})")


if __name__ == "__main__":
    main()
