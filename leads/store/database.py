"""The connection: SQLite or PostgreSQL, real transactions, migrations on opening, foreign errors said once."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from catalog.reasons import in_spanish
from catalog.sqlite import into_wal
from leads.migrations import REVISIONS
from leads.store.statements import AT_ONCE, Cursor, Insert
from schemas.errors import StoreUnavailable, WrongUse

_WAIT_SECONDS = 15
_CONNECT_SECONDS = 5
_MIGRATION_LOCK = 718_231_904
"""An arbitrary number: the advisory lock that lets one PostgreSQL process migrate at a time."""


Row = Sequence[Any]
"""One row, by position."""


class Sql:
    """One statement, written once with :names, in the style of either driver. `post`: where PostgreSQL differs."""

    __slots__ = ("lite", "post")

    def __init__(self, text: str, post: str | None = None) -> None:
        self.lite = text
        self.post = re.sub(r":([a-z_]+)", r"%(\1)s", post or text)


@dataclass(frozen=True, slots=True)
class Tx:
    """One transaction. `now_ms`: its moment, milliseconds since 1970 in UTC; `market`: CO or MX."""

    connection: sa.Connection
    postgres: bool
    now_ms: int
    market: str

    def rows(self, sql: Sql, **values: Any) -> Sequence[Row]:
        """Every row of a query, or of a statement with RETURNING."""
        with self._cursor() as cursor:
            cursor.execute(self._text(sql), values or ())
            found: Sequence[Row] = cursor.fetchall()
        return found

    def row(self, sql: Sql, **values: Any) -> Row | None:
        """Its first row."""
        with self._cursor() as cursor:
            cursor.execute(self._text(sql), values or ())
            found: Row | None = cursor.fetchone()
        return found

    def value(self, sql: Sql, **values: Any) -> Any:
        """The first column of its first row; None without one."""
        found = self.row(sql, **values)
        return None if found is None else found[0]

    def run(self, sql: Sql, **values: Any) -> int:
        """How many rows it touched."""
        with self._cursor() as cursor:
            cursor.execute(self._text(sql), values or ())
            return int(cursor.rowcount)

    def many(self, sql: Sql, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same statement for each row of values."""
        if rows:
            with self._cursor() as cursor:
                cursor.executemany(self._text(sql), rows)

    def insert(self, insert: Insert, rows: Sequence[Sequence[Any]]) -> Sequence[Row]:
        """Write all rows, many in one statement; what it returns, where it has a RETURNING."""
        found: list[Row] = []
        with self._cursor() as cursor:
            for start in range(0, len(rows), AT_ONCE):
                self._insert(cursor, insert, rows[start : start + AT_ONCE])
                found.extend(cursor.fetchall() if cursor.description else ())
        return found

    def insert_new(self, insert: Insert, rows: Sequence[Sequence[Any]]) -> range | None:
        """The identities of at most AT_ONCE rows written to a SQLite table; None when some were there before.

        SQLite numbers the rows of one statement one after the other. A RETURNING would give the interpreter away for
        every row: a step of its own each.
        """
        with self._cursor() as cursor:
            self._insert(cursor, insert, rows)
            last, all_new = cursor.lastrowid, cursor.rowcount == len(rows)
        return range(last - len(rows) + 1, last + 1) if all_new else None

    def _insert(self, cursor: Any, insert: Insert, rows: Sequence[Sequence[Any]]) -> None:
        cursor.execute(insert.text(len(rows), postgres=self.postgres), list(chain.from_iterable(rows)))

    def stream(self, sql: Sql, **values: Any) -> Iterator[Row]:
        """The rows one after the other, without holding them all."""
        if self.postgres:
            self.connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        streaming = self.connection.execution_options(stream_results=True)
        result = streaming.exec_driver_sql(sql.post if self.postgres else sql.lite, values)
        for part in result.partitions(500):
            yield from part

    def ids(self, numbers: Sequence[int]) -> object:
        """Identities as the one parameter that `json_each(:ids)` (SQLite) or `ANY(:ids)` (PostgreSQL) takes."""
        return list(numbers) if self.postgres else json.dumps(list(numbers))

    def records(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Rows as the one JSON parameter of a statement."""
        return json.dumps(list(rows))

    def _text(self, sql: Sql) -> str:
        return sql.post if self.postgres else sql.lite

    def _cursor(self) -> Cursor:
        return Cursor(self.connection)


@dataclass(frozen=True, slots=True)
class Database:
    """One lead store, opened. `clock` gives aware moments."""

    engine: sa.Engine
    clock: Callable[[], datetime]
    market: str

    @property
    def postgres(self) -> bool:
        """Whether it is a PostgreSQL database (else SQLite)."""
        return self.engine.dialect.name == "postgresql"

    def tx(self, connection: sa.Connection) -> Tx:
        """A transaction that has begun, at this moment."""
        return Tx(connection, self.postgres, to_ms(self.clock()), self.market)

    @contextlib.contextmanager
    def read(self) -> Iterator[Tx]:
        """One view; waits for nobody."""
        with in_sentences(), self.engine.connect() as connection, connection.begin():
            yield self.tx(connection)

    @contextlib.contextmanager
    def write(self) -> Iterator[Tx]:
        """All or nothing. On SQLite the writer's lock is taken before the first look."""
        with in_sentences(), self.engine.connect() as connection, writing(connection).begin():
            yield self.tx(connection)


def writing(connection: sa.Connection) -> sa.Connection:
    """A connection whose transactions will write."""
    return connection.execution_options(writes=True)


@contextlib.contextmanager
def at_once(connection: sa.Connection) -> Iterator[None]:
    """A SQLite transaction that begins now or, while another process writes, not at all (OperationalError)."""
    with Cursor(connection) as cursor:
        cursor.execute("PRAGMA busy_timeout=0")
    try:
        with connection.begin():
            yield
    finally:
        with Cursor(connection) as cursor:
            cursor.execute(f"PRAGMA busy_timeout={_WAIT_SECONDS * 1000}")


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970. TypeError: a naive moment."""
    if moment.tzinfo is None:
        raise TypeError("a moment without a time zone cannot be stored")
    return int(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """The moment in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@contextlib.contextmanager
def in_sentences() -> Iterator[None]:
    """Turns a database's own errors into StoreUnavailable; our bugs crash."""
    try:
        yield
    except exc.SQLAlchemyError as fault:
        raise unavailable(str(getattr(fault, "orig", None) or type(fault).__name__)) from None


def unavailable(why: str) -> StoreUnavailable:
    """The sentence for a store that cannot be used. Drivers name hosts and files, never passwords or values."""
    first = why.strip().splitlines()[0] if why.strip() else "no reason given"
    return StoreUnavailable(
        f"The lead store cannot be used: {first}.",
        es=f"No se puede usar la base de datos de solicitudes: {in_spanish(first)}.",
    )


def open_database(place: Path | str, clock: Callable[[], datetime], market: str, stall: float) -> Database:
    """Open (and make, or bring up to date) the store at a path, or at a database URL.

    `stall`: seconds after which PostgreSQL ends the transaction of a process that stopped in the middle of it.

    StoreUnavailable: it cannot be opened, is no lead store, or was written by a newer version. WrongUse: a URL of
    another kind of database.
    """
    if isinstance(place, Path):
        _make_folder(place.parent)
    database = Database(_engine(place, stall), clock, market)
    with database.read() as tx:
        step = _step(tx.connection)
    if step != REVISIONS[-1]:
        _migrate(database)
    return database


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise unavailable(str(fault.strerror)) from None


def _engine(place: Path | str, stall: float) -> sa.Engine:
    # A path is no URL: it may hold `?`, `#` and `%`.
    url = sa.URL.create("sqlite", database=str(place)) if isinstance(place, Path) else _url(place)
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "prepare_threshold": 2, "options": _postgres(stall)},
        )
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": _WAIT_SECONDS, "check_same_thread": False, "cached_statements": 5 * AT_ONCE},
    )
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgres(stall: float) -> str:
    # A process that is stopped, or whose machine is gone, must not hold its locks for ever.
    told = {
        "idle_in_transaction_session_timeout": int(stall * 1000),
        "tcp_keepalives_idle": 15,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 3,
    }
    return " ".join(f"-c {name}={value}" for name, value in told.items())


