"""What the commands do: start, follow, predict, report, list. Imported with the first command that needs the search, not for ``--help``.

Owns what is printed for people (rich, on standard output) and for machines (one JSON object on standard output). Progress goes to the
terminal only; a pipe gets a line now and then. An interrupt leaves the experiment running and says how to come back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from automl_lab import api, summary
from automl_lab.cli import view
from automl_lab.cluster import daemon
from automl_lab.config import ConfigText, ExperimentConfig, Flag
from automl_lab.core.clock import format_duration
from automl_lab.core.errors import ExperimentFailed, RequestError
from automl_lab.data.read import read
from automl_lab.experiment.naming import default_name
from automl_lab.experiment.view import merge
from automl_lab.store.home import home

PIPE_PAUSE = 10.0
SHOWN = 10


class LeftRunningError(Exception):
    """The user interrupted the waiting, not the search."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} goes on running; see it with: automl-lab status {name}   end it with: automl-lab stop {name}")


@dataclass(frozen=True)
class Wishes:
    """What a run leaves behind besides the experiment."""

    report: Path | None = None
    predict: str | None = None
    out: Path | None = None

    def check(self) -> pd.DataFrame | None:
        """The rows to predict. Raises ``RequestError`` before the search starts, not after it."""
        if (self.predict is None) != (self.out is None):
            raise RequestError("--predict and --out go together: --predict NEW.csv --out P.csv")
        for option, path in (("--out", self.out), ("--report", self.report)):
            if path is not None and not path.absolute().parent.is_dir():
                raise RequestError(f"{option}: there is no folder {str(path.parent)!r}")
        if self.out is not None and self.out.suffix not in (".csv", ".parquet"):
            raise RequestError(f"--out: {self.out.name!r} should end with .csv or .parquet")
        return None if self.predict is None else read(self.predict, None)


