"""Which way to combine trials is best on rows that nobody has seen: every way, from the same trials of one search for each table.

    python -m benchmarks.combining [--seconds 30] [--data breast_cancer clusters friedman1 shop rent wine] [--folder FOLDER]
        [--models random_forest svm naive_bayes]

A quarter of the rows is set aside. A search runs on the others; then the members that an ensemble may have are fitted on its training rows, each way learns
from their out-of-fold predictions alone, and is scored on what the search held out and on the rows set aside. The figures are losses relative to greedy
selection (below 1: better). "chosen" is what the choice takes, "a bag" what greedy selection gives where every fit is the mean of some that each leave out
one part of the rows. Where the choice calibrates, its log-loss and its main objective are compared with those of the same combination without that. Since all
ways have the same members, far fewer runs tell them apart than whole searches.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

import automl_lab
from automl_lab.data.dataset import Dataset
from automl_lab.data.prepare import conform, conform_target
from automl_lab.evaluation.ensembles.apply import calibrate, combine
from automl_lab.evaluation.ensembles.bagging import MODELS
from automl_lab.evaluation.ensembles.choose import COMBINED, choose
from automl_lab.evaluation.ensembles.recipe import Combination, EnsembleJob, Limits, Member, Recipe
from automl_lab.evaluation.ensembles.rows import Measure, Rows, known_rows, unpack_turns
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.evaluation.trial import build
from automl_lab.experiment import lab
from automl_lab.experiment.board import Board
from automl_lab.experiment.members import Members
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.pipelines.source import Source
from benchmarks.ablations import LEAST, SMALL
from benchmarks.portfolio import tables

CHOSEN, SINGLE, BAG = "chosen", "best trial", "a bag"


@dataclass(frozen=True)
class Compared:
    """The loss of every way on the same rows, and what the calibration that the choice took made of it, where it took one."""

    ways: Mapping[str, float]
    calibration: str | None = None
    log_loss: float = 1.0  # with it, in units of that without it
    main: float = 1.0


class Unseen:
    """Rows that no fold of a search has seen, and what members predict for them."""

    def __init__(self, data: LoadedData, X: pd.DataFrame, y: pd.Series, folder: Path) -> None:
        self.data, self.X, self.y = data, pd.concat([data.X_holdout, X]), pd.concat([data.y_holdout, y]).reset_index(drop=True)
        self.folder = folder

    def fitted(self, source: str) -> np.ndarray:
        """What the source predicts, fitted on all training rows."""
        return self._predicted(source, np.arange(len(self.data.y)))

    def bagged(self, source: str) -> np.ndarray:
        """The mean of what it predicts where each fit leaves out one part."""
        classes = self.data.protocol.CLASSES
        split = (KFold if classes is None else StratifiedKFold)(MODELS, shuffle=True, random_state=0).split(self.data.X, self.data.y)
        return np.asarray(np.mean([self._predicted(source, rows) for rows, _ in split], axis=0))

    def _predicted(self, source: str, rows: np.ndarray) -> np.ndarray:
        pipeline = build(Source(source).load(self.folder))
        pipeline.fit(self.data.X.iloc[rows], self.data.y.iloc[rows])
        found = self.data.protocol.predict(pipeline, self.X)
        return np.asarray(found["probability"] if "probability" in found else found["value"])

    def loss(self, predicted: np.ndarray, measure: Measure) -> float:
        """The measure's objective of what was predicted for these rows, less is better."""
        merit = measure.merit(self.y, predicted)
        return 1 - merit if OBJECTIVES[measure.name].direction == "maximize" else -merit


