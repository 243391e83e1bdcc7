"""Plans that were shown and the append-only list of decisions people took about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from catalog.entry import canonical
from catalog.people import key_of
from catalog.plan.values import Scheduled
from catalog.stale import not_as_shown, stale_plan
from catalog.store import tables
from catalog.store.acts import add_act, handed_in_by
from catalog.store.database import Database
from catalog.store.schedule import add_waiting, end_waiting
from catalog.store.texts import storable
from schemas.errors import Refused

Action = Literal["approve", "reject", "rollback", "withdraw", "reinstate", "waive", "due", "ids"]


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
    """What people said of a plan so far.

    whole: all of it is approved (what is held back only by name); named: codes approved by name; refused: codes
    rejected by name; rejected: the upload as a whole; decisions: the approvals that count;
    seen: how many decisions about the upload there are.
    An approval counts for the plan it was given to, a rejection for its upload, whatever the plan, until it is taken
    back by an approval of the same thing.
    """

    whole: bool = False
    named: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    rejected: bool = False
    decisions: tuple[Decision, ...] = ()
    seen: int = 0

    @property
    def approved(self) -> bool:
        """Is anything let through?"""
        return self.whole or bool(self.named)

    def allowed(self, codes: frozenset[str]) -> frozenset[str]:
        """Which of a plan's codes the approvals let through."""
        return (codes if self.whole else self.named & codes) - self.refused

    def unreviewed(self, codes: frozenset[str]) -> frozenset[str]:
        """Which of them go through where nobody has to approve: all that nobody rejected."""
        return (self.named & codes if self.rejected else codes) - self.refused


@dataclass(frozen=True, slots=True)
class Decisions:
    """Plans and what people decided about them. Rows are only ever added."""

    database: Database

    def show_plan(self, upload: int, plan: str, *, base: int | None, summary: Mapping[str, object], by: str) -> None:
        """Remember that somebody looked at this plan: only what was shown can be approved."""
        row = {"upload": upload, "hash": plan, "base": base}
        with self.database.write() as connection:
            if _plan_base(connection, upload, plan) is None:
                row |= {"made_at": self.database.now(), "summary": canonical(summary)}
                connection.execute(tables.plans.insert().values(row))
            if _last_shown(connection, upload) != (plan, storable(by)):
                add_act(connection, "plan", by=by, at=self.database.now(), upload=upload, plan=plan)

    def last_shown(self, upload: int) -> tuple[str, int | None] | None:
        """(hash, base) of the plan of an upload that a person looked at last; None: nobody looked."""
        with self.database.read() as connection:
            shown = _last_shown(connection, upload)
            found = _plan_base(connection, upload, shown[0]) if shown else None
        return (shown[0], found[0]) if shown and found else None

    def base_of(self, upload: int, plan: str) -> tuple[int | None] | None:
        """(base release) of a plan that was shown; None when it was not."""
        with self.database.read() as connection:
            return _plan_base(connection, upload, plan)

    def decide(
        self,
        action: Literal["approve", "reject"],
        upload: int,
        plan: str,
        *,
        by: str,
        products: Sequence[str] = (),
        comment: str | None = None,
        scheduled: Sequence[Scheduled] = (),
    ) -> None:
        """Approve or reject a plan, or the products named of it.

        scheduled: the rows of it that an approval lets wait for their day, or a rejection takes it from.
        StalePlan: the plan was never shown, or the release it was made on is no longer current. Refused: somebody
        approves what they handed in themselves. Codes that the plan does not touch are the caller's to refuse.
        """
        with self.database.write() as connection:
            moment = self.database.now()
            _refuse_stale(connection, upload, plan, moment)
            if action == "approve":
                _refuse_own(connection, upload, by)
                add_waiting(connection, scheduled, upload=upload, plan=plan, by=by, at=moment)
            else:
                end_waiting(connection, "rejected", codes=[row.code for row in scheduled])
            told = tuple(products)
            add_decision(
                connection,
                Decision(action=action, by=by, at=moment, upload=upload, plan=plan, products=told, comment=comment),
            )

    def handed_in_by(self, upload: int) -> tuple[str, ...]:
        """Who handed in the bytes of an upload, under whatever number: none of them may approve it."""
        with self.database.read() as connection:
            return handed_in_by(connection, upload)

    def scope(self, upload: int, plan: str) -> Scope:
        """What was said of a plan."""
        return scope_of(self.list(upload=upload), plan)

    def list(self, *, upload: int | None = None) -> tuple[Decision, ...]:
        """Every decision, or those about one upload, oldest first."""
        query = sa.select(tables.decisions).order_by(tables.decisions.c.id)
        if upload is not None:
            query = query.where(tables.decisions.c.upload == upload)
        with self.database.read() as connection:
            return tuple(decision_in(row) for row in connection.execute(query))

    def withdrawn(self) -> frozenset[str]:
        """The codes withdrawn and not reinstated since."""
        with self.database.read() as connection:
            return _withdrawn(connection)

    def reinstate(self, code: str, *, by: str, comment: str | None = None) -> None:
        """Let a withdrawn product take part in plans again. Refused: it is not withdrawn."""
        with self.database.write() as connection:
            if code not in _withdrawn(connection):
                raise Refused(f"Product {code} is not withdrawn.", es=f"El producto {code} no está retirado.")
            moment = self.database.now()
            add_decision(connection, Decision(action="reinstate", by=by, at=moment, products=(code,), comment=comment))


