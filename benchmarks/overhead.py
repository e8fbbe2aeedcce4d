"""What our controller adds to a trial that does nothing, beside a plain Optuna loop and raw Ray tasks, in one run.

All of them run the same trivial trial over the same search space. The controller is the real one, hosted on a real Ray with its store on:
it asks the sampler, renders and keeps the source, dispatches a task that beats and reports its folds, writes rows and mirrors them for Optuna.
Only the training is left out. The lab home is a temporary one with a cluster of its own, which ends with the run.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import optuna
import pandas as pd

from automl_lab.cluster import connect, daemon
from automl_lab.config import ExperimentConfig
from automl_lab.evaluation.candidate import build_candidate
from automl_lab.experiment.request import Request, resolve
from automl_lab.experiment.view import ACTIVE
from automl_lab.models.family import FAMILIES
from automl_lab.search.suggest import OptunaSuggest
from automl_lab.store.database import Store

MODELS = ["linear", "random_forest", "xgboost"]
SIDE_BY_SIDE = 8
PATIENCE = 600.0


def requested(trials: int, workers: int) -> Request:
    """A request over a few rows: the data only gives the search space."""
    frame = pd.DataFrame({"a": [i % 7 + i / 9 for i in range(60)], "b": [i % 5 for i in range(60)], "c": ["xyz"[i % 3] for i in range(60)]})
    asked = {"target": "y", "models": MODELS, "objectives": ["roc_auc"], "folds": 2, "trials": trials, "prune": False, "resources": {"workers": workers}}
    return resolve(ExperimentConfig.of(asked), frame.assign(y=[i % 2 for i in range(60)]))


def timed(trials: int, work: Callable[[], None]) -> float:
    """Milliseconds on the clock per trial."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) / trials * 1000


def optuna_loop(request: Request, trials: int, storage: str | None) -> float:
    """Optuna alone: ask, suggest our search space, run, tell."""
    from benchmarks import trivial  # noqa: PLC0415  (Ray is imported with the cluster's token in place, see there)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    profile = request.dataset.profile(0, 1)
    sampler = optuna.samplers.TPESampler(n_startup_trials=8, seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler, storage=storage)

    def work() -> None:
        for _ in range(trials):
            trial = study.ask()
            family = trial.suggest_categorical("family", MODELS)
            call = build_candidate(FAMILIES[family], OptunaSuggest(trial), profile)
            study.tell(trial, trivial.trivial(repr(call)))

    return timed(trials, work)


def ray_tasks(trials: int, at_once: int) -> float:
    """Raw Ray: the function as a task, ``at_once`` in flight."""
    import ray  # noqa: PLC0415

    from benchmarks import trivial  # noqa: PLC0415

    task = ray.remote(num_cpus=1, max_retries=0)(trivial.trivial)

    def work() -> None:
        flying: list[Any] = []
        for number in range(trials):
            if len(flying) == at_once:
                done, flying = ray.wait(flying, num_returns=1, timeout=PATIENCE)
                ray.get(done)
            flying.append(task.remote(str(number)))
        ray.get(flying)

    return timed(trials, work)


