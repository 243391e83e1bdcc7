"""`POST /v1/decisions`: each question decided once, durable before it is told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from leads.decide import Decision, Offered, Question, Reason, Taken, closed, running
from leads.endpoint.once import answered, to_json, until_answered
from leads.endpoint.problems import Problem
from leads.endpoint.service import CLIENT, Call, Reply, Service
from leads.endpoint.shapes import shaped
from leads.endpoint.strict_json import fingerprint, parse
from leads.endpoint.together import Together
from leads.shelf import Shelf, day_began, market_day
from leads.store import (
    Begun,
    Fresh,
    InFlight,
    KeptOffer,
    Lead,
    Tx,
    abandon_answer,
    apart,
    begin_answer,
    count_applications,
    finish_answer,
    keep_fresh,
    keep_offers,
    seal_applicant,
    touch_lead,
)
from leads.store import Question as Asked
from schemas.lead import DecisionRequest, moment_text
from schemas.product import Product, as_text


@dataclass(frozen=True, slots=True)
class Asking:
    """One decision asked for. `product`: what is on offer under that name, None for nothing."""

    request: DecisionRequest
    applicant: dict[str, Any]
    fingerprint: str
    shelf: Shelf
    product: Product | None
    question: Question
    lang: str


Deciding = Together[Asking, Reply | InFlight]
"""Questions that wait for the store."""


async def decisions(deciding: Deciding, service: Service, call: Call) -> Reply:
    """Offers for a question: the same question gets the same answer until it expires."""
    said = parse(call.body)
    mark = fingerprint(said)
    request = shaped(DecisionRequest, said)
    shelf = await service.shelf()
    now = service.now()
    today = market_day(now, service.market)
    question = Question(
        request.tracking_id, request.requested.amount, request.requested.term_months, request.applicant, now, today
    )
    product = shelf.find(request.product_id, today)
    asking = Asking(request, said["applicant"], mark, shelf, product, question, call.lang)
    if service.room.inline:
        return await until_answered(lambda: service.commit_together(call, deciding, asking))
    return await until_answered(lambda: _decide_apart(service, call, asking))


@dataclass(frozen=True, slots=True)
class _Ours:
    """The question is ours to answer."""

    lead: Lead
    asked: Asked
    begun: Begun
    closed: Reason | None


def decide_together(service: Service, tx: Tx, asked: Sequence[Asking]) -> list[Reply | InFlight | Exception]:
    """All the questions that wait. Those that begin a journey are kept at once; the others have a story to look at."""
    drafts = [_draft(service, asking) for asking in asked]
    kept = iter(keep_fresh(tx, service.vault, [draft for draft in drafts if draft is not None]))
    outcomes: list[Reply | InFlight | Exception] = []
    for asking, draft in zip(asked, drafts, strict=True):
        if draft is not None and next(kept):
            outcomes.append(Reply(200, draft.body.encode()))
        else:
            outcomes.append(apart(tx, partial(_decide_at_once, service=service, asking=asking)))
    return outcomes


def _draft(service: Service, asking: Asking) -> Fresh | None:
    """The decision of a question that nothing stored can change; None where the store has to be asked."""
    if asking.product is None or asking.product.code in asking.shelf.campaigns:
        return None
    try:
        decision = service.room.decide(asking.question, asking.product)
    except Problem:
        return None
    offers, body = _worded(asking, decision)
    request = asking.request
    return Fresh(
        request.tracking_id, request.product_id, request.listing_id, CLIENT, asking.fingerprint, 200, body,
        _expires(service, asking, decision), offers, asking.applicant,
    )  # fmt: skip


def _decide_at_once(tx: Tx, service: Service, asking: Asking) -> Reply | InFlight:
    """The default engine is pure: key row, decision and answer are one transaction."""
    ours = _begin(tx, service, asking)
    if not isinstance(ours, _Ours):
        return ours
    return _finish(
        tx, service, asking, ours, _declined(ours) or service.room.decide(asking.question, _on_offer(asking))
    )


async def _decide_apart(service: Service, call: Call, asking: Asking) -> Reply | InFlight:
    """A Lender's engine may be slow and cost money: the key row is durable before it is asked, and it is asked once."""
    ours = await service.commit(call, lambda tx: _begin(tx, service, asking))
    if not isinstance(ours, _Ours):
        return ours
    try:
        decision = _declined(ours) or await service.room.ask(asking.question, _on_offer(asking), call.deadline)
        return await service.commit(call, lambda tx: _finish(tx, service, asking, ours, decision))
    except Problem:
        service.store.writer.submit(lambda tx: abandon_answer(tx, ours.asked, ours.begun))
        raise


