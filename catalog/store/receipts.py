"""Receipts as the store keeps them: rows are only ever added, one a release and state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from catalog.receipts import Receipt, Standing, State, check_step, standings
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.texts import storable


@dataclass(frozen=True, slots=True)
class Receipts:
    """What became of releases at the marketplace."""

    database: Database

    def standings(self) -> dict[int, Standing]:
        """Release -> where it stands, oldest first; every release is there."""
        with self.database.read() as connection:
            return standings(_receipts(connection), _minted(connection))

    def enter(self, number: int, state: State, *, day: date, by: str, today: date, note: str | None = None) -> Receipt:
        """Enter one step of a release, which the caller knows to exist. Refused: `catalog.receipts.check_step`."""
        with self.database.write() as connection:
            minted = _minted(connection)
            step = Receipt(release=number, state=state, day=day, by=by, at=self.database.now(), note=note)
            check_step(standings(_receipts(connection), minted)[number], step, minted, today)
            row = {"release": number, "state": state, "day": day, "note": note and storable(note)}
            row |= {"entered_by": storable(by), "entered_at": step.at}
            connection.execute(tables.receipts.insert().values(row))
        return step


def _receipts(connection: sa.Connection) -> list[Receipt]:
    rows = connection.execute(sa.select(tables.receipts).order_by(tables.receipts.c.id))
    return [
        Receipt(release=r.release, state=r.state, day=r.day, by=r.entered_by, at=r.entered_at, note=r.note)
        for r in rows
    ]


def _minted(connection: sa.Connection) -> dict[int, date]:
    """Release -> the day it was minted, in UTC."""
    rows = connection.execute(sa.select(tables.releases.c.number, tables.releases.c.minted_at)).all()
    return {number: moment.date() for number, moment in rows}
