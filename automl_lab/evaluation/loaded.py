"""The rows of one experiment on a worker: loaded once per process by evaluate.py, and the predictions collected over them.

Owns the sealing of the holdout: only ``evaluation.final`` looks at it. Refuses to read anything but what evaluate.py reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from automl_lab.pipelines.source import Source

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class LoadedData:
    """The training part and the sealed holdout of one experiment, loaded once per worker process."""

    protocol: ModuleType
    X: pd.DataFrame
    y: pd.Series
    X_holdout: pd.DataFrame
    y_holdout: pd.Series


class OutOfFold:
    """The predictions for the training rows, each by the fold that did not fit it."""

    def __init__(self, data: LoadedData) -> None:
        import numpy as np  # noqa: PLC0415

        classes = data.protocol.CLASSES
        shape = (len(data.y),) if classes is None else (len(data.y), len(classes))
        self.predictions = np.full(shape, np.nan)
        self.empty = True

    def add(self, rows: np.ndarray, predicted: Mapping[str, np.ndarray]) -> None:
        """Take in what evaluate.py's ``predict`` gave for these rows."""
        self.predictions[rows] = predicted["probability"] if "probability" in predicted else predicted["value"]
        self.empty = False


def load_data(protocol: Source, parquet: Path, folder: Path) -> LoadedData:
    """Load by evaluate.py and split the holdout off; only ``evaluation.final`` looks at it."""
    module = protocol.load(folder)
    X, y = module.load(parquet)
    train, holdout = module.split(y)
    return LoadedData(module, X.iloc[train], y.iloc[train], X.iloc[holdout], y.iloc[holdout])