def scope_of(decisions: Sequence[Decision], plan: str) -> Scope:
    """What the decisions about an upload, in order, come to for one of its plans. Pure."""
    whole, rejected = False, False
    named: set[str] = set()
    refused: set[str] = set()
    counted: list[Decision] = []
    for decision in decisions:
        codes = set(decision.products)
        if decision.action == "reject":
            whole, rejected = whole and bool(codes), rejected or not codes
            refused = refused | codes if codes else set()
            named = named - codes if codes else set()
            counted = counted if codes else []
        elif decision.action == "approve":
            refused -= codes
            rejected = rejected and bool(codes)
            if decision.plan == plan:
                whole = whole or not codes
                named |= codes
                counted.append(decision)
    return Scope(whole, frozenset(named), frozenset(refused), rejected, tuple(counted), len(decisions))


def _refuse_stale(connection: sa.Connection, upload: int, plan: str, moment: datetime) -> None:
    found = _plan_base(connection, upload, plan)
    if found is None:
        raise not_as_shown()
    table = tables.releases
    current = connection.execute(sa.select(table).order_by(table.c.number.desc()).limit(1)).one_or_none()
    if current is not None and found[0] != current.number:
        raise stale_plan(found[0], current.number, current.minted_at, current.minted_by, moment)


def _refuse_own(connection: sa.Connection, upload: int, by: str) -> None:
    if key_of(by) in map(key_of, handed_in_by(connection, upload)):
        raise Refused(
            f"{by} handed in this workbook and cannot approve it: somebody else has to look at it.",
            es=f"{by} hizo esta carga y no puede aprobarla: otra persona tiene que revisarla.",
        )


def _withdrawn(connection: sa.Connection) -> frozenset[str]:
    table = tables.decisions
    moves = sa.select(table.c.action, table.c.products).where(table.c.action.in_(("withdraw", "reinstate")))
    out: set[str] = set()
    for action, products in connection.execute(moves.order_by(table.c.id)):
        codes = json.loads(products)
        out = out | set(codes) if action == "withdraw" else out - set(codes)
    return frozenset(out)


def _plan_base(connection: sa.Connection, upload: int, plan: str) -> tuple[int | None] | None:
    shown = (tables.plans.c.upload == upload) & (tables.plans.c.hash == plan)
    row = connection.execute(sa.select(tables.plans.c.base).where(shown)).one_or_none()
    return None if row is None else (row.base,)


def _last_shown(connection: sa.Connection, upload: int) -> tuple[str, str] | None:
    """(hash, who) of the plan that was looked at last."""
    table = tables.acts
    seen = sa.select(table.c.plan, table.c.done_by).where((table.c.upload == upload) & (table.c.act == "plan"))
    row = connection.execute(seen.order_by(table.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.plan, row.done_by)


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


def decision_in(row: sa.Row[tuple[object, ...]]) -> Decision:
    """The decision a row of the table holds."""
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
