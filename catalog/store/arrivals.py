"""Files that arrived at the desk and what became of them. A state changes only here, and only forward:

waiting -> checking -> done | failed
waiting | checking -> interrupted (the desk was stopped) -> waiting (somebody asks for it again)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from catalog.entry import canonical
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.texts import storable
from schemas.errors import Refused, WrongUse

ArrivalState = Literal["waiting", "checking", "done", "failed", "interrupted"]
_UNDER_WAY = ("waiting", "checking")
_MOST = 200
_ALL = 2**31
"""SQLite knows no offset without a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArrival:
    """A file wholly received. folder: where it lies below `incoming`; size in bytes."""

    folder: str
    file: str
    size: int
    sha256: str
    by: str
    partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival(NewArrival):
    """A file that arrived. upload: what was staged of it, None where the file could not be used.

    step: what is being done while `checking`. fault: why it `failed`, by language.
    """

    id: int
    at: datetime
    changed_at: datetime
    state: ArrivalState
    step: str | None = None
    upload: int | None = None
    fault: dict[str, str] | None = None

    @property
    def under_way(self) -> bool:
        """Is there still something to wait for?"""
        return self.state in _UNDER_WAY


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The files that arrived."""

    database: Database

    def add(self, new: NewArrival) -> int:
        """Enter a file, waiting to be checked; its number."""
        moment = self.database.now()
        row = {"folder": new.folder, "file": storable(new.file), "size": new.size, "sha256": new.sha256}
        row |= {"is_partial": new.partial, "sent_by": storable(new.by), "sent_at": moment, "changed_at": moment}
        with self.database.write() as connection:
            made = connection.execute(
                tables.arrivals.insert().values(state="waiting", **row).returning(tables.arrivals.c.id)
            )
            return int(made.scalar_one())

    def get(self, number: int) -> Arrival:
        """One arrival. WrongUse: there is none of that number."""
        with self.database.read() as connection:
            row = connection.execute(sa.select(tables.arrivals).where(tables.arrivals.c.id == number)).one_or_none()
        if row is None:
            raise WrongUse(f"No file {number} has arrived.", es=f"No ha llegado ningún archivo {number}.")
        return _arrival(row)

    def list(self, *, most: int = _MOST) -> tuple[Arrival, ...]:
        """The newest arrivals, newest first."""
        query = sa.select(tables.arrivals).order_by(tables.arrivals.c.id.desc()).limit(most)
        with self.database.read() as connection:
            return tuple(_arrival(row) for row in connection.execute(query))

    def of_upload(self, upload: int) -> Arrival | None:
        """The newest file an upload was staged from; None where it came another way."""
        query = sa.select(tables.arrivals).where(tables.arrivals.c.upload == upload)
        with self.database.read() as connection:
            row = connection.execute(query.order_by(tables.arrivals.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else _arrival(row)

    def folders(self) -> frozenset[str]:
        """The folders of all arrivals."""
        with self.database.read() as connection:
            return frozenset(connection.execute(sa.select(tables.arrivals.c.folder)).scalars())

    def settled_folders(self, *, but: int) -> frozenset[str]:
        """The folders of all but so many of the newest that nobody waits for."""
        settled = tables.arrivals.c.state.not_in(_UNDER_WAY)
        query = sa.select(tables.arrivals.c.folder).where(settled)
        with self.database.read() as connection:
            newest_first = query.order_by(tables.arrivals.c.id.desc()).offset(but).limit(_ALL)
            return frozenset(connection.execute(newest_first).scalars())

    def step(self, number: int, step: str) -> None:
        """It is being checked, and this is what is being done."""
        self._set(number, state="checking", step=step)

    def finish(self, number: int, upload: int | None) -> None:
        """It was checked; `upload` is what was staged of it."""
        self._set(number, state="done", step=None, upload=upload)

    def fail(self, number: int, fault: dict[str, str]) -> None:
        """It could not be checked; why, by language."""
        self._set(number, state="failed", step=None, fault=canonical(fault))

    def again(self, number: int) -> None:
        """Let what was interrupted or failed wait once more. Refused: it is under way or done."""
        with self.database.write() as connection:
            stopped = tables.arrivals.c.state.in_(("interrupted", "failed"))
            change = tables.arrivals.update().where(stopped & (tables.arrivals.c.id == number))
            values = {"state": "waiting", "step": None, "fault": None, "changed_at": self.database.now()}
            if not connection.execute(change.values(values)).rowcount:
                raise Refused("This file needs no other check.", es="Este archivo no necesita otra revisión.")

    def interrupt(self) -> int:
        """Say of whatever was under way that it was interrupted; how many there were. For when a desk begins."""
        under_way = tables.arrivals.c.state.in_(_UNDER_WAY)
        values = {"state": "interrupted", "changed_at": self.database.now()}
        with self.database.write() as connection:
            return connection.execute(tables.arrivals.update().where(under_way).values(values)).rowcount

    def _set(self, number: int, **values: object) -> None:
        with self.database.write() as connection:
            same = tables.arrivals.c.id == number
            connection.execute(tables.arrivals.update().where(same).values(changed_at=self.database.now(), **values))


def _arrival(row: sa.Row[tuple[object, ...]]) -> Arrival:
    return Arrival(
        id=row.id,
        folder=row.folder,
        file=row.file,
        size=row.size,
        sha256=row.sha256,
        by=row.sent_by,
        partial=row.is_partial,
        at=row.sent_at,
        changed_at=row.changed_at,
        state=row.state,
        step=row.step,
        upload=row.upload,
        fault=json.loads(row.fault) if row.fault else None,
    )
