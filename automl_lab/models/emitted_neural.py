"""Neural networks in the style of scikit-learn, trained by torch; the families ``mlp`` and ``tabm`` emit them into a pipeline's module by their source.

One estimator for classes and one for values own the training; what is trained is a network of their own choice (``emitted_networks``). How far it is,
they tell by ``logging``, once for each epoch. Written to be read there: short lines, public libraries only. Nothing here is imported by us; see
``pipelines.definition``.
"""

# scikit-learn is untyped.
# mypy: disable-error-code="misc,no-any-return,no-untyped-call"

from __future__ import annotations

import copy
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from torch import nn
from torch.nn import functional


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Let torch use this many threads, and as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class NeuralModel(BaseEstimator):
    """Train a network by AdamW; the rate warms up and then falls along a cosine.

    Some of the rows are set aside: training ends when the loss on them has not fallen
    for `patience` epochs, and the weights of the best epoch are kept. A step takes the
    gradient of `batch_size` rows, computed in `accumulate` parts. On CUDA the network
    computes in bfloat16 where that suffices. The fitted weights are plain arrays in
    `weights_`, so that a model trained there predicts anywhere. The logger
    `neural_model` is told of every epoch, at the level INFO.
    """

    # torch has one source of random numbers for all threads: one trains at a time.
    turn = RLock()

    def __init__(
        self,
        network: Any,
        *,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        accumulate: int = 1,
        epochs: int = 100,
        patience: int = 25,
        set_aside: float = 0.15,
        balanced: bool = False,
        device: str = "cpu",
        threads: int = 1,
        random_state: int | None = None,
    ) -> None:
        self.network = network
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.accumulate = accumulate
        self.epochs = epochs
        self.patience = patience
        self.set_aside = set_aside
        self.balanced = balanced
        self.device = device
        self.threads = threads
        self.random_state = random_state

    def _losses(self, outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Give the loss of each row and member."""
        raise NotImplementedError

    def _together(self, outputs: torch.Tensor) -> torch.Tensor:
        """Give what the members say together, as one member."""
        raise NotImplementedError

    def _usable_device(self) -> str:
        """Give the device, or the processor where there is no CUDA device."""
        cuda = torch.device(self.device).type == "cuda"
        return "cpu" if cuda and not torch.cuda.is_available() else self.device

    def _train(self, X: Any, target: torch.Tensor, groups: Any, weight: Any) -> Any:
        """Train on some rows, watch the others; every group has its share of both."""
        device = self._usable_device()
        if device != self.device:
            told = f"no {self.device} here: training on the {device} instead"
            warnings.warn(told, stacklevel=3)
        random = np.random.default_rng(self.random_state)
        aside = np.zeros(len(groups), dtype=bool)
        for group in np.unique(groups):
            own = random.permutation(np.flatnonzero(groups == group))
            aside[own[: int(self.set_aside * len(own))]] = True
        rows = np.asarray(X, dtype=float)
        self.network_ = clone(self.network).fit(rows)
        weights = torch.as_tensor(np.asarray(weight, dtype=np.float32))
        data = [self.network_.tensor(rows), target, weights]
        on_cuda = torch.device(device).type == "cuda"
        seeded = torch.random.fork_rng(devices=[device] if on_cuda else [])
        with self.turn, torch_threads(self.threads), seeded:
            torch.manual_seed(int(random.integers(2**31)))
            network = self.network_.build(self.outputs_).to(device)
            self._descend(network, [part.to(device) for part in data], aside, random)
            kept = network.state_dict().items()
            self.weights_ = {name: value.cpu().numpy() for name, value in kept}
        return self

    def _descend(
        self,
        network: nn.Module,
        data: list[torch.Tensor],
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
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=self.learning_rate,
            total_steps=self.epochs * batches,
            pct_start=0.2,
        )
        self.losses_: list[float] = []
        best = network.state_dict()
        for epoch in range(self.epochs):
            steps = np.array_split(random.permutation(own), batches)
            loss = self._epoch(network, data, steps, optimizer, schedule)
            if not len(watched):
                self._tell(epoch + 1, loss, None)
                continue  # too few rows to set any aside: the last weights are kept
            self.losses_.append(self._loss(network, [part[watched] for part in data]))
            self._tell(epoch + 1, loss, self.losses_[-1])
            if self.losses_[-1] == min(self.losses_):
                best = copy.deepcopy(network.state_dict())
            elif epoch - int(np.argmin(self.losses_)) >= self.patience:
                break
        network.load_state_dict(best)

    def _epoch(
        self,
        network: nn.Module,
        data: list[torch.Tensor],
        batches: list[np.ndarray],
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
    ) -> float:
        """Take a step for each batch; the mean of their losses before it."""
        losses = []
        for batch in batches:
            optimizer.zero_grad()
            losses.append(self._gradient(network, [part[batch] for part in data]))
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        return torch.stack(losses).mean().item()

    def _tell(self, epoch: int, loss: float, validation: float | None) -> None:
        """Log an epoch: the loss in its steps, and then on the rows set aside."""
        logging.getLogger("neural_model").info(
            "epoch %d of at most %d: loss %.4g, on the rows set aside %s",
            epoch,
            self.epochs,
            loss,
            "(there are none)" if validation is None else f"{validation:.4g}",
            extra={
                "epoch": epoch,
                "epochs": self.epochs,
                "loss": loss,
                "validation": validation,
            },
        )

    def _gradient(self, network: nn.Module, batch: list[torch.Tensor]) -> torch.Tensor:
        """Add up the gradient of the mean loss of a batch, part by part; the loss."""
        size = math.ceil(len(batch[0]) / self.accumulate)
        parts = zip(*(each.split(size) for each in batch), strict=True)
        found = []
        for rows, target, weight in parts:
            network.train(len(rows) > 1)  # one row has no spread to normalise by
            with torch.autocast(rows.device.type, torch.bfloat16, rows.is_cuda):
                outputs = network(rows)
            losses = self._losses(outputs.float(), target).mean(dim=1)
            loss = (losses * weight).sum() / batch[2].sum()
            loss.backward()
            found.append(loss.detach())
        return torch.stack(found).sum()

    def _loss(self, network: nn.Module, data: list[torch.Tensor]) -> float:
        """Give the mean loss of what the members say together."""
        rows, target, weight = data
        losses = self._losses(self._forward(network, rows), target).mean(dim=1)
        return ((losses * weight).sum() / weight.sum()).item()

    def _forward(self, network: nn.Module, rows: torch.Tensor) -> torch.Tensor:
        """Give what the members say together, many rows at a time."""
        network.eval()
        with torch.inference_mode():
            parts = [self._together(network(part)) for part in rows.split(2048)]
            return torch.cat(parts)

    def _outputs(self, X: Any) -> np.ndarray:
        """Give what the fitted members say together, one row for each row of X."""
        device = self._usable_device()
        with self.turn, torch.random.fork_rng(devices=[]):
            network = self.network_.build(self.outputs_)
        with torch_threads(self.threads):
            weights = {key: torch.as_tensor(a) for key, a in self.weights_.items()}
            network.load_state_dict(weights)
            rows = self.network_.tensor(np.asarray(X, dtype=float)).to(device)
            outputs = self._forward(network.to(device), rows)
            return outputs[:, 0].cpu().double().numpy()


class NeuralClassifier(ClassifierMixin, NeuralModel):
    """Classify by a network that is trained on the cross-entropy."""

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows; labels of any kind."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        self.outputs_ = len(self.classes_)
        counts = np.bincount(codes)
        weight = 1 / counts[codes] if self.balanced else np.ones(len(codes))
        return self._train(X, torch.as_tensor(codes), codes, weight / weight.mean())

    def _losses(self, outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Give the cross-entropy of each row and member."""
        each = target[:, None].expand(outputs.shape[:2])
        return functional.cross_entropy(outputs.mT, each, reduction="none")

    def _together(self, outputs: torch.Tensor) -> torch.Tensor:
        """Give the logarithms of the mean probabilities."""
        shares = outputs.float().log_softmax(dim=2)
        return shares.logsumexp(dim=1, keepdim=True) - math.log(outputs.shape[1])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give one column of probabilities for each label in classes_."""
        shares = np.exp(self._outputs(X))
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Give one label for each row of X."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class NeuralRegressor(RegressorMixin, NeuralModel):
    """Predict numbers by a network that is trained on squared errors."""

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows; the target is brought to mean 0 and spread 1."""
        values = np.asarray(y, dtype=float)
        self.mean_, self.spread_ = float(values.mean()), float(values.std()) or 1.0
        self.outputs_ = 1
        scaled = ((values - self.mean_) / self.spread_).astype(np.float32)
        groups = np.zeros(len(values), dtype=int)
        return self._train(X, torch.as_tensor(scaled), groups, np.ones(len(values)))

    def _losses(self, outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Give the squared error of each row and member."""
        return (outputs[:, :, 0] - target[:, None]) ** 2

    def _together(self, outputs: torch.Tensor) -> torch.Tensor:
        """Give the mean of the members."""
        return outputs.float().mean(dim=1, keepdim=True)

    def predict(self, X: Any) -> np.ndarray:
        """Give one number for each row of X."""
        return self._outputs(X)[:, 0] * self.spread_ + self.mean_
