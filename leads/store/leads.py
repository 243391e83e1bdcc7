"""Leads and what happened to them: the state machine is guarded in the transaction that owes the postback."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from leads.states import NOTHING_SAID, Facts, Known, Revision, State, StatusRefused, Step, judge
from leads.store.audit import write_audit
from leads.store.database import Sql, Tx, from_ms
from schemas.lead import EventName, Postback, click_id_fault, moment_text
from schemas.product import as_text
from schemas.settings import CURRENCY_OF


@dataclass(frozen=True, slots=True)
class Lead:
    """One lead. `number` is its identity in the store; `key` the digest that applicant data is bound to."""

    number: int
    click_id: str
    state: State
    product_id: str | None
    listing_id: str | None
    source: str
    made_at: datetime
    changed_at: datetime
    wrapped_key: bytes | None
    erased_at: datetime | None

    @property
    def key(self) -> bytes:
        """SHA-256 of the click_id."""
        return click_key(self.click_id)


@dataclass(frozen=True, slots=True)
class Happened:
    """A status as it came in: which lead, which event, what was said of it."""

    click_id: str
    event: EventName
    facts: Facts = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a status. `fresh` is False when it was on record already. `owed`: the rows, in order."""

    owed: tuple[int, ...]
    state: State
    fresh: bool


LEAD_COLUMNS = "id, click_id, state, product_id, listing_id, source, made_ms, changed_ms, wrapped_key, erased_ms"
_FIND = Sql("SELECT " + LEAD_COLUMNS + " FROM leads WHERE click_key = :key")  # noqa: S608 - names of ours
_FIND_LOCKED = Sql(_FIND.lite, _FIND.lite + " FOR NO KEY UPDATE")
_MAKE = Sql(
    """INSERT INTO leads (click_key, click_id, state, product_id, listing_id, source, made_ms, changed_ms)
    VALUES (:key, :click_id, 'none', :product_id, :listing_id, :source, :now, :now)
    ON CONFLICT (click_key) DO NOTHING
    RETURNING id, click_id, state, product_id, listing_id, source, made_ms, changed_ms, wrapped_key, erased_ms"""
)
_NAME = Sql(
    "UPDATE leads SET product_id = COALESCE(:product_id, product_id), listing_id = COALESCE(:listing_id, listing_id),"
    " changed_ms = :now WHERE id = :lead"
)
_MOVE = Sql("UPDATE leads SET state = :state, changed_ms = :now WHERE id = :lead")
_NEWEST = Sql(
    "SELECT id, revision, amount, currency, reason, occurred_at FROM owed"
    " WHERE lead_id = :lead AND event = :event ORDER BY revision DESC LIMIT 1"
)
_HAS_OPEN = Sql("SELECT 1 FROM owed WHERE lead_id = :lead AND state IN ('pending', 'leased', 'dead') LIMIT 1")
_OWE = Sql(
    """INSERT INTO owed (lead_id, event, revision, amount, currency, reason, occurred_at, recorded_ms, recorded_by,
    market, event_id, body, state, head, due_ms, tries, refusals, unconfirmed)
    VALUES (:lead, :event, :revision, :amount, :currency, :reason, :occurred_at, :now, :by,
    :market, :event_id, :body, 'pending', :head, :now, 0, 0, 0) RETURNING id"""
)


def click_key(click_id: str) -> bytes:
    """What a click_id is found by: an index cannot hold 4 KiB of text, a digest it can."""
    return hashlib.sha256(click_id.encode()).digest()


def find_lead(tx: Tx, click_id: str, *, lock: bool = False) -> Lead | None:
    """The lead of exactly this click_id; None without one. `lock`: nobody else changes it in this transaction."""
    if click_id_fault(click_id):
        return None
    row = tx.row(_FIND_LOCKED if lock else _FIND, key=click_key(click_id))
    return None if row is None else lead_of(row)


def lead_of(row: Sequence[Any]) -> Lead:
    """A lead from a row of its columns."""
    number, click_id, state, product_id, listing_id, source, made, changed, wrapped, erased = row
    return Lead(
        number, click_id, State(state), product_id, listing_id, source,
        from_ms(made), from_ms(changed), wrapped, None if erased is None else from_ms(erased),
    )  # fmt: skip


def touch_lead(
    tx: Tx, click_id: str, *, source: str, product_id: str | None = None, listing_id: str | None = None
) -> Lead:
    """The lead of this click_id, made (state none) when it is new, and locked.

    `source`: handoff | decision | application | status, what made it. A product or listing named here fills what is
    not known yet; what is known stays (`name_product` changes it). ValueError: a click_id no store can keep.
    """
    if why := click_id_fault(click_id):
        raise ValueError(why)
    values = {"click_id": click_id, "product_id": product_id, "listing_id": listing_id, "source": source}
    row = tx.row(_MAKE, key=click_key(click_id), now=tx.now_ms, **values)
    if row is not None:
        return lead_of(row)
    lead = find_lead(tx, click_id, lock=True)
    assert lead is not None  # leads are never deleted
    if (product_id and not lead.product_id) or (listing_id and not lead.listing_id):
        name_product(tx, lead, product_id=lead.product_id or product_id, listing_id=lead.listing_id or listing_id)
        lead = find_lead(tx, click_id)
        assert lead is not None
    return lead


