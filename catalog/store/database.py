"""The connection: SQLite with real transactions, migrations on opening, foreign errors turned into sentences once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import exc

from catalog.migrations import REVISIONS
from catalog.reasons import in_spanish
from catalog.sqlite import into_wal
from catalog.store.tables import in_utc
from schemas.errors import StoreUnavailable

_WAIT_SECONDS = 10
_OUR_BUGS = (exc.IntegrityError, exc.ProgrammingError, exc.DataError)


@dataclass(frozen=True, slots=True)
class Database:
    """One store, opened. `clock` gives aware moments."""

    engine: sa.Engine
    clock: Callable[[], datetime]

    def now(self) -> datetime:
        """The moment, in UTC. TypeError: the clock gives naive moments, which is a bug."""
        return in_utc(self.clock())

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent view; waits for nobody."""
        with _in_sentences(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """All or nothing, one writer at a time: the lock is taken before the first look."""
        with _in_sentences(), self.engine.connect() as connection, _begun_for_writing(connection):
            yield connection


def _begun_for_writing(connection: sa.Connection) -> sa.Transaction:
    return connection.execution_options(writes=True).begin()


@contextlib.contextmanager
def _in_sentences() -> Iterator[None]:
    try:
        yield
    except _OUR_BUGS:
        raise
    except exc.DatabaseError as fault:
        raise _unavailable(str(fault.orig)) from None


def _unavailable(why: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"The catalogue's store cannot be used: {why}.",
        es=f"No se puede usar la base de datos del catálogo: {in_spanish(why)}.",
    )


def open_database(place: Path | str, clock: Callable[[], datetime]) -> Database:
    """Open (and make, or bring up to date) the store at a path, or at a database URL.

    StoreUnavailable: it cannot be opened or written, is no store, or was written by a newer version.
    """
    if isinstance(place, Path):
        _make_folder(place.parent)
    database = Database(_engine(place), clock)
    with database.read() as connection:
        step = _step(connection)
    if step != REVISIONS[-1]:
        _migrate(database)
    return database


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise _unavailable(str(fault.strerror)) from None


def _engine(place: Path | str) -> sa.Engine:
    # A path is no URL: it may hold `?`, `#` and `%`.
    url = sa.URL.create("sqlite", database=str(place)) if isinstance(place, Path) else sa.make_url(place)
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, hide_parameters=True)
    # No pool: opening costs a millisecond, and no connection is ever left behind for a fork or the collector.
    engine = sa.create_engine(
        url, hide_parameters=True, connect_args={"timeout": _WAIT_SECONDS}, poolclass=sa.pool.NullPool
    )
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(raw: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    # The driver's own idea of transactions begins them late and lets two writers read the same state.
    raw.isolation_level = None
    cursor = raw.cursor()
    into_wal(cursor, wait_seconds=_WAIT_SECONDS)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _step(connection: sa.Connection) -> str | None:
    """The migration step the store is at; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    step = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if step is not None and step not in REVISIONS:
        raise StoreUnavailable(
            "The catalogue's store was written by a newer version of Vitrina; update this one.",
            es="La base de datos del catálogo es de una versión más nueva de Vitrina; actualice esta.",
        )
    return step


def _migrate(database: Database) -> None:
    # Alembic costs 0.4 s to import: only a store that is behind pays.
    from alembic import command
    from alembic.config import Config

    with database.write() as connection:
        if _step(connection) == REVISIONS[-1]:
            return  # another process was quicker
        config = Config()
        config.set_main_option("script_location", "catalog:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
