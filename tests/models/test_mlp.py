"""The neural network that is emitted by its source: early stopping, seeds, odd sizes, and what of it is stored."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss

from automl_lab.evaluation.candidate import render_candidate
from automl_lab.evaluation.curve import LOGGER
from automl_lab.models import mlp
from automl_lab.models.family import FAMILIES
from automl_lab.testing.families import fitted, predictions
from automl_lab.testing.frames import sample

pytestmark = pytest.mark.filterwarnings("error")
FAMILY = FAMILIES["mlp"]


def emitted(task: str, folder: Path) -> ModuleType:
    """The module that a user gets, with the class in it."""
    return render_candidate(FAMILY, {}, sample(task).profile).load(folder)


@pytest.fixture
def classifier(tmp_path: Path):
    return estimator(emitted("binary", tmp_path), "NeuralClassifier")


@pytest.fixture
def regressor(tmp_path: Path):
    return estimator(emitted("regression", tmp_path), "NeuralRegressor")


def estimator(module: ModuleType, name: str):
    """Makes models by flat settings: those of the network go to the network."""
    size = ("layers", "width", "dropout", "normalization")

    def make(**settings):
        network = module.MultilayerPerceptron(**{key: settings.pop(key) for key in size if key in settings})
        return getattr(module, name)(network, **settings)

    return make


def noisy(rows: int, seed: int = 0):
    return make_classification(rows, 10, n_informative=4, flip_y=0.4, random_state=seed)


def set_aside(codes, share: float, seed: int):
    """The rows that a fit with this seed watches."""
    random = np.random.default_rng(seed)
    chosen = [random.permutation(np.flatnonzero(codes == code)) for code in np.unique(codes)]
    return np.concatenate([own[: int(share * len(own))] for own in chosen])


def test_early_stopping_restores_the_best_weights(classifier):
    X, y = noisy(300)
    model = classifier(dropout=0.0, learning_rate=0.02, patience=8, random_state=0).fit(X, y)
    assert len(model.losses_) < model.epochs  # it overfits and is stopped
    assert min(model.losses_) < model.losses_[-1]
    watched = set_aside(y, model.set_aside, 0)
    assert log_loss(y[watched], model.predict_proba(X[watched])) == pytest.approx(min(model.losses_), rel=1e-4)


def test_one_seed_gives_the_same_bits_and_leaves_the_global_state_alone(classifier):
    X, y = noisy(200)
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    first, again, other = (classifier(epochs=5, random_state=seed, threads=threads + 1).fit(X, y) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(1), expected)
    assert torch.get_num_threads() == threads
    assert np.array_equal(first.predict_proba(X), again.predict_proba(X))
    assert not np.array_equal(first.predict_proba(X), other.predict_proba(X))
    assert clone(first).get_params(deep=False).keys() == first.get_params(deep=False).keys()
    assert str(clone(first)) == str(first)


def test_threads_are_restored_after_an_error(classifier):
    X, y = noisy(60)
    threads = torch.get_num_threads()
    with pytest.raises(ValueError, match="dropout"):
        classifier(dropout=2.0, threads=threads + 1).fit(X, y)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("normalization", ["batch", "layer"])
@pytest.mark.parametrize("rows", [2, 3, 7, 65, 75, 76, 77, 151])
def test_odd_numbers_of_rows(classifier, rows, normalization):
    X, y = noisy(rows)
    y[:2] = 0, 1
    model = classifier(batch_size=64, epochs=3, normalization=normalization, random_state=0).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


def test_batches_of_one_row(classifier):
    X, y = noisy(9)
    model = classifier(batch_size=1, epochs=3, random_state=0).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()


def test_a_class_of_one_row_stays_in_training(classifier):
    X, y = noisy(80)
    y[11] = 5
    model = classifier(random_state=0, set_aside=0.5, epochs=4, balanced=True).fit(X, y)
    assert list(model.classes_) == [0, 1, 5]
    assert 11 not in set_aside(y, 0.5, 0)
    assert model.predict_proba(X).shape == (80, 3)


def test_a_constant_target(regressor):
    X, _ = noisy(50)
    model = regressor(epochs=20, random_state=0).fit(X, np.full(50, 1e6))
    assert np.allclose(model.predict(X), 1e6, atol=1.0)


def test_the_unit_of_the_target_does_not_matter(regressor):
    X, _ = noisy(120)
    y = X[:, 0] + X[:, 1] ** 2
    small, large = (regressor(epochs=10, random_state=0).fit(X, y * unit) for unit in (1.0, 2.0**20))
    assert np.allclose(small.predict(X) * 2.0**20, large.predict(X), rtol=1e-4)


def test_balanced_favours_the_rare_class(classifier):
    X, y = make_classification(400, 6, weights=[0.9], flip_y=0.2, random_state=0)
    plain, even = (classifier(balanced=balanced, epochs=15, random_state=0).fit(X, y) for balanced in (False, True))
    assert even.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.1


def test_an_outlier_does_not_break_a_prediction(regressor):
    X, _ = noisy(60)
    model = regressor(epochs=3, random_state=0).fit(X, X[:, 0])
    far = np.where(X > 0, 1e38, -1e300)
    assert np.isfinite(model.predict(far)).all()


def test_no_type_of_torch_is_kept(tmp_path: Path):
    data = sample("multiclass")
    model = fitted(render_candidate(FAMILY, {}, data.profile), data, tmp_path)[-1]
    assert {type(value) for value in model.weights_.values()} == {np.ndarray}
    assert not [name for name, value in vars(model).items() if type(value).__module__.startswith("torch")]


@pytest.mark.parametrize("parts", [2, 3, 50])
def test_a_gradient_computed_in_parts_is_that_of_the_whole_batch(classifier, parts):
    X, y = make_classification(90, 6, weights=[0.8], random_state=0)
    settings = {"normalization": "layer", "dropout": 0.0, "batch_size": 40, "epochs": 3, "balanced": True, "random_state": 0}
    whole, divided = (classifier(accumulate=each, **settings).fit(X, y) for each in (1, parts))
    assert np.allclose(whole.predict_proba(X), divided.predict_proba(X), atol=1e-4)
    assert not np.allclose(whole.predict_proba(X), classifier(**{**settings, "batch_size": 20}).fit(X, y).predict_proba(X), atol=1e-4)


class OnCuda:
    """A batch that says it lies on a GPU."""

    device, is_cuda = torch.device("cuda"), True

    def split(self, _size):
        return [self]

    def __len__(self):
        return 2


class Reached(Exception):
    """The network was asked; what it would answer is no matter here."""


class Network:
    def train(self, _mode):
        """Nothing to switch."""

    def __call__(self, _rows):
        raise Reached


def test_batches_are_computed_in_mixed_precision_where_they_lie_on_cuda(classifier, monkeypatch):
    """Asked of torch for every batch, with the device of its rows; on the processor it stays off."""
    asked = []

    def watched(device, dtype, enabled):
        asked.append((device, dtype, enabled))
        return nullcontext()

    monkeypatch.setattr(torch, "autocast", watched)
    X, y = make_classification(60, 6, random_state=0)
    model = classifier(epochs=2, batch_size=20, random_state=0).fit(X, y)
    assert asked
    assert set(asked) == {("cpu", torch.bfloat16, False)}
    asked.clear()
    with pytest.raises(Reached):
        model._gradient(Network(), [OnCuda()] * 3)
    assert asked == [("cuda", torch.bfloat16, True)]


def test_the_rate_warms_up_and_falls_along_a_cosine_and_gradients_are_clipped(classifier, monkeypatch):
    """Seen where torch takes a step: the rate of each, and the length of the gradient it gets."""
    rates, lengths = [], []
    step = torch.optim.AdamW.step

    def watched(optimizer, *arguments, **keywords):
        rates.append(optimizer.param_groups[0]["lr"])
        gradients = [each.grad for group in optimizer.param_groups for each in group["params"]]
        lengths.append(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(each) for each in gradients])).item())
        return step(optimizer, *arguments, **keywords)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    X, y = noisy(200)
    classifier(learning_rate=0.01, batch_size=17, epochs=10, patience=100, balanced=True, random_state=0).fit(X * 10, y)
    top = int(np.argmax(rates))
    assert rates[top] == pytest.approx(0.01, rel=1e-3)
    assert top == pytest.approx(0.2 * len(rates), abs=1)
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()
    assert rates[-1] < 1e-6
    middle = (top + len(rates) - 1) // 2
    assert rates[middle] == pytest.approx(0.005, rel=0.1)
    assert max(lengths) == pytest.approx(1.0, abs=1e-4)


def test_fits_in_threads_beside_each_other_are_those_of_one_after_the_other(classifier):
    """As the members of an ensemble are fitted: torch has one source of random numbers for all threads."""
    X, y = noisy(300)
    models = [classifier(epochs=8, random_state=seed) for seed in range(4)]
    alone = [clone(each).fit(X, y).predict_proba(X) for each in models]
    together = Parallel(n_jobs=4, backend="threading")(delayed(lambda each: each.fit(X, y).predict_proba(X))(each) for each in models)
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_predicting_leaves_the_global_state_alone(classifier):
    X, y = noisy(60)
    model = classifier(epochs=2, random_state=0).fit(X, y)
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    model.predict_proba(X)
    assert torch.equal(torch.rand(1), expected)


def epochs(caplog) -> list[logging.LogRecord]:
    """What was logged of epochs."""
    return [each for each in caplog.records if each.name == LOGGER]


def test_every_epoch_is_logged_with_both_losses(classifier, caplog):
    X, y = noisy(300)
    with caplog.at_level(logging.INFO, LOGGER):
        model = classifier(dropout=0.0, learning_rate=0.02, patience=8, random_state=0).fit(X, y)
    told = epochs(caplog)
    assert [each.epoch for each in told] == list(range(1, len(model.losses_) + 1))
    assert {each.epochs for each in told} == {model.epochs}
    assert [each.validation for each in told] == model.losses_
    assert told[-1].loss < 0.75 * told[0].loss, "it overfits"
    assert told[0].getMessage() == f"epoch 1 of at most {model.epochs}: loss {told[0].loss:.4g}, on the rows set aside {model.losses_[0]:.4g}"


def test_the_loss_of_an_epoch_is_that_of_its_rows(classifier, caplog):
    """One batch and no dropout: what the first step sees is the loss of the network as it was built."""
    X, y = noisy(60)
    with caplog.at_level(logging.INFO, LOGGER):
        model = classifier(dropout=0.0, normalization="layer", batch_size=100, accumulate=3, epochs=1, set_aside=0.0, random_state=0).fit(X, y)
    random = np.random.default_rng(0)
    for code in (0, 1):
        random.permutation(np.flatnonzero(y == code))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(random.integers(2**31)))
        network = model.network_.build(2)
    expected = torch.nn.functional.cross_entropy(network(model.network_.tensor(X))[:, 0], torch.as_tensor(y)).item()
    (told,) = epochs(caplog)
    assert told.loss == pytest.approx(expected, rel=1e-5)


def test_without_rows_set_aside_an_epoch_has_no_second_loss(classifier, caplog):
    X, y = noisy(4)
    y[:2] = 0, 1
    with caplog.at_level(logging.INFO, LOGGER):
        classifier(epochs=3, random_state=0).fit(X, y)
    assert [(each.epoch, each.validation) for each in epochs(caplog)] == [(1, None), (2, None), (3, None)]
    assert epochs(caplog)[0].getMessage().endswith("on the rows set aside (there are none)")


def test_whether_anybody_listens_changes_nothing(classifier, caplog):
    X, y = noisy(120)
    alone = classifier(epochs=6, random_state=0).fit(X, y).predict_proba(X)
    assert not epochs(caplog), "nobody asked for it"
    with caplog.at_level(logging.INFO, LOGGER):
        heard = classifier(epochs=6, random_state=0).fit(X, y).predict_proba(X)
    assert np.array_equal(alone, heard)


def test_device_and_threads_are_literals():
    text = render_candidate(FAMILY, {}, replace(sample("binary").profile, threads=2)).text
    assert 'device="cpu"' in text
    assert "threads=2" in text


def test_the_seed_of_the_profile_counts(tmp_path: Path):
    data = sample("regression")
    found = [predictions(fitted(render_candidate(FAMILY, {}, replace(data.profile, seed=seed)), data, tmp_path), data) for seed in (1, 2)]
    assert not np.array_equal(*found)


def test_without_torch_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(mlp, "find_spec", lambda _name: None)
    assert mlp.available() == "the package torch is not installed: pip install 'automl-lab[neural]'"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_trains_and_stores_arrays(classifier):
    X, y = noisy(500)
    model = classifier(device="cuda", epochs=10, random_state=0).fit(X, y)
    assert {type(value) for value in model.weights_.values()} == {np.ndarray}
    assert model.score(X, y) > 0.6
