"""A fitted pipeline in the user's process: its bytes, its audited source and the experiment's own evaluate.py, made ready to predict.

Owns conforming new rows to what the model was trained on. Refuses sources that call what no registered part may call, and models with types
that their source does not explain.
"""

from __future__ import annotations

import functools
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from automl_lab.core.errors import RequestError
from automl_lab.core.files import write_atomically
from automl_lab.data.dataset import Dataset
from automl_lab.data.prepare import conform, conform_target
from automl_lab.evaluation.candidate import ALLOWED
from automl_lab.pipelines.audit import audit
from automl_lab.pipelines.persist import load_model
from automl_lab.pipelines.source import Source
from automl_lab.store.artifacts import ArtifactStore

if TYPE_CHECKING:
    import pandas as pd


@functools.cache
def _sources() -> tempfile.TemporaryDirectory[str]:
    """The source files of this process, which tracebacks and the models' classes need: models of one source share theirs. They go with the process."""
    return tempfile.TemporaryDirectory(prefix="automl-model-")


class FittedModel:
    """The model of one trial."""

    def __init__(self, pipeline: Any, protocol: ModuleType, dataset: Dataset) -> None:
        self.pipeline, self.protocol, self.dataset = pipeline, protocol, dataset

    @classmethod
    def load(cls, record: Mapping[str, Any], row: Mapping[str, Any], artifacts: ArtifactStore) -> FittedModel:
        """From the artefact store. Raises ``IntegrityError``."""
        folder = Path(_sources().name)
        source = Source.checked(artifacts.get(row["source"]).decode(), row["source"])
        audit(source, ALLOWED)
        protocol = Source.checked(artifacts.get(record["protocol"]).decode(), record["protocol"]).load(folder, "evaluate")
        return cls(load_model(artifacts.get(row["model"]), source, folder), protocol, Dataset.from_json(record["dataset"]))

    def features(self, frame: pd.DataFrame) -> pd.DataFrame:
        """New rows made like the training features."""
        return conform(frame, self.dataset)

    def training_rows(self, artifacts: ArtifactStore) -> pd.DataFrame:
        """The features of the rows that the model was trained on."""
        with tempfile.TemporaryDirectory(prefix="automl-data-") as folder:
            parquet = write_atomically(Path(folder) / "data.parquet", artifacts.get(self.dataset.fingerprint))
            X, y = self.protocol.load(parquet)
        train, _ = self.protocol.split(y)
        return X.iloc[train]  # type: ignore[no-any-return]

    def predict(self, frame: pd.DataFrame) -> pd.Series:
        """Labels or values as a Series named like the target, with the input's index."""
        import pandas as pd  # noqa: PLC0415

        found = self.protocol.predict(self.pipeline, conform(frame, self.dataset))
        values = found["value"] if self.dataset.task == "regression" else found["label"]
        return pd.Series(values, index=frame.index, name=self.dataset.target)

    def predict_proba(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Probabilities with one column per label. Raises ``RequestError`` for regression."""
        import pandas as pd  # noqa: PLC0415

        if self.dataset.task == "regression":
            raise RequestError("a regression has no class probabilities; use predict")
        found = self.protocol.predict(self.pipeline, conform(frame, self.dataset))
        return pd.DataFrame(found["probability"], index=frame.index, columns=pd.Index(self.dataset.classes or ()))

    def score(self, frame: pd.DataFrame) -> dict[str, float]:
        """The experiment's scores on labelled rows. Raises ``RequestError`` without the target column."""
        if self.dataset.target not in frame.columns:
            raise RequestError(f"score needs the target column {self.dataset.target!r}")
        rows = frame.reset_index(drop=True)
        y = conform_target(rows[self.dataset.target], self.dataset)
        known = rows.loc[y.index]
        found = self.protocol.score(y, self.protocol.predict(self.pipeline, conform(known, self.dataset)))
        return {name: float(value) if math.isfinite(value) else math.nan for name, value in found.items()}
