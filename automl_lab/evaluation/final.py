"""The end of an experiment: a finalist, refitted on all training rows, meets the holdout for the only time.

Owns no choice of finalists: that is made before, on validation scores alone.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

from automl_lab.evaluation.trial import LoadedData, build, predict_ms
from automl_lab.pipelines.persist import dump_model, load_model
from automl_lab.pipelines.source import Source


@dataclass(frozen=True)
class FinalScore:
    """A finalist's holdout scores (all score objectives of the task, and ``predict_ms``) and, where it was refitted here, its model's bytes."""

    values: dict[str, float | None]
    model: bytes | None


def score_finalist(pipeline: str, data: LoadedData, model: bytes | None, threads: int) -> FinalScore:
    """Score the model, or refit the source on the training rows first when there is none yet. Raises ``IntegrityError`` for a model with foreign types."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="automl-final-") as folder, threadpool_limits(threads):
        source = Source(pipeline)
        fitted_here = None
        if model is None:
            fitted = build(source.load(Path(folder)))
            fitted.fit(data.X, data.y)
            fitted_here = dump_model(fitted)
        else:
            fitted = load_model(model, source, Path(folder))
        found = data.protocol.score(data.y_holdout, data.protocol.predict(fitted, data.X_holdout))
        values: dict[str, float | None] = {name: float(value) if math.isfinite(value) else None for name, value in found.items()}
        values["predict_ms"] = predict_ms(fitted, data.X_holdout)
        return FinalScore(values, fitted_here)