def _declined(ours: _Ours) -> Decision | None:
    return None if ours.closed is None else Decision("rejected", reasons=(ours.closed,))


def _on_offer(asking: Asking) -> Product:
    assert asking.product is not None  # _begin refused the question otherwise
    return asking.product


def _begin(tx: Tx, service: Service, asking: Asking) -> _Ours | Reply | InFlight:
    request = asking.request
    lead = touch_lead(
        tx, request.tracking_id, source="decision", product_id=request.product_id, listing_id=request.listing_id
    )
    asked = Asked("decision", CLIENT, lead.number, asking.fingerprint, asking.fingerprint)
    begun = begin_answer(tx, asked, lease_seconds=service.lease)
    if not isinstance(begun, Begun):
        return answered(begun)
    if asking.product is None:
        raise Problem("unknown-product")
    if not service.room.inline:
        service.room.refuse_if_full()
    return _Ours(lead, asked, begun, _closed(tx, service, asking, asking.product))


def _closed(tx: Tx, service: Service, asking: Asking, product: Product) -> Reason | None:
    """Why the product is not offered now: no campaign of it runs, or the one that runs is full."""
    campaigns = asking.shelf.campaigns.get(product.code, ())
    today = asking.question.today
    campaign = running(campaigns, today)
    taken = Taken(0, 0)
    if campaign is not None:
        names = (product.code, product.product_id or product.code)
        began = None if campaign.start is None else day_began(campaign.start, service.market)
        this_day = day_began(today, service.market)
        taken = Taken(count_applications(tx, names, since=this_day), count_applications(tx, names, since=began))
    return closed(campaigns, today, taken)


def _finish(tx: Tx, service: Service, asking: Asking, ours: _Ours, decision: Decision) -> Reply | InFlight:
    offers, body = _worded(asking, decision)
    expires = _expires(service, asking, decision)
    if not finish_answer(tx, ours.asked, ours.begun, status=200, body=body, expires_at=expires):
        return InFlight(0.0)  # our lease was over, and another's answer counts
    keep_offers(tx, ours.lead, offers)
    seal_applicant(tx, service.vault, ours.lead, kind="decision", applicant=asking.applicant)
    return Reply(200, body.encode())


def _worded(asking: Asking, decision: Decision) -> tuple[tuple[KeptOffer, ...], str]:
    """The offers to keep, each with a name of its own, and the answer that tells them."""
    named = [(_name(asking.question.asked_at), offered) for offered in decision.offers]
    request, currency = asking.request, asking.product and asking.product.currency
    kept = tuple(
        KeptOffer(
            name, request.product_id, request.listing_id, decision.verdict,
            {"amount": as_text(offered.amount), "currency": currency}, offered.valid_until,
        )
        for name, offered in named
    )  # fmt: skip
    return kept, to_json(_answer(asking, decision, named))


def _name(now: datetime) -> str:
    """A name nobody guesses, the moment first: names made together lie together in the store's index."""
    return f"{int(now.timestamp() * 1000):012x}-{os.urandom(12).hex()}"


def _expires(service: Service, asking: Asking, decision: Decision) -> datetime:
    """With offers, when the first of them ends; without, when the market's day does (A)."""
    if decision.offers:
        return min(offered.valid_until for offered in decision.offers)
    return day_began(asking.question.today + timedelta(days=1), service.market)


def _answer(asking: Asking, decision: Decision, offers: list[tuple[str, Offered]]) -> dict[str, Any]:
    return {
        "trackingId": asking.request.tracking_id,
        "decision": decision.verdict,
        "offers": [_offer(name, asking.request.product_id, offered) for name, offered in offers],
        "reasons": [{"code": reason.code, "message": reason.say(asking.lang)} for reason in decision.reasons],
    }


def _offer(name: str, product_id: str, offered: Offered) -> dict[str, Any]:
    """As `schemas.lead.Offer` describes it; what is not known is left out, and so is a monthly frequency."""
    said = {
        "offerId": name, "productId": product_id, "amount": as_text(offered.amount), "termMonths": offered.term_months,
        "rate": as_text(offered.rate), "rateBasis": offered.rate_basis, "rateEa": _text(offered.rate_ea),
        "payment": _text(offered.payment),
        "paymentFrequency": None if offered.frequency == "monthly" else offered.frequency,
        "totalPayment": _text(offered.total_payment), "totalCostEa": _text(offered.total_cost_ea),
        "validUntil": moment_text(offered.valid_until),
    }  # fmt: skip
    return {key: value for key, value in said.items() if value is not None}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else as_text(value)
