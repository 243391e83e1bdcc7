"""How statements reach the driver: its own cursor, many rows at once, and its faults said as SQLAlchemy says them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

AT_ONCE = 64
"""Rows of one INSERT: the driver keeps the prepared statement of each number of rows."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_OUR_BUGS = (exc.IntegrityError, exc.ProgrammingError, exc.DataError)


class StatementFailed(Exception):
    """A bug of ours, by its kind alone: PostgreSQL's own words would quote the values."""


class Insert:
    """One INSERT of many rows: a single step of SQLite for all of them, a single round trip to PostgreSQL.

    `always`: columns with what stands in them in every row, as SQL: what is not handed over costs nothing.
    """

    __slots__ = ("_always", "_columns", "_table", "_tail", "_texts")

    def __init__(self, table: str, columns: str, tail: str = "", always: Mapping[str, str] = _NOTHING) -> None:
        self._table, self._columns, self._tail, self._always = table, columns.split(), tail, always
        self._texts: dict[tuple[int, bool], str] = {}

    def text(self, rows: int, *, postgres: bool) -> str:
        """The statement for so many rows, their values one after the other: one text for each number of rows."""
        text = self._texts.get((rows, postgres))
        if text is None:
            text = self._texts[rows, postgres] = self._written(rows, postgres)
        return text

    def _written(self, rows: int, postgres: bool) -> str:
        one = f"({','.join([*['%s' if postgres else '?'] * len(self._columns), *self._always.values()])})"
        values = ",".join([one] * rows)
        names = ",".join([*self._columns, *self._always])
        return f"INSERT INTO {self._table} ({names}) VALUES {values} {self._tail}"  # noqa: S608


class Cursor:
    """The driver's own cursor, its faults as SQLAlchemy's: a third of what a statement costs through the engine."""

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Any:
        self._cursor = self._connection.connection.cursor()
        return self._cursor

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        self._cursor.close()
        dialect = self._connection.dialect
        if fault is None or not isinstance(fault, dialect.loaded_dbapi.Error):
            return
        base = dialect.loaded_dbapi.Error
        said = exc.DBAPIError.instance(None, None, fault, base, hide_parameters=True, dialect=dialect)
        if isinstance(said, _OUR_BUGS):
            raise StatementFailed(type(fault).__name__) from None
        if dialect.is_disconnect(fault, self._connection.connection, None):
            self._connection.invalidate(said)
        raise said from fault
