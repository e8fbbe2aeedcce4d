"""Where a model is trained is a literal of its source, chosen from what a trial was granted; without a GPU the same source trains and predicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from automl_lab.evaluation.candidate import ALLOWED, parameters, render_candidate
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.audit import audit
from automl_lab.pipelines.persist import dump_model, load_model
from automl_lab.testing.families import check_with_ruff, fitted, predictions, quick
from automl_lab.testing.frames import sample

# What a source says of its device: as literals.
LITERALS = {"mlp": 'device="cuda"', "tabm": 'device="cuda"', "xgboost": 'device="cuda"', "catboost": 'task_type=usable_task_type("GPU")'}
no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="what happens without a CUDA device")


def with_gpu(task: str, share: float = 0.25):
    data = sample(task)
    return replace(data, profile=replace(data.profile, gpus=share))


def built(text: str) -> str:
    """The builder alone: settings have defaults in the classes above it."""
    return text.partition("def build_pipeline")[2]


def test_the_families_that_can_use_a_gpu():
    assert {name for name, family in FAMILIES.items() if family.gpu} == set(LITERALS)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_device_is_a_literal_of_the_granted_one(name):
    task = "binary"
    plain, granted = (render_candidate(FAMILIES[name], {}, data.profile).text for data in (sample(task), with_gpu(task)))
    assert "cuda" not in built(plain)
    assert "GPU" not in built(plain)
    assert built(granted).count(LITERALS[name]) == 1 if name in LITERALS else granted == plain


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("name", LITERALS)
def test_sources_for_a_gpu_are_clean_and_allowed(name, task, tmp_path: Path):
    source = render_candidate(FAMILIES[name], {}, with_gpu(task).profile)
    audit(source, ALLOWED)
    check_with_ruff([source], tmp_path)


def test_catboost_takes_of_the_memory_what_it_was_granted():
    texts = [built(render_candidate(FAMILIES["catboost"], {}, with_gpu("binary", share).profile).text) for share in (0.25, 1.0)]
    assert "gpu_ram_part=0.225" in texts[0]
    assert "gpu_ram_part=0.9" in texts[1]


def test_catboost_samples_no_columns_on_a_gpu():
    """It would refuse to."""
    assert "catboost.rsm" in parameters(FAMILIES["catboost"], sample("binary").profile)
    assert "catboost.rsm" not in parameters(FAMILIES["catboost"], with_gpu("binary").profile)


def test_a_batch_is_computed_in_parts_where_it_is_large():
    profile = replace(with_gpu("binary").profile, rows=200_000)
    params = {"tabm.members": 32, "tabm.width": 1024}
    assert "accumulate=2" in render_candidate(FAMILIES["tabm"], params, profile).text
    assert "accumulate=1" in render_candidate(FAMILIES["tabm"], {}, profile).text
    assert "accumulate=1" in render_candidate(FAMILIES["tabm"], {}, replace(profile, gpus=0.0)).text


def test_large_data_suits_tabm_on_a_gpu_only():
    profile = replace(sample("binary").profile, rows=200_000)
    assert FAMILIES["tabm"].suits(profile) == "more than 20,000 rows"
    assert FAMILIES["tabm"].suits(replace(profile, gpus=0.5)) is None


@no_gpu
@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("name", LITERALS)
def test_without_a_gpu_the_source_trains_on_the_cpu_and_says_so(name, task, tmp_path: Path):
    data = with_gpu(task)
    source = render_candidate(FAMILIES[name], quick(FAMILIES[name], data), data.profile)
    with pytest.warns(UserWarning, match=r"no cuda here|No visible GPU|no GPU here"):
        pipeline = fitted(source, data, tmp_path)
    found = predictions(pipeline, data)
    assert np.isfinite(found).all()
    stored = load_model(dump_model(pipeline), source, tmp_path)
    assert np.array_equal(predictions(stored, data), found)


@no_gpu
def test_what_was_trained_on_cuda_predicts_without_it(tmp_path: Path):
    """The arrays of a network are of no device: only the setting says where they came from."""
    data = sample("binary")
    source = render_candidate(FAMILIES["mlp"], {}, data.profile)
    pipeline = fitted(source, data, tmp_path)
    expected = predictions(pipeline, data)
    pipeline[-1].device = "cuda"
    assert np.array_equal(predictions(pipeline, data), expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("name", LITERALS)
def test_a_model_trained_on_cuda_is_stored_and_predicts_the_same(name, task, tmp_path: Path):
    data = with_gpu(task)
    source = render_candidate(FAMILIES[name], quick(FAMILIES[name], data), data.profile)
    pipeline = fitted(source, data, tmp_path)
    found = predictions(pipeline, data)
    stored = load_model(dump_model(pipeline), source, tmp_path)
    assert np.allclose(predictions(stored, data), found, atol=1e-5)
