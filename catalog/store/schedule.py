"""Approved rows that wait for their day. A row ends live, superseded or rejected, and is never forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa

from catalog.entry import Entry
from catalog.plan.values import Scheduled
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.texts import storable

Ended = Literal["live", "superseded", "rejected"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An approved row: whose upload and plan it is, the day it goes live, who let it through."""

    id: int
    entry: Entry
    upload: int
    plan: str
    starts: date
    by: str
    at: datetime
    release: int | None = None

    @property
    def code(self) -> str:
        """The Lender's product code."""
        return self.entry.code


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rows that wait."""

    database: Database

    def waiting(self) -> Mapping[str, Waiting]:
        """Code -> the row that waits for its day."""
        table = tables.schedule
        with self.database.read() as connection:
            rows = connection.execute(sa.select(table).where(table.c.ended.is_(None)).order_by(table.c.code)).all()
        return {row.code: _waiting(row) for row in rows}

    def lived(self, code: str) -> tuple[Waiting, ...]:
        """The rows of a product that went live on their day, oldest first."""
        table = tables.schedule
        query = sa.select(table).where((table.c.code == code) & (table.c.ended == "live")).order_by(table.c.id)
        with self.database.read() as connection:
            return tuple(_waiting(row) for row in connection.execute(query))

    def settle(self, codes: Collection[str], *, release: int) -> None:
        """These rows are live already: a release shows their very values."""
        if codes:
            with self.database.write() as connection:
                end_waiting(connection, "live", codes=codes, release=release)

    def add(self, rows: Sequence[Scheduled], *, upload: int, plan: str, by: str) -> None:
        """Let rows wait that nobody had to approve."""
        if rows:
            with self.database.write() as connection:
                add_waiting(connection, rows, upload=upload, plan=plan, by=by, at=self.database.now())


def add_waiting(
    connection: sa.Connection, rows: Iterable[Scheduled], *, upload: int, plan: str, by: str, at: datetime
) -> None:
    """Let rows wait, in the caller's transaction; each takes the place of the one its product had waiting."""
    for row in rows:
        end_waiting(connection, "superseded", codes=(row.code,))
        values = {"code": row.code, "upload": upload, "plan": plan, "starts": row.starts, "approved_at": at}
        texts = {"record": row.entry.record, "lineage": row.entry.lineage, "approved_by": storable(by)}
        connection.execute(tables.schedule.insert().values(**values, **texts))


def end_waiting(
    connection: sa.Connection, ended: Ended, *, codes: Collection[str], release: int | None = None
) -> list[str]:
    """Rows of these codes wait no longer, in the caller's transaction; which there were."""
    table = tables.schedule
    found = table.c.ended.is_(None) & table.c.code.in_(codes)
    ending = table.update().where(found).values(ended=ended, release=release).returning(table.c.code)
    return sorted(connection.execute(ending).scalars())


def supersede(
    connection: sa.Connection, rows: Mapping[str, Entry], held: Collection[str], *, partial: bool
) -> list[str]:
    """End what a new upload says otherwise: a row it gives other values, or, where it speaks for all, leaves out.

    A row the new upload has errors in says nothing, and what was approved still stands.
    """
    table = tables.schedule
    waiting = connection.execute(sa.select(table.c.code, table.c.record).where(table.c.ended.is_(None))).all()
    gone = [
        code
        for code, record in waiting
        if code not in held and (rows[code].product != Entry(code, record).product if code in rows else not partial)
    ]
    return end_waiting(connection, "superseded", codes=gone) if gone else []


def _waiting(row: sa.Row[tuple[object, ...]]) -> Waiting:
    entry = Entry(row.code, row.record, row.lineage)
    return Waiting(row.id, entry, row.upload, row.plan, row.starts, row.approved_by, row.approved_at, row.release)
