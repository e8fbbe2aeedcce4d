"""The networks of the families ``mlp`` and ``tabm``, in the style of scikit-learn: emitted by their source, and trained by what ``emitted_neural`` holds.

A network counts columns and finds bins in ``fit``, turns rows into a tensor and builds the module of torch; it knows no loss and no training. Written to be
read in a pipeline's module: short lines, public libraries only. Nothing here is imported by us; see ``pipelines.definition``.
"""

# scikit-learn is untyped, and so are tabm and its embeddings.
# mypy: disable-error-code="misc,no-any-return,no-untyped-call"

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from rtdl_num_embeddings import PiecewiseLinearEmbeddings
from sklearn.base import BaseEstimator
from tabm import TabM
from torch import nn


class MultilayerPerceptron(BaseEstimator):
    """Layers of one width, each normalised, bent by SiLU and thinned by dropout."""

    def __init__(
        self,
        *,
        layers: int = 2,
        width: int = 128,
        dropout: float = 0.1,
        normalization: str = "batch",
    ) -> None:
        self.layers = layers
        self.width = width
        self.dropout = dropout
        self.normalization = normalization

    def fit(self, X: np.ndarray) -> Self:
        """Count the columns."""
        self.inputs_ = X.shape[1]
        return self

    def tensor(self, X: np.ndarray) -> torch.Tensor:
        """Give floats, the few far outliers cut off: inputs are on one scale."""
        return torch.as_tensor(np.clip(X, -10, 10).astype(np.float32))

    def build(self, outputs: int) -> nn.Module:
        """Build the network, from rows to (rows, 1, outputs)."""
        batch = self.normalization == "batch"
        blocks: list[nn.Module] = []
        inputs = self.inputs_
        for _ in range(self.layers):
            norm = nn.BatchNorm1d(self.width) if batch else nn.LayerNorm(self.width)
            blocks += [nn.Linear(inputs, self.width), norm, nn.SiLU()]
            blocks.append(nn.Dropout(self.dropout))
            inputs = self.width
        blocks += [nn.Linear(inputs, outputs), nn.Unflatten(1, (1, outputs))]
        return nn.Sequential(*blocks)


class CodesAndNumbers(nn.Module):
    """Give a TabM its rows, whose first columns are codes of categories."""

    def __init__(self, model: TabM, codes: int) -> None:
        super().__init__()
        self.model = model
        self.codes = codes

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """From rows to (rows, members, outputs)."""
        numbers = rows[:, self.codes :] if self.codes < rows.shape[1] else None
        codes = rows[:, : self.codes].long() if self.codes else None
        return self.model(numbers, codes)


class TabMNetwork(BaseEstimator):
    """TabM-mini with piecewise-linear embeddings (Gorishniy et al. 2024).

    Members that share almost all weights are trained side by side, each on its own
    loss, and predict together. A number becomes a vector: how far it is through each
    of its bins, times weights of that column. Columns at `categorical_features` hold
    codes 0, 1, 2, ... (-1: not seen, taken for the most frequent one).
    """

    def __init__(
        self,
        *,
        members: int = 32,
        layers: int = 2,
        width: int = 512,
        dropout: float = 0.1,
        bins: int = 48,
        embedding: int = 16,
        most_inputs: int = 1024,
        categorical_features: Sequence[int] = (),
    ) -> None:
        self.members = members
        self.layers = layers
        self.width = width
        self.dropout = dropout
        self.bins = bins
        self.embedding = embedding
        self.most_inputs = most_inputs
        self.categorical_features = categorical_features

    def fit(self, X: np.ndarray) -> Self:
        """Find the numbers of categories and the edges of the bins: quantiles."""
        codes = X[:, list(self.categorical_features)].astype(int)
        counts = [np.bincount(column[column >= 0], minlength=1) for column in codes.T]
        self.categories_ = [len(count) for count in counts]
        self.frequent_ = np.array([count.argmax() for count in counts], dtype=int)
        numbers = np.delete(X, list(self.categorical_features), axis=1)
        steps = np.linspace(0, 1, self.bins + 1)
        self.edges_ = []
        for column in np.quantile(numbers, steps, axis=0).T:
            # Narrower bins would blow up differences that mean nothing.
            edges = np.unique(np.round(column, 4))
            low, high = edges[0], edges[-1]
            if high == low:
                low, high = low - 1, high + 1
            if len(edges) < 3:  # a constant or a yes and no
                edges = np.array([low, (low + high) / 2, high])
            self.edges_.append(edges.astype(np.float32))
        return self

    def tensor(self, X: np.ndarray) -> torch.Tensor:
        """Give codes, then numbers; none beyond the ends of its bins."""
        codes = X[:, list(self.categorical_features)].astype(int)
        known = (codes >= 0) & (codes < np.array(self.categories_, dtype=int))
        codes = np.where(known, codes, self.frequent_)
        numbers = np.delete(X, list(self.categorical_features), axis=1)
        if self.edges_:
            low, high = np.array([(edges[0], edges[-1]) for edges in self.edges_]).T
            numbers = np.clip(numbers, low, high)
        return torch.as_tensor(np.hstack([codes, numbers]).astype(np.float32))

    def build(self, outputs: int) -> nn.Module:
        """Build the network, from rows to (rows, members, outputs)."""
        columns = len(self.edges_)
        # Many columns get short vectors, and very many none at all.
        size = min(self.embedding, self.most_inputs // max(1, columns))
        embeddings = None
        if columns and size > 1:
            edges = [torch.as_tensor(each) for each in self.edges_]
            embeddings = PiecewiseLinearEmbeddings(
                edges,
                size,
                activation=False,
                version="B",
            )
        model = TabM.make(
            n_num_features=columns,
            cat_cardinalities=self.categories_,
            d_out=outputs,
            num_embeddings=embeddings,
            arch_type="tabm-mini",
            k=self.members,
            n_blocks=self.layers,
            d_block=self.width,
            dropout=self.dropout,
        )
        return CodesAndNumbers(model, len(self.categories_))