class Latest:
    """The snapshot as the last change left it, with a clock that goes on between changes."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.snapshot, self._at = snapshot, time.monotonic()

    def take(self, delta: Mapping[str, Any]) -> None:
        """Merge a change in."""
        self.snapshot, self._at = merge(self.snapshot, delta), time.monotonic()

    def now(self) -> dict[str, Any]:
        """The snapshot of this moment, by the clock of the cluster."""
        snapshot, passed = self.snapshot, time.monotonic() - self._at
        return {**snapshot, "clock": {**snapshot["clock"], "now": snapshot["clock"]["now"] + passed}}


@dataclass(frozen=True)
class Face:
    """Where the output goes: people or machines."""

    console: Console
    as_json: bool

    def run(self, config: Path | None, flags: Mapping[str, Flag], wishes: Wishes) -> None:
        """Start an experiment, follow it to its end and leave what was wished for. Raises ``RequestError``, ``ExperimentFailed`` or ``LeftRunningError``."""
        rows = wishes.check()
        asked = read_config(config, flags)
        try:
            self._run(api.automl(config=_complete(asked.config)), wishes, rows)
        except RequestError as error:
            raise _placed(asked, error, config) from None

    def demo(self, seconds: str, report: Path | None) -> None:
        """A real search on data that ships with scikit-learn, and its report."""
        values = {"data": "sklearn:breast_cancer", "target": "target", "objectives": ["roc_auc", "predict_ms"], "time": seconds, "name": free_name("demo")}
        config = ExperimentConfig.of(values)
        self._run(api.automl(config=config), Wishes(report=report), None, always_report=True)

    def plan(self, config: Path | None, flags: Mapping[str, Flag]) -> None:
        """Show what ``run`` would do."""
        asked = read_config(config, flags)
        try:
            plan = api.plan(config=_complete(asked.config))
        except RequestError as error:
            raise _placed(asked, error, config) from None
        if self.as_json:
            self.machine({"config": plan.config.model_dump(), "dataset": plan.dataset.to_json(), "candidates": plan.candidates})
            return
        dataset = plan.dataset
        self._say(f"{dataset.source}: {dataset.rows:,} rows, {len(dataset.columns)} columns; {dataset.task} on {dataset.target!r} ({dataset.task_reason})")
        self._say(f"validation: {dataset.validation.told}")
        self._say(f"candidates: {plan.candidates}")
        self._say("")
        for line in plan.config.to_yaml().splitlines():
            self._say(line)

    def _run(self, experiment: api.Experiment, wishes: Wishes, rows: pd.DataFrame | None, *, always_report: bool = False) -> None:
        try:
            self._follow(experiment)
        except KeyboardInterrupt:
            raise LeftRunningError(experiment.name) from None
        snapshot = experiment.snapshot()
        result = outcome(snapshot)
        if not self.as_json:
            self._show_end(snapshot)
        if rows is not None and wishes.out is not None:
            write_predictions(experiment, rows, wishes.out)
            result["predictions"] = str(wishes.out)
            self._say(f"predictions: {wishes.out} ({len(rows):,} rows)")
        if always_report or wishes.report is not None:
            result["report"] = self._report(experiment, wishes.report)
        if self.as_json:
            self.machine(result)

    def _follow(self, experiment: api.Experiment) -> None:
        if self.as_json:
            experiment.wait()
            return
        latest = Latest(experiment.snapshot())
        if self.console.is_terminal:
            with Live(get_renderable=lambda: view.live(latest.now()), console=self.console, refresh_per_second=8, transient=True):
                experiment.wait(on_delta=latest.take)
        else:
            tell = self._lines()

            def take(delta: Mapping[str, Any]) -> None:
                latest.take(delta)
                tell(latest.snapshot)

            experiment.wait(on_delta=take)

    def _lines(self) -> Any:
        """A line for every phase, and one now and then while nothing changes but numbers."""
        last = ("", 0.0)

        def draw(snapshot: Mapping[str, Any]) -> None:
            nonlocal last
            now, phase = time.monotonic(), summary.activity(snapshot)
            if phase != last[0] or now - last[1] >= PIPE_PAUSE:
                last = (phase, now)
                self._say(f"{snapshot['name']}: {summary.headline(snapshot)}")

        return draw

    def _show_end(self, snapshot: Mapping[str, Any]) -> None:
        self._heading("Leaderboard")
        self.console.print(view.leaderboard(snapshot, SHOWN))
        if len(snapshot["objectives"]) > 1:
            self._heading("Pareto front")
            self.console.print(view.front(snapshot))
            self.console.print(view.chart(snapshot))
        self._heading("Result")
        for line in summary.status_lines(snapshot):
            self._say(line)

    def _report(self, experiment: api.Experiment, path: Path | None) -> dict[str, Any]:
        if self.as_json:
            report = experiment.report(path)
        else:
            started = time.monotonic()
            with self.console.status("building and executing the report notebook"):
                report = experiment.report(path)
            self._say(f"report: {report.notebook}")
            self._say(f"HTML:   {report.html}")
            took = format_duration(time.monotonic() - started)
            self._say(f"recorded {summary.value_text(report.recorded)}, reproduced {summary.value_text(report.reproduced)}", "bold")
            self._say(f"({report.metric} {report.place}; the notebook re-ran the winner from the raw data, {took})", "dim")
        if not report.matches:
            raise ExperimentFailed(f"the report reproduced {report.reproduced!r}, but {report.recorded!r} was recorded ({report.metric})")
        keys = ("recorded", "reproduced", "metric", "matches")
        return {"notebook": str(report.notebook), "html": str(report.html), **{key: getattr(report, key) for key in keys}}

    def listing(self) -> None:
        """All experiments, the latest first."""
        rows = sorted(api.experiments(), key=lambda row: -float(row["created"]))
        if self.as_json:
            keys = ("id", "name", "run", "state", "phase", "reason", "message", "created", "started", "finished")
            self.machine([{key: row[key] for key in keys} for row in rows])
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for header in summary.LISTED:
            table.add_column(header)
        for row in rows:
            table.add_row(*(view.plain(cell) for cell in summary.listed(row)))
        self.console.print(table if rows else Text("no experiments yet; start one with: automl-lab run DATA --target C"))

    def status(self, name: str) -> None:
        """Where one experiment stands."""
        snapshot = api.Experiment.attach(name).snapshot()
        if self.as_json:
            self.machine(outcome(snapshot))
            return
        for line in summary.status_lines(snapshot):
            self._say(line)
        self.console.print(view.leaderboard(snapshot, SHOWN))

    def stop(self, name: str) -> None:
        """Stop one experiment; its best model stays usable."""
        experiment = api.Experiment.attach(name)
        experiment.stop()
        self.status(name)

    def stop_cluster(self) -> None:
        """End this lab's local cluster."""
        ended = daemon.stop(home())
        if self.as_json:
            self.machine({"ended": ended})
        self._say("the local cluster is ended" if ended else "no local cluster runs")

    def report(self, name: str, path: Path | None) -> None:
        """Build the report of an experiment that is over."""
        result = self._report(api.Experiment.attach(name), path)
        if self.as_json:
            self.machine(result)

    def doctor(self) -> bool:
        """Check the installation and the cluster; True when all is well."""
        checks = list(api.doctor())
        if self.as_json:
            self.machine([{"name": each.name, "ok": each.ok, "text": each.text, "advice": each.advice} for each in checks])
            return all(each.ok for each in checks)
        for each in checks:
            mark = Text("ok      ", "green") if each.ok else Text("PROBLEM ", "bold red")
            advice = "" if each.ok or not each.advice else f" – {each.advice}"
            self.console.print(Text.assemble(mark, (f"{each.name}: ", "bold"), view.plain(each.text), view.plain(advice)), soft_wrap=True)
        return all(each.ok for each in checks)

    def machine(self, value: object) -> None:
        """One JSON value on a line of standard output."""
        print(json.dumps(value, default=str, allow_nan=False), flush=True)

    def _heading(self, text: str) -> None:
        self.console.print()
        self.console.print(Text(text, "bold"))

    def _say(self, text: str, style: str = "") -> None:
        if not self.as_json:
            self.console.print(view.plain(text, style), soft_wrap=True)


