"""The rows of experiments, trials and events: who wrote what, as plain dictionaries.

Owns names and runs ("churn" is the latest run, "churn@1" the first) and that everybody sees only their own. Refuses a second active run of
one name. Hiding is a courtesy between colleagues, no protection: whoever has the database's password can read all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, and_, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import IntegrityError as ConstraintError

from automl_lab.core.errors import RequestError, StoreError, nearest
from automl_lab.store import home
from automl_lab.store.artifacts import ArtifactStore
from automl_lab.store.connection import Database
from automl_lab.store.tables import ACTIVE_STATES, events, experiments, trials

_FIXED = {"id", "name", "run", "owner", "created"}
_CHANGING = {column.name for column in experiments.columns} - _FIXED
_TRIAL_DEFAULTS: dict[str, Any] = {
    "state": "QUEUED",
    "attempt": 1,
    "origin": "search",
    "params": {},
    "distributions": {},
    "values": {},
    "feasible": None,
    "folds": [],
    "seconds": None,
    "error": None,
    "note": None,
    "source": None,
    "model": None,
    "predictions": None,
    "rows": None,
    "parent": None,
    "asked": None,
    "told": None,
    "started": None,
    "finished": None,
    "revision": 0,
}
_TRIAL_KEYS = {column.name for column in trials.columns} - {"experiment"}
_EVENT_KEYS = {column.name for column in events.columns} - {"experiment"}
_RUN = re.compile(r"(.+)@(\d{1,9})")


class Store:
    """One owner's view of the database, with the artefacts beside it.

    Many threads may read and one may write; other processes' transactions are waited for. Every method raises ``StoreError`` when the
    database does not answer, and ``RequestError`` for an experiment that this owner does not have.
    """

    def __init__(self, database_url: str | None = None, artifacts_url: str | None = None, owner: str | None = None) -> None:
        self.owner = owner or home.current_owner()
        self._database = Database(database_url or home.database_url())
        self.database_url = self._database.url
        self.artifacts = ArtifactStore(artifacts_url)

    def close(self) -> None:
        """Let go of the database's connections."""
        self._database.close()

    def create_experiment(
        self,
        id: str,
        name: str,
        config: Mapping[str, Any],
        dataset: Mapping[str, Any] | None = None,
        protocol_sha: str | None = None,
        *,
        created: float,
        **fields: Any,
    ) -> int:
        """Add an experiment (QUEUED unless ``fields`` say otherwise) and return its run, 1 for a new name.

        ``created`` is in seconds since the epoch. Raises ``RequestError`` while the latest run of that name is active.
        """
        _known(fields, _CHANGING, "experiment field")
        row = {"state": "QUEUED", "phase": "starting", "timings": {}, "revision": 0, **fields}
        row |= {"id": id, "name": name, "owner": self.owner, "config": config, "dataset": dataset, "protocol": protocol_sha, "created": created}
        for _ in range(3):
            try:
                return self._insert(name, row)
            except StoreError as error:
                # Another process took the same run first (PostgreSQL lets both look before either writes): look again.
                if not isinstance(error.__cause__, ConstraintError) or self._exists(id):
                    raise
        raise StoreError(f"experiment {name!r} could not be added: other processes keep adding runs of that name")

    def update_experiment(self, id: str, **fields: Any) -> None:
        """Change some fields of an experiment. Raises ``ValueError`` for a field that does not exist or never changes."""
        self.write(id, fields=fields)

    def upsert_trials(self, id: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write whole trial rows; the row of a number that is there already is replaced. Keys left out get their defaults."""
        self.write(id, trial_rows=rows)

    def append_events(self, id: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Write events ``{"at", "kind", "text"}`` in order; an event without ``seq`` gets the next one, from 1 on."""
        self.write(id, event_rows=items)

    def write(
        self,
        id: str,
        *,
        fields: Mapping[str, Any] | None = None,
        trial_rows: Iterable[Mapping[str, Any]] = (),
        event_rows: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """All changes of one moment in one transaction, so that a crash leaves all of them or none."""
        _known(fields or {}, _CHANGING, "experiment field")
        numbered = [_trial(id, row) for row in trial_rows]
        happened = [dict(row) for row in event_rows]
        for row in happened:
            _known(row, _EVENT_KEYS, "event field")
        with self._database.writing() as connection:
            self._own(connection, id)
            if fields:
                connection.execute(update(experiments).where(experiments.c.id == id).values(**fields))
            if numbered:
                self._upsert(connection, trials, numbered)
            if happened:
                self._upsert(connection, events, _in_sequence(connection, id, happened))

    def experiment(self, name_or_id: str) -> dict[str, Any]:
        """The experiment of that name (its latest run), of "name@run" or of that id."""
        with self._database.reading() as connection:
            return _as_dict(self._find(connection, name_or_id))

    def experiments(self) -> list[dict[str, Any]]:
        """This owner's experiments with all their runs, the newest first."""
        with self._database.reading() as connection:
            return [_as_dict(row) for row in connection.execute(self._mine().order_by(experiments.c.created.desc(), experiments.c.run.desc()))]

    def active_experiments(self, *, every_owner: bool = False) -> list[dict[str, Any]]:
        """The experiments that are not finished, the oldest first; ``every_owner`` is for the controller that resumes them."""
        query = select(experiments) if every_owner else self._mine()
        query = query.where(experiments.c.state.in_(ACTIVE_STATES)).order_by(experiments.c.created, experiments.c.id)
        with self._database.reading() as connection:
            return [_as_dict(row) for row in connection.execute(query)]

    def trials(self, name_or_id: str) -> list[dict[str, Any]]:
        """The trial rows of an experiment by number."""
        with self._database.reading() as connection:
            found = self._find(connection, name_or_id)
            rows = connection.execute(select(trials).where(trials.c.experiment == found.id).order_by(trials.c.number))
            return [_without_experiment(row) for row in rows]

    def events(self, name_or_id: str, since: int = 0) -> list[dict[str, Any]]:
        """The events of an experiment after sequence number ``since``, in order."""
        with self._database.reading() as connection:
            found = self._find(connection, name_or_id)
            rows = connection.execute(select(events).where(and_(events.c.experiment == found.id, events.c.seq > since)).order_by(events.c.seq))
            return [_without_experiment(row) for row in rows]

    def _insert(self, name: str, row: dict[str, Any]) -> int:
        with self._database.writing() as connection:
            latest = connection.execute(self._mine().where(experiments.c.name == name).order_by(experiments.c.run.desc()).limit(1)).first()
            if latest is not None and latest.state in ACTIVE_STATES:
                raise RequestError(
                    f"experiment {name!r} is still {latest.state.lower()}; stop it first (%automl stop {name}) or choose another name", path=("name",)
                )
            run = 1 if latest is None else int(latest.run) + 1
            connection.execute(insert(experiments), {**row, "run": run})
        return run

    def _exists(self, id: str) -> bool:
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).where(experiments.c.id == id)) == 1

    def _mine(self) -> Select[Any]:
        return select(experiments).where(experiments.c.owner == self.owner)

    def _find(self, connection: Connection, name_or_id: str) -> Row[Any]:
        named = _RUN.fullmatch(name_or_id)
        name, run = (named[1], int(named[2])) if named else (name_or_id, None)
        query = self._mine().where(experiments.c.name == name).order_by(experiments.c.run.desc()).limit(1)
        found = connection.execute(query if run is None else query.where(experiments.c.run == run)).first()
        if found is None:
            found = connection.execute(self._mine().where(experiments.c.id == name_or_id)).first()
        if found is None:
            raise self._missing(connection, name_or_id)
        return found

    def _own(self, connection: Connection, id: str) -> None:
        # The row is locked on PostgreSQL, so that two writers number the events of one experiment one after the other.
        query = select(experiments.c.id).where(and_(experiments.c.id == id, experiments.c.owner == self.owner)).with_for_update()
        if connection.execute(query).first() is None:
            raise self._missing(connection, id)

    def _missing(self, connection: Connection, name: str) -> RequestError:
        own = connection.execute(select(experiments.c.name).where(experiments.c.owner == self.owner).distinct().order_by(experiments.c.name))
        return RequestError(f"no experiment {name!r}{nearest(name, own.scalars())}")

    def _upsert(self, connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
        connection.execute(_replacing(table, sqlite=self._database.sqlite), rows)


@cache
def _replacing(table: Table, *, sqlite: bool) -> Any:
    """The insert that replaces what has the same key. Making it costs as much as running it."""
    statement: Any = (sqlite_dialect.insert if sqlite else postgresql.insert)(table)
    keys = [column.name for column in table.primary_key]
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def _known(given: Mapping[str, Any], allowed: set[str], what: str) -> None:
    for key in given:
        if key not in allowed:
            raise ValueError(f"no {what} {key!r}{nearest(key, sorted(allowed))}")


def _trial(experiment: str, row: Mapping[str, Any]) -> dict[str, Any]:
    _known(row, _TRIAL_KEYS, "trial field")
    return {**_TRIAL_DEFAULTS, **row, "experiment": experiment}


def _in_sequence(connection: Connection, experiment: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    latest = connection.scalar(select(func.max(events.c.seq)).where(events.c.experiment == experiment)) or 0
    for row in rows:
        row["experiment"] = experiment
        latest = row.setdefault("seq", latest + 1)
    return rows


def _as_dict(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)


def _without_experiment(row: Row[Any]) -> dict[str, Any]:
    return {key: value for key, value in row._mapping.items() if key != "experiment"}