def name_product(tx: Tx, lead: Lead, *, product_id: str | None, listing_id: str | None) -> None:
    """Which product and listing later postbacks of this lead name; None leaves what is known."""
    tx.run(_NAME, product_id=product_id, listing_id=listing_id, now=tx.now_ms, lead=lead.number)


def record_status(
    tx: Tx, happened: Happened, *, by: str, override: bool = False, fill_implied: bool = False
) -> Recorded:
    """Record what happened and owe its postback. `by`: who said so (a person or a client), kept with the row.

    The same event with the same facts again is the existing row. `override` writes a correction as the next revision,
    audited. `fill_implied` also owes the steps that were skipped. StatusRefused: nothing was written.
    """
    lead = find_lead(tx, happened.click_id, lock=True)
    if lead is None:
        raise StatusRefused(
            "unknown_lead",
            "No lead has this click_id; it must match byte for byte.",
            es="Ninguna solicitud tiene este click_id; debe coincidir byte por byte.",
        )
    facts = _complete(happened.facts, tx.market)
    newest = tx.row(_NEWEST, lead=lead.number, event=happened.event.value)
    recorded = None if newest is None else _facts(newest[2:])
    said = _as_kept(facts, recorded, lead)
    step = judge(lead.state, happened.event, said, recorded=recorded, override=override, fill_implied=fill_implied)
    if isinstance(step, Known):
        return Recorded((newest[0],) if newest else (), lead.state, fresh=False)
    if isinstance(step, Revision):
        return _revise(tx, lead, happened.event, facts, newest[1] + 1 if newest else 1, by)
    return _advance(tx, lead, step, facts, by)


def _complete(facts: Facts, market: str) -> Facts:
    """A sum without a currency is in the market's."""
    if facts.amount is None or facts.currency is not None:
        return facts
    return Facts(facts.amount, CURRENCY_OF[market], facts.reason, facts.occurred_at)


def _as_kept(facts: Facts, recorded: Facts | None, lead: Lead) -> Facts:
    """A purge took the reasons along: an event of before that is told again must not look like another."""
    purged = lead.erased_at is not None and recorded is not None and recorded.reason is None
    return replace(facts, reason=None) if purged else facts


def _advance(tx: Tx, lead: Lead, step: Step, facts: Facts, by: str) -> Recorded:
    *implied, asked = step.events
    rows = [_owe(tx, lead, event, NOTHING_SAID, 1, by) for event in implied]
    rows.append(_owe(tx, lead, asked, facts, 1, by))
    tx.run(_MOVE, state=step.state.value, now=tx.now_ms, lead=lead.number)
    if implied:
        write_audit(tx, by, "fill_implied", lead=lead.number, owed=rows[-1], detail=" ".join(implied))
    return Recorded(tuple(rows), step.state, fresh=True)


def _revise(tx: Tx, lead: Lead, event: EventName, facts: Facts, revision: int, by: str) -> Recorded:
    row = _owe(tx, lead, event, facts, revision, by)
    write_audit(tx, by, "override", lead=lead.number, owed=row, detail=f"{event} revision {revision}")
    return Recorded((row,), lead.state, fresh=True)


def _owe(tx: Tx, lead: Lead, event: EventName, facts: Facts, revision: int, by: str) -> int:
    """One owed row. It may go at once (`head`) only when nothing earlier of the lead is undelivered."""
    head = tx.row(_HAS_OPEN, lead=lead.number) is None
    body = Postback(
        click_id=lead.click_id, event=event, product_id=lead.product_id, listing_id=lead.listing_id,
        amount=facts.amount, currency=facts.currency, reason=facts.reason, occurred_at=facts.occurred_at,
    ).body()  # fmt: skip
    row = tx.value(
        _OWE, lead=lead.number, event=event.value, revision=revision, **_texts(facts), now=tx.now_ms, by=by,
        market=tx.market, event_id=str(uuid.uuid4()), body=body, head=int(head),
    )  # fmt: skip
    return int(row)


def _texts(facts: Facts) -> dict[str, str | None]:
    return {
        "amount": None if facts.amount is None else as_text(facts.amount),
        "currency": facts.currency,
        "reason": facts.reason,
        "occurred_at": None if facts.occurred_at is None else moment_text(facts.occurred_at),
    }


def _facts(texts: Sequence[Any]) -> Facts:
    amount, currency, reason, occurred_at = texts
    return Facts(
        None if amount is None else Decimal(amount),
        currency,
        reason,
        None if occurred_at is None else datetime.fromisoformat(occurred_at),
    )
