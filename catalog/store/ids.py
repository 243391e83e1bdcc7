"""Assigned ids as the store keeps them: one row an id, for ever with the same product."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from catalog.ids import KINDS, Assignment, Known, fault_of, ids_in
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.texts import storable
from schemas.errors import Refused


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids the marketplace assigned to our products."""

    database: Database

    def known(self) -> Known:
        """Every id ever given, imported or published from a sheet, and every product ever published."""
        with self.database.read() as connection:
            return _known(connection)

    def current(self) -> dict[str, dict[str, str]]:
        """Code -> the ids imported for it, for products that come back without them."""
        with self.database.read() as connection:
            return _current(connection)

    def assign(self, new: Iterable[Assignment], *, by: str) -> None:
        """Attach ids; one the product had before in its place stays its own. Refused: taken by another meanwhile."""
        table = tables.assigned_ids
        with self.database.write() as connection:
            known, moment = _known(connection), self.database.now()
            for one in new:
                if fault_of(one, known, replace=True):
                    raise _taken(one)
                its_own = (table.c.code == one.code) & (table.c.kind == one.kind)
                connection.execute(table.update().where(its_own).values(is_current=False))
                same = (table.c.kind == one.kind) & (table.c.value == one.value)
                if connection.execute(table.update().where(same).values(is_current=True)).rowcount == 0:
                    row = {"kind": one.kind, "value": one.value, "code": one.code, "is_current": True}
                    row |= {"assigned_by": storable(by), "assigned_at": moment}
                    connection.execute(table.insert().values(row))


def _taken(one: Assignment) -> Refused:
    return Refused(
        f"The id {one.value} was given to another product meanwhile; import the file again.",
        es=f"El identificador {one.value} se asignó a otro producto mientras tanto; importe el archivo de nuevo.",
    )


def _current(connection: sa.Connection) -> dict[str, dict[str, str]]:
    current: dict[str, dict[str, str]] = {}
    valid = sa.select(tables.assigned_ids).where(tables.assigned_ids.c.is_current)
    for row in connection.execute(valid):
        current.setdefault(row.code, {})[row.kind] = row.value
    return current


def _known(connection: sa.Connection) -> Known:
    rows = connection.execute(sa.select(tables.assigned_ids)).all()
    owners: dict[tuple[str, str], str] = {(row.kind, row.value): row.code for row in rows}
    current = _current(connection)
    for row in connection.execute(_with_ids()):
        found = ids_in(row.record)
        for kind, value in found.items():
            owners.setdefault((kind, value), row.code)
        if row.until is None and found:
            current[row.code] = {**current.get(row.code, {}), **found}
    codes = connection.execute(sa.select(tables.entries.c.code).distinct()).scalars()
    return Known(owners, current, frozenset(codes))


def _with_ids() -> sa.Select[tuple[object, ...]]:
    """Every version of a product that showed an id."""
    table = tables.entries
    says = sa.or_(*(table.c.record.contains(f'"{kind}":', autoescape=True) for kind in KINDS))
    return sa.select(table.c.code, table.c.record, table.c.until).where(says).order_by(table.c.id)
