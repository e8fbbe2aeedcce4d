"""Which way to combine trials is best on rows that nobody has seen: every way, from the same trials of one search for each table.

    python -m benchmarks.combining [--seconds 30] [--data breast_cancer clusters friedman1 shop rent wine] [--folder FOLDER]

A quarter of the rows is set aside. A search runs on the others; then the members that an ensemble may have are fitted on its training rows, each way learns
from their out-of-fold predictions alone, and is scored on what the search held out and on the rows set aside. The figures are losses relative to greedy
selection (below 1: better). "chosen" is what the choice takes. Since all ways have the same members, far fewer runs tell them apart than whole searches.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import automl_lab
from automl_lab.data.dataset import Dataset
from automl_lab.data.prepare import conform, conform_target
from automl_lab.evaluation.ensembles.apply import combine
from automl_lab.evaluation.ensembles.choose import COMBINED, choose
from automl_lab.evaluation.ensembles.recipe import Combination, EnsembleJob, Limits
from automl_lab.evaluation.ensembles.rows import Measure, Rows, known_rows, unpack_turns
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.evaluation.trial import build
from automl_lab.experiment import lab
from automl_lab.experiment.board import Board
from automl_lab.experiment.members import Members
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.pipelines.source import Source
from benchmarks.ablations import SMALL
from benchmarks.portfolio import tables

CHOSEN, SINGLE = "chosen", "best trial"


class Unseen:
    """Rows that no fold of a search has seen, and what each member predicts for them."""

    def __init__(self, data: LoadedData, X: pd.DataFrame, y: pd.Series) -> None:
        self.data, self.X, self.y = data, pd.concat([data.X_holdout, X]), pd.concat([data.y_holdout, y]).reset_index(drop=True)
        self.predictions: dict[int, np.ndarray] = {}

    def fit(self, trial: int, source: str, folder: Path) -> None:
        """Fit the source on the training rows, and keep what it predicts."""
        pipeline = build(Source(source).load(folder))
        pipeline.fit(self.data.X, self.data.y)
        found = self.data.protocol.predict(pipeline, self.X)
        self.predictions[trial] = found["probability"] if "probability" in found else found["value"]

    def loss(self, combination: Combination, measure: Measure) -> float:
        """The main objective, less is better."""
        merit = measure.merit(self.y, combine(combination, self.predictions))
        return 1 - merit if OBJECTIVES[measure.name].direction == "maximize" else -merit


def losses(train: pd.DataFrame, test: pd.DataFrame, target: str, seconds: float) -> dict[str, float]:
    """The loss of every way on the rows that nobody has seen."""
    lab.connect(None).connection.call("ready", patience=lab.WARM_SECONDS)  # the search before lost processes at its deadline
    experiment = automl_lab.automl(train, target=target, time=seconds, seed=0).wait()
    store = lab.store()
    record = store.experiment(experiment.id)
    board, dataset = Board(record, store.trials(experiment.id)), Dataset.from_json(record["dataset"])
    pool, direction = Members(board, dataset).pool(), board.standing.directions[0]
    with tempfile.TemporaryDirectory() as folder:
        parquet = Path(folder) / "data.parquet"
        parquet.write_bytes(store.artifacts.get(dataset.fingerprint))
        protocol = store.artifacts.get(record["protocol"]).decode()
        data = load_data(Source(protocol), parquet, Path(folder))
        y = conform_target(test[target].reset_index(drop=True), dataset)
        unseen = Unseen(data, conform(test.reset_index(drop=True).loc[y.index], dataset), y)
        for member in pool.members:
            unseen.fit(member.trial, store.artifacts.get(board.rows[member.trial]["source"]).decode(), Path(folder))
    job = EnsembleJob(
        experiment=experiment.id,
        protocol=protocol,
        data=dataset.fingerprint,
        members=pool.members,
        objectives=tuple(board.standing.objectives),
        directions=tuple(board.standing.directions),
        constraints=(),
        most_members=record["config"]["max_models"],
        seconds=math.inf,
        adjust=False,
    )
    classes = None if data.protocol.CLASSES is None else len(data.protocol.CLASSES)
    rows, _ = known_rows(data, {each.trial: unpack_turns(store.artifacts.get(each.predictions), classes) for each in pool.members})
    measure = Measure(data, job.objectives[0], direction)
    outcome = choose(job, data, store.artifacts.get)
    found = {**_learned(rows, measure, job), CHOSEN: None if outcome.recipe is None else outcome.recipe.combination}
    single = Combination("single", {pool.members[0].trial: 1})
    return {way: unseen.loss(combination or single, measure) for way, combination in found.items()}


def _learned(rows: Rows, measure: Measure, job: EnsembleJob) -> dict[str, Combination | None]:
    return {SINGLE: None, **{name: way(rows, measure, Limits(job)) for name, way in COMBINED.items()}}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.combining", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--data", nargs="*", default=SMALL)
    parser.add_argument("--folder", type=Path, help="a folder of CSV files with an index.csv")
    given = parser.parse_args()
    lab.connect(None)
    found: dict[str, list[float]] = {}
    for name, task, frame in tables(given.folder):
        if name in given.data:
            target = str(frame.columns[-1])
            train, test = train_test_split(frame, test_size=0.25, random_state=0, stratify=None if task == "regression" else frame[target])
            ways = losses(train.reset_index(drop=True), test, target, given.seconds)
            ratios = {way: loss / ways["greedy"] for way, loss in ways.items()}
            print(f"{name}: greedy {ways['greedy']:.4g}; " + ", ".join(f"{way} {ratio:.3f}" for way, ratio in ratios.items()), flush=True)
            for way, ratio in ratios.items():
                found.setdefault(way, []).append(ratio)
    for way, each in found.items():
        better, worse = sum(ratio < 1 for ratio in each), sum(ratio > 1 for ratio in each)
        print(f"{way:10} {math.exp(float(np.mean(np.log(each)))):.4f} times the loss of greedy (geometric mean), better on {better}, worse on {worse}")


if __name__ == "__main__":
    main()
