"""Out-of-fold predictions: as compact bytes, and as rows with what every candidate predicted for them.

Owns which rows count: those that every candidate has predicted out of fold. What is learned for a fold is learned on the rows which that fold
fits, as far as they were validated by another one, so that neither repeated folds nor folds in the order of time look at what they are judged on.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_lab.evaluation.ensembles.quick import BY_COUNTS, BY_PROBABILITY, counted
from automl_lab.objectives.objective import OBJECTIVES

if TYPE_CHECKING:
    import pandas as pd

    from automl_lab.evaluation.loaded import LoadedData

LEAST_ROWS = 20  # fewer rows teach nothing that could be trusted


def pack(predictions: np.ndarray, turns: Sequence[np.ndarray] = ()) -> bytes:
    """Out-of-fold predictions as compact bytes: values of shape (rows,), or probabilities of shape (rows, classes); NaN where a row was never validated.

    Of repeated folds ``turns`` are those of each repeat, and ``predictions``, their mean, can be had from them.
    """
    each = [turn[:, 1] if turn.ndim == 2 and turn.shape[1] == 2 else turn for turn in turns or [predictions]]
    buffer = io.BytesIO()
    np.save(buffer, np.stack(each).astype(np.float32), allow_pickle=False)
    return buffer.getvalue()


def unpack_turns(data: bytes, classes: int | None) -> list[np.ndarray]:
    """The predictions of each repeat; of folds that are not repeated the only ones. Raises ``ValueError`` for bytes that are no array."""
    turns = np.load(io.BytesIO(data), allow_pickle=False).astype(float)
    return [np.column_stack([1 - turn, turn]) if classes == 2 else turn for turn in turns]


def codes_of(y: Any, classes: Sequence[Any]) -> np.ndarray:
    """The position of each label among the classes."""
    import pandas as pd  # noqa: PLC0415

    return np.asarray(pd.Index(classes).get_indexer(pd.Index(y)))


@dataclass(frozen=True)
class Rows:
    """Rows and what each trial predicted for them out of fold: probabilities of shape (rows, classes), or values of shape (rows,)."""

    X: pd.DataFrame
    y: pd.Series
    predictions: Mapping[int, np.ndarray]

    def __len__(self) -> int:
        return len(self.y)

    def take(self, positions: np.ndarray) -> Rows:
        """Only the rows at these positions."""
        return Rows(self.X.iloc[positions], self.y.iloc[positions], {trial: each[positions] for trial, each in self.predictions.items()})

    def sample(self, most: int) -> Rows:
        """At most so many of them, always the same."""
        if len(self) <= most:
            return self
        return self.take(np.sort(np.random.default_rng(0).choice(len(self), most, replace=False)))

    def codes(self, classes: Sequence[Any]) -> np.ndarray:
        """The position of each row's label among the classes."""
        return codes_of(self.y, classes)


@dataclass(frozen=True)
class Fold:
    """The rows that something is learned on, and the rows that judge it. ``index`` is its place among all folds of the protocol."""

    index: int
    learn: Rows
    judge: Rows


def known_rows(data: LoadedData, turns: Mapping[int, Sequence[np.ndarray]]) -> tuple[Rows, list[Fold]]:
    """The rows that count, and the folds with those among theirs; a fold without any is left out.

    ``turns`` are each trial's predictions of each repeat. A fold has those of its own repeat, as single fits gave them: a mean over repeats would
    look better than what any fit can do.
    """
    times = np.zeros(len(data.y), dtype=int)
    each_turn = [_known(data, {trial: each[turn] for trial, each in turns.items()}) for turn in range(min(map(len, turns.values())))]
    folds = []
    for index, (fit, validation) in enumerate(data.protocol.folds(data.y)):
        turn = int(times[validation].max(initial=0))
        times[validation] += 1
        rows, known = each_turn[min(turn, len(each_turn) - 1)]
        if known[validation].any():
            folds.append(Fold(index, rows.take(fit[known[fit]]), rows.take(validation[known[validation]])))
    rows, known = each_turn[0]
    return rows.take(np.flatnonzero(known)), folds


