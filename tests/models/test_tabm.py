"""TabM as it is emitted: what its inputs become, its members, and category columns."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.metrics import r2_score

from automl_lab.evaluation.candidate import default_params, parameters, render_candidate
from automl_lab.evaluation.curve import LOGGER
from automl_lab.models import tabm
from automl_lab.models.family import FAMILIES
from automl_lab.pipelines.load import build_pipeline
from automl_lab.testing.frames import sample

pytestmark = pytest.mark.filterwarnings("error")
FAMILY = FAMILIES["tabm"]


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """The module that a user gets."""
    return render_candidate(FAMILY, {}, sample("binary").profile).load(tmp_path_factory.mktemp("tabm"))


def small(module, **changes):
    return module.TabMNetwork(**{"members": 4, "width": 16, "layers": 1, "bins": 8, "embedding": 4, **changes})


def test_members_differ_and_predict_together(module):
    X, y = make_classification(200, 6, random_state=0)
    model = module.NeuralClassifier(small(module), epochs=6, random_state=0).fit(X, y)
    network = model.network_.build(2).eval()
    network.load_state_dict({key: torch.as_tensor(value) for key, value in model.weights_.items()})
    with torch.inference_mode():
        each = network(model.network_.tensor(X)).softmax(dim=2).numpy()
    assert each.shape == (200, 4, 2)
    assert each.std(axis=1).max() > 0.01
    assert np.allclose(model.predict_proba(X), each.mean(axis=1), atol=1e-5)


def test_members_are_trained_on_their_own_losses(module):
    """The mean of the members' losses, which is never below the loss of their mean."""
    model = module.NeuralClassifier(small(module))
    outputs = torch.randn(50, 4, 3, generator=torch.Generator().manual_seed(0))
    target = torch.arange(50) % 3
    losses = model._losses(outputs, target)
    expected = [torch.nn.functional.cross_entropy(outputs[:, member], target).item() for member in range(4)]
    assert losses.mean(dim=0).tolist() == pytest.approx(expected, rel=1e-5)
    together = model._losses(model._together(outputs), target)
    assert together.shape == (50, 1)
    assert together.mean() < losses.mean()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.sampled_from(["normal", "constant", "binary", "few", "heavy", "tiny"]))
def test_any_column_has_bins_that_grow(module, seed, rows, shape):
    random = np.random.default_rng(seed)
    columns = {
        "normal": random.normal(size=rows),
        "constant": np.full(rows, 3.0),
        "binary": random.integers(0, 2, rows),
        "few": random.integers(0, 4, rows),
        "heavy": random.standard_cauchy(rows) * 1e6,
        "tiny": random.normal(size=rows) * 1e-9,
    }
    X = np.column_stack([columns[shape], random.normal(size=rows)]).astype(float)
    network = small(module).fit(X)
    assert all(len(edges) > 2 and (np.diff(edges) > 0).all() for edges in network.edges_)
    far = np.vstack([X, np.full((1, 2), 1e30), np.full((1, 2), -1e30)])
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(0)
        outputs = network.build(2).eval()(network.tensor(far))
    assert outputs.isfinite().all()


def test_a_value_not_seen_counts_as_the_most_frequent_one(module):
    X = np.column_stack([[0, 1, 1, 1, 2, 2], np.linspace(-1, 1, 6), [5, 5, 0, 1, 2, 3]])
    network = small(module, categorical_features=(0, 2)).fit(X)
    assert network.categories_ == [3, 6]
    new = np.array([[-1.0, 0.5, -1.0], [1.0, 0.5, 5.0], [7.0, 0.5, 5.0]])
    rows = network.tensor(new)
    assert rows.tolist() == [[1.0, 5.0, 0.5]] * 3


def test_categories_alone_and_numbers_alone_are_enough(module):
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 120)
    codes = np.column_stack([y, random.integers(0, 3, 120)]).astype(float)
    for X, positions in ((codes, (0, 1)), (codes, ())):
        network = small(module, categorical_features=positions)
        model = module.NeuralClassifier(network, learning_rate=0.02, epochs=30, random_state=0).fit(X, y)
        assert model.score(X, y) == 1.0


@pytest.mark.parametrize(("columns", "expected"), [(5, 16), (100, 10), (400, 2), (1000, None)])
def test_many_columns_get_short_vectors(module, columns, expected):
    X = np.random.default_rng(0).normal(size=(30, columns))
    embeddings = module.TabMNetwork(members=2, width=8).fit(X).build(2).model.num_module
    assert (None if embeddings is None else embeddings.get_output_shape()[1]) == expected


def test_native_categories_are_a_choice():
    profile = sample("binary").profile
    assert default_params(FAMILY, profile)["tabm.categories"] == "native"
    few = [each for each in profile.columns if each.kind in {"categorical", "boolean"} and each.unique <= (FAMILY.native_values or 0)]
    assert len(few) > 2
    assert f"categorical_features={tuple(range(len(few)))}" in render_candidate(FAMILY, {}, profile).text
    assert "categorical_features" not in render_candidate(FAMILY, {"tabm.categories": "encoded"}, profile).text.partition("def build_pipeline")[2]


def test_codes_are_no_numbers(tmp_path: Path):
    """The target follows a category in no order of its codes."""
    data = sample("regression", rows=400).only("categorical")
    values = sorted(set(data.X.iloc[:, 0].dropna()))
    effect = dict(zip(values, (0.0, 10.0, 1.0), strict=True))
    y = data.X.iloc[:, 0].map(effect).fillna(5.0)
    pipeline = build_pipeline(render_candidate(FAMILY, {}, data.profile).load(tmp_path)).fit(data.X, y)
    assert r2_score(y, pipeline.predict(data.X)) > 0.98


def test_every_parameter_is_in_the_source():
    profile = sample("multiclass").profile
    given = {"tabm.members": 5, "tabm.width": 77, "tabm.bins": 9, "tabm.embedding": 4, "tabm.layers": 3}
    assert given.keys() <= parameters(FAMILY, profile).keys()
    text = render_candidate(FAMILY, given, profile).text
    for literal in ("members=5", "width=77", "bins=9", "embedding=4", "layers=3", 'device="cpu"', "accumulate=1"):
        assert literal in text


@pytest.mark.parametrize("missing", ["torch", "tabm", "rtdl_num_embeddings"])
def test_a_missing_library_is_named_with_what_installs_it(missing, monkeypatch):
    monkeypatch.setattr(tabm, "find_spec", lambda name: None if name == missing else object())
    assert tabm.available() == f"the package {missing} is not installed: pip install 'automl-lab[neural]'"


def test_epochs_are_logged(module, caplog):
    X, y = make_classification(80, 4, random_state=0)
    with caplog.at_level(logging.INFO, LOGGER):
        model = module.NeuralClassifier(small(module), epochs=3, random_state=0).fit(X, y)
    told = [each for each in caplog.records if each.name == LOGGER]
    assert [(each.epoch, each.epochs, each.validation) for each in told] == [(number + 1, 3, loss) for number, loss in enumerate(model.losses_)]
    assert all(np.isfinite(each.loss) for each in told)


def test_a_frame_is_taken_too(module):
    X, y = make_classification(80, 4, random_state=0)
    model = module.NeuralClassifier(small(module), epochs=3, random_state=0).fit(pd.DataFrame(X), y)
    assert np.array_equal(model.predict(pd.DataFrame(X)), model.predict(X))
