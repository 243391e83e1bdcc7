"""What the endpoints keep of a journey: answers given, offers made, applications taken, applicant data sealed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic_core import to_json

from leads.store.database import Sql, Tx, from_ms, to_ms
from leads.store.leads import LEAD_COLUMNS, Lead, lead_of
from leads.vault import Vault

AnswerKind = Literal["decision", "application"]


@dataclass(frozen=True, slots=True)
class Question:
    """What makes two requests the same. `scope`: the fingerprint of a decision, the product_id of an application."""

    kind: AnswerKind
    client: str
    lead: int
    scope: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Begun:
    """The question is ours to answer; `token` proves it to `finish_answer`."""

    token: str


@dataclass(frozen=True, slots=True)
class InFlight:
    """Somebody else is answering it; look again, or give up with 409 and Retry-After."""

    seconds_left: float


@dataclass(frozen=True, slots=True)
class Stored:
    """It was answered: the same status and the same bytes again."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The scope was answered for another content."""


_FIND = Sql(
    "SELECT id, fingerprint, token, lease_ms, status, body, expires_ms FROM answers"
    " WHERE kind = :kind AND client = :client AND lead_id = :lead AND scope = :scope"
)
_FIND_LOCKED = Sql(_FIND.lite, _FIND.lite + " FOR UPDATE")
_BEGIN = Sql(
    "INSERT INTO answers (kind, client, lead_id, scope, fingerprint, token, lease_ms)"
    " VALUES (:kind, :client, :lead, :scope, :fingerprint, :token, :lease)"
    " ON CONFLICT (kind, client, lead_id, scope) DO NOTHING RETURNING id"
)
_TAKE_OVER = Sql(
    "UPDATE answers SET fingerprint = :fingerprint, token = :token, lease_ms = :lease, status = NULL, body = NULL,"
    " expires_ms = NULL WHERE id = :id"
)
_FINISH = Sql(
    "UPDATE answers SET status = :status, body = :body, expires_ms = :expires, lease_ms = NULL WHERE token = :token"
    " AND kind = :kind AND client = :client AND lead_id = :lead AND scope = :scope AND status IS NULL"
)
_ABANDON = Sql(
    "DELETE FROM answers WHERE token = :token"
    " AND kind = :kind AND client = :client AND lead_id = :lead AND scope = :scope AND status IS NULL"
)


def _where(question: Question) -> dict[str, Any]:
    return {"kind": question.kind, "client": question.client, "lead": question.lead, "scope": question.scope}


def begin_answer(tx: Tx, question: Question, *, lease_seconds: float) -> Begun | InFlight | Stored | Conflict:
    """Take the question, or learn why not. Its row is written first, so that two at once cannot both answer.

    An expired answer is taken anew; an in-flight row whose lease is over belongs to a dead process and is taken over.
    """
    begun = Begun(uuid.uuid4().hex)
    mine = {"fingerprint": question.fingerprint, "token": begun.token, "lease": tx.now_ms + int(lease_seconds * 1000)}
    if tx.row(_BEGIN, **_where(question), **mine) is not None:
        return begun
    row = tx.row(_FIND_LOCKED, **_where(question))
    if row is None:
        return InFlight(0.05)  # abandoned between the two looks
    number, fingerprint, _, lease, status, body, expires = row
    if status is not None and (expires is None or expires > tx.now_ms):
        return Stored(status, body) if fingerprint == question.fingerprint else Conflict()
    if status is None and tx.now_ms < lease <= mine["lease"]:  # further away: the clock went back
        return InFlight((lease - tx.now_ms) / 1000)
    tx.run(_TAKE_OVER, id=number, **mine)
    return begun


def finish_answer(
    tx: Tx, question: Question, begun: Begun, *, status: int, body: str, expires_at: datetime | None
) -> bool:
    """Store the answer. False: the lease was lost to another process, whose answer counts."""
    expires = None if expires_at is None else to_ms(expires_at)
    return tx.run(_FINISH, **_where(question), token=begun.token, status=status, body=body, expires=expires) == 1


def abandon_answer(tx: Tx, question: Question, begun: Begun) -> None:
    """Nothing is stored for a 5xx or a refused body: the next one may ask at once."""
    tx.run(_ABANDON, **_where(question), token=begun.token)


class KeptOffer(NamedTuple):
    """One offer as it was made. `decision`: approved | pre_approved. `terms`: the offer's wire members, as JSON."""

    offer_id: str
    product_id: str
    listing_id: str | None
    decision: str
    terms: dict[str, Any]
    valid_until: datetime


_ADD_OFFER = Sql(
    "INSERT INTO offers (lead_id, offer_id, product_id, listing_id, decision, terms, valid_until_ms, made_ms)"
    " VALUES (:lead, :offer_id, :product_id, :listing_id, :decision, :terms, :valid_until, :now)"
)
_FIND_OFFER = Sql(
    "SELECT offer_id, product_id, listing_id, decision, terms, valid_until_ms FROM offers"
    " WHERE offer_id = :offer_id AND lead_id = :lead"
)


def terms_text(terms: dict[str, Any]) -> str:
    """An offer's terms as they are kept."""
    return to_json(terms).decode()


