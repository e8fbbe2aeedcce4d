"""The learning curve of a trial: what emitted networks log of their epochs while its folds are fitted, made small enough to be shown.

Owns the hearing (a handler on the logger that the emitted source names), which fold an epoch belongs to, and how many points are kept. Refuses to know
where a curve is sent to. A trial whose model logs nothing has no lines, and nothing to pay for.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

LOGGER = "neural_model"  # as the definitions in ``models.emitted_neural`` write it
SHOWN_POINTS = 100  # of the line that grows
KEPT_POINTS = 25  # of a line that is finished
DIGITS = 4

Point = tuple[int, float | None, float | None]
"""An epoch, from 1 on, the loss in its steps, and the loss on the rows set aside. None for what was not measured, or is no finite number."""


@dataclass
class _Line:
    fold: int | None
    epochs: int
    points: list[Point] = field(default_factory=list)

    def told(self, most: int) -> dict[str, Any]:
        return {"fold": self.fold, "epochs": self.epochs, "points": [list(point) for point in thinned(self.points, most)]}


class LearningCurve(logging.Handler):
    """The epochs of one trial, a line for each fold. ``fold`` is the one that is fitted now, from 0; None for the fit on all training rows.

    Fitted in one thread and read from others. A fit that begins again within a fold begins its line anew.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.fold: int | None = 0
        self._lines: list[_Line] = []
        self._news = False
        self._guard = threading.Lock()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear epochs meanwhile; the logger is left as it was."""
        logger = logging.getLogger(LOGGER)
        before = logger.level
        logger.addHandler(self)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.setLevel(before)
            logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Take in an epoch. What else is logged under that name is none of ours."""
        told = vars(record)
        if not {"epoch", "epochs", "loss", "validation"} <= told.keys():
            return
        point = int(told["epoch"]), _rounded(told["loss"]), _rounded(told["validation"])
        with self._guard:
            self._line(point[0], int(told["epochs"])).points.append(point)
            self._news = True

    def _line(self, epoch: int, epochs: int) -> _Line:
        last = self._lines[-1] if self._lines else None
        if last is not None and last.fold == self.fold:
            if epoch > last.points[-1][0]:
                return last
            self._lines.pop()
        self._lines.append(_Line(self.fold, epochs))
        return self._lines[-1]

    @property
    def news(self) -> bool:
        """Whether there is something that ``told`` has not given yet."""
        return self._news

    def told(self) -> list[dict[str, Any]]:
        """The lines so far as plain values, ``{"fold", "epochs", "points"}``: many points of the one that grows, few of those that are finished."""
        with self._guard:
            self._news = False
            return [line.told(SHOWN_POINTS if line is self._lines[-1] else KEPT_POINTS) for line in self._lines]

    def kept(self) -> list[dict[str, Any]]:
        """The lines of a trial that has ended, few points of each."""
        with self._guard:
            return [line.told(KEPT_POINTS) for line in self._lines]


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most ``most`` (two or more) of the points, evenly spaced, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[round(index * last / (most - 1))] for index in range(most)]


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.{DIGITS}g}")
