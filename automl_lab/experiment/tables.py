"""The tables a user gets from a Snapshot, and the versions a report states. Refuses to compute scores: it only lays out what is recorded."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

REPORTED = (
    "automl-lab",
    "scikit-learn",
    "xgboost",
    "lightgbm",
    "catboost",
    "torch",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "optuna",
    "ray",
    "shap",
    "matplotlib",
)


def leaderboard(snapshot: Mapping[str, Any]) -> pd.DataFrame:
    """One row per trial, the best first, then those that are not finished or have no score, by number. Index: the trial's number."""
    rows = ranked(snapshot)
    return _frame(snapshot, rows)


def pareto(snapshot: Mapping[str, Any]) -> pd.DataFrame:
    """The trials of the front, ordered by the main objective."""
    front = set(snapshot["pareto"])
    return _frame(snapshot, [row for row in ranked(snapshot) if row["number"] in front])


def ranked(snapshot: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The trial rows: feasible completed ones by the main objective, infeasible ones, then the rest."""
    if not snapshot["objectives"]:
        return []
    main = snapshot["objectives"][0]
    sign = -1.0 if main["direction"] == "maximize" else 1.0

    def key(row: dict[str, Any]) -> tuple[bool, bool, float, int]:
        value = row["values"].get(main["name"]) if row["state"] == "COMPLETED" else None
        return value is None, row["feasible"] is not True, sign * (value or 0.0), row["number"]

    return sorted(snapshot["trials"], key=key)


def _frame(snapshot: Mapping[str, Any], rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415

    names = [objective["name"] for objective in snapshot["objectives"]]
    shown = [
        {
            "trial": row["number"],
            "family": row["family"],
            **{name: row["values"].get(name) for name in names},
            "feasible": row["feasible"],
            "seconds": row["seconds"],
            "state": row["state"].lower(),
            "note": row["note"] or "",
        }
        for row in rows
    ]
    columns = ["trial", "family", *names, "feasible", "seconds", "state", "note"]
    return pd.DataFrame(shown, columns=columns).set_index("trial")


def versions() -> dict[str, str]:
    """Python and the packages that decide a result, as installed here."""
    found = {"python": platform.python_version()}
    for name in REPORTED:
        try:
            found[name] = version(name).partition("+")[0]  # a build's label ("+cpu") is no version that others can install
        except PackageNotFoundError:  # automl-lab itself, run from a checkout, or an extra
            continue
    return found
