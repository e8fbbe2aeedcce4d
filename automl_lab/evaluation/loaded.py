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
    """The training part and the sealed holdout of one experiment, loaded once per worker process.

    ``X_between`` and ``y_between`` are the rows of a gap in time between the two: neither fitted nor scored until all rows are.
    """

    protocol: ModuleType
    X: pd.DataFrame
    y: pd.Series
    X_holdout: pd.DataFrame
    y_holdout: pd.Series
    X_between: pd.DataFrame
    y_between: pd.Series


class OutOfFold:
    """The predictions for the training rows, each by the fold that did not fit it.

    ``turns`` holds one array for each time that rows are validated (of repeated folds there are several), NaN where a row was not.
    """

    def __init__(self, data: LoadedData) -> None:
        import numpy as np  # noqa: PLC0415

        classes = data.protocol.CLASSES
        self._shape = (len(data.y),) if classes is None else (len(data.y), len(classes))
        self._turn = Turns(len(data.y))
        self.turns: list[np.ndarray] = [np.full(self._shape, np.nan)]
        self.empty = True

    def add(self, rows: np.ndarray, predicted: Mapping[str, np.ndarray]) -> None:
        """Take in what evaluate.py's ``predict`` gave for these rows."""
        import numpy as np  # noqa: PLC0415

        turn = self._turn.of(rows)
        if turn == len(self.turns):
            self.turns.append(np.full(self._shape, np.nan))
        self.turns[turn][rows] = predicted["probability"] if "probability" in predicted else predicted["value"]
        self.empty = False

    @property
    def predictions(self) -> np.ndarray:
        """The mean over the turns; NaN where a row was never validated."""
        total: np.ndarray = sum(self.turns[1:], self.turns[0])
        return total / len(self.turns)


class Turns:
    """Counts how often rows were validated: folds that come round to a row again begin the next turn."""

    def __init__(self, rows: int) -> None:
        import numpy as np  # noqa: PLC0415

        self._times = np.zeros(rows, dtype=int)

    def of(self, rows: np.ndarray) -> int:
        """The turn of a fold that validates these rows, from 0; it is counted."""
        turn = int(self._times[rows].max(initial=0))
        self._times[rows] += 1
        return turn


def load_data(protocol: Source, parquet: Path, folder: Path) -> LoadedData:
    """Load by evaluate.py and split the holdout off; only ``evaluation.final`` looks at it."""
    import numpy as np  # noqa: PLC0415

    module = protocol.load(folder)
    X, y = module.load(parquet)
    train, holdout = module.split(y)
    neither = np.ones(len(y), dtype=bool)
    neither[train] = neither[holdout] = False
    between = np.flatnonzero(neither)
    return LoadedData(module, X.iloc[train], y.iloc[train], X.iloc[holdout], y.iloc[holdout], X.iloc[between], y.iloc[between])