def keep_offers(tx: Tx, lead: Lead, offers: Sequence[KeptOffer]) -> None:
    """Keep what was offered, so that it can be taken."""
    tx.many(
        _ADD_OFFER,
        [
            {
                "lead": lead.number, "offer_id": offer.offer_id, "product_id": offer.product_id,
                "listing_id": offer.listing_id, "decision": offer.decision,
                "terms": terms_text(offer.terms),
                "valid_until": to_ms(offer.valid_until), "now": tx.now_ms,
            }
            for offer in offers
        ],
    )  # fmt: skip


def find_offer(tx: Tx, lead: Lead, offer_id: str) -> KeptOffer | None:
    """An offer made to this very lead; None for any other. Whether it has expired is the caller's question."""
    row = tx.row(_FIND_OFFER, offer_id=offer_id, lead=lead.number)
    return None if row is None else KeptOffer(row[0], row[1], row[2], row[3], json.loads(row[4]), from_ms(row[5]))


@dataclass(frozen=True, slots=True)
class Application:
    """One application taken. `consents`: the proof of each (type, version, acceptedAt, channel)."""

    application_id: str
    product_id: str
    offer_id: str
    status: str
    consents: tuple[dict[str, Any], ...]
    made_at: datetime


_APPLY = Sql(
    "INSERT INTO applications (lead_id, application_id, product_id, offer_id, status, consents, made_ms)"
    " VALUES (:lead, :application_id, :product_id, :offer_id, :status, :consents, :now)"
    " ON CONFLICT (lead_id, product_id) DO NOTHING RETURNING id"
)
_APPLICATIONS = Sql(
    "SELECT application_id, product_id, offer_id, status, consents, made_ms FROM applications"
    " WHERE lead_id = :lead ORDER BY id"
)


def keep_application(
    tx: Tx, lead: Lead, *, application_id: str, product_id: str, offer_id: str, status: str,
    consents: Sequence[dict[str, Any]],
) -> bool:  # fmt: skip
    """Keep an application and its consents. False: the lead already has one for this product, nothing was written.

    The owed `application` postback is `record_status`'s, in the same transaction.
    """
    values = {"application_id": application_id, "product_id": product_id, "offer_id": offer_id, "status": status}
    said = json.dumps(list(consents), ensure_ascii=False, separators=(",", ":"))
    return tx.row(_APPLY, lead=lead.number, **values, consents=said, now=tx.now_ms) is not None


def applications_of(tx: Tx, lead: Lead) -> tuple[Application, ...]:
    """The lead's applications, oldest first."""
    return tuple(
        Application(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])), from_ms(row[5]))
        for row in tx.rows(_APPLICATIONS, lead=lead.number)
    )


_COUNT_OF_PRODUCT = Sql("SELECT count(*) FROM applications WHERE product_id = :product_id AND made_ms >= :since")


def count_applications(tx: Tx, product_ids: Iterable[str], *, since: datetime | None) -> int:
    """How many applications a product has since a moment, under any of the names it has had."""
    start = 0 if since is None else to_ms(since)
    return sum(int(tx.value(_COUNT_OF_PRODUCT, product_id=name, since=start)) for name in set(product_ids))


_GIVE_KEY = Sql(
    "UPDATE leads SET wrapped_key = :wrapped WHERE id = :lead AND wrapped_key IS NULL AND erased_ms IS NULL"
)
_SEAL = Sql("INSERT INTO sealed (lead_id, kind, body, made_ms) VALUES (:lead, :kind, :body, :now)")
_SEALED = Sql("SELECT kind, body, made_ms FROM sealed WHERE lead_id = :lead ORDER BY id")
_LEAD = Sql("SELECT " + LEAD_COLUMNS + " FROM leads WHERE id = :lead")  # noqa: S608 - names of ours


def seal_applicant(tx: Tx, vault: Vault, lead: Lead, *, kind: AnswerKind, applicant: dict[str, Any]) -> Lead:
    """Keep applicant data under the lead's own key, made here the first time. Gives the lead as it is now.

    An erased lead keeps nothing more.
    """
    wrapped = lead.wrapped_key
    if wrapped is None:
        tx.run(_GIVE_KEY, wrapped=vault.new_key(lead.key), lead=lead.number)
        row = tx.row(_LEAD, lead=lead.number)
        assert row is not None
        lead = lead_of(row)
        wrapped = lead.wrapped_key
    if wrapped is None:
        return lead
    body = vault.seal(wrapped, lead.key, kind, to_json(applicant))
    tx.run(_SEAL, lead=lead.number, kind=kind, body=body, now=tx.now_ms)
    return lead


def unseal_applicant(tx: Tx, vault: Vault, lead: Lead) -> tuple[tuple[str, datetime, dict[str, Any]], ...]:
    """(kind, when, applicant) of everything sealed, oldest first; nothing once the lead's key is destroyed."""
    if lead.wrapped_key is None:
        return ()
    opened = []
    for kind, body, made in tx.rows(_SEALED, lead=lead.number):
        plain = vault.unseal(lead.wrapped_key, lead.key, kind, body)
        opened.append((kind, from_ms(made), json.loads(plain)))
    return tuple(opened)
