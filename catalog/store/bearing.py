"""Whether anything was written that a plan depends on: cheaper to ask than to make the plan again."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.store import tables
from catalog.store.database import Database


def bearing_on_plans(database: Database) -> tuple[object, ...]:
    """A mark that changes with every release, decision, row that waits for its day, and id that is assigned."""
    rows, ids = tables.schedule, tables.assigned_ids
    told = (
        sa.select(sa.func.max(tables.releases.c.number)),
        sa.select(sa.func.max(tables.decisions.c.id)),
        sa.select(sa.func.max(rows.c.id)),
        sa.select(sa.func.count(rows.c.ended)),
        sa.select(sa.func.count(ids.c.value)),
        sa.select(sa.func.max(ids.c.assigned_at)),
    )
    with database.read() as connection:
        return tuple(connection.execute(sa.select(*(each.scalar_subquery() for each in told))).one())
