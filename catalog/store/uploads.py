"""Staged uploads, the plans made of them, and the append-only list of decisions people took."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from catalog.entry import Entry, canonical
from catalog.store import tables
from catalog.store.codec import pack, unpack
from catalog.store.database import Database
from schemas.errors import Refused, StalePlan, WrongUse
from schemas.findings import Finding

Action = Literal["approve", "reject", "rollback", "withdraw", "reinstate", "waive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    """What was read of a workbook, to be staged. source: where it came from; partial: it speaks of its rows only."""

    sha256: str
    file: str
    source: str
    by: str
    requirements: str
    partial: bool
    entries: Sequence[Entry]
    held: Mapping[str, tuple[str, ...]]
    findings: Sequence[Finding]


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
    """An upload with its rows: entries without errors, held code -> finding codes, and every finding."""

    info: UploadInfo
    entries: tuple[Entry, ...]
    held: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided. products: the codes named; none named means the whole plan."""

    action: Action
    by: str
    at: datetime
    upload: int | None = None
    release: int | None = None
    plan: str | None = None
    products: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What the approvals of one plan let through: all of it, or the codes named; held removals only by name."""

    whole: bool
    named: frozenset[str]
    decisions: tuple[Decision, ...]

    @property
    def only(self) -> frozenset[str] | None:
        """What `Plan.content` takes."""
        return None if self.whole else self.named


@dataclass(frozen=True, slots=True)
class Uploads:
    """Staged workbooks."""

    database: Database

    def add(self, new: NewUpload) -> int:
        """Stage what was read of a workbook, and enter it as a look at its source; its number."""
        row = {
            "sha256": new.sha256,
            "file": storable(new.file),
            "source": storable(new.source),
            "uploaded_by": storable(new.by),
            "uploaded_at": self.database.now(),
            "requirements": new.requirements,
            "is_partial": new.partial,
            "body": pack(new.entries, new.held, new.findings),
        }
        with self.database.write() as connection:
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
        entries, held, findings = unpack(row.body)
        return Upload(info=_info(row), entries=entries, held=held, findings=findings)

    def list(self, *, sha256: str | None = None) -> tuple[UploadInfo, ...]:
        """Every upload, or every one of a file's content, newest first."""
        query = sa.select(*(column for column in tables.uploads.c if column.name != "body"))
        if sha256 is not None:
            query = query.where(tables.uploads.c.sha256 == sha256)
        with self.database.read() as connection:
            return tuple(_info(row) for row in connection.execute(query.order_by(tables.uploads.c.id.desc())))


