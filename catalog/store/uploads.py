"""Staged uploads: what was read of a workbook, kept as it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from catalog.entry import Entry
from catalog.store import tables
from catalog.store.acts import add_act, handed_in_by
from catalog.store.codec import Body, pack, unpack
from catalog.store.database import Database
from catalog.store.schedule import supersede
from catalog.store.texts import PLACES_KEPT, storable
from schemas.errors import WrongUse
from schemas.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    """What was read of a workbook, to be staged. source: where it came from; partial: it speaks of its rows only.

    brand: what it says of the brand, field -> text, the logo by its digest.
    """

    sha256: str
    file: str
    source: str
    by: str
    requirements: str
    partial: bool
    entries: Sequence[Entry]
    held: Mapping[str, tuple[str, ...]]
    findings: Sequence[Finding]
    brand: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadInfo:
    """An upload without its rows. base: the release that was current when it was staged."""

    id: int
    sha256: str
    file: str
    source: str
    by: str
    at: datetime
    requirements: str
    partial: bool
    base: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload with its rows: entries without errors, held code -> finding codes, every finding, the brand it says."""

    info: UploadInfo
    entries: tuple[Entry, ...]
    held: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...]
    brand: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Staged:
    """What staging came to. is_new False: the newest upload says the same; superseded: codes that lost their turn."""

    number: int
    is_new: bool
    superseded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Uploads:
    """Staged workbooks."""

    database: Database

    def stage(self, new: NewUpload) -> Staged:
        """Stage what was read of a workbook, and enter it as a look at its source.

        What the newest upload says already is not staged again; who handed it in once more is remembered. A new upload
        ends what waits for its day and is said otherwise in it.
        """
        with self.database.write() as connection:
            same = _same_as_newest(connection, new)
            if same is not None:
                self._again(connection, same, new.by)
                return Staged(same, False)
            number = self._insert(connection, new)
            rows = {entry.code: entry for entry in new.entries}
            gone = supersede(connection, rows, new.held, partial=new.partial)
            if gone:
                add_act(
                    connection, "supersede", by=new.by, at=self.database.now(), upload=number, products=gone
                )  # fmt: skip
            return Staged(number, True, tuple(gone))

    def _again(self, connection: sa.Connection, number: int, by: str) -> None:
        if storable(by) not in handed_in_by(connection, number):
            add_act(connection, "upload", by=by, at=self.database.now(), upload=number)

    def _insert(self, connection: sa.Connection, new: NewUpload) -> int:
        row = {
            "sha256": new.sha256,
            "file": storable(new.file),
            "source": storable(new.source),
            "uploaded_by": storable(new.by),
            "uploaded_at": self.database.now(),
            "requirements": new.requirements,
            "is_partial": new.partial,
            "logo": new.brand.get("logo"),
            "body": pack(Body(tuple(new.entries), dict(new.held), tuple(new.findings), dict(new.brand))),
        }
        base = connection.execute(sa.select(sa.func.max(tables.releases.c.number))).scalar()
        made = connection.execute(tables.uploads.insert().values(base=base, **row).returning(tables.uploads.c.id))
        number = int(made.scalar_one())
        look = {"source": row["source"], "is_partial": new.partial, "looked_by": row["uploaded_by"]}
        connection.execute(tables.looks.insert().values(upload=number, looked_at=row["uploaded_at"], **look))
        return number

    def get(self, number: int) -> Upload:
        """One upload with its rows. WrongUse: there is no such upload."""
        with self.database.read() as connection:
            row = connection.execute(sa.select(tables.uploads).where(tables.uploads.c.id == number)).one_or_none()
        if row is None:
            raise WrongUse(
                f"There is no upload {number}; «vitrina plan» shows the newest.",
                es=f"No existe la carga {number}; «vitrina plan» muestra la más reciente.",
            )
        if not row.body:
            raise WrongUse(
                f"What was read of upload {number} is no longer kept ([releases] keep); submit its file again.",
                es=f"Lo que se leyó de la carga {number} ya no se guarda ([releases] keep); cárguela de nuevo.",
            )
        read = unpack(row.body)
        return Upload(
            info=_info(row), entries=read.entries, held=read.held, findings=read.findings, brand=read.brand
        )  # fmt: skip

    def forget(self, keep: int) -> None:
        """Forget what was read of old uploads; their lines stay, for the history.

        Kept is what the newest `keep` brought, the newest from each of the last places, and what a source was last
        read as.
        """
        table = tables.uploads
        newest = sa.select(table.c.id).order_by(table.c.id.desc()).limit(keep)
        last = sa.func.max(table.c.id)
        of_each = sa.select(last).group_by(table.c.source).order_by(last.desc()).limit(PLACES_KEPT)
        read = sa.select(tables.sources.c.upload)
        with self.database.write() as connection:
            old = [table.c.id.not_in(needed) for needed in (newest, of_each, read)]
            connection.execute(table.update().where(*old, sa.func.length(table.c.body) > 0).values(body=b""))

    def logos(self) -> frozenset[str]:
        """The digests of the logos that uploads brought, of those whose rows are not forgotten."""
        table = tables.uploads
        brought = sa.select(table.c.logo).where(table.c.logo.is_not(None) & (sa.func.length(table.c.body) > 0))
        with self.database.read() as connection:
            return frozenset(connection.execute(brought).scalars())

    def info(self, number: int) -> UploadInfo | None:
        """One upload without its rows; None where there is none of that number."""
        query = sa.select(*(column for column in tables.uploads.c if column.name != "body"))
        with self.database.read() as connection:
            row = connection.execute(query.where(tables.uploads.c.id == number)).one_or_none()
        return None if row is None else _info(row)

    def list(self, *, sha256: str | None = None, most: int | None = None) -> tuple[UploadInfo, ...]:
        """Every upload, or every one of a file's content, newest first; at most so many."""
        query = sa.select(*(column for column in tables.uploads.c if column.name != "body"))
        if sha256 is not None:
            query = query.where(tables.uploads.c.sha256 == sha256)
        with self.database.read() as connection:
            newest = query.order_by(tables.uploads.c.id.desc()).limit(most)
            return tuple(_info(row) for row in connection.execute(newest))


def _same_as_newest(connection: sa.Connection, new: NewUpload) -> int | None:
    """The newest upload, where it says exactly what this one would."""
    table = tables.uploads
    row = connection.execute(sa.select(table).order_by(table.c.id.desc()).limit(1)).one_or_none()
    if row is None or (row.sha256, row.is_partial, row.requirements) != (new.sha256, new.partial, new.requirements):
        return None
    read = unpack(row.body)
    said = (read.entries, dict(read.held), dict(read.brand))
    return row.id if said == (tuple(new.entries), dict(new.held), dict(new.brand)) else None


def _info(row: sa.Row[tuple[object, ...]]) -> UploadInfo:
    return UploadInfo(
        id=row.id,
        sha256=row.sha256,
        file=row.file,
        source=row.source,
        by=row.uploaded_by,
        at=row.uploaded_at,
        requirements=row.requirements,
        partial=row.is_partial,
        base=row.base,
    )
