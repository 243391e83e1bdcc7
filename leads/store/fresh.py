"""Questions asked for the first time, many at once: a statement a table for all of them, not a handful for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import to_json

from leads.store.database import Sql, Tx, to_ms
from leads.store.journeys import KeptOffer, terms_text
from leads.store.leads import click_key
from leads.store.statements import AT_ONCE, Insert
from leads.vault import Vault


class Fresh(NamedTuple):
    """A decision, its answer and what it was decided on."""

    click_id: str
    product_id: str
    listing_id: str | None
    client: str
    fingerprint: str
    status: int
    body: str
    expires_at: datetime
    offers: tuple[KeptOffer, ...]
    applicant: dict[str, Any]


_COLUMNS = "click_key click_id state product_id listing_id source made_ms changed_ms wrapped_key"
_UNLESS_THERE = "ON CONFLICT (click_key) DO NOTHING"
_LEADS = Insert("leads", _COLUMNS, _UNLESS_THERE)
_LEADS_TOLD = Insert("leads", _COLUMNS, _UNLESS_THERE + " RETURNING id, wrapped_key")
_MADE = Sql("SELECT id FROM leads WHERE click_key = :key AND wrapped_key = :wrapped")
_ANSWERS = Insert("answers", "kind client lead_id scope fingerprint token status body expires_ms")
_OFFERS = Insert("offers", "lead_id offer_id product_id listing_id decision terms valid_until_ms made_ms")
_SEALED = Insert("sealed", "lead_id kind body made_ms")


def keep_fresh(tx: Tx, vault: Vault, asked: Sequence[Fresh]) -> list[bool]:
    """Keep what begins a journey. False: the lead was there before (or twice here); nothing was written of it."""
    now = tx.now_ms
    keys = [click_key(one.click_id) for one in asked]
    sealed = vault.seal_firsts(
        "decision", [(key, to_json(one.applicant)) for key, one in zip(keys, asked, strict=True)]
    )
    rows = [
        (key, one.click_id, "none", one.product_id, one.listing_id, "decision", now, now, wrapped)
        for key, one, (wrapped, _) in zip(keys, asked, sealed, strict=True)
    ]
    leads = _numbers(tx, rows)
    ours = [(one, lead) for one, lead in zip(asked, leads, strict=True) if lead is not None]
    tx.insert(_ANSWERS, [_answer(one, lead) for one, lead in ours])
    tx.insert(_OFFERS, [_offer(offer, lead, now) for one, lead in ours for offer in one.offers])
    bodies = zip(leads, sealed, strict=True)
    tx.insert(_SEALED, [(lead, "decision", body, now) for lead, (_, body) in bodies if lead is not None])
    return [lead is not None for lead in leads]


def _numbers(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> list[int | None]:
    """Write the leads; the identity of each, None for one that was there before.

    The wrapped key is random, so it tells whose row was written where one click_id is there twice.
    """
    if tx.postgres:
        made = {bytes(wrapped): number for number, wrapped in tx.insert(_LEADS_TOLD, rows)}
        return [made.get(row[-1]) for row in rows]
    numbers: list[int | None] = []
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        numbers.extend(tx.insert_new(_LEADS, some) or [tx.value(_MADE, key=row[0], wrapped=row[-1]) for row in some])
    return numbers


def _answer(one: Fresh, lead: int) -> tuple[Any, ...]:
    mark, expires = one.fingerprint, to_ms(one.expires_at)
    return ("decision", one.client, lead, mark, mark, "", one.status, one.body, expires)


def _offer(offer: KeptOffer, lead: int, now: int) -> tuple[Any, ...]:
    terms, until = terms_text(offer.terms), to_ms(offer.valid_until)
    return (lead, offer.offer_id, offer.product_id, offer.listing_id, offer.decision, terms, until, now)
