"""A connection to the database, SQLite or PostgreSQL, with the tables in place and errors in one line.

Owns the engine's settings and the two kinds of transaction: reading and writing. Refuses other databases and tables of another version.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url, select, text, update
from sqlalchemy.exc import ArgumentError, SQLAlchemyError, StatementError

from automl_lab.core.errors import StoreError
from automl_lab.store.tables import METADATA, UPGRADES, VERSION, versions

BUSY_SECONDS = 30
"""How long a writer waits for another process's transaction on SQLite. Ours last milliseconds; a backup may take seconds."""

_WRITES = "automl_lab_writes"
_SETUP_LOCK = 0x4175746F4D4C  # any fixed number: PostgreSQL's advisory lock under which the tables are made once


def address(url: str) -> URL:
    """The parsed address, with our PostgreSQL driver filled in. Raises ``StoreError`` for an address of another database or of none."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(f"{url!r} is no database address; write 'sqlite:///lab.db' or 'postgresql://user@host/database'") from None
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StoreError(f"the database has to be SQLite or PostgreSQL, not {parsed.get_backend_name()!r}")
    return parsed


def configure_sqlite(engine: Engine) -> None:
    """Set every new connection of an SQLite engine to write-ahead logging that is flushed at checkpoints, with foreign keys on."""

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        until = time.monotonic() + BUSY_SECONDS
        while cursor.execute("PRAGMA journal_mode").fetchone()[0] not in {"wal", "memory"}:
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:  # several processes open a new file at once, and SQLite does not wait in this one case
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
        cursor.close()


class Database:
    """An open database. Safe for many threads; one process should write at a time, the others wait for it.

    ``url`` carries the password where there is one: show ``str(database)``, which hides it.
    """

    def __init__(self, url: str) -> None:
        parsed = address(url)
        self.sqlite = parsed.get_backend_name() == "sqlite"
        self.url = parsed.render_as_string(hide_password=False)
        self._shown = parsed.render_as_string(hide_password=True)
        self._engine = self._open(parsed)
        with self.writing() as connection:
            self._set_up(connection)

    def __str__(self) -> str:
        return self._shown

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing. Raises ``StoreError``."""
        # PostgreSQL gives every statement its own view unless asked for one; a write keeps that, to see what it waited for.
        options = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._explained(), self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed as a whole, or not at all when the block raises. Raises ``StoreError``."""
        with self._explained(), self._engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Let go of all connections. A later use opens new ones."""
        self._engine.dispose()

    def _open(self, parsed: URL) -> Engine:
        if not self.sqlite:
            try:
                return create_engine(parsed, pool_pre_ping=True)
            except ImportError:
                raise StoreError("PostgreSQL needs its driver: pip install 'automl-lab[postgres]'") from None
        if parsed.database in {None, "", ":memory:"}:
            raise StoreError("an SQLite database has to be a file, so that the controller and the notebook see the same one")
        Path(str(parsed.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
        configure_sqlite(engine)

        @event.listens_for(engine, "connect")
        def _explicit(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # the driver would begin late and let two writers read before either writes

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")

        return engine

    def _set_up(self, connection: Connection) -> None:
        if not self.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETUP_LOCK})
        METADATA.create_all(connection)
        found = connection.scalar(select(versions.c.version))
        if found is None:
            connection.execute(insert(versions), {"version": VERSION})
        while found in UPGRADES:
            for statement in UPGRADES[found]:
                connection.execute(text(statement))
            found += 1
            connection.execute(update(versions).values(version=found))
        if found not in {None, VERSION}:
            raise StoreError(f"{self} has tables of version {found}, this release knows version {VERSION}; choose another AUTOML_LAB_HOME or database")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except StatementError as error:
            raise StoreError(f"{self}: {_first_line(error.orig or error)}") from error
        except SQLAlchemyError as error:
            raise StoreError(f"{self}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