class Lab:
    """A controller on a cluster of its own, in a temporary lab home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        os.environ["AUTOML_LAB_HOME"] = str(home)
        address, _ = connect.join(None, home)
        self.store = Store()
        arguments = {"database_url": self.store.database_url, "artifacts_url": self.store.artifacts.url, "owner": self.store.owner, "cluster": None}
        self.connection = connect.RayConnection(address, "automl-lab-overhead", "benchmarks.trivial:create", arguments)

    def search(self, request: Request, experiments: int) -> float:
        """Run the request as so many experiments at once; milliseconds per trial from the first ask to the last finished row."""
        self.store.artifacts.put(request.parquet)
        protocol = self.store.artifacts.put(request.protocol.text.encode())
        ids = [uuid.uuid4().hex for _ in range(experiments)]
        for id_ in ids:
            config = request.config.model_dump(mode="json")
            self.store.create_experiment(id_, f"e{id_[:12]}", config, request.dataset.to_json(), protocol, created=time.time())
        for id_ in ids:
            self.connection.call("submit", patience=60.0, experiment=id_)
        for id_ in ids:
            self._wait(id_)
        rows = [row for id_ in ids for row in self.store.trials(id_)]
        completed = sum(row["state"] == "COMPLETED" for row in rows)
        if completed != experiments * (request.config.trials or 0):
            raise RuntimeError(f"{completed} of {len(rows)} trials completed: {sorted({str(self.store.experiment(each)['reason']) for each in ids})}")
        return float(max(row["finished"] for row in rows) - min(row["asked"] for row in rows)) / len(rows) * 1000

    def close(self) -> None:
        """End the cluster."""
        import ray  # noqa: PLC0415

        ray.shutdown()
        daemon.stop(self.home)

    def _wait(self, id_: str) -> None:
        revision, until = -1, time.monotonic() + PATIENCE
        while time.monotonic() < until:
            delta = self.connection.call("poll", patience=60.0, experiment=id_, since=revision, timeout=20.0)
            revision = delta["revision"]
            if delta["head"]["state"] not in ACTIVE:
                return
        raise TimeoutError(f"experiment {id_} did not end within {PATIENCE:.0f} s")


def measure(trials: int, workers: int) -> dict[str, float]:
    """Milliseconds per trial of everything, each after a warm-up."""
    request = requested(trials, workers)
    with tempfile.TemporaryDirectory(prefix="automl-overhead-") as folder:
        lab = Lab(Path(folder))
        try:
            ray_tasks(20 * workers, workers)
            found = {
                "raw Ray tasks, all at once": ray_tasks(max(trials, 500), 10**9),
                f"raw Ray tasks, {workers} at a time": ray_tasks(max(trials, 500), workers),
                "plain Optuna, in memory": optuna_loop(request, trials, None),
                "plain Optuna, SQLite": optuna_loop(request, min(trials, 100), f"sqlite:///{folder}/optuna.db"),
            }
            lab.search(requested(20, workers), 1)
            found["controller"] = lab.search(request, 1)
            found[f"controller, {SIDE_BY_SIDE} experiments side by side"] = lab.search(requested(max(20, trials // 4), workers), SIDE_BY_SIDE)
        finally:
            lab.close()
    return found


def told(found: dict[str, float], trials: int, workers: int) -> list[str]:
    """The result in lines."""
    raw = next(value for name, value in found.items() if name.startswith("raw") and name.endswith("at a time"))
    lines = [f"{trials} trivial trials, {workers} workers, {os.cpu_count()} cores, Python {platform.python_version()}, Ray {version('ray')}"]
    lines += [f"{name + ':':46} {1000 / value:8.0f} trials/s {value:8.2f} ms per trial" for name, value in found.items()]
    lines.append(f"added to a trial by the controller: {found['controller'] - raw:.1f} ms over a raw Ray task")
    lines.append(f"controller: {1000 / found['controller']:.0f} trials/s")
    return lines


def record(lines: list[str]) -> None:
    """Put the result on top of RESULTS.md."""
    path = Path(__file__).with_name("RESULTS.md")
    title, _, earlier = path.read_text().partition("\n\n")
    command = f"python -m benchmarks.overhead {' '.join(sys.argv[1:])}".strip()
    block = "\n".join([f"## {datetime.now(UTC):%Y-%m-%d} `{command}`", "", f"{platform.machine()} {platform.system()}", "", "```", *lines, "```"])
    path.write_text(f"{title}\n\n{block}\n\n{earlier}".rstrip() + "\n")


def main() -> None:
    """Measure, print, and record when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--record", action="store_true", help="also put the result into benchmarks/RESULTS.md")
    asked = parser.parse_args()
    lines = told(measure(asked.trials, asked.workers), asked.trials, asked.workers)
    if asked.record:
        record(lines)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
