"""One trial on loaded data, without a cluster: the rows it stops by, and what counts when there is no time for a refit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from automl_lab.config import ExperimentConfig
from automl_lab.evaluation import trial
from automl_lab.evaluation.candidate import default_params, render_candidate
from automl_lab.evaluation.loaded import LoadedData, load_data
from automl_lab.evaluation.ranking import rank
from automl_lab.evaluation.trial import FEW_ROUNDS, TrialJob, evaluate
from automl_lab.experiment.request import profile_for, resolve
from automl_lab.models.family import FAMILIES

BOOSTED = sorted(name for name, family in FAMILIES.items() if family.stopping is not None)


@pytest.fixture(autouse=True)
def _as_in_a_trial() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def months(count: int) -> pd.DataFrame:
    """Snapshots: all rows of a month have one date."""
    random = np.random.default_rng(0)
    x = random.normal(size=400)
    moment = pd.Timestamp("2020-01-01") + pd.to_timedelta(31 * np.sort(np.arange(400) % count), unit="D")
    return pd.DataFrame({"x": x, "z": random.normal(size=400), "day": moment, "y": x + random.normal(0, 0.5, 400)})


def made(family: str, frame: pd.DataFrame, folder: Path, **settings: Any) -> tuple[TrialJob, LoadedData]:
    request = resolve(ExperimentConfig.of({"target": "y", **settings}), frame)
    (folder / "data.parquet").write_bytes(request.parquet)
    profile = profile_for(request.config, request.dataset)
    params = default_params(FAMILIES[family], profile)
    source = render_candidate(FAMILIES[family], params, profile).text
    job = TrialJob("e", 0, 1, source, family, params, profile, request.protocol.text, request.dataset.fingerprint, ("rmse",), ("minimize",))
    return job, load_data(request.protocol, folder / "data.parquet", folder)


@pytest.mark.parametrize("family", BOOSTED)
def test_rounds_are_found_where_an_early_fold_fits_rows_of_one_moment(family: str, tmp_path: Path) -> None:
    job, data = made(family, months(4), tmp_path, split={"kind": "time", "column": "day"}, folds=2, holdout=0.2)
    first, later = (data.protocol.aside(data.y.iloc[fit], trial.STOPPING_SHARE) for fit, _ in data.protocol.folds(data.y))
    assert not len(first[1])
    assert len(later[1])
    outcome = evaluate(job, data, lambda _index, _scores: None)
    assert outcome.note is None
    assert 1 <= next(iter(outcome.rounds.values())) < 500, "the most that are allowed are thousands"


@pytest.mark.parametrize("family", BOOSTED)
def test_few_rounds_are_trained_where_no_rows_can_be_set_aside(family: str, tmp_path: Path) -> None:
    job, data = made(family, months(6), tmp_path, split={"kind": "time", "column": "day"}, folds=2, holdout=0.2)
    data.protocol.aside = lambda y, _: (np.arange(len(y)), np.arange(0))  # type: ignore[attr-defined]
    outcome = evaluate(job, data, lambda _index, _scores: None)
    assert list(outcome.rounds.values()) == [FEW_ROUNDS]
    assert outcome.note == f"{FEW_ROUNDS} rounds, since no rows can be set aside to stop by"
    assert f"={FEW_ROUNDS}" in (outcome.pipeline or "")


@pytest.mark.parametrize("told_at", [0, 2])
def test_what_all_folds_have_scored_counts_without_a_refit(told_at: int, tmp_path: Path) -> None:
    """Told after the last fold that the time is over, a trial ends with its score and its predictions; told before, it has neither."""
    job, data = made("linear", months(4), tmp_path, folds=3)
    outcome = evaluate(job, data, lambda index, _scores: "no time" if index == told_at else None)
    assert outcome.model is None
    if told_at == 0:
        assert (outcome.pruned, outcome.predictions, outcome.note, len(outcome.folds)) == ("no time", None, None, 1)
    else:
        assert (outcome.pruned, outcome.note, len(outcome.folds)) == (None, "no time", 3)
        assert outcome.predictions is not None
        assert outcome.values["rmse"] == pytest.approx(np.mean([fold["rmse"] for fold in outcome.folds]))
    refitted = evaluate(job, data, lambda _index, _scores: None)
    assert refitted.model is not None
    behind = replace(job, incumbent=rank({"rmse": 0.0}, ["rmse"], ["minimize"], []))
    assert evaluate(behind, data, lambda index, _scores: "no time" if index == 2 else None).note is None, "nobody would have refitted it"
