"""What people said unknown headers mean, by the name of the file they said it of. Rows are only ever added."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from catalog.entry import canonical
from catalog.ledger import Remembered
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.texts import storable
from schemas.errors import WrongUse


@dataclass(frozen=True, slots=True)
class Mappings:
    """Answers about headers."""

    database: Database

    def list(self) -> tuple[Remembered, ...]:
        """What is remembered now, by file and header."""
        with self.database.read() as connection:
            return mappings_in(connection)

    def remember(self, file: str, answers: Mapping[str, tuple[str, tuple[str, ...]]], *, by: str) -> None:
        """Keep normalised header -> (header as written, fields); what is known already is not written again."""
        with self.database.write() as connection:
            known = {(said.file, said.header): said.fields for said in mappings_in(connection)}
            at = self.database.now()
            for header, (shown, fields) in answers.items():
                if known.get((storable(file), header)) != fields:
                    said = Remembered(file=file, header=header, shown=shown, fields=fields, by=by, at=at)
                    _write(connection, said)

    def forget(self, header: str, *, file: str | None, by: str) -> tuple[Remembered, ...]:
        """Forget a normalised header, in files of one name or in all; what was forgotten. WrongUse: nothing was."""
        with self.database.write() as connection:
            known = mappings_in(connection)
            gone = tuple(said for said in known if said.header == header and file in (None, said.file))
            for said in gone:
                _write(connection, _forgotten(said, by, self.database.now()))
        if not gone:
            raise _not_remembered(header, known)
        return gone


def mappings_in(connection: sa.Connection) -> tuple[Remembered, ...]:
    """The last word on each header, without those forgotten."""
    rows = connection.execute(sa.select(tables.mappings).order_by(tables.mappings.c.id))
    last = {(row.file, row.header): row for row in rows}
    return tuple(_remembered(row) for _, row in sorted(last.items()) if row.fields != "[]")


def _remembered(row: sa.Row[tuple[object, ...]]) -> Remembered:
    fields = tuple(json.loads(row.fields))
    return Remembered(
        file=row.file, header=row.header, shown=row.shown, fields=fields, by=row.said_by, at=row.said_at
    )  # fmt: skip


def _forgotten(said: Remembered, by: str, at: datetime) -> Remembered:
    return Remembered(file=said.file, header=said.header, shown=said.shown, fields=(), by=by, at=at)


def _write(connection: sa.Connection, said: Remembered) -> None:
    row = {"file": storable(said.file), "header": said.header, "shown": storable(said.shown), "said_at": said.at}
    fields = canonical(list(said.fields))
    connection.execute(tables.mappings.insert().values(fields=fields, said_by=storable(said.by), **row))


def _not_remembered(header: str, known: tuple[Remembered, ...]) -> WrongUse:
    near = difflib.get_close_matches(header, {said.header: said.shown for said in known}, n=3, cutoff=0.5)
    listed = ", ".join(f"«{said.shown}»" for said in known if said.header in near)
    return WrongUse(
        f"Nothing is remembered about «{header}»." + (f" Near: {listed}." if listed else ""),
        es=f"No hay nada recordado sobre «{header}»." + (f" Se parecen: {listed}." if listed else ""),
    )
