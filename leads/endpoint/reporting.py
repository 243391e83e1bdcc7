"""`POST /v1/events`, `GET /v1/leads` and `GET /apply`: what happened, where a lead stands, and the hand-off."""

from __future__ import annotations

import json
from typing import Any

from leads.endpoint.problems import Problem
from leads.endpoint.query import click_id_in, parameter, redirect, refuse
from leads.endpoint.service import Call, Reply, Service
from leads.endpoint.shapes import shaped
from leads.endpoint.strict_json import read
from leads.intake import happened_of
from leads.states import StatusRefused
from leads.store import Recorded, Tx, applications_of, find_lead, record_status, touch_lead
from leads.store.operations import owed_of
from schemas.lead import EventRequest, moment_text

_REFUSED = {"unknown_lead": "unknown-lead", "terminal": "terminal", "skipped": "skipped"}
_LONGEST = 200
_NO_STORE = ((b"cache-control", b"no-store"), (b"referrer-policy", b"no-referrer"))


async def events(service: Service, call: Call) -> Reply:
    """What the Lender's own systems say happened; the same again is the existing row."""
    said, _ = read(call.body)
    request = shaped(EventRequest, said)

    def record(tx: Tx) -> Recorded:
        try:
            return record_status(tx, happened_of(request), by="core")
        except StatusRefused as refused:
            raise Problem(_REFUSED.get(refused.code, "conflict")) from None

    done = await service.commit(call, record)
    service.wake()
    answer = {"trackingId": request.tracking_id, "event": request.event, "state": done.state, "recorded": done.fresh}
    return Reply(200, _json(answer))


async def leads(service: Service, call: Call) -> Reply:
    """Where one lead stands; nothing personal."""
    click_id = click_id_in(call.query, "trackingId")
    return Reply(200, _json(await service.look(call, lambda tx: _story(tx, click_id))))


def _story(tx: Tx, click_id: str) -> dict[str, Any]:
    lead = find_lead(tx, click_id)
    if lead is None:
        raise Problem("unknown-lead")
    return {
        "trackingId": lead.click_id,
        "state": lead.state,
        **_said(productId=lead.product_id, listingId=lead.listing_id),
        "events": [
            {
                "event": row.event, "revision": row.revision, "postback": row.state,
                "recordedAt": moment_text(row.recorded_at),
                **_said(amount=row.amount, currency=row.currency, reason=row.reason),
            }
            for row in owed_of(tx, lead)
        ],
        "applications": [
            {
                "applicationId": one.application_id, "offerId": one.offer_id, "productId": one.product_id,
                "status": one.status, "receivedAt": moment_text(one.made_at),
            }
            for one in applications_of(tx, lead)
        ],
    }  # fmt: skip


def _said(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


async def apply(service: Service, call: Call) -> Reply:
    """The hand-off: the lead is durable, its click_id exactly as received, before the Consumer goes on."""
    click_id = click_id_in(call.query, "click_id")
    product_id = parameter(call.query, "product_id") or None
    if product_id is not None and (len(product_id) > _LONGEST or "\0" in product_id):
        raise refuse("product_id", "long", "no se puede guardar", "it cannot be kept")
    await service.commit(call, lambda tx: touch_lead(tx, click_id, source="handoff", product_id=product_id))
    place = redirect(service.portal, click_id, product_id).encode("ascii")
    return Reply(302, b"", b"text/plain", ((b"location", place), *_NO_STORE))


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
