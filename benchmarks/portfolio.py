"""Builds the portfolio that a search begins with, and says what it is worth on data that had no part in it.

    python -m benchmarks.portfolio measure RESULTS.jsonl [--data FOLDER] [--tables NAME ...] [--rows 2000] [--seconds 40] [--large] [--found FOUND.jsonl]
    python -m benchmarks.portfolio judge RESULTS.jsonl
    python -m benchmarks.portfolio choose RESULTS.jsonl [--without NAME ...] > automl_lab/search/portfolio.json

What the shipped list was chosen from is ``benchmarks/portfolio.jsonl.gz``, measured with ``--found benchmarks/found.jsonl.gz``.

``measure`` scores every configuration (each family's default, then those that ``benchmarks.found`` found on other data sets) on every data set by
cross-validation and adds a line each; begun again it goes on where it ended. Data: what scikit-learn ships, generated tables, and a folder of CSV files
with an ``index.csv`` (columns name, task, target) such as ``benchmarks.rdata`` writes. With ``--large`` these are the tables of 10,000 rows and more, of
which 20,000 are used, each configuration is fitted once, and the lines make a list of its own: what is best on small data is not on large. ``choose`` is
greedy: the configuration comes next whose gain in the mean regret over the data sets costs the least time. ``judge`` does so for each data set without it,
from all configurations and from those alone that leave every family its plain preparation, and compares with the families' defaults in the order of their
cost.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from sklearn import datasets as toys

from automl_lab.config import ExperimentConfig
from automl_lab.data.profile import Task
from automl_lab.evaluation.candidate import render_candidate
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.evaluation.ranking import Rank
from automl_lab.evaluation.trial import TrialJob, evaluate
from automl_lab.experiment.request import Request, profile_for, resolve
from automl_lab.models.family import COSTS, FAMILIES
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.search.portfolio import LARGE, closest, list_of

FOUND = 5  # configurations of each family besides its default
LARGE_ROWS = 20_000
ENTRIES = 16
FOLDS = 3
KINDS = {"binary": "classification", "multiclass": "classification", "regression": "regression"}


class TooSlow(Exception):
    """A configuration that takes too long on some data says so after its first fold."""


@dataclass(frozen=True)
class Configuration:
    """A family's default (``params`` empty), or one found on a data set."""

    family: str
    params: Mapping[str, Any]
    found_on: str | None = None

    @property
    def key(self) -> str:
        """Unique among the configurations of one kind of task."""
        return f"{self.family}/{'default' if self.found_on is None else f'@{self.found_on}'}"


# Data -------------------------------------------------------------------------------------------------------------------------------------


def tables(folder: Path | None, *, large: bool = False) -> Iterator[tuple[str, Task, pd.DataFrame]]:
    """Name, task and frame (the target last) of every data set that is large, or of every one."""
    if folder is not None:
        for name, task, target in pd.read_csv(folder / "index.csv")[["name", "task", "target"]].astype(str).itertuples(index=False, name=None):
            frame = pd.read_csv(next(iter(sorted(folder.glob(f"{name}.csv*")))))
            if not large or len(frame) >= LARGE:
                yield name, task, frame[[*frame.columns.drop(target), target]]
    if large:
        yield from generated(LARGE_ROWS)
        return
    for name in ("breast_cancer", "wine", "diabetes"):
        frame = getattr(toys, f"load_{name}")(as_frame=True).frame
        yield name, {"breast_cancer": "binary", "wine": "multiclass", "diabetes": "regression"}[name], frame  # type: ignore[misc]
    yield from generated(None)


def generated(rows: int | None) -> Iterator[tuple[str, Task, pd.DataFrame]]:
    """Tables with known structure: interactions, noise columns, categories of many values, gaps, imbalance; of so many rows, or of one to two thousand."""
    X, y = toys.make_friedman1(rows or 1500, 12, noise=1.0, random_state=1)
    yield "friedman1", "regression", pd.DataFrame(X).add_prefix("x").assign(y=y)
    X, y = toys.make_friedman3(rows or 1200, noise=0.05, random_state=2)
    yield "friedman3", "regression", pd.DataFrame(X).add_prefix("x").assign(y=y)
    X, y = toys.make_hastie_10_2(rows or 2000, random_state=3)
    yield "hastie", "binary", pd.DataFrame(X).add_prefix("x").assign(y=y.astype(int))
    X, y = toys.make_classification(rows or 1500, 30, n_informative=8, n_redundant=6, n_classes=4, n_clusters_per_class=2, class_sep=0.8, random_state=4)
    yield "clusters", "multiclass", pd.DataFrame(X).add_prefix("x").assign(y=y)
    yield "shop", "binary", _shop(np.random.default_rng(5), rows or 2000)
    yield "rent", "regression", _shop(np.random.default_rng(6), rows or 2000).drop(columns="y").rename(columns={"spent": "y"})