def compared(train: pd.DataFrame, test: pd.DataFrame, target: str, seconds: float, models: Sequence[str]) -> Compared:
    """Every way on the rows that nobody has seen. It waits for the processes that the search before it lost at its deadline."""
    lab.connect(None).connection.call("ready", patience=lab.WARM_SECONDS)
    experiment = automl_lab.automl(train, target=target, time=seconds, seed=0, models=list(models)).wait()
    store = lab.store()
    record = store.experiment(experiment.id)
    board, dataset = Board(record, store.trials(experiment.id)), Dataset.from_json(record["dataset"])
    members, protocol = Members(board, dataset).pool().members, store.artifacts.get(record["protocol"]).decode()
    sources = {each.trial: store.artifacts.get(board.rows[each.trial]["source"]).decode() for each in members}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data.parquet").write_bytes(store.artifacts.get(dataset.fingerprint))
        data = load_data(Source(protocol), Path(folder) / "data.parquet", Path(folder))
        y = conform_target(test[target].reset_index(drop=True), dataset)
        unseen = Unseen(data, conform(test.reset_index(drop=True).loc[y.index], dataset), y, Path(folder))
        predictions = {trial: unseen.fitted(source) for trial, source in sources.items()}
        job = _job(board, protocol, dataset.fingerprint, members)
        classes = None if data.protocol.CLASSES is None else len(data.protocol.CLASSES)
        rows, _ = known_rows(data, {each.trial: unpack_turns(store.artifacts.get(each.predictions), classes) for each in members})
        measure = Measure(data, job.objectives[0], job.directions[0])
        single = Combination("single", {members[0].trial: 1})
        recipe = choose(job, data, store.artifacts.get).recipe
        found = {**_learned(rows, measure, job), CHOSEN: None if recipe is None else recipe.combination}
        lost = {way: unseen.loss(combine(combination or single, predictions), measure) for way, combination in found.items()}
        greedy = found["greedy"] or single
        bagged = {trial: unseen.bagged(sources[trial]) for trial in greedy.weights}
        ways = {**lost, BAG: unseen.loss(combine(greedy, bagged), measure)}
        return Compared(ways) if recipe is None or recipe.calibration is None else _calibrated(ways, recipe, predictions, unseen, measure)


def _calibrated(ways: Mapping[str, float], recipe: Recipe, predictions: Mapping[int, np.ndarray], unseen: Unseen, measure: Measure) -> Compared:
    """What the choice is worth with the calibration that it took, beside the same without it."""
    assert recipe.calibration is not None  # noqa: S101  (for the type checker: the caller looked)
    plain = combine(recipe.combination, predictions)
    adjusted = calibrate(recipe.calibration, plain)
    by_log_loss, main = (unseen.loss(adjusted, each) / max(unseen.loss(plain, each), LEAST) for each in (Measure(unseen.data, "log_loss", "minimize"), measure))
    return Compared(ways, recipe.calibration.kind, by_log_loss, main)


def _job(board: Board, protocol: str, data: str, members: tuple[Member, ...]) -> EnsembleJob:
    return EnsembleJob(
        experiment=board.record["id"],
        protocol=protocol,
        data=data,
        members=members,
        objectives=tuple(board.standing.objectives),
        directions=tuple(board.standing.directions),
        constraints=(),
        most_members=board.record["config"]["max_models"],
        seconds=math.inf,
        adjust=True,
    )


def _learned(rows: Rows, measure: Measure, job: EnsembleJob) -> dict[str, Combination | None]:
    return {SINGLE: None, **{name: way(rows, measure, Limits(job)) for name, way in COMBINED.items()}}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.combining", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--data", nargs="*", default=SMALL)
    parser.add_argument("--folder", type=Path, help="a folder of CSV files with an index.csv")
    parser.add_argument("--models", nargs="*", default=[], help="families to search: all without, those that need a calibration most with some names")
    given = parser.parse_args()
    lab.connect(None)
    runs: list[Compared] = []
    for name, task, frame in tables(given.folder):
        if name in given.data:
            target = str(frame.columns[-1])
            train, test = train_test_split(frame, test_size=0.25, random_state=0, stratify=None if task == "regression" else frame[target])
            run = compared(train.reset_index(drop=True), test, target, given.seconds, given.models)
            ratios = {way: loss / max(run.ways["greedy"], LEAST) for way, loss in run.ways.items()}
            said = f"; {run.calibration}: log-loss {run.log_loss:.3f} and the main loss {run.main:.3f} times what they are without" if run.calibration else ""
            print(f"{name}: greedy {run.ways['greedy']:.4g}; " + ", ".join(f"{way} {ratio:.3f}" for way, ratio in ratios.items()) + said, flush=True)
            runs.append(Compared(ratios, run.calibration, run.log_loss, run.main))
    for way in runs[0].ways if runs else ():
        _tell(way, [run.ways[way] for run in runs], "greedy")
    calibrated = [run for run in runs if run.calibration is not None]
    if calibrated:
        _tell("calibration, log-loss", [run.log_loss for run in calibrated], "the same without it")
        _tell("calibration, main", [run.main for run in calibrated], "the same without it")


def _tell(what: str, ratios: Sequence[float], other: str) -> None:
    better, worse = sum(ratio < 1 for ratio in ratios), sum(ratio > 1 for ratio in ratios)
    mean = math.exp(float(np.mean(np.log(ratios))))
    print(f"{what:22} {mean:.4f} times the loss of {other} (geometric mean), better on {better}, worse on {worse} of {len(ratios)}")


if __name__ == "__main__":
    main()
