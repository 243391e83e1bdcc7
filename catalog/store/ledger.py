"""Looks at sources and waivers, as the store keeps them. Rows are only ever added; old looks forget what they found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from catalog.ledger import Known, Waiver, identify
from catalog.store import tables
from catalog.store.codec import Body, pack, unpack
from catalog.store.database import Database
from catalog.store.decisions import Decision, add_decision
from catalog.store.texts import PLACES_KEPT, storable
from schemas.findings import Finding

_SOURCES = 50
"""Sources whose last look is searched for a finding to waive, newest first: older ones are long superseded."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a source. upload: what was staged of it; findings: what was open then."""

    id: int
    upload: int | None
    at: datetime
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Looks:
    """What was found in each source, look by look."""

    database: Database

    def previous(self, source: str, *, codes: Collection[str], partial: bool) -> Look | None:
        """The look a new one is compared with: the newest at the same source, the path as given.

        A full upload from a path never seen before is the next version of the newest full one, if at least half of
        their products are the same: people save their workbook under a new name every month. None: there is nothing
        to compare with.
        """
        with self.database.read() as connection:
            row = connection.execute(_newest(tables.looks.c.source == storable(source))).one_or_none()
            if row is not None or partial:
                return row and _look(row)
            whole = tables.looks.c.is_partial.is_(False) & tables.looks.c.upload.is_not(None)
            row = connection.execute(_newest(whole)).one_or_none()
        return _look(row) if row is not None and _same_products(row.staged, codes) else None

    def open_findings(self) -> tuple[Known, ...]:
        """Every finding of the last look at each source, with its identity; the newest source first."""
        newest = sa.select(sa.func.max(tables.looks.c.id)).group_by(tables.looks.c.source)
        query = _with_bodies().where(tables.looks.c.id.in_(newest)).limit(_SOURCES)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(known for row in rows for known in identify(_look(row).findings))

    def add(
        self, source: str, *, by: str, partial: bool, upload: int | None, findings: Sequence[Finding] | None
    ) -> None:
        """Enter a look; `findings` None: those of its upload."""
        row = {"source": storable(source), "upload": upload, "is_partial": partial, "looked_by": storable(by)}
        body = None if findings is None else pack(Body(findings=tuple(findings)))
        with self.database.write() as connection:
            connection.execute(tables.looks.insert().values(looked_at=self.database.now(), body=body, **row))

    def forget(self) -> None:
        """Forget what was found in old looks; their lines stay. Kept is the newest look at each of the last places."""
        table = tables.looks
        last = sa.func.max(table.c.id)
        of_each = sa.select(last).group_by(table.c.source).order_by(last.desc()).limit(PLACES_KEPT)
        old = table.c.id.not_in(of_each) & (sa.func.length(table.c.body) > 0)
        with self.database.write() as connection:
            connection.execute(table.update().where(old).values(body=b""))


def _with_bodies() -> sa.Select[tuple[object, ...]]:
    joined = tables.looks.outerjoin(tables.uploads, tables.looks.c.upload == tables.uploads.c.id)
    return (
        sa.select(*tables.looks.c, tables.uploads.c.body.label("staged"))
        .select_from(joined)
        .order_by(tables.looks.c.id.desc())
    )


def _newest(wanted: sa.ColumnElement[bool]) -> sa.Select[tuple[object, ...]]:
    return _with_bodies().where(wanted).limit(1)


def _look(row: sa.Row[tuple[object, ...]]) -> Look:
    body = row.body if row.body is not None else row.staged
    return Look(row.id, row.upload, row.looked_at, unpack(body).findings if body else ())


def _same_products(staged: bytes, codes: Collection[str]) -> bool:
    read = unpack(staged)
    known = {*(entry.code for entry in read.entries), *read.held}
    return bool(codes) and 2 * len(known & set(codes)) >= max(len(known), len(codes))


@dataclass(frozen=True, slots=True)
class Waivers:
    """Warnings somebody accepted for a time."""

    database: Database

    def add(self, known: Known, *, by: str, reason: str, until: date) -> Waiver:
        """Accept a finding up to and including a day; also entered among the decisions, which are the audit.

        What may be waived is the caller's to check (`catalog.ledger.check_waiver`). A later waiver takes the place of
        an earlier one.
        """
        product = known.finding.product
        with self.database.write() as connection:
            waiver = Waiver(finding=known.id, by=by, at=self.database.now(), reason=reason, until=until)
            row = {"finding": known.id, "code": known.finding.code, "product": product and storable(product)}
            row |= {"reason": storable(reason), "waived_by": storable(by)}
            connection.execute(tables.waivers.insert().values(until=until, waived_at=waiver.at, **row))
            comment = f"{known.short} {known.finding.code} ({until}): {reason}"
            products = (product,) if product else ()
            add_decision(connection, Decision(action="waive", by=by, at=waiver.at, products=products, comment=comment))
        return waiver

    def list(self) -> dict[str, Waiver]:
        """Identity -> the last waiver of it, expired ones included."""
        with self.database.read() as connection:
            return {waiver.finding: waiver for waiver in waivers_in(connection)}


def waivers_in(connection: sa.Connection) -> list[Waiver]:
    """Every waiver, oldest first."""
    rows = connection.execute(sa.select(tables.waivers).order_by(tables.waivers.c.id))
    return [
        Waiver(finding=row.finding, by=row.waived_by, at=row.waived_at, reason=row.reason, until=row.until)
        for row in rows
    ]
