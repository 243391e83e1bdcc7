"""What a staged upload looks like, page by page, as it was shown: digests that never change under a reader."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from catalog.entry import canonical
from catalog.release.read import FileRef
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.releases import spans


@dataclass(frozen=True, slots=True)
class Preview:
    """The site of one plan. files: path -> content, in the home's own files; keys: path -> what it was drawn from."""

    upload: int
    plan: str
    at: datetime
    files: Mapping[str, FileRef]
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Previews:
    """Previews by upload and plan. Each is kept as what it changes of the release it was made on."""

    database: Database

    def add(
        self, upload: int, plan: str, files: Mapping[str, FileRef], keys: Mapping[str, str], *, base: int | None
    ) -> None:
        """Keep what a plan looks like; what is kept already stays as it is."""
        with self.database.write() as connection:
            if _row(connection, upload, plan) is None:
                before = _listed(connection, base)
                body = zlib.compress(canonical(_changes(before, files, keys)).encode(), 1)
                row = {"upload": upload, "plan": plan, "base": base, "made_at": self.database.now(), "files": body}
                connection.execute(tables.previews.insert().values(row))

    def get(self, upload: int, plan: str | None = None) -> Preview | None:
        """The preview of a plan, or of the newest one of an upload; None: it is no longer kept, or never was."""
        with self.database.read() as connection:
            row = _row(connection, upload, plan)
            if row is None:
                return None
            listed = _listed(connection, row.base)
        listed = _after(listed, row.files)
        files = {path: FileRef(listed[path][0], listed[path][1]) for path in sorted(listed)}
        keys = {path: key for path, (_, _, key) in listed.items() if key is not None}
        return Preview(row.upload, row.plan, row.made_at, files, keys)

    def names(self) -> frozenset[tuple[int, str]]:
        """(upload, plan) of every preview that is kept."""
        columns = (tables.previews.c.upload, tables.previews.c.plan)
        with self.database.read() as connection:
            return frozenset((upload, plan) for upload, plan in connection.execute(sa.select(*columns)))

    def digests(self) -> frozenset[str]:
        """Every content a preview that is kept needs."""
        with self.database.read() as connection:
            rows = connection.execute(sa.select(tables.previews.c.base, tables.previews.c.files)).all()
            bases = {base: _listed(connection, base) for base in {row.base for row in rows}}
        return frozenset(said[0] for row in rows for said in _after(bases[row.base], row.files).values())

    def forget(self, keep: int) -> None:
        """Forget the previews of all uploads but the newest `keep` and those that have rows waiting for their day."""
        table, uploads, schedule = tables.previews, tables.uploads, tables.schedule
        newest = sa.select(uploads.c.id).order_by(uploads.c.id.desc()).limit(keep)
        waiting = sa.select(schedule.c.upload).where(schedule.c.ended.is_(None))
        with self.database.write() as connection:
            old = table.c.upload.not_in(newest) & table.c.upload.not_in(waiting)
            connection.execute(table.delete().where(old))


def _row(connection: sa.Connection, upload: int, plan: str | None) -> sa.Row[tuple[object, ...]] | None:
    table = tables.previews
    query = sa.select(table).where(table.c.upload == upload)
    if plan is not None:
        query = query.where(table.c.plan == plan)
    return connection.execute(query.order_by(table.c.id.desc()).limit(1)).one_or_none()


Listed = dict[str, list[Any]]
"""Path -> [sha256, size, key]."""


def _listed(connection: sa.Connection, base: int | None) -> Listed:
    """The files of a release."""
    if base is None:
        return {}
    table = tables.files
    query = sa.select(table.c.path, table.c.sha256, table.c.size, table.c.key).where(spans(table, base))
    return {path: said for path, *said in connection.execute(query)}


def _changes(before: Listed, files: Mapping[str, FileRef], keys: Mapping[str, str]) -> dict[str, Any]:
    after = {path: [ref.sha256, ref.size, keys.get(path)] for path, ref in files.items()}
    put = {path: said for path, said in after.items() if before.get(path) != said}
    return {"put": put, "gone": sorted(before.keys() - after.keys())}


def _after(before: Listed, changes: bytes) -> Listed:
    """The files of a release with the changes of a preview."""
    said = json.loads(zlib.decompress(changes))
    return {**{path: before[path] for path in before.keys() - said["gone"]}, **said["put"]}
