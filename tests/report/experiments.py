"""Finished experiments for the report's tests: real data, sources and holdout scores; only the other trials of the search are made up."""

from __future__ import annotations

import hashlib
import random
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_wine

from automl_lab.data.prepare import Prepared, prepare
from automl_lab.evaluation.candidate import default_params, render_candidate
from automl_lab.evaluation.ensembles.recipe import Calibration, Combination, Recipe
from automl_lab.evaluation.ensembles.source import Part, render_ensemble
from automl_lab.evaluation.protocol import render_protocol
from automl_lab.experiment.members import ENSEMBLE
from automl_lab.models.family import FAMILIES
from automl_lab.objectives.objective import OBJECTIVES
from automl_lab.pipelines.source import Source

START = 1_790_000_000.0
FAMILY_NAMES = ["baseline", "linear", "random_forest", "xgboost"]
HOSTILE_COLUMN = 'plan <b onclick="x()">|*_x_ `$\\frac{1}$'
HOSTILE_LABEL = "No <script>alert(1)</script> $x^$"


def customers(rows: int = 500) -> pd.DataFrame:
    """Labels and categories as words, missing values, a date, and names that want to be markup, a formula or a table."""
    rng = np.random.default_rng(3)
    tenure = rng.integers(0, 72, rows)
    charges = rng.normal(64, 30, rows).clip(18).round(2)
    plan = rng.choice(["monthly", "yearly", "<i>two years</i>"], rows, p=[0.55, 0.2, 0.25])
    pay = rng.choice(["card", "check", "transfer"], rows).astype(object)
    leaves = 1.2 - 0.05 * tenure + 0.018 * charges - 1.5 * (plan != "monthly") + rng.logistic(0, 1, rows) > 0
    since = pd.Timestamp("2024-01-31") - pd.to_timedelta(tenure * 30 + rng.integers(0, 30, rows), unit="D")
    return pd.DataFrame(
        {
            "tenure": tenure,
            "monthly $charges_1^$": np.where(rng.random(rows) < 0.08, np.nan, charges),
            HOSTILE_COLUMN: plan,
            "payment": np.where(rng.random(rows) < 0.05, None, pay),
            "since": since,
            "Churn": np.where(leaves, "Yes", HOSTILE_LABEL),
        }
    )


def wines() -> pd.DataFrame:
    """Three classes by name; numbers only."""
    loaded = load_wine(as_frame=True)
    return loaded.frame.assign(target=loaded.target.map({0: "barolo", 1: "grignolino", 2: "barbera"}))


def patients() -> pd.DataFrame:
    """A number to predict."""
    return load_diabetes(as_frame=True).frame


def binary() -> dict[str, Any]:
    """Churn with a hostile column and label, won by xgboost; score against prediction time under a constraint."""
    prepared = prepare(customers(), source="churn <img src=x>.csv", target="Churn")
    return finished(prepared, "churn", "xgboost", ["roc_auc", "predict_ms"], also=["accuracy"], constraints=["predict_ms <= 5"])


def multiclass() -> dict[str, Any]:
    """Wine, won by a linear model."""
    return finished(prepare(wines(), source="sklearn:wine", target="target"), "wine", "linear", ["log_loss", "model_kb", "fit_seconds"])


def regression() -> dict[str, Any]:
    """Diabetes, one objective, won by a linear model."""
    return finished(prepare(patients(), source="sklearn:diabetes", target="target"), "diabetes", "linear", ["rmse"], also=["r2"])


def averaged() -> dict[str, Any]:
    """Churn, won by a weighted average with a calibration and a threshold of its own; two finalists met the holdout."""
    recipe = Recipe(Combination("greedy", {1: 2, 3: 1, 8: 1}), Calibration("temperature", 0.8), threshold=0.4)
    inputs = finished(prepare(customers(), source="churn.csv", target="Churn"), "averaged", ENSEMBLE, ["log_loss"], also=["accuracy"], recipe=recipe)
    finalists = inputs["snapshot"]["result"]["finalists"]
    finalists[1] |= {"holdout": {each: value * 1.1 for each, value in finalists[0]["holdout"].items()}, "error": None}
    return inputs


def layered() -> dict[str, Any]:
    """Diabetes, won by two layers."""
    recipe = Recipe(Combination("layers", {1: 1, 3: 1}))
    return finished(prepare(patients(), source="sklearn:diabetes", target="target"), "layered", ENSEMBLE, ["rmse"], recipe=recipe)


PARTS = [Part(1, "linear", {}), Part(3, "xgboost", {"xgboost.n_estimators": 40}), Part(8, "random_forest", {"random_forest.n_estimators": 50})]


def finished(
    prepared: Prepared,
    name: str,
    family: str,
    objectives: list[str],
    also: list[str] | None = None,
    constraints: list[str] | None = None,
    recipe: Recipe | None = None,
) -> dict[str, Any]:
    """The inputs of a report as a finished experiment's handle gives them. ``also`` are scores that were recorded without being asked for; ``recipe``
    is of the ensemble that won, of some of ``PARTS``.
    """
    dataset = prepared.dataset
    profile = dataset.profile(seed=7, threads=1)
    if recipe is None:
        params = default_params(FAMILIES[family], profile)
        pipeline = render_candidate(FAMILIES[family], params, profile)
    else:
        members = [part for part in PARTS if part.trial in recipe.combination.weights]
        params = recipe.parameters({part.trial: part.name for part in members})
        pipeline = render_ensemble(recipe, members, profile)
    protocol = render_protocol(dataset, [*objectives, *(also or [])], folds=5, holdout=0.2, seed=7)
    holdout = scored(pipeline, protocol, prepared.parquet)
    trials = made_up(family, params, pipeline.sha256, objectives, holdout)
    return {
        "snapshot": snapshot(name, dataset.to_json(), objectives, constraints or [], trials, holdout),
        "config": {"data": dataset.source, "target": dataset.target, "task": dataset.task, "objectives": objectives, "seed": 7, "columns": {}, "trials": 30},
        "dataset": dataset.to_json(),
        "pipeline": pipeline.text,
        "protocol": protocol.text,
        "parquet": prepared.parquet,
        "versions": {"python": "3.11", "automl-lab": "0.1.0", **{each: version(each) for each in ("scikit-learn", "pandas", "xgboost", "numpy")}},
    }


