"""Rows as a fidelity: a trial on few rows fits these and no others, is validated on all, and its refit is what a reader of its source gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl_lab.config import ExperimentConfig
from automl_lab.evaluation import sampling
from automl_lab.evaluation.candidate import default_params, render_candidate
from automl_lab.evaluation.final import score_finalist
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.evaluation.trial import TrialJob, evaluate
from automl_lab.experiment.loop import Search
from automl_lab.experiment.request import Request, profile_for, resolve
from automl_lab.models.family import FAMILIES

ROWS = 900


@pytest.fixture(params=["kfold", "holdout", {"kind": "group", "column": "g"}, {"kind": "time", "column": "t"}], ids=str)
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Request, LoadedData]:
    monkeypatch.setattr(sampling, "LEAST_CELLS", 1)
    monkeypatch.setattr(sampling, "SMALLEST", 30)
    random = np.random.default_rng(0)
    x = random.normal(size=ROWS)
    frame = pd.DataFrame({"x": x, "z": random.normal(size=ROWS), "g": random.integers(0, 60, ROWS), "t": np.arange(ROWS) / 7})
    frame["y"] = np.where(x + random.normal(0, 0.5, ROWS) > 0.8, "yes", "no")
    found = resolve(ExperimentConfig.of({"target": "y", "split": request.param}), frame)
    (tmp_path / "data.parquet").write_bytes(found.parquet)
    return found, load_data(found.protocol, tmp_path / "data.parquet", tmp_path)


def job(request: Request, family: str, rows: int | None) -> TrialJob:
    profile = profile_for(request.config, request.dataset)
    params = default_params(FAMILIES[family], profile)
    source = render_candidate(FAMILIES[family], params, profile).text
    text, fingerprint = request.protocol.text, request.dataset.fingerprint
    return TrialJob("e", 0, 1, source, family, params, profile, text, fingerprint, ("roc_auc",), ("maximize",), rows=rows)


def test_the_schedule_ends_with_the_rows_of_a_fold(made: tuple[Request, LoadedData]) -> None:
    request, data = made
    rungs = sampling.schedule_of(request.dataset)
    fitted = np.mean([len(fit) for fit, _ in data.protocol.folds(data.y)])
    assert len(rungs) > 1
    assert rungs[-1] == pytest.approx(fitted, rel=0.05)


def test_the_schedule_is_shown_before_and_when_the_search_begins(made: tuple[Request, LoadedData]) -> None:
    request, _ = made
    first, *others = sampling.schedule_of(request.dataset)
    shown = f"begin{{}} with {first:,} rows, the best go on with {', '.join(f'{rows:,}' for rows in others)}"
    assert f"; each {shown.format('s')}" in request.candidates
    search = object.__new__(Search)
    search._rungs = (first, *others)
    assert search.schedule_words == f"; trials {shown.format('')}"
    search._rungs = (others[-1],)
    assert not search.schedule_words


def test_a_sample_is_of_the_rows_to_fit_with_the_classes_in_their_shares(made: tuple[Request, LoadedData]) -> None:
    _, data = made
    for fit, validation in data.protocol.folds(data.y):
        chosen = sampling.sampled(data.protocol, data.y, fit, 60)
        assert abs(len(chosen) - 60) <= 2
        assert set(chosen) <= set(fit)
        assert not set(chosen) & set(validation)
        share, whole = ((data.y.iloc[rows] == "yes").mean() for rows in (chosen, fit))
        assert share == pytest.approx(whole, abs=0.05)
        assert list(sampling.sampled(data.protocol, data.y, fit, 60)) == list(chosen)
        assert sampling.sampled(data.protocol, data.y, fit, None) is fit


@pytest.mark.parametrize("family", ["knn", "lightgbm"])
def test_a_trial_on_few_rows_is_validated_on_all_and_refitted_on_as_many(family: str, made: tuple[Request, LoadedData]) -> None:
    request, data = made
    few, whole = (evaluate(job(request, family, rows), data, lambda *_: None) for rows in (60, None))
    assert len(few.folds) == len(whole.folds) == len(data.protocol.folds(data.y))
    assert few.values["roc_auc"] != whole.values["roc_auc"]
    source = few.pipeline or job(request, family, 60).pipeline
    kept, anew = (score_finalist(source, data, model, 1, rows=60) for model in (few.model, None))
    names = [name for name in kept.values if name != "predict_ms"]
    assert {name: kept.values[name] for name in names} == {name: anew.values[name] for name in names}
    assert score_finalist(source, data, None, 1).values["roc_auc"] != kept.values["roc_auc"]
