"""Releases as the store knows them. Entries and files carry the span of releases they belong to, so that a release
costs what it changes, an old one can be read back exactly, and a product's whole life is one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from catalog.brand import BrandRecord, record_from
from catalog.entry import Content, Entry
from catalog.release.read import FileRef
from catalog.stale import not_as_shown
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.decisions import Decision, add_decision
from catalog.store.schedule import end_waiting
from schemas.errors import StalePlan, WrongUse

Kind = Literal["publish", "rollback", "withdraw", "due", "ids"]
State = Literal["pending", "delivered", "failed", "superseded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseInfo:
    """One release. content: its content digest; manifest: that file; restores: the release a rollback restored.

    brand: None where it was published before releases recorded it.
    """

    number: int
    kind: Kind
    base: int | None
    content: str
    manifest: FileRef
    requirements: str
    by: str
    at: datetime
    upload: int | None = None
    plan: str | None = None
    restores: int | None = None
    brand: BrandRecord | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a release stands with a target."""

    release: int
    target: str
    state: State
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class Lifespan:
    """One version of a product: first release that showed it, first that no longer did (None: live)."""

    entry: Entry
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Releases:
    """What was published, and where it was delivered."""

    database: Database

    def current(self) -> ReleaseInfo | None:
        """The newest release; None before the first."""
        query = sa.select(tables.releases).order_by(tables.releases.c.number.desc()).limit(1)
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _info(row)

    def list(self) -> tuple[ReleaseInfo, ...]:
        """Every release, newest first."""
        query = sa.select(tables.releases).order_by(tables.releases.c.number.desc())
        with self.database.read() as connection:
            return tuple(_info(row) for row in connection.execute(query))

    def get(self, number: int) -> ReleaseInfo:
        """One release. WrongUse: there is no such release."""
        query = sa.select(tables.releases).where(tables.releases.c.number == number)
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise WrongUse(
                f"There is no release {number}; «vitrina releases» lists those there are.",
                es=f"No existe la versión {number}; «vitrina releases» muestra las que hay.",
            )
        return _info(row)

    def content(self, number: int | None = None) -> Content | None:
        """What a release shows, by default the newest; None before the first."""
        release = self.current() if number is None else self.get(number)
        if release is None:
            return None
        table = tables.entries
        query = sa.select(table.c.code, table.c.record, table.c.lineage).where(spans(table, release.number))
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(table.c.code)).all()
        entries = {code: Entry(code, *texts) for code, *texts in rows}
        return Content(release.number, release.content, entries, release.brand)

    def codes(self, number: int) -> frozenset[str]:
        """The products a release shows."""
        table = tables.entries
        with self.database.read() as connection:
            return frozenset(connection.execute(sa.select(table.c.code).where(spans(table, number))).scalars())

    def begun(self) -> dict[str, int]:
        """Code -> the release that brought the product as it is now, of what is live."""
        table = tables.entries
        query = sa.select(table.c.code, table.c.since).where(table.c.until.is_(None))
        with self.database.read() as connection:
            return {code: since for code, since in connection.execute(query)}  # noqa: C416 - rows are no tuples to mypy

    def files(self, number: int) -> dict[str, FileRef]:
        """Path -> file of a release, without its manifest; whole only while the home keeps that manifest."""
        table = tables.files
        query = sa.select(table.c.path, table.c.sha256, table.c.size).where(spans(table, number))
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(table.c.path)).all()
        return {path: FileRef(sha, size) for path, sha, size in rows}

    def digests(self, oldest: int) -> frozenset[str]:
        """Every content that releases from a number on need, their manifests included."""
        files, releases = tables.files, tables.releases
        bodies = sa.select(files.c.sha256).where(files.c.until.is_(None) | (files.c.until > oldest))
        manifests = sa.select(releases.c.manifest).where(releases.c.number >= oldest)
        with self.database.read() as connection:
            return frozenset(connection.execute(sa.union(bodies, manifests)).scalars())

    def page_keys(self, number: int | None = None) -> dict[str, str]:
        """Path -> key of the pages of a release, by default the newest: what `render_site` takes as `known`."""
        table = tables.files
        wanted = spans(table, self._number(number)) & table.c.key.is_not(None)
        with self.database.read() as connection:
            rows = connection.execute(sa.select(table.c.path, table.c.key).where(wanted)).all()
        return {path: key for path, key in rows}  # noqa: C416 - rows are no tuples to mypy

    def _number(self, number: int | None) -> int:
        if number is not None:
            return number
        current = self.current()
        return current.number if current else 0

    def history(self, code: str) -> tuple[Lifespan, ...]:
        """Every version of a product, oldest first."""
        table = tables.entries
        query = sa.select(table).where(table.c.code == code).order_by(table.c.since)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(Lifespan(Entry(row.code, row.record, row.lineage), row.since, row.until) for row in rows)

    def mint(
        self,
        release: ReleaseInfo,
        *,
        entries: Mapping[str, Entry],
        files: Mapping[str, FileRef],
        keys: Mapping[str, str],
        targets: Sequence[str],
        decision: Decision | None = None,
        begun: Sequence[str] = (),
        seen: int | None = None,
    ) -> None:
        """Write a release with all it shows, and owe it to the targets: all in one transaction.

        begun: codes of the waiting rows whose day has come with it; seen: how many decisions about its upload it
        rests on.

        StalePlan: another release was minted since `release.base`, or somebody decided otherwise meanwhile.
        """
        with self.database.write() as connection:
            newest = connection.execute(sa.select(sa.func.max(tables.releases.c.number))).scalar()
            if newest != release.base or release.number != (newest or 0) + 1:
                raise StalePlan(
                    f"Release {newest} was published meanwhile; look at the plan again.",
                    es=f"Mientras tanto se publicó la versión {newest}; vuelva a revisar el plan.",
                )
            connection.execute(tables.releases.insert().values(_row(release)))
            texts = {code: {"code": code, "record": e.record, "lineage": e.lineage} for code, e in entries.items()}
            _respan(connection, tables.entries, "code", release.number, texts)
            refs = {
                path: {"path": path, "sha256": ref.sha256, "size": ref.size, "key": keys.get(path)}
                for path, ref in files.items()
            }
            _respan(connection, tables.files, "path", release.number, refs)
            for target in targets:
                _set_delivery(connection, Delivery(release.number, target, "pending", release.at, None))
            _refuse_decided(connection, release.upload, seen)
            if begun and end_waiting(connection, "live", codes=begun, release=release.number) != sorted(begun):
                raise not_as_shown()
            if decision is not None:
                add_decision(connection, decision)

    def forget_files(self, oldest: int) -> None:
        """Forget which files releases before a number showed, unless a preview that is kept was made on one of them.

        What they said of products stays: that is a product's history.
        """
        table, previews = tables.files, tables.previews
        with self.database.write() as connection:
            based = connection.execute(sa.select(sa.func.min(previews.c.base))).scalar()
            first = oldest if based is None else min(oldest, based)
            connection.execute(table.delete().where(table.c.until <= first))

    def deliveries(self, number: int | None = None) -> tuple[Delivery, ...]:
        """Where every release (or one) stands with every target."""
        query = sa.select(tables.deliveries).order_by(tables.deliveries.c.release, tables.deliveries.c.target)
        if number is not None:
            query = query.where(tables.deliveries.c.release == number)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(Delivery(row.release, row.target, row.state, row.changed_at, row.note) for row in rows)

    def set_delivery(self, number: int, target: str, state: State, note: str | None = None) -> None:
        """Record how a delivery went. Delivered: what was still owed of older releases is superseded."""
        table = tables.deliveries
        with self.database.write() as connection:
            moment = self.database.now()
            _set_delivery(connection, Delivery(number, target, state, moment, note))
            if state == "delivered":
                older = (table.c.release < number) & (table.c.target == target) & (table.c.state != "delivered")
                connection.execute(table.update().where(older).values(state="superseded"))


