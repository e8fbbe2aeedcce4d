"""Prepared folds: what the columns of a fold become before a model sees them, made once and used by every candidate that prepares them alike.

Owns what makes two preparations the same (the data, the rows, the call tree of the preparation) and how a pipeline is fitted around one that is
there already. Refuses to know where they are kept: that is the cluster's.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from automl_lab.data.profile import Profile
from automl_lab.evaluation.candidate import FAMILY, PREPARE, build_candidate
from automl_lab.models.family import ModelFamily
from automl_lab.pipelines.suggest import FixedSuggest

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from automl_lab.evaluation.loaded import LoadedData

LEAST_CELLS = 50_000  # smaller tables are prepared sooner than a neighbour can be asked


@dataclass(frozen=True)
class Prepared:
    """The fitted preparation, the rows to fit and the other rows as a model gets them, and the seconds that fitting it took."""

    transformer: Any
    fitted: Any
    others: Any
    seconds: float

    @property
    def size(self) -> int:
        """Bytes of the rows, about."""
        return _bytes(self.fitted) + _bytes(self.others)


class FoldCache(Protocol):
    """Keeps prepared folds beyond a trial. It may forget at any time."""

    def find(self, key: str) -> Prepared | None:
        """What is kept under the key."""

    def keep(self, key: str, prepared: Prepared) -> None:
        """Keep it for others."""


@dataclass
class Folds:
    """How one candidate's folds are prepared: ``cache`` and ``key`` are None where that is not worth a thought. Counts what it found and made."""

    data: LoadedData
    cache: FoldCache | None = None
    key: str | None = None
    reused: int = 0
    made: int = 0

    def fit(self, pipeline: Any, fit: np.ndarray, others: np.ndarray) -> tuple[Any, Any, float]:
        """Fit the pipeline on the rows ``fit`` of the training part.

        Returns what predicts the rows ``others`` (the pipeline, or its part behind the preparation), these rows as it takes them, prepared once
        for labels and probabilities, and the seconds that the fit takes when nothing is there yet: a cost does not depend on what others did before.
        """
        X, y, X_others = self.data.X.iloc[fit], self.data.y.iloc[fit], self.data.X.iloc[others]
        began = time.perf_counter()
        if pipeline.steps[0][0] != PREPARE:
            pipeline.fit(X, y)
            return pipeline, X_others, time.perf_counter() - began
        transformer = pipeline.steps[0][1]
        if self.cache is None or self.key is None:
            prepared = _made(transformer, X, y, X_others)
        else:
            prepared = self._shared(self.cache, f"{self.key}-{_rows(fit, others)}", lambda: _made(transformer, X, y, X_others))
        began = time.perf_counter()
        rest = pipeline[1:]
        rest.fit(prepared.fitted, y)
        pipeline.steps[0] = (PREPARE, prepared.transformer)
        return rest, prepared.others, prepared.seconds + time.perf_counter() - began

    def _shared(self, cache: FoldCache, key: str, make: Callable[[], Prepared]) -> Prepared:
        found = cache.find(key)
        if found is not None:
            self.reused += 1
            return found
        made = make()
        self.made += 1
        cache.keep(key, made)
        return made


def _made(transformer: Any, X: pd.DataFrame, y: pd.Series, others: pd.DataFrame) -> Prepared:
    began = time.perf_counter()
    fitted = transformer.fit_transform(X, y)
    seconds = time.perf_counter() - began
    return Prepared(transformer, fitted, transformer.transform(others), seconds)


def preparation_key(family: ModelFamily, params: Mapping[str, Any], profile: Profile, *parts: str) -> str | None:
    """The same for two candidates whose columns are prepared alike on the same data (``parts`` name it); None where keeping is not worth it."""
    if profile.rows * len(profile.columns) < LEAST_CELLS and not profile.of_kind("text"):
        return None
    call = build_candidate(family, FixedSuggest({name: value for name, value in params.items() if name != FAMILY}), profile)
    name, step = call.args[0][0]  # the first step of the pipeline
    if name != PREPARE:
        return None
    return hashlib.sha256("\n".join([*parts, json.dumps(step.value.to_json(), sort_keys=True)]).encode()).hexdigest()


def _rows(*parts: np.ndarray) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes())
    return digest.hexdigest()[:16]


def _bytes(rows: Any) -> int:
    if hasattr(rows, "indptr"):  # a sparse matrix
        return int(rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes)
    return int(getattr(rows, "nbytes", 0))
