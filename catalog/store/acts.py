"""Acts that have no table of their own: a file handed in again, a plan looked at, a row that lost its turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from catalog.entry import canonical
from catalog.store import tables
from catalog.store.texts import storable


def add_act(
    connection: sa.Connection,
    act: str,
    *,
    by: str,
    at: datetime,
    upload: int | None = None,
    plan: str | None = None,
    products: Sequence[str] = (),
    note: str | None = None,
) -> None:
    """Write an act in the caller's transaction."""
    row: dict[str, Any] = {"act": act, "upload": upload, "plan": plan, "products": canonical(list(products))}
    row |= {"note": note and storable(note), "done_by": storable(by), "done_at": at}
    connection.execute(tables.acts.insert().values(row))


def handed_in_by(connection: sa.Connection, upload: int) -> tuple[str, ...]:
    """Everybody who handed in the bytes of an upload, under whatever number, or again under the same one."""
    table, acts = tables.uploads, tables.acts
    sha = sa.select(table.c.sha256).where(table.c.id == upload).scalar_subquery()
    same = sa.select(table.c.id).where(table.c.sha256 == sha)
    first = sa.select(table.c.uploaded_by).where(table.c.id.in_(same))
    again = sa.select(acts.c.done_by).where((acts.c.act == "upload") & acts.c.upload.in_(same))
    return tuple(connection.execute(sa.union(first, again)).scalars())
