"""Everything people (and scheduled runs) did, in one readable list.

Nothing is written here: each act is a row of its own table, which the database lets nobody change or delete.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from catalog.store import tables
from catalog.store.database import Database


@dataclass(frozen=True, slots=True)
class Deed:
    """One act: when, who, what (`upload`, `approve`, `publish`, `user.added` …), about which upload, release, products.

    note: a comment, a file's name, a header and its field, a user.
    """

    at: datetime
    by: str
    act: str
    upload: int | None = None
    release: int | None = None
    products: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """The list."""

    database: Database

    def list(self, *, most: int = 200, before: datetime | None = None) -> tuple[Deed, ...]:
        """The newest acts first, at most so many, all of them before a moment."""
        with self.database.read() as connection:
            found = [deed for source in _SOURCES for deed in source(connection, most, before)]
        return tuple(sorted(found, key=lambda deed: deed.at, reverse=True)[:most])


def _rows(
    connection: sa.Connection, table: sa.Table, moment: str, most: int, before: datetime | None
) -> Iterator[sa.Row[Any]]:
    columns = [column for column in table.c if not isinstance(column.type, sa.LargeBinary)]
    query = sa.select(*columns)
    if before is not None:
        query = query.where(table.c[moment] < before)
    newest = (table.c[moment].desc(), *(column.desc() for column in table.primary_key))
    yield from connection.execute(query.order_by(*newest).limit(most))


def _uploads(connection: sa.Connection, most: int, before: datetime | None) -> Iterator[Deed]:
    for row in _rows(connection, tables.uploads, "uploaded_at", most, before):
        yield Deed(row.uploaded_at, row.uploaded_by, "upload", row.id, note=row.file)


def _acts(connection: sa.Connection, most: int, before: datetime | None) -> Iterator[Deed]:
    for row in _rows(connection, tables.acts, "done_at", most, before):
        yield Deed(row.done_at, row.done_by, row.act, row.upload, products=_codes(row.products), note=row.note)


def _decisions(connection: sa.Connection, most: int, before: datetime | None) -> Iterator[Deed]:
    for row in _rows(connection, tables.decisions, "decided_at", most, before):
        yield Deed(
            row.decided_at, row.decided_by, row.action, row.upload, row.release, _codes(row.products), row.comment
        )  # fmt: skip


def _releases(connection: sa.Connection, most: int, before: datetime | None) -> Iterator[Deed]:
    for row in _rows(connection, tables.releases, "minted_at", most, before):
        if row.kind not in _DECIDED:
            yield Deed(row.minted_at, row.minted_by, row.kind, row.upload, row.number)


_DECIDED = ("rollback", "withdraw", "due", "ids")
"""Kinds of release that are decisions of their own, and told as such."""


def _mappings(connection: sa.Connection, most: int, before: datetime | None) -> Iterator[Deed]:
    for row in _rows(connection, tables.mappings, "said_at", most, before):
        fields = ", ".join(json.loads(row.fields))
        yield Deed(row.said_at, row.said_by, "map" if fields else "unmap", note=f"{row.file}: {row.shown} → {fields}")


def _users(connection: sa.Connection, most: int, before: datetime | None) -> Iterator[Deed]:
    for row in _rows(connection, tables.user_acts, "done_at", most, before):
        note = row.about if row.detail is None else f"{row.about}: {row.detail}"
        yield Deed(row.done_at, row.done_by, f"user.{row.act}", note=note)


def _receipts(connection: sa.Connection, most: int, before: datetime | None) -> Iterator[Deed]:
    for row in _rows(connection, tables.receipts, "entered_at", most, before):
        yield Deed(row.entered_at, row.entered_by, f"receipt.{row.state}", release=row.release, note=row.note)


_SOURCES = (_uploads, _acts, _decisions, _releases, _mappings, _users, _receipts)


def _codes(products: str) -> tuple[str, ...]:
    return tuple(json.loads(products))