def _url(text: str) -> sa.URL:
    try:
        url = sa.make_url(text)
    except exc.ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql") or not url.database:
        raise WrongUse(
            "VITRINA_LEADS_DATABASE_URL is neither postgresql://… nor sqlite:///FILE.",
            es="VITRINA_LEADS_DATABASE_URL no es postgresql://… ni sqlite:///ARCHIVO.",
        )
    return url


def _set_up_sqlite(raw: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    # The driver's own idea of transactions begins them late and lets two claimers read the same state.
    raw.isolation_level = None
    cursor = raw.cursor()
    into_wal(cursor, wait_seconds=_WAIT_SECONDS)
    # What is erased leaves no copy in free pages: a destroyed key must not be found again.
    # And what a statement of many rows keeps to undo itself by stays in memory, not in a file of its own.
    pragmas = "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=4000", "secure_delete=ON", "temp_store=MEMORY"
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    with Cursor(connection) as cursor:
        cursor.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def _step(connection: sa.Connection) -> str | None:
    """The migration step the store is at; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    step = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if step is not None and step not in REVISIONS:
        raise StoreUnavailable(
            "The lead store was written by a newer version of Vitrina, or is another kind of store.",
            es="La base de datos de solicitudes es de una versión más nueva de Vitrina, o de otra clase.",
        )
    return step


def _migrate(database: Database) -> None:
    # Alembic costs 0.4 s to import: only a store that is behind pays.
    from alembic import command
    from alembic.config import Config

    with database.write() as tx:
        if tx.postgres:
            tx.connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        if _step(tx.connection) == REVISIONS[-1]:
            return  # another process was quicker
        config = Config()
        config.set_main_option("script_location", "leads:migrations")
        config.attributes["connection"] = tx.connection
        command.upgrade(config, "head")
