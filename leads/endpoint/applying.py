"""`POST /v1/applications`: an offer taken, once, with its owed postback in the same transaction."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from leads.endpoint.once import answered, to_json, until_answered
from leads.endpoint.problems import Problem
from leads.endpoint.query import redirect
from leads.endpoint.service import CLIENT, Call, Reply, Service
from leads.endpoint.shapes import shaped
from leads.endpoint.strict_json import read
from leads.states import Facts, StatusRefused
from leads.store import (
    Begun,
    Happened,
    InFlight,
    KeptOffer,
    Lead,
    Tx,
    begin_answer,
    find_lead,
    find_offer,
    finish_answer,
    keep_application,
    name_product,
    record_status,
    seal_applicant,
)
from leads.store import Question as Asked
from schemas.lead import ApplicationRequest, EventName
from schemas.settings import CURRENCY_OF


async def applications(service: Service, call: Call) -> Reply:
    """An offer taken: the lead, its application and the owed postback in one transaction."""
    said, mark = read(call.body)
    request = shaped(ApplicationRequest, said)
    reply = await until_answered(
        lambda: service.commit(call, lambda tx: _apply(tx, service, request, said["applicant"], mark))
    )
    service.wake()
    return reply


def _apply(
    tx: Tx, service: Service, request: ApplicationRequest, applicant: dict[str, Any], mark: str
) -> Reply | InFlight:
    lead = find_lead(tx, request.tracking_id, lock=True)
    offer = None if lead is None else find_offer(tx, lead, request.offer_id)
    if lead is None or offer is None:
        raise Problem("unknown-offer")
    asked = Asked("application", CLIENT, lead.number, offer.product_id, mark)
    begun = begin_answer(tx, asked, lease_seconds=service.lease)
    if not isinstance(begun, Begun):
        return answered(begun)
    if offer.valid_until <= service.now():
        raise Problem("offer-expired")
    body = to_json(_take(tx, service, request, lead, offer))
    seal_applicant(tx, service.vault, lead, kind="application", applicant=applicant)
    finish_answer(tx, asked, begun, status=201, body=body, expires_at=None)
    return Reply(201, body.encode())


def _take(tx: Tx, service: Service, request: ApplicationRequest, lead: Lead, offer: KeptOffer) -> dict[str, Any]:
    """Record the application and owe its postback; gives what is answered.

    Problem `already-applied`: by another way, or for another product.
    """
    application = str(uuid.uuid4())
    name_product(tx, lead, product_id=offer.product_id, listing_id=offer.listing_id)
    currency = offer.terms.get("currency") or CURRENCY_OF[service.market]
    facts = Facts(Decimal(offer.terms["amount"]), currency, occurred_at=service.now())
    try:
        record_status(tx, Happened(request.tracking_id, EventName.APPLICATION, facts), by=CLIENT)
    except StatusRefused:
        raise Problem("already-applied") from None
    consents = [consent.wire() for consent in request.consents]
    kept = keep_application(
        tx, lead, application_id=application, product_id=offer.product_id, offer_id=offer.offer_id, status="received",
        consents=consents,
    )  # fmt: skip
    if not kept:
        raise Problem("already-applied")
    return {
        "trackingId": request.tracking_id,
        "applicationId": application,
        "status": "received",
        "redirectUrl": redirect(service.portal, request.tracking_id, offer.product_id),
    }
