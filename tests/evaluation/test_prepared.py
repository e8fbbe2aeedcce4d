"""Prepared folds: what comes from the cache is what would have been made, and nothing that differs shares a key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl_lab.config import ExperimentConfig
from automl_lab.evaluation import prepared
from automl_lab.evaluation.candidate import default_params, render_candidate
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.evaluation.prepared import Prepared, preparation_key
from automl_lab.evaluation.trial import TrialJob, TrialOutcome, evaluate
from automl_lab.experiment.request import Request, profile_for, resolve
from automl_lab.models.family import FAMILIES
from automl_lab.objectives.objective import OBJECTIVES

ROWS = 160


class Kept:
    """A cache that keeps everything, read-only as an object store gives it."""

    def __init__(self) -> None:
        self.kept: dict[str, Prepared] = {}

    def find(self, key: str) -> Prepared | None:
        return self.kept.get(key)

    def keep(self, key: str, found: Prepared) -> None:
        for rows in (found.fitted, found.others):
            for part in [rows.data, rows.indices, rows.indptr] if hasattr(rows, "indptr") else [rows]:
                part.flags.writeable = False
        self.kept[key] = found


@pytest.fixture(autouse=True)
def _small_tables_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "LEAST_CELLS", 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Request, LoadedData]:
    random = np.random.default_rng(0)
    few, many = random.choice(["a", "b", "c"], ROWS), random.integers(0, 40, ROWS)
    frame = pd.DataFrame({"few": few, "many": [f"m{each}" for each in many], "x": random.normal(size=ROWS), "z": random.exponential(size=ROWS)})
    frame.loc[::9, "x"] = np.nan
    frame["y"] = np.where(frame["z"] + (few == "a") > 1, "yes", "no")
    request = resolve(ExperimentConfig.of({"target": "y", "folds": 3}), frame)
    folder = tmp_path_factory.mktemp("data")
    (folder / "data.parquet").write_bytes(request.parquet)
    return request, load_data(request.protocol, folder / "data.parquet", folder)


def job(request: Request, family: str, params: dict[str, Any] | None = None) -> TrialJob:
    profile = profile_for(request.config, request.dataset)
    chosen = default_params(FAMILIES[family], profile) | (params or {})
    source = render_candidate(FAMILIES[family], chosen, profile).text
    main = request.config.objectives[0]
    direction = OBJECTIVES[main].direction
    return TrialJob("e", 0, 1, source, family, chosen, profile, request.protocol.text, request.dataset.fingerprint, (main,), (direction,))


def scores(outcome: TrialOutcome) -> list[float | None]:
    return [fold["roc_auc"] for fold in outcome.folds]


@pytest.mark.parametrize("family", sorted(name for name, family in FAMILIES.items() if family.wants.prepared and "binary" in family.tasks))
def test_every_family_scores_the_same_from_prepared_folds(family: str, made: tuple[Request, LoadedData]) -> None:
    request, data = made
    cache, wanted = Kept(), job(request, family)
    plain = evaluate(wanted, data, lambda *_: None)
    first = evaluate(wanted, data, lambda *_: None, cache)
    again = evaluate(wanted, data, lambda *_: None, cache)
    assert scores(plain) == scores(first) == scores(again)
    assert plain.predictions == first.predictions == again.predictions
    assert (plain.reused, plain.prepared) == (0, 0)
    assert (first.reused, first.prepared) == (0, 3)
    assert (again.reused, again.prepared) == (3, 0)
    assert first.model is not None
    assert all(fold["fit_seconds"] > 0 for fold in again.folds)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_sparse_prepared_rows_are_predicted_as_the_frame_is(task: str, tmp_path: Path) -> None:
    """Many rare categories and little else: one-hot columns stay sparse, and such a matrix has no length."""
    random = np.random.default_rng(1)
    code = random.integers(0, 60, 600)
    frame = pd.DataFrame({"code": [f"c{each}" for each in code], "other": [f"o{each}" for each in random.integers(0, 50, 600)]})
    frame["y"] = np.where(code % 3 + random.normal(size=600) > 1, "yes", "no") if task == "binary" else code % 3 + random.normal(size=600)
    request = resolve(ExperimentConfig.of({"target": "y", "folds": 3}), frame)
    (tmp_path / "data.parquet").write_bytes(request.parquet)
    data = load_data(request.protocol, tmp_path / "data.parquet", tmp_path)
    wanted, cache = job(request, "linear"), Kept()
    plain, found = evaluate(wanted, data, lambda *_: None), evaluate(wanted, data, lambda *_: None, cache)
    assert all(hasattr(each.others, "indptr") for each in cache.kept.values())
    assert plain.predictions == found.predictions


def test_candidates_share_what_they_prepare_alike_and_nothing_else(made: tuple[Request, LoadedData]) -> None:
    request, data = made
    cache = Kept()
    found = {}
    for name, params in {
        "one": {"xgboost.max_depth": 3},
        "same": {"xgboost.max_depth": 5},
        "other": {"xgboost.high_cardinality.encoding": "ordinal"},
    }.items():
        found[name] = evaluate(job(request, "xgboost", params), data, lambda *_: None, cache)
    assert [(each.reused, each.prepared) for each in found.values()] == [(0, 3), (3, 0), (0, 3)]


def test_what_makes_a_difference_makes_another_key(made: tuple[Request, LoadedData]) -> None:
    request, _ = made
    own = job(request, "linear")
    family, profile = FAMILIES["linear"], own.profile
    keys = {
        preparation_key(family, own.params, profile, "data", "protocol"),
        preparation_key(family, own.params, profile, "other data", "protocol"),
        preparation_key(family, own.params, profile, "data", "other protocol"),
        preparation_key(family, own.params | {"linear.numeric.scaler": "quantile"}, profile, "data", "protocol"),
        preparation_key(family, own.params | {"linear.numeric.scaler": "quantile"}, replace(profile, seed=9), "data", "protocol"),
    }
    assert None not in keys
    assert len(keys) == 5
    assert preparation_key(family, own.params | {"linear.C": 3.0}, profile, "data", "protocol") in keys


def test_a_candidate_without_a_preparation_and_a_small_table_ask_no_cache(made: tuple[Request, LoadedData], monkeypatch: pytest.MonkeyPatch) -> None:
    request, _ = made
    own = job(request, "baseline")
    assert preparation_key(FAMILIES["baseline"], own.params, own.profile) is None
    monkeypatch.setattr(prepared, "LEAST_CELLS", 50_000)
    own = job(request, "linear")
    assert preparation_key(FAMILIES["linear"], own.params, own.profile) is None