def read_config(path: Path | None, flags: Mapping[str, Flag]) -> ConfigText:
    """The configuration of a file and flags. Raises ``RequestError`` that names the file, line and column or the flag."""
    try:
        text = "" if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"--config: {str(path)!r} cannot be read: {error}") from None
    try:
        return ConfigText.read(text, flags=flags)
    except RequestError as error:
        raise _in_file(error, path) from None


def free_name(stem: str) -> str:
    """The stem, or the stem with the first number that no running experiment has."""
    active = {row["name"] for row in api.experiments() if row["state"] in summary.ACTIVE}
    return next(name for name in (stem, *(f"{stem}_{number}" for number in range(2, 10_000))) if name not in active)


def _placed(asked: ConfigText, error: RequestError, config: Path | None) -> RequestError:
    return _in_file(asked.explain(error), config)


def _in_file(error: RequestError, config: Path | None) -> RequestError:
    return error if config is None or error.line is None else RequestError(f"{config}: {error}")


def _complete(config: ExperimentConfig) -> ExperimentConfig:
    """With data, and with a name of its own that no running experiment has."""
    if config.data is None:
        raise RequestError("no data is named: give a file, a URL or sklearn:NAME after run, or data: in the file of --config")
    return config if config.name is not None else config.model_copy(update={"name": free_name(default_name(config.data))})


def outcome(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What machines get of an experiment: the state and numbers, without sources and folds."""
    keys = ("id", "name", "run", "state", "phase", "reason", "message", "objectives", "counts", "best", "usable", "pareto", "result", "timings", "clock")
    columns = ("number", "family", "values", "feasible", "seconds", "params", "origin")
    leaders = [{key: row[key] for key in columns} for row in summary.leaders(snapshot, 50)]
    return {**{key: snapshot[key] for key in keys}, "leaderboard": leaders}


def write_predictions(experiment: api.Experiment, rows: pd.DataFrame, out: Path) -> None:
    """The prediction of every row, and for classes the probability of each; CSV or Parquet by the file's ending."""
    frame = experiment.predict(rows).to_frame("prediction")
    if (experiment.snapshot()["data"] or {}).get("task") in ("binary", "multiclass"):
        frame = frame.join(experiment.predict_proba(rows).add_prefix("probability_"))
    if out.suffix == ".parquet":
        frame.to_parquet(out)
    else:
        frame.to_csv(out, index=False)
