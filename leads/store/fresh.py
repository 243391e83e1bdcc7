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
    body: str
    expires_at: datetime
    offers: tuple[KeptOffer, ...]
    applicant: dict[str, Any]


_COLUMNS = "click_key click_id product_id listing_id made_ms changed_ms wrapped_key"
_BEGUN = {"state": "'none'", "source": "'decision'"}
_UNLESS_THERE = "ON CONFLICT (click_key) DO NOTHING"
_LEADS = Insert("leads", _COLUMNS, _UNLESS_THERE, _BEGUN)
_LEADS_TOLD = Insert("leads", _COLUMNS, _UNLESS_THERE + " RETURNING id, wrapped_key", _BEGUN)
_MADE = Sql("SELECT id FROM leads WHERE click_key = :key AND wrapped_key = :wrapped")
_ANSWERS = Insert(
    "answers", "client lead_id scope fingerprint body expires_ms",
    always={"kind": "'decision'", "token": "''", "status": "200"},
)  # fmt: skip
_OFFERS = Insert("offers", "lead_id offer_id product_id listing_id decision terms valid_until_ms made_ms")
_SEALED = Insert("sealed", "lead_id body made_ms", always={"kind": "'decision'"})


def keep_fresh(tx: Tx, vault: Vault, asked: Sequence[Fresh]) -> list[bool]:
    """Keep what begins a journey. False: the lead was there before (or twice here); nothing was written of it."""
    now = tx.now_ms
    said = [(click_key(one.click_id), to_json(one.applicant)) for one in asked]
    sealed = vault.seal_firsts("decision", said)
    rows = [
        (key, one.click_id, one.product_id, one.listing_id, now, now, wrapped)
        for (key, _), one, (wrapped, _) in zip(said, asked, sealed, strict=True)
    ]
    leads = _numbers(tx, rows)
    ours = [(lead, one) for lead, one in zip(leads, asked, strict=True) if lead is not None]
    tx.insert(_ANSWERS, [_answer(one, lead) for lead, one in ours])
    tx.insert(_OFFERS, [_offer(offer, lead, now) for lead, one in ours for offer in one.offers])
    bodies = zip(leads, sealed, strict=True)
    tx.insert(_SEALED, [(lead, body, now) for lead, (_, body) in bodies if lead is not None])
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
    return (one.client, lead, one.fingerprint, one.fingerprint, one.body, to_ms(one.expires_at))


def _offer(offer: KeptOffer, lead: int, now: int) -> tuple[Any, ...]:
    terms, until = terms_text(offer.terms), to_ms(offer.valid_until)
    return (lead, offer.offer_id, offer.product_id, offer.listing_id, offer.decision, terms, until, now)