def _same_person(one: str, other: str) -> bool:
    """Capitals and spaces make no other person."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def storable(text: str) -> str:
    """Names of files may hold bytes that are no text; they are shown as `?`."""
    return text.encode("utf-8", "replace").decode()


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


@dataclass(frozen=True, slots=True)
class Decisions:
    """Plans and what people decided about them. Rows are only ever added."""

    database: Database

    def show_plan(self, upload: int, plan: str, *, base: int | None, summary: Mapping[str, object]) -> None:
        """Remember that this plan was shown: only what was shown can be approved."""
        row = {"upload": upload, "hash": plan, "base": base}
        with self.database.write() as connection:
            if _plan_base(connection, upload, plan) is None:
                row |= {"made_at": self.database.now(), "summary": canonical(summary)}
                connection.execute(tables.plans.insert().values(row))

    def decide(
        self,
        action: Literal["approve", "reject"],
        upload: int,
        plan: str,
        *,
        by: str,
        products: Sequence[str] = (),
        comment: str | None = None,
    ) -> None:
        """Approve or reject a plan, or the products named of it.

        StalePlan: the plan was never shown, or the release it was made on is no longer current. Refused: somebody
        approves their own upload. Codes that the plan does not touch are the caller's to refuse.
        """
        with self.database.write() as connection:
            self._refuse_stale(connection, upload, plan)
            uploader = connection.execute(
                sa.select(tables.uploads.c.uploaded_by).where(tables.uploads.c.id == upload)
            ).scalar_one()
            if action == "approve" and _same_person(uploader, by):
                raise Refused(
                    f"{by} staged this upload and cannot approve it: somebody else has to look at it.",
                    es=f"{by} hizo esta carga y no puede aprobarla: otra persona tiene que revisarla.",
                )
            moment = self.database.now()
            add_decision(
                connection,
                Decision(
                    action=action,
                    by=by,
                    at=moment,
                    upload=upload,
                    plan=plan,
                    products=tuple(products),
                    comment=comment,
                ),
            )

    def _refuse_stale(self, connection: sa.Connection, upload: int, plan: str) -> None:
        found = _plan_base(connection, upload, plan)
        current = connection.execute(sa.select(sa.func.max(tables.releases.c.number))).scalar()
        if found is None:
            raise StalePlan(
                "What would change is no longer what was shown; look at the plan again.",
                es="Lo que cambiaría ya no es lo que se mostró; vuelva a revisar el plan.",
            )
        if found[0] != current:
            raise StalePlan(
                f"This plan was made on release {found[0] or 0}; release {current} is live now. Look at it again.",
                es=f"Este plan se hizo sobre la versión {found[0] or 0}; ya está publicada la {current}. "
                "Vuelva a revisarlo.",
            )

    def scope(self, upload: int, plan: str) -> Scope | None:
        """What is approved of a plan: everything said since it was last rejected. None: nothing is."""
        since: list[Decision] = []
        for decision in self.list(upload=upload):
            if decision.plan == plan and decision.action == "reject":
                since = []
            elif decision.plan == plan and decision.action == "approve":
                since.append(decision)
        if not since:
            return None
        named = frozenset(code for decision in since for code in decision.products)
        return Scope(any(not decision.products for decision in since), named, tuple(since))

    def list(self, *, upload: int | None = None) -> tuple[Decision, ...]:
        """Every decision, or those about one upload, oldest first."""
        query = sa.select(tables.decisions).order_by(tables.decisions.c.id)
        if upload is not None:
            query = query.where(tables.decisions.c.upload == upload)
        with self.database.read() as connection:
            return tuple(_decision(row) for row in connection.execute(query))

    def withdrawn(self) -> frozenset[str]:
        """The codes withdrawn and not reinstated since."""
        out: set[str] = set()
        for decision in self.list():
            if decision.action == "withdraw":
                out.update(decision.products)
            elif decision.action == "reinstate":
                out.difference_update(decision.products)
        return frozenset(out)

    def reinstate(self, code: str, *, by: str, comment: str | None = None) -> None:
        """Let a withdrawn product take part in plans again. Refused: it is not withdrawn."""
        if code not in self.withdrawn():
            raise Refused(f"Product {code} is not withdrawn.", es=f"El producto {code} no está retirado.")
        with self.database.write() as connection:
            moment = self.database.now()
            add_decision(connection, Decision(action="reinstate", by=by, at=moment, products=(code,), comment=comment))


def _plan_base(connection: sa.Connection, upload: int, plan: str) -> tuple[int | None] | None:
    """(base release) of a plan that was shown; None when it was not."""
    shown = (tables.plans.c.upload == upload) & (tables.plans.c.hash == plan)
    row = connection.execute(sa.select(tables.plans.c.base).where(shown)).one_or_none()
    return None if row is None else (row.base,)


def add_decision(connection: sa.Connection, decision: Decision) -> None:
    """Write a decision in the caller's transaction."""
    row = {
        "action": decision.action,
        "upload": decision.upload,
        "release": decision.release,
        "plan": decision.plan,
        "products": canonical(list(decision.products)),
        "decided_by": storable(decision.by),
        "decided_at": decision.at,
        "comment": decision.comment and storable(decision.comment),
    }
    connection.execute(tables.decisions.insert().values(row))


def _decision(row: sa.Row[tuple[object, ...]]) -> Decision:
    return Decision(
        action=row.action,
        by=row.decided_by,
        at=row.decided_at,
        upload=row.upload,
        release=row.release,
        plan=row.plan,
        products=tuple(json.loads(row.products)),
        comment=row.comment,
    )
