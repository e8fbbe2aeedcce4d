"""Searches every table family by family and writes down the best configuration of each, of which ``benchmarks.portfolio`` chooses.

    python -m benchmarks.found FOUND.jsonl [--data FOLDER] [--tables NAME ...] [--rows 1500] [--asks 16] [--seconds 20] [--large]

A family has so many asks on a table, its default and then steps from its best, and is asked no more after so many seconds. What is no better than the default
is left out. Begun again it goes on where it ended. ``benchmarks.portfolio measure --found FOUND.jsonl`` measures each of them on all tables but
the one it was found on. Method: a portfolio of configurations that were optimised on other data (Feurer et al. 2022, Auto-sklearn 2.0).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from automl_lab.evaluation.loaded import LoadedData
from automl_lab.evaluation.trial import evaluate
from automl_lab.experiment.request import Request, profile_for
from automl_lab.models.family import FAMILIES
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.search.portfolio import list_of
from automl_lab.search.proposals import Proposals, Told
from automl_lab.search.strategy import STRATEGIES
from benchmarks.portfolio import KINDS, LARGE_ROWS, job_of, prepared, read, tables


def find(request: Request, data: LoadedData, family: str, *, asks: int, seconds: float) -> dict[str, Any]:
    """The best configuration of a family on this data: its parameters (without the rounds that early stopping finds), its loss and the default's."""
    main = request.config.objectives[0]
    sign = -1.0 if OBJECTIVES[main].direction == "maximize" else 1.0
    strategy = replace(STRATEGIES["auto"], portfolio=False)
    proposals = Proposals([OBJECTIVES[main].direction], [FAMILIES[family]], profile_for(request.config, request.dataset), 0, strategy)
    best: dict[str, Any] = {"params": {}, "loss": math.inf, "default": None}
    began = time.monotonic()
    for number in range(asks):
        asked = proposals.ask()
        try:
            outcome = evaluate(job_of(family, asked.params, request), data, lambda *_: None)
        except Exception as error:  # noqa: BLE001  (whatever a configuration raises is its result)
            print(f"  {family} failed: {type(error).__name__}: {str(error)[:100]}")
            proposals.tell(Told(number, "FAILED", (None,)))
            continue
        value = outcome.values[main]
        proposals.tell(Told(number, "COMPLETED", (value,), (), (), outcome.seconds))
        if value is not None and number == 0:
            best["default"] = sign * value
        if value is not None and sign * value < best["loss"]:
            best |= {"params": {name: each for name, each in asked.params.items() if name != "family"}, "loss": sign * value}
        if time.monotonic() - began > seconds:
            break
    return best


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.found", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--data", type=Path, help="a folder of CSV files with an index.csv")
    parser.add_argument("--tables", nargs="*", help="of these tables only")
    parser.add_argument("--rows", type=int, default=1500, help="rows of a data set that are used at most")
    parser.add_argument("--asks", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20.0, help="for one family on one data set")
    parser.add_argument("--large", action="store_true", help="search large tables, for the list of large data")
    given = parser.parse_args()
    done = {(each["found_on"], each["family"]) for each in read(given.results)} if given.results.exists() else set()
    for name, task, frame in tables(given.data, large=given.large):
        if given.tables and name not in given.tables:
            continue
        request, data = prepared(frame, task, LARGE_ROWS if given.large else given.rows, large=given.large)
        for family in request.config.models:
            if (name, family) in done or not FAMILIES[family].wants.prepared:
                continue
            found = find(request, data, family, asks=given.asks, seconds=given.seconds)
            line = {"found_on": name, "kind": list_of(KINDS[task], large=given.large), "family": family, **found}
            with given.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        print(f"{name}: done", flush=True)


if __name__ == "__main__":
    main()