def scored(pipeline: Source, protocol: Source, parquet: bytes) -> dict[str, float]:
    """The holdout scores of the pipeline, by the protocol, as the end of a search finds them."""
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "data.parquet"
        rows.write_bytes(parquet)
        rules, built = protocol.load(Path(folder), "evaluate"), pipeline.load(Path(folder)).build_pipeline()
        X, y = rules.load(rows)
        fit, held = rules.split(y)
        built.fit(X.iloc[fit], y.iloc[fit])
        found: dict[str, float] = rules.score(y.iloc[held], rules.predict(built, X.iloc[held]))
    return found


def made_up(family: str, params: dict[str, Any], sha: str, objectives: list[str], holdout: dict[str, float]) -> list[dict[str, Any]]:
    """Thirty trials: pruned, failed and retried ones among them; trial 9 is the winner."""
    rng = random.Random(1)
    main = objectives[0]
    worse = 1 if OBJECTIVES[main].direction == "minimize" else -1
    rows = []
    for number in range(30):
        state = {11: "PRUNED", 17: "PRUNED", 23: "FAILED"}.get(number, "COMPLETED")
        by = family if number == 9 else FAMILY_NAMES[number] if number < 4 else rng.choice(FAMILY_NAMES[1:])
        gap = abs(holdout[main]) * (0.4 if by == "baseline" else 0 if number == 9 else rng.uniform(0.002, 0.03))
        folds = [
            {each: holdout[main] + worse * gap + rng.gauss(0, 0.002) if each == main else rng.uniform(0.5, 9) for each in objectives}
            for _ in range({"COMPLETED": 5, "PRUNED": 3}.get(state, 0))
        ]
        values = {each: sum(fold[each] for fold in folds) / 5 if state == "COMPLETED" else None for each in objectives}
        at = START + number * 1.5
        rows.append(
            {
                "number": number, "state": state, "attempt": 2 if number == 12 else 1, "family": by, "origin": "search",
                "params": params if number == 9 else {},
                "distributions": {"made.up": "{}"}, "values": values, "feasible": (number % 4 != 3) if state == "COMPLETED" else None, "folds": folds,
                "seconds": rng.uniform(0.4, 4), "error": "ValueError: <b>infinity</b> or a $value^$ too large" if state == "FAILED" else None,
                "note": "retried once: the worker died" if number == 12 else "pruned by hand" if state == "PRUNED" else None,
                "source": sha if number == 9 else "ab" * 32, "model": None, "asked": at, "started": at, "finished": at + 2, "revision": number,
            }
        )  # fmt: skip
    return rows


def snapshot(
    name: str, dataset: dict[str, Any], objectives: list[str], constraints: list[str], trials: list[dict[str, Any]], holdout: dict[str, float]
) -> dict[str, Any]:
    """The last snapshot of the experiment."""
    described = [OBJECTIVES[each] for each in objectives]
    feasible = [row for row in trials if row["feasible"]]
    states = [row["state"] for row in trials]
    counts = {"queued": 0, "running": 0, **{state: states.count(state.upper()) for state in ("completed", "pruned", "failed")}}
    front = [9] if len(objectives) == 1 else [9, *sorted({min(feasible, key=lambda row: row["values"][each])["number"] for each in objectives[1:]} - {9})]
    finalists = [
        {
            "number": row["number"],
            "validation": row["values"],
            "holdout": holdout if row["number"] == 9 else None,
            "error": None if row["number"] == 9 else "<i>killed</i>",
        }
        for row in (trials[9], feasible[1])
    ]
    return {
        "schema": 1, "id": hashlib.sha256(name.encode()).hexdigest()[:32], "name": name, "run": 1, "owner": "ann", "state": "COMPLETED", "phase": "done",
        "reason": "all 30 trials are done", "message": None, "data": {**dataset, "columns": len(dataset["columns"])},
        "objectives": [{"name": each.name, "title": each.title, "direction": each.direction, "unit": each.unit, "kind": each.kind} for each in described],
        "constraints": constraints, "families": FAMILY_NAMES, "seed": 7, "workers": 2, "budget": {"seconds": None, "trials": 30},
        "clock": {"created": START - 1, "started": START, "deadline": None, "finished": START + 48.2, "now": START + 50},
        "timings": {"cluster": 4.2, "prepare": 0.6, "search": 43.1, "refit": 2.2},
        "counts": {**counts, "infeasible": sum(row["feasible"] is False for row in trials)}, "best": 9, "pareto": front,
        "history": [[3.5, 1, trials[1]["values"][objectives[0]]], [15.5, 9, trials[9]["values"][objectives[0]]]],
        "usable": 9, "result": {"winner": 9, "holdout": holdout, "error": None, "finalists": finalists},
        "events": [{"seq": 1, "at": START + 18, "kind": "retried", "text": "trial 12: the worker died; retried once"}], "trials": trials, "revision": 99,
    }  # fmt: skip
