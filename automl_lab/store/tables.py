"""Our tables: experiments, their trials and their events, on SQLite and PostgreSQL alike.

Owns names, types and what a column accepts. Refuses numbers that JSON does not know where they would be a request (a configuration), and
keeps them as null where they were measured (a score that came out as NaN). Optuna's tables lie in the same database, hence the prefix.
"""

from __future__ import annotations

import json
import math
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

VERSION = 4
UPGRADES = {
    1: ("ALTER TABLE automl_trials ADD COLUMN predictions VARCHAR(64)",),
    2: ("ALTER TABLE automl_trials ADD COLUMN rows INTEGER", "ALTER TABLE automl_trials ADD COLUMN parent INTEGER"),
    3: ("ALTER TABLE automl_experiments ADD COLUMN steering TEXT",),
}
"""From a version to the next one: the statements, on SQLite and PostgreSQL alike."""
"""Of these tables. A database of another version is refused in one line instead of failing in the middle of a search."""

EXPERIMENT_STATES = ("QUEUED", "RUNNING", "PAUSED", "COMPLETED", "STOPPED", "FAILED")
ACTIVE_STATES = ("QUEUED", "RUNNING", "PAUSED")
TRIAL_STATES = ("QUEUED", "RUNNING", "COMPLETED", "PRUNED", "FAILED")


def without_nonfinite(value: Any) -> Any:
    """``value`` with NaN and the infinities inside it replaced by None, because JSON has no word for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: without_nonfinite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nonfinite(each) for each in value]
    return value


def _all_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_all_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_all_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


class Json(TypeDecorator[Any]):
    """JSON kept as text, keys in the order given; pure ASCII, because PostgreSQL takes neither NUL nor half a surrogate pair as text."""

    impl = Text
    cache_ok = True

    def __init__(self, *, measured: bool = False) -> None:
        """``measured`` columns keep NaN and infinity as null; the others refuse them with a ``ValueError``."""
        super().__init__()
        self.measured = measured

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002
        """What the database gets. Raises ``ValueError`` and ``TypeError`` for what JSON cannot say."""
        if value is None:
            return None
        if self.measured:
            value = without_nonfinite(value)
        elif not _all_finite(value):
            raise ValueError("NaN and infinity cannot be kept in JSON; they are allowed among measured values only")
        return json.dumps(value, allow_nan=False)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:  # noqa: ARG002
        """What the reader gets."""
        return None if value is None else json.loads(value)


class Words(TypeDecorator[str]):
    """Text that people read. What no database takes (NUL, half a surrogate pair: a worker's broken output) becomes a replacement character."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002
        """What the database gets."""
        return None if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


class Finite(TypeDecorator[float]):
    """A number of seconds or the like; refuses NaN and infinity, which SQLite would silently turn into null."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Any) -> float | None:  # noqa: ARG002
        """What the database gets. Raises ``ValueError`` for a number that is not finite."""
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{value} is no moment and no duration")
        return value


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"automl_{column}_known")


METADATA = MetaData()

versions = Table("automl_version", METADATA, Column("version", Integer, primary_key=True))

experiments = Table(
    "automl_experiments",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("run", Integer, nullable=False),
    Column("owner", String(256), nullable=False),
    Column("state", String(16), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("reason", Words),
    Column("message", Words),
    Column("config", Json, nullable=False),
    Column("dataset", Json),
    Column("protocol", String(64)),
    Column("created", Finite, nullable=False),
    Column("started", Finite),
    Column("deadline", Finite),
    Column("finished", Finite),
    Column("usable", Integer),
    Column("result", Json(measured=True)),
    Column("timings", Json(measured=True), nullable=False),
    Column("cluster", Words),
    Column("steering", Json),  # what was changed by hand while it ran
    Column("revision", BigInteger, nullable=False),
    UniqueConstraint("owner", "name", "run"),
    Index("automl_experiments_by_state", "state"),
    _one_of("state", EXPERIMENT_STATES),
)

trials = Table(
    "automl_trials",
    METADATA,
    Column("experiment", ForeignKey(experiments.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("family", String(128), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("params", Json, nullable=False),
    Column("distributions", Json, nullable=False),
    Column("values", Json(measured=True), nullable=False),
    Column("feasible", Boolean),
    Column("folds", Json(measured=True), nullable=False),
    Column("seconds", Finite),
    Column("error", Words),
    Column("note", Words),
    Column("source", String(64)),
    Column("model", String(64)),
    Column("predictions", String(64)),  # out of fold
    Column("asked", Finite),
    Column("rows", Integer),  # that a fold was fitted on; null: all of them
    Column("parent", Integer),  # the trial on fewer rows that went on as this one; of an ensemble the one that it was preferred to
    Column("told", Json),  # numbers told just before this trial was asked: the schedule of a run
    Column("started", Finite),
    Column("finished", Finite),
    Column("revision", BigInteger, nullable=False),
    _one_of("state", TRIAL_STATES),
)

events = Table(
    "automl_events",
    METADATA,
    Column("experiment", ForeignKey(experiments.c.id, ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Finite, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("text", Words, nullable=False),
)
