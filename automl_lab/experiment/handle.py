"""The user's handle on an experiment: follow it, steer it, use its model. It holds a name, not a process: any kernel can attach to it.

Reads come from the store, so they need no cluster; live deltas and steering go to the controller. Owns waiting and prediction in the user's
process; refuses to load a model whose types its own audited source does not explain.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from automl_lab.config import ExperimentConfig
from automl_lab.core.clock import Deadline, parse_duration
from automl_lab.core.errors import AutoMLLabError, ClusterError, ExperimentFailed, RequestError
from automl_lab.experiment import lab, tables, view
from automl_lab.experiment.launch import Launch

if TYPE_CHECKING:
    import pandas as pd

POLL_SECONDS = 10.0
FIRST_TRIALS = 4  # need every core: what is imported for the user's convenience begins after them, or when half of the time is over
ABANDONED_SECONDS = 0.5  # between looks at what no controller knows yet


class Handle:
    """An experiment by name. Made by ``attach`` or by whoever launches one."""

    def __init__(self, name: str, *, launch: Launch | None = None) -> None:
        self._name, self._launch = name, launch
        self._record: dict[str, Any] | None = None
        self._models: dict[str, Any] = {}

    @classmethod
    def attach(cls, name: str) -> Self:
        """The handle of an experiment of this user: its latest run, or ``"churn@1"``. An interrupted one goes on when its cluster answers.

        Raises ``RequestError`` when there is none.
        """
        handle = cls(name)
        handle._record = lab.store().experiment(name)
        return handle

    # What it is ---------------------------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The experiment's name, ``"churn@1"`` for an earlier run that was attached by number."""
        return self._name

    @property
    def id(self) -> str:
        """The experiment's unique id. Known from the start, also while the cluster starts."""
        if self._launch is not None:
            return self._launch.id
        return str(self._recorded()["id"])

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration, as recorded."""
        return dict(self._stored()["config"])

    @property
    def status(self) -> dict[str, Any]:
        """State, phase, reason, message, counts, best value so far and the seconds left."""
        snapshot = self.snapshot()
        best = next((row["values"] for row in snapshot["trials"] if row["number"] == snapshot["best"]), None)
        left = Deadline(snapshot["clock"]["deadline"]).left() if snapshot["state"] in view.ACTIVE else 0.0
        keys = ("name", "state", "phase", "reason", "message", "counts", "usable")
        return {**{key: snapshot[key] for key in keys}, "best": best, "left": None if left == float("inf") else left}

    def snapshot(self) -> dict[str, Any]:
        """Everything about it, as one dictionary (see docs/architecture.md, Snapshot)."""
        if self._launch is not None and not self._launch.submitted:
            return self._launch.snapshot()
        store, id_ = lab.store(), self.id
        return view.snapshot(store.experiment(id_), store.trials(id_), store.events(id_))

    def poll(self, since: int, timeout: float = POLL_SECONDS) -> dict[str, Any]:
        """What changed after revision ``since`` (-1: everything), waited for up to ``timeout`` seconds; empty when nothing did.

        Raises ``ClusterError`` when the controller of a running experiment cannot be reached; the experiment is not harmed by that.
        """
        if self._launch is not None and not self._launch.submitted:
            self._launch.wait(min(timeout, 0.25))
            if not self._launch.submitted:
                return view.whole(self._launch.snapshot(), since)
        if self._stored()["state"] not in view.ACTIVE:
            return view.whole(self.snapshot(), since)
        try:
            return dict(self._connection().call("poll", patience=timeout + 20, experiment=self.id, since=since, timeout=timeout))
        except RequestError:  # not known to the controller: it ended a while ago, or who launched it died before it was submitted
            self._submit_abandoned()
            if self._stored()["state"] in view.ACTIVE:  # the controller takes it up soon
                threading.Event().wait(min(timeout, ABANDONED_SECONDS))
            return view.whole(self.snapshot(), since)

    def _submit_abandoned(self) -> None:
        if self._stored()["state"] == "QUEUED":
            self._connection().call("submit", patience=60.0, experiment=self.id)

    def wait(self, timeout: float | None = None, on_delta: Callable[[dict[str, Any]], None] | None = None) -> Handle:
        """Wait for the end, calling ``on_delta`` with every change. Raises ``ExperimentFailed`` when it failed, ``TimeoutError`` after ``timeout`` seconds.

        Interrupting it (Ctrl-C) leaves the experiment running. What a model needs to be loaded is imported meanwhile, so that ``predict`` need not.
        """
        until = None if timeout is None else time.monotonic() + timeout
        revision, away_since, ahead = -1, None, threading.Thread(target=_import_ahead, name="automl-imports")
        while True:
            left = POLL_SECONDS if until is None else min(POLL_SECONDS, until - time.monotonic())
            if left <= 0:
                raise TimeoutError(f"experiment {self.name!r} goes on after {timeout:g} s")
            try:
                delta = self.poll(revision, left)
            except ClusterError:
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > 120:
                    raise
                threading.Event().wait(1.0)
                continue
            away_since = None
            if on_delta is not None:
                on_delta(delta)
            revision = delta["revision"]
            if delta["head"]["state"] not in view.ACTIVE:
                if ahead.ident is not None:
                    ahead.join()  # two threads that import parts of one package can meet half a module
                return self._ended(delta["head"])
            if ahead.ident is None and _well_under_way(delta["head"]):
                ahead.start()

    def _ended(self, head: Mapping[str, Any]) -> Handle:
        if self._launch is not None and self._launch.error is not None:
            raise self._launch.error
        if head["state"] == "FAILED":
            raise ExperimentFailed(f"experiment {self.name!r} failed: {head['reason']}")
        return self

    # Steering -----------------------------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End the search, keep the best model, and return when that is done. Stopping one that ended already changes nothing."""
        if self._stored()["state"] in view.ACTIVE:
            self._steer("stop")

    def pause(self) -> None:
        """Start no new trials; the budget's time stands still."""
        self._steer("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._steer("resume")

    def prune(self, number: int) -> None:
        """End one running trial."""
        self._steer("prune", number=number)

    def enqueue(self, params: Mapping[str, Any]) -> None:
        """Try this configuration next: ``{"family": "xgboost", "xgboost.max_depth": 4}``; what is left out is sampled."""
        self._steer("enqueue", params=dict(params))

    def around(self, trial: int) -> None:
        """Try a configuration next that is a step away from this trial's: most of it stays, some numbers move a little."""
        self._steer("around", number=trial)

    def pin(self, trial: int) -> None:
        """Have every ensemble hold this trial, also where one without it would be better. Where no ensemble is possible with it, there is none."""
        self._steer("pin", number=trial, on=True)

    def unpin(self, trial: int) -> None:
        """Leave it to the choice again whether an ensemble holds this trial."""
        self._steer("pin", number=trial, on=False)

    def extend(self, time: float | str | None = None, trials: int | None = None) -> None:
        """Go on for longer than was asked for: ``extend("5m")``, or ``extend(trials=20)`` where the budget counts trials."""
        if (time is None) == (trials is None) or (trials is not None and trials < 1):
            raise RequestError("say by how much: extend('5m') or extend(trials=20)")
        self._steer("extend", seconds=None if time is None else parse_duration(time), trials=trials)

    def narrow(self, ranges: Mapping[str, Any]) -> None:
        """Search other ranges from the next trial on: ``{"xgboost.max_depth": [3, 6], "linear.numeric.scaler": "standard"}``; one value freezes a parameter.

        What is not named keeps its range, and a wider one than before is as good. What was learned outside of the new ranges is left out.
        """
        checked = ExperimentConfig.of({"ranges": dict(ranges)}).ranges
        if not checked:
            raise RequestError("say which range: narrow({'xgboost.max_depth': [3, 6]})")
        self._steer("narrow", ranges=checked)

    def switch_off(self, family: str) -> None:
        """Begin no more trials of this family; those that run go on."""
        self._steer("switch", family=family, on=False)

    def switch_on(self, family: str) -> None:
        """Begin trials of this family again."""
        self._steer("switch", family=family, on=True)

    def _steer(self, method: str, **arguments: Any) -> None:
        if self._launch is not None:
            self._launch.wait(None)
            if self._launch.error is not None:
                raise self._launch.error
        state = self._stored()["state"]
        if state not in view.ACTIVE:
            raise RequestError(f"cannot {method} experiment {self.name!r}: it is {state.lower()}")
        self._submit_abandoned()
        self._connection().call(method, patience=120.0, experiment=self.id, **arguments)

    def _connection(self) -> Any:
        return lab.connect(self._stored()["cluster"]).connection

    # Results ------------------------------------------------------------------------------------------------------------------------------

    def leaderboard(self) -> pd.DataFrame:
        """All trials, the best first: rank, trial, family, objectives, feasibility, seconds, state and note."""
        return tables.leaderboard(self.snapshot())

    def pareto(self) -> pd.DataFrame:
        """The feasible trials that none dominates."""
        return tables.pareto(self.snapshot())

    @property
    def best(self) -> dict[str, Any] | None:
        """The row of the best trial so far: number, family, params, values, folds."""
        snapshot = self.snapshot()
        return next((row for row in snapshot["trials"] if row["number"] == snapshot["best"]), None)

    def code(self, trial: int | None = None) -> str:
        """The source of the usable model's pipeline (or of that trial's): a module with ``build_pipeline()``."""
        snapshot = self.snapshot()
        number = snapshot["usable"] if trial is None else trial
        number = snapshot["best"] if number is None else number
        row = next((row for row in snapshot["trials"] if row["number"] == number), None)
        if row is None:
            raise RequestError(f"experiment {self.name!r} has no trial {trial}" if trial is not None else self._no_model(snapshot))
        return lab.store().artifacts.get(row["source"]).decode()

    def predict(self, frame: pd.DataFrame) -> pd.Series:
        """Predictions for new rows with the usable model (the best so far while the search runs), as a Series with the input's index."""
        return self._model().predict(frame)  # type: ignore[no-any-return]

    def predict_proba(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Class probabilities, one column per label. Raises ``RequestError`` for regression."""
        return self._model().predict_proba(frame)  # type: ignore[no-any-return]

    def score(self, frame: pd.DataFrame) -> dict[str, float]:
        """The experiment's scores on rows that have the target."""
        return self._model().score(frame)  # type: ignore[no-any-return]

    def _model(self) -> Any:
        from automl_lab.experiment.fitted import FittedModel  # noqa: PLC0415  (scikit-learn and the model's own library)

        snapshot = self.snapshot()
        row = next((row for row in snapshot["trials"] if row["number"] == snapshot["usable"]), None)
        if row is None:
            raise RequestError(self._no_model(snapshot))
        result = snapshot["result"] or {}
        model = (result.get("delivered") if result.get("winner") == row["number"] else None) or row["model"]
        if model not in self._models:
            record = self._stored()
            self._models = {model: FittedModel.load(record, {**row, "model": model}, lab.store().artifacts)}
        return self._models[model]

    def _no_model(self, snapshot: Mapping[str, Any]) -> str:
        if snapshot["state"] in view.ACTIVE:
            return f"experiment {self.name!r} has no usable model yet ({snapshot['phase']}); the first comes with the first finished trial"
        return f"experiment {self.name!r} ended without a usable model: {snapshot['reason']}"

    def inputs(self) -> dict[str, Any]:
        """What a report is made of: snapshot, configuration, dataset, sources, data and versions. Raises ``RequestError`` before there is a result."""
        record, snapshot = self._stored(), self.snapshot()
        if snapshot["result"] is None:
            raise RequestError(f"experiment {self.name!r} has no result to report yet: it is {snapshot['state'].lower()} ({snapshot['phase']})")
        artifacts = lab.store().artifacts
        row = next(row for row in snapshot["trials"] if row["number"] == snapshot["result"]["winner"])
        return {
            "snapshot": snapshot,
            "config": record["config"],
            "dataset": record["dataset"],
            "pipeline": artifacts.get(row["source"]).decode(),
            "protocol": artifacts.get(record["protocol"]).decode(),
            "parquet": artifacts.get(record["dataset"]["fingerprint"]),
            "versions": tables.versions(),
        }

    def __repr__(self) -> str:
        """One line for the prompt."""
        try:
            status = self.status
        except AutoMLLabError as error:
            return f"<Experiment {self._name}: {error}>"
        counts = status["counts"]
        return f"<Experiment {self._name}: {status['state'].lower()}, {counts['completed']} trials done, {counts['running']} running>"

    def _recorded(self) -> dict[str, Any]:
        if self._record is None:
            self._record = lab.store().experiment(self._name)
        return self._record

    def _stored(self) -> dict[str, Any]:
        """The record as the store has it now. An experiment that is still being launched is waited for."""
        if self._launch is not None:
            self._launch.wait(None)
            if self._launch.error is not None:
                raise self._launch.error
        return lab.store().experiment(self.id)


def _well_under_way(head: Mapping[str, Any]) -> bool:
    clock = head["clock"]
    if clock["started"] is None or clock["deadline"] is None:
        return bool(head["counts"]["completed"] >= FIRST_TRIALS)
    return bool(2 * clock["now"] > clock["started"] + clock["deadline"])


def _import_ahead() -> None:
    with suppress(ImportError):  # whoever needs it will say so
        importlib.import_module("automl_lab.pipelines.persist").import_skops()
        importlib.import_module("automl_lab.experiment.fitted")