def _refuse_decided(connection: sa.Connection, upload: int | None, seen: int | None) -> None:
    """Somebody approved or rejected between the look at the decisions and the minting: look again."""
    if seen is not None:
        count = sa.select(sa.func.count()).where(tables.decisions.c.upload == upload)
        if connection.execute(count).scalar_one() != seen:
            raise not_as_shown()


def _set_delivery(connection: sa.Connection, delivery: Delivery) -> None:
    table = tables.deliveries
    same = (table.c.release == delivery.release) & (table.c.target == delivery.target)
    values = {"state": delivery.state, "changed_at": delivery.at, "note": delivery.note}
    if connection.execute(table.update().where(same).values(values)).rowcount == 0:
        row = {"release": delivery.release, "target": delivery.target, **values}
        connection.execute(table.insert().values(row))


def spans(table: sa.Table, number: int) -> sa.ColumnElement[bool]:
    """The rows of a table of spans that belong to a release."""
    return (table.c.since <= number) & (table.c.until.is_(None) | (table.c.until > number))


def _respan(
    connection: sa.Connection, table: sa.Table, name: str, number: int, wanted: Mapping[str, dict[str, Any]]
) -> None:
    """End the span of the rows that change or leave, begin one for those that change or come."""
    columns = [table.c.id, *(table.c[column] for column in next(iter(wanted.values()), ()))]
    live = connection.execute(sa.select(*columns).where(table.c.until.is_(None))).mappings()
    kept: set[str] = set()
    ended: list[dict[str, Any]] = []
    for row in live:
        values = dict(row)
        identity = values.pop("id")
        if values and wanted.get(values[name]) == values:
            kept.add(values[name])
        else:
            ended.append({"ended": identity})
    if ended:
        ending = table.update().where(table.c.id == sa.bindparam("ended")).values(until=number)
        connection.execute(ending, ended)
    begun = [{**values, "since": number} for key, values in wanted.items() if key not in kept]
    if begun:
        connection.execute(table.insert(), begun)


def _row(release: ReleaseInfo) -> dict[str, Any]:
    return {
        "number": release.number,
        "kind": release.kind,
        "base": release.base,
        "restores": release.restores,
        "content": release.content,
        "manifest": release.manifest.sha256,
        "manifest_size": release.manifest.size,
        "requirements": release.requirements,
        "upload": release.upload,
        "plan": release.plan,
        "minted_by": release.by.encode("utf-8", "replace").decode(),
        "minted_at": release.at,
        "brand": release.brand and release.brand.text(),
    }


def _info(row: sa.Row[tuple[object, ...]]) -> ReleaseInfo:
    return ReleaseInfo(
        number=row.number,
        kind=row.kind,
        base=row.base,
        content=row.content,
        manifest=FileRef(row.manifest, row.manifest_size),
        requirements=row.requirements,
        by=row.minted_by,
        at=row.minted_at,
        upload=row.upload,
        plan=row.plan,
        restores=row.restores,
        brand=record_from(row.brand) if row.brand else None,
    )
