"""A multilayer perceptron in the style of scikit-learn, trained by torch; the family ``mlp`` emits it into a pipeline's module by its source.

Written to be read there: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped.
# mypy: disable-error-code="misc,no-any-return,no-untyped-call"

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from torch import nn
from torch.utils.data import TensorDataset


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Let torch use this many threads, and as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class NeuralNetwork(BaseEstimator):
    """Train a multilayer perceptron by AdamW on a one-cycle schedule.

    Some of the rows are set aside: training ends when the loss on them has not fallen
    for `patience` epochs, and the weights of the best epoch are kept. The fitted
    weights are plain arrays in `weights_`.
    """

    def __init__(
        self,
        *,
        layers: int = 2,
        width: int = 128,
        dropout: float = 0.1,
        normalization: str = "batch",
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        epochs: int = 100,
        patience: int = 25,
        set_aside: float = 0.15,
        balanced: bool = False,
        device: str = "cpu",
        threads: int = 1,
        random_state: int | None = None,
    ) -> None:
        self.layers = layers
        self.width = width
        self.dropout = dropout
        self.normalization = normalization
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.set_aside = set_aside
        self.balanced = balanced
        self.device = device
        self.threads = threads
        self.random_state = random_state

    def _network(self) -> nn.Sequential:
        """Build the network for the numbers of inputs and outputs of the fit."""
        batch = self.normalization == "batch"
        blocks: list[nn.Module] = []
        inputs = self.inputs_
        for _ in range(self.layers):
            norm = nn.BatchNorm1d(self.width) if batch else nn.LayerNorm(self.width)
            blocks += [nn.Linear(inputs, self.width), norm, nn.SiLU()]
            blocks.append(nn.Dropout(self.dropout))
            inputs = self.width
        return nn.Sequential(*blocks, nn.Linear(inputs, self.outputs_))

    def _tensor(self, X: Any) -> torch.Tensor:
        """Give floats, the few far outliers cut off: inputs are on one scale."""
        rows = np.clip(np.asarray(X, dtype=float), -10, 10).astype(np.float32)
        return torch.as_tensor(rows, device=self.device)

    def _train(self, X: Any, target: torch.Tensor, groups: Any, loss: nn.Module) -> Any:
        """Train on some rows, watch the others; every group has its share of both."""
        random = np.random.default_rng(self.random_state)
        aside = np.zeros(len(groups), dtype=bool)
        for group in np.unique(groups):
            own = random.permutation(np.flatnonzero(groups == group))
            aside[own[: int(self.set_aside * len(own))]] = True
        data = TensorDataset(self._tensor(X), target.to(self.device))
        self.inputs_ = data.tensors[0].shape[1]
        cuda = torch.device(self.device).type == "cuda"
        seeded = torch.random.fork_rng(devices=[self.device] if cuda else [])
        with torch_threads(self.threads), seeded:
            torch.manual_seed(int(random.integers(2**31)))
            network = self._network().to(self.device)
            self._descend(network, loss.to(self.device), data, aside, random)
            kept = network.state_dict().items()
            self.weights_ = {name: value.cpu().numpy() for name, value in kept}
        return self

    def _descend(
        self,
        network: nn.Sequential,
        loss: nn.Module,
        data: TensorDataset,
        aside: np.ndarray,
        random: np.random.Generator,
    ) -> None:
        """Take the steps and leave the best weights in the network."""
        own, watched = np.flatnonzero(~aside), np.flatnonzero(aside)
        # Batches of one size, but for a row: no small rest that shakes the last step.
        batches = max(1, len(own) // self.batch_size)
        optimizer = torch.optim.AdamW(
            network.parameters(),
            lr=self.learning_rate,
            weight_decay=self.weight_decay,
            fused=True,
        )
        # The rate warms up for a fifth of the steps and then falls along a cosine.
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=self.learning_rate,
            total_steps=self.epochs * batches,
            pct_start=0.2,
        )
        self.losses_: list[float] = []
        best = network.state_dict()
        for epoch in range(self.epochs):
            for part in np.array_split(random.permutation(own), batches):
                rows, target = data[part]
                network.train(len(part) > 1)  # one row has no spread to normalise by
                with torch.autocast(rows.device.type, torch.bfloat16, rows.is_cuda):
                    outputs = network(rows)
                optimizer.zero_grad()
                loss(outputs.float(), target).backward()
                nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
            if not len(watched):
                continue  # too few rows to set any aside: the last weights are kept
            network.eval()
            with torch.inference_mode():
                rows, target = data[watched]
                self.losses_.append(loss(network(rows), target).item())
            if self.losses_[-1] == min(self.losses_):
                best = copy.deepcopy(network.state_dict())
            elif epoch - int(np.argmin(self.losses_)) >= self.patience:
                break
        network.load_state_dict(best)

    def _outputs(self, X: Any) -> np.ndarray:
        """Give the outputs of the network, many rows at a time."""
        with torch_threads(self.threads), torch.inference_mode():
            network = self._network()
            weights = {key: torch.as_tensor(a) for key, a in self.weights_.items()}
            network.load_state_dict(weights)
            network.to(self.device).eval()
            parts = [network(part).cpu() for part in self._tensor(X).split(8192)]
            return torch.cat(parts).double().numpy()


class NeuralClassifier(ClassifierMixin, NeuralNetwork):
    """Classify by a multilayer perceptron that is trained on the cross-entropy."""

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows; labels of any kind."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.outputs_ = len(self.classes_)
        counts = np.bincount(codes)
        weight = len(codes) / (len(counts) * counts) if self.balanced else counts > 0
        loss = nn.CrossEntropyLoss(torch.as_tensor(weight, dtype=torch.float32))
        return self._train(X, torch.as_tensor(codes), codes, loss)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        outputs = self._outputs(X)
        shares = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class NeuralRegressor(RegressorMixin, NeuralNetwork):
    """Predict numbers by a multilayer perceptron that is trained on squared errors."""

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows; the target is brought to mean 0 and spread 1."""
        values = np.asarray(y, dtype=float)
        self.mean_, self.spread_ = float(values.mean()), float(values.std()) or 1.0
        self.outputs_ = 1
        scaled = ((values - self.mean_) / self.spread_).astype(np.float32)
        target = torch.as_tensor(scaled[:, None])
        return self._train(X, target, np.zeros(len(values), dtype=int), nn.MSELoss())

    def predict(self, X: Any) -> np.ndarray:
        """Give one number for each row of X."""
        return self._outputs(X)[:, 0] * self.spread_ + self.mean_