def _shop(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Customers with a city of many values, gaps, skewed amounts and a rare answer."""
    effects = random.normal(size=80)
    city, plan = random.integers(0, 80, rows), random.choice(["basic", "plus", "pro"], rows, p=[0.6, 0.3, 0.1])
    age, visits = random.normal(45, 15, rows), random.poisson(4, rows)
    spent = np.exp(1 + 0.5 * effects[city] + 0.1 * visits + (plan == "pro") + random.normal(0, 0.5, rows))
    score = effects[city] + (plan == "pro") * 1.5 + 0.05 * np.abs(age - 40) - 0.2 * visits + random.normal(0, 1, rows)
    frame = pd.DataFrame({"city": [f"city {each}" for each in city], "plan": plan, "age": age, "visits": visits, "spent": spent})
    frame.loc[random.random(rows) < 0.15, "age"] = np.nan
    return frame.assign(y=np.where(score > np.quantile(score, 0.88), "yes", "no"))


# Configurations ---------------------------------------------------------------------------------------------------------------------------


def configurations(kind: str, found: Sequence[Mapping[str, Any]] = (), most: int = FOUND) -> list[Configuration]:
    """The defaults of all families, the cheap ones first, then what was found, family by family in turn."""
    task: Task = "binary" if kind == "classification" else "regression"
    names = [name for name in sorted(FAMILIES, key=lambda each: COSTS.index(FAMILIES[each].cost)) if task in FAMILIES[name].tasks]
    names = [name for name in names if FAMILIES[name].available() is None]
    known = [Configuration(each["family"], each["params"], each["found_on"]) for each in better(found, most) if each["family"] in names]
    return [*(Configuration(name, {}) for name in names), *known]


def better(found: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """What was found, so many of each family, from the one that gained the most over its default to one that gained as the middle third does.

    A gain's unit is how far the best of the families lie apart on that data set. The largest gains alone would be those on noisy data, where defaults overfit.
    """
    losses = pd.DataFrame([{"on": each["found_on"], "loss": each["loss"]} for each in found if math.isfinite(each["loss"])], columns=["on", "loss"]).astype(
        {"loss": float}
    )
    spread = (losses.groupby("on").loss.quantile(0.75) - losses.groupby("on").loss.min()).clip(lower=1e-12)

    def gain(each: Mapping[str, Any]) -> float:
        return math.inf if each["default"] is None else float((each["default"] - each["loss"]) / spread[each["found_on"]])

    gained = sorted((each for each in found if math.isfinite(each["loss"]) and gain(each) > 0), key=gain, reverse=True)
    of_family = {family: _spread([each for each in gained if each["family"] == family], most) for family in dict.fromkeys(each["family"] for each in gained)}
    return [each for place in range(most) for own in of_family.values() for each in own[place : place + 1]]


def _spread(ordered: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    places = dict.fromkeys(2 * len(ordered) * place // (3 * most) for place in range(most))
    return [ordered[place] for place in places if place < len(ordered)]


# Measuring --------------------------------------------------------------------------------------------------------------------------------


def measure(given: argparse.Namespace) -> None:
    """Add a line for every configuration and data set that the results do not have yet, the defaults of all data sets first."""
    done = {(each["data"], each["key"]) for each in read(given.results)} if given.results.exists() else set()
    found = read(given.found) if given.found else []
    rows = LARGE_ROWS if given.large else given.rows
    wanted = {kind: configurations(kind, [each for each in found if each["kind"].startswith(kind)], given.most) for kind in set(KINDS.values())}
    every = {
        name: (KINDS[task], *prepared(frame, task, rows, large=given.large))
        for name, task, frame in tables(given.data, large=given.large)
        if not given.tables or name in given.tables
    }
    longest = max(map(len, wanted.values()))
    for place in range(longest):
        for name, (kind, request, data) in every.items():
            for configuration in wanted[kind][place : place + 1]:
                fits = FAMILIES[configuration.family].suits(profile_for(request.config, request.dataset)) is None
                if fits and configuration.found_on != name and (name, configuration.key) not in done:
                    head = {"data": name, "kind": list_of(kind, large=given.large), "key": configuration.key, "found_on": configuration.found_on}
                    with given.results.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(head | _measured(configuration, request, data, given.seconds)) + "\n")
        print(f"{place + 1} of {longest} configurations", file=sys.stderr, flush=True)


def prepared(frame: pd.DataFrame, task: Task, rows: int, *, large: bool = False) -> tuple[Request, LoadedData]:
    """The table as an experiment has it, of so many rows at most, with three folds or one validation part."""
    if len(frame) > rows:
        frame = frame.sample(rows, random_state=0).reset_index(drop=True)
    split: dict[str, Any] = {"split": "holdout"} if large else {"folds": FOLDS}
    request = resolve(ExperimentConfig.of({"target": str(frame.columns[-1]), "task": task, "holdout": 0.1, **split}), frame)
    with tempfile.TemporaryDirectory() as folder:
        parquet = Path(folder) / "data.parquet"
        parquet.write_bytes(request.parquet)
        return request, load_data(request.protocol, parquet, Path(folder))


def job_of(family: str, params: Mapping[str, Any], request: Request) -> TrialJob:
    """A trial of this configuration that refits nothing."""
    profile, main = profile_for(request.config, request.dataset), request.config.objectives[0]
    return TrialJob(
        experiment="benchmark",
        trial=0,
        attempt=1,
        pipeline=render_candidate(FAMILIES[family], params, profile).text,
        family=family,
        params=params,
        profile=profile,
        protocol=request.protocol.text,
        data=request.dataset.fingerprint,
        objectives=(main,),
        directions=(OBJECTIVES[main].direction,),
        incumbent=Rank(feasible=True, merit=math.inf),  # nothing beats it
    )


def _measured(configuration: Configuration, request: Request, data: LoadedData, seconds: float) -> dict[str, Any]:
    main = request.config.objectives[0]
    params = closest(FAMILIES[configuration.family], configuration.params, profile_for(request.config, request.dataset))
    job = job_of(configuration.family, params, request)
    began = time.monotonic()

    def on_fold(_index: int, _scores: Mapping[str, float | None]) -> None:
        if time.monotonic() - began > seconds:
            raise TooSlow

    try:
        outcome = evaluate(job, data, on_fold)
    except Exception as error:  # noqa: BLE001  (whatever a configuration raises is its result)
        return {"params": dict(configuration.params), "loss": None, "seconds": time.monotonic() - began, "error": f"{type(error).__name__}: {error}"[:200]}
    value = outcome.values[main]
    loss = None if value is None else -value if OBJECTIVES[main].direction == "maximize" else value
    return {"params": dict(configuration.params), "loss": loss, "seconds": outcome.seconds}


def read(path: Path) -> list[dict[str, Any]]:
    """The measured lines of a file, which may be compressed (``.gz``)."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


# Choosing ---------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """Regrets of shape (data sets, configurations): 0 is the best seen on that data set, 1 the median one and all that is worse or failed."""

    names: list[str]
    keys: list[str]
    regrets: np.ndarray
    seconds: np.ndarray  # NaN where it was not measured
    params: Mapping[str, Mapping[str, Any]]
    found_on: Mapping[str, str | None]

    @classmethod
    def of(cls, lines: Sequence[Mapping[str, Any]], kind: str) -> Table:
        """The lines of one kind of task."""
        own = [each for each in lines if each["kind"] == kind]
        frame = pd.DataFrame([{"data": each["data"], "key": each["key"], "loss": each["loss"], "seconds": each["seconds"]} for each in own])
        losses = frame.pivot_table(index="data", columns="key", values="loss", dropna=False).astype(float)
        seconds = frame.pivot_table(index="data", columns="key", values="seconds", dropna=False).reindex(columns=losses.columns).astype(float)
        best, middle = losses.min(axis=1), losses.median(axis=1)
        regrets = losses.sub(best, axis=0).div((middle - best).clip(lower=1e-12), axis=0).clip(upper=1.0).fillna(1.0)
        return cls(
            [str(each) for each in losses.index],
            [str(each) for each in losses.columns],
            regrets.to_numpy(),
            seconds.to_numpy(),
            {each["key"]: each["params"] for each in own},
            {each["key"]: each.get("found_on") for each in own},
        )

    def without(self, names: Sequence[str]) -> Table:
        """The same without some data sets, and without what was found there."""
        rows = [place for place, name in enumerate(self.names) if name not in names]
        measured = np.isfinite(self.seconds[rows]).any(axis=0)
        columns = [place for place, key in enumerate(self.keys) if measured[place] and self.found_on[key] not in names]
        cut = np.ix_(rows, columns)
        left, keys = [self.names[place] for place in rows], [self.keys[place] for place in columns]
        return replace(self, names=left, keys=keys, regrets=self.regrets[cut], seconds=self.seconds[cut])

    def plain(self) -> Table:
        """The same with those configurations alone that engineer no features."""
        columns = [place for place, key in enumerate(self.keys) if self.params[key].get(f"{key.partition('/')[0]}.features", "plain") == "plain"]
        return replace(self, keys=[self.keys[place] for place in columns], regrets=self.regrets[:, columns], seconds=self.seconds[:, columns])

    @property
    def costs(self) -> np.ndarray:
        """Of every configuration: how its seconds compare with those of a data set's median configuration, the geometric mean over the data sets."""
        relative: np.ndarray = np.exp(np.nanmean(np.log(self.seconds / np.nanmedian(self.seconds, axis=1, keepdims=True)), axis=0))
        return relative

    def greedy(self, entries: int = ENTRIES) -> list[str]:
        """Keys in the order of the portfolio: by gain in mean regret per second (of the data set's median configuration)."""
        reached = np.ones(len(self.names))
        chosen: list[int] = []
        while len(chosen) < entries:
            gains = (reached[:, None] - np.minimum(reached[:, None], self.regrets)).mean(axis=0)
            gains[chosen] = 0.0
            place = int(np.argmax(gains / np.sqrt(self.costs)))
            if gains[place] <= 0:
                break
            chosen.append(place)
            reached = np.minimum(reached, self.regrets[:, place])
        return [self.keys[place] for place in chosen]

    def reached(self, name: str, order: Sequence[str]) -> list[float]:
        """The regret on a data set after each of these configurations."""
        row = self.regrets[self.names.index(name)]
        return [float(each) for each in np.minimum.accumulate([row[self.keys.index(key)] for key in order])]


def judge(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print, per kind, the mean regret after 1, 2, 4, ... configurations: of portfolios that did not know the data set, with engineered features and
    without, and of the defaults.
    """
    for kind in sorted({each["kind"] for each in lines}):
        table = Table.of(lines, kind)
        defaults = [each.key for each in configurations(kind.partition("_")[0]) if each.key in table.keys and each.family != "baseline"]
        rows = {
            "portfolio": [table.reached(name, _then(table.without([name]).greedy(), defaults)) for name in table.names],
            "plain ones": [table.reached(name, _then(table.without([name]).plain().greedy(), defaults)) for name in table.names],
            "defaults": [table.reached(name, defaults) for name in table.names],
        }
        print(f"{kind}: {len(table.names)} data sets, {len(table.keys)} configurations")
        for label, found in rows.items():
            steps = [1, 2, 4, 8, 12, 16]
            means = [np.mean([each[min(step, len(each)) - 1] for each in found]) for step in steps]
            print(f"  {label:10}", "  ".join(f"{step}: {mean:.3f}" for step, mean in zip(steps, means, strict=True)))


def _then(order: Sequence[str], defaults: Sequence[str]) -> list[str]:
    """As a search begins: the portfolio, then the defaults that are not in it."""
    return [*order, *(key for key in defaults if key not in order)]


def choose(lines: Sequence[Mapping[str, Any]], without: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The portfolio of every kind of task, as ``automl_lab.search.portfolio`` reads it."""
    found = {}
    for kind in sorted({each["kind"] for each in lines}):
        table = Table.of(lines, kind).without(without)
        costs = dict(zip(table.keys, table.costs, strict=True))
        defaults = sorted((key for key in table.keys if key.endswith("/default") and not key.startswith("baseline/")), key=costs.__getitem__)
        found[kind] = [
            {"family": key.partition("/")[0], "params": _rounded(table.params[key]), "cost": float(f"{costs[key]:.2g}")}
            for key in _then(table.greedy(), defaults)
        ]
    return found


def _rounded(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: float(f"{value:.3g}") if isinstance(value, float) and math.isfinite(value) else value for name, value in params.items()}


def main() -> None:
    """The command line."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.portfolio", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["measure", "judge", "choose"])
    parser.add_argument("results", type=Path)
    parser.add_argument("--data", type=Path, help="a folder of CSV files with an index.csv")
    parser.add_argument("--tables", nargs="*", help="measure these tables only")
    parser.add_argument("--found", type=Path, help="what benchmarks.found wrote")
    parser.add_argument("--most", type=int, default=FOUND, help="of what was found, so many configurations of each family")
    parser.add_argument("--rows", type=int, default=2000, help="rows of a data set that are used at most")
    parser.add_argument("--seconds", type=float, default=40.0, help="for one configuration on one data set")
    parser.add_argument("--large", action="store_true", help="measure large tables, for the list of large data")
    parser.add_argument("--without", nargs="*", default=[], help="data sets that have no part in the choice")
    given = parser.parse_args()
    if given.action == "measure":
        measure(given)
    elif given.action == "judge":
        judge(read(given.results))
    else:
        print(json.dumps(choose(read(given.results), given.without), indent=1))


if __name__ == "__main__":
    main()
