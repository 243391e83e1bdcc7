"""How many products each release brought, changed and took away: counted in the store, without reading them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from catalog.store import tables
from catalog.store.database import Database

_NO_INDEX = 0
"""Added to a release's number so that rows are found by their code: SQLite, which keeps no statistics, else goes
through all rows that end with a release for each that begins with it (ten thousand changed at once: 24 s)."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What a release did to products; unchanged: those it left as they were."""

    added: int
    changed: int
    removed: int
    unchanged: int


def moves_of(database: Database) -> dict[int, Moves]:
    """Release -> what it did. A value read of another cell than before is no change."""
    with database.read() as connection:
        ordered = sa.select(tables.releases.c.number).order_by(tables.releases.c.number)
        numbers = connection.execute(ordered).scalars().all()
        began = {row.release: row for row in connection.execute(_began())}
        left = {row.release: row.gone for row in connection.execute(_left())}
        found: dict[int, Moves] = {}
        shown = 0
        for number in numbers:
            came = began.get(number)
            added, changed = (came.added, came.began - came.added - came.same) if came else (0, 0)
            gone = left.get(number, 0)
            found[number] = Moves(added, changed, gone, shown - changed - gone)
            shown += added - gone
    return found


def _began() -> sa.Select[tuple[object, ...]]:
    now, before = tables.entries.alias("now"), tables.entries.alias("before")
    joined = now.outerjoin(before, (before.c.code == now.c.code) & (before.c.until + _NO_INDEX == now.c.since))
    return (
        sa.select(
            now.c.since.label("release"),
            sa.func.count().label("began"),
            sa.func.sum(sa.case((before.c.id.is_(None), 1), else_=0)).label("added"),
            sa.func.sum(sa.case((before.c.record == now.c.record, 1), else_=0)).label("same"),
        )
        .select_from(joined)
        .group_by(now.c.since)
    )


def _left() -> sa.Select[tuple[object, ...]]:
    gone, after = tables.entries.alias("gone"), tables.entries.alias("after")
    joined = gone.outerjoin(after, (after.c.code == gone.c.code) & (after.c.since + _NO_INDEX == gone.c.until))
    query = sa.select(gone.c.until.label("release"), sa.func.count().label("gone")).select_from(joined)
    return query.where(gone.c.until.is_not(None) & after.c.id.is_(None)).group_by(gone.c.until)


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest version of a product ever published. until: the release that no longer shows it (None: live)."""

    code: str
    record: str
    since: int
    until: int | None


def newest_of(database: Database) -> tuple[Newest, ...]:
    """Every product that was ever published, in order of code."""
    table = tables.entries
    last = sa.select(table.c.code, sa.func.max(table.c.since).label("since")).group_by(table.c.code).subquery()
    joined = table.join(last, (last.c.code == table.c.code) & (last.c.since == table.c.since))
    query = sa.select(table.c.code, table.c.record, table.c.since, table.c.until).select_from(joined)
    with database.read() as connection:
        return tuple(Newest(*row) for row in connection.execute(query.order_by(table.c.code)))
