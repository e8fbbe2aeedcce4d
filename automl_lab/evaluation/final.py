"""The end of an experiment: a finalist, refitted on all training rows, meets the holdout for the only time.

Owns no choice of finalists: that is made before, on validation scores alone.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from automl_lab.evaluation.loaded import LoadedData
from automl_lab.evaluation.trial import build, fit_on, predict_ms
from automl_lab.pipelines.persist import dump_model, load_model
from automl_lab.pipelines.source import Source


@dataclass(frozen=True)
class FinalScore:
    """A finalist's holdout scores (all score objectives of the task, and ``predict_ms``; none without a holdout) and, where it was refitted here, its bytes."""

    values: dict[str, float | None]
    model: bytes | None


def score_finalist(pipeline: str, data: LoadedData, model: bytes | None, threads: int, *, members: int = 1, rows: int | None = None) -> FinalScore:
    """Score the model, or refit the source first when there is none yet, on so many ``rows`` of the training part as its trial had.

    Raises ``IntegrityError`` for a model with foreign types.

    ``threads`` is for one estimator; an ensemble fits so many ``members`` at a time.
    """
    with tempfile.TemporaryDirectory(prefix="automl-final-") as folder, _within(threads, members):
        source = Source(pipeline)
        fitted_here = None
        if model is None:
            fitted = build(source.load(Path(folder)))
            fit_on(fitted, data, rows)
            fitted_here = dump_model(fitted)
        else:
            fitted = load_model(model, source, Path(folder))
        if not len(data.y_holdout):  # nothing is held out: the model is made, and scored by nothing
            return FinalScore({}, fitted_here)
        found = data.protocol.score(data.y_holdout, data.protocol.predict(fitted, data.X_holdout))
        values: dict[str, float | None] = {name: float(value) if math.isfinite(value) else None for name, value in found.items()}
        values["predict_ms"] = predict_ms(fitted, data.X_holdout)
        return FinalScore(values, fitted_here)


def fit_on_all(pipeline: str, data: LoadedData, threads: int, members: int = 1) -> bytes:
    """The source fitted on all rows, the holdout's included: what is delivered after the scored model has met the holdout."""
    import pandas as pd  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="automl-final-") as folder, _within(threads, members):
        fitted = build(Source(pipeline).load(Path(folder)))
        parts = [(data.X, data.y), (data.X_between, data.y_between), (data.X_holdout, data.y_holdout)]
        X, y = (pd.concat([each for each in side if len(each)]) for side in zip(*parts, strict=True))
        fitted.fit(X.sort_index(), y.sort_index())
        return dump_model(fitted)


@contextmanager
def _within(threads: int, members: int) -> Iterator[None]:
    """Thread limits for one estimator, and threads for the members of an ensemble: processes would import everything once more."""
    from joblib import parallel_config  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    with threadpool_limits(threads), parallel_config(backend="threading", n_jobs=members):
        yield