def in_parts(fold: Fold, count: int) -> list[Fold]:
    """The judging rows of a fold in so many parts, each judged by what is learned on the others; every part has its share of each class or range."""
    order = np.random.default_rng(0).permutation(len(fold.judge))
    ranked = order[np.argsort(np.unique(fold.judge.y.to_numpy()[order], return_inverse=True)[1], kind="stable")]
    part = np.empty(len(ranked), dtype=int)
    part[ranked] = np.arange(len(ranked)) % count
    return [Fold(fold.index, fold.judge.take(np.flatnonzero(part != each)), fold.judge.take(np.flatnonzero(part == each))) for each in range(count)]


def _known(data: LoadedData, predictions: Mapping[int, np.ndarray]) -> tuple[Rows, np.ndarray]:
    """All rows, and which of them every trial has predicted."""
    known = np.ones(len(data.y), dtype=bool)
    for each in predictions.values():
        known &= ~np.isnan(each.reshape(len(data.y), -1)).any(axis=1)
    return Rows(data.X, data.y, predictions), known


class Measure:
    """The scores of an experiment, by its own evaluate.py. More merit is better, whatever the direction of the main objective."""

    def __init__(self, data: LoadedData, objective: str, direction: str) -> None:
        self.protocol, self.classes = data.protocol, data.protocol.CLASSES
        self.name, self.needs = objective, OBJECTIVES[objective].needs
        self._formula = getattr(data.protocol, OBJECTIVES[objective].definition.name)
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._last: tuple[Any, np.ndarray] | None = None

    def merit(self, y: Any, predicted: np.ndarray) -> float:
        """The main objective of probabilities (the label is the likeliest class) or values."""
        if self.name in BY_PROBABILITY:
            return BY_PROBABILITY[self.name](self._coded(y), predicted)
        return self.of_codes(y, predicted.argmax(axis=1)) if self.needs == "label" else self.of(y, predicted)

    def of_codes(self, y: Any, called: np.ndarray) -> float:
        """The main objective, which needs labels, of the numbers of the classes that the rows are called."""
        value = self.called(self.name, y, called)
        return self._sign * value if math.isfinite(value) else -math.inf

    def called(self, name: str, y: Any, called: np.ndarray) -> float:
        """Any score of labels, of the numbers of the classes that the rows are called."""
        if name in BY_COUNTS:
            return BY_COUNTS[name](counted(self._coded(y), called, len(self.classes)))
        formula = getattr(self.protocol, OBJECTIVES[name].definition.name)
        return float(formula(y, np.asarray(self.classes)[called], self.classes))

    def score(self, name: str, y: Any, predicted: np.ndarray) -> float:
        """Any score, of probabilities (the label is the likeliest class) or values."""
        if OBJECTIVES[name].needs == "label":
            return self.called(name, y, predicted.argmax(axis=1))
        return float(getattr(self.protocol, OBJECTIVES[name].definition.name)(y, predicted, self.classes))

    def _coded(self, y: Any) -> np.ndarray:
        """The classes' numbers of these rows; one selection asks for the same rows hundreds of times."""
        if self._last is None or self._last[0] is not y:
            self._last = (y, codes_of(y, self.classes))
        return self._last[1]

    def of(self, y: Any, given: np.ndarray) -> float:
        """The main objective of what it needs: labels, probabilities or values."""
        value = float(self._formula(y, given, self.classes))
        return self._sign * value if math.isfinite(value) else -math.inf

    def labels(self, probability: np.ndarray) -> np.ndarray:
        """The likeliest class of each row."""
        found: np.ndarray = np.asarray(self.classes)[probability.argmax(axis=1)]
        return found

    def signed(self, value: float | None) -> float:
        """A recorded value of the main objective as merit."""
        return -math.inf if value is None or not math.isfinite(value) else self._sign * value

    def scores(self, y: Any, prediction: Mapping[str, np.ndarray]) -> dict[str, float | None]:
        """All scores of ``{"label", "probability"}`` or ``{"value"}``; None where a score is not finite."""
        return {name: float(value) if math.isfinite(value) else None for name, value in self.protocol.score(y, prediction).items()}
