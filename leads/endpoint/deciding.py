"""`POST /v1/decisions`: each question decided once, durable before it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from leads.decide import Decision, Question, Reason, Taken, closed, running
from leads.endpoint.once import answered, until_answered
from leads.endpoint.problems import Problem
from leads.endpoint.service import CLIENT, Call, Reply, Service
from leads.endpoint.shapes import shaped
from leads.endpoint.strict_json import read
from leads.endpoint.telling import Asking, Case, expiry, offer_names, worded
from leads.endpoint.together import Together
from leads.shelf import Shelf, day_began, market_day
from leads.store import (
    Begun,
    Fresh,
    InFlight,
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
from schemas.lead import DecisionRequest
from schemas.product import Product

Deciding = Together[Asking, Reply | InFlight]
"""Questions that wait for the store."""


async def decisions(deciding: Deciding, service: Service, call: Call) -> Reply:
    """Offers for a question: the same question gets the same answer until it expires."""
    asking = _asking(call)
    shelf = await service.shelf()
    if service.room.inline:
        return await until_answered(lambda: _decide_with_others(deciding, service, call, asking))
    now = service.now()
    case = _case(asking, shelf, now, market_day(now, service.market))
    return await until_answered(lambda: _decide_apart(service, call, case))


def decide_soon(
    deciding: Deciding, service: Service, call: Call, tell: Callable[[Reply | InFlight | BaseException], None]
) -> bool:
    """The same without a task: `tell` is called once. False: it has to wait for more than the store.

    Problem: as `decisions`.
    """
    if not service.room.inline:
        return False
    deciding.ask(_asking(call), call.deadline, tell)
    return True


def _asking(call: Call) -> Asking:
    said, mark = read(call.body)
    request = shaped(DecisionRequest, said)
    return Asking(request, said["applicant"], mark, call.headers.get(b"accept-language"))


def _case(asking: Asking, shelf: Shelf, now: datetime, today: date) -> Case:
    request, wanted = asking.request, asking.request.requested
    question = Question(request.tracking_id, wanted.amount, wanted.term_months, request.applicant, now, today)
    return Case(asking, shelf, shelf.find(request.product_id, today), question)


async def _decide_with_others(deciding: Deciding, service: Service, call: Call, asking: Asking) -> Reply | InFlight:
    await service.shelf()  # read again, if another release is live since
    return await service.commit_together(call, deciding, asking)


@dataclass(frozen=True, slots=True)
class _Ours:
    """The question is ours to answer."""

    lead: Lead
    asked: Asked
    begun: Begun
    closed: Reason | None


def decide_together(service: Service, tx: Tx, asked: Sequence[Asking]) -> list[Reply | InFlight | Exception]:
    """All the questions that wait. Those that begin a journey are kept at once; the others have a story to look at."""
    shelf, now = service.shelves.current(), service.now()
    if shelf is None:
        return [InFlight(0.0) for _ in asked]  # another release is live since, and has to be read
    today = market_day(now, service.market)
    cases = [_case(asking, shelf, now, today) for asking in asked]
    names = offer_names(now)
    drafts = [_draft(service, case, names) for case in cases]
    kept = iter(keep_fresh(tx, service.vault, [draft for draft in drafts if draft is not None]))
    outcomes: list[Reply | InFlight | Exception] = []
    for case, draft in zip(cases, drafts, strict=True):
        if draft is not None and next(kept):
            outcomes.append(Reply(200, draft.body.encode()))
        else:
            outcomes.append(apart(tx, partial(_decide_at_once, service=service, case=case)))
    return outcomes


def _draft(service: Service, case: Case, names: Iterator[str]) -> Fresh | None:
    """The decision of a question that nothing stored can change; None where the store has to be asked."""
    if case.product is None or case.product.code in case.shelf.campaigns:
        return None
    try:
        decision = service.room.decide(case.question, case.product)
    except Problem:
        return None
    offers, body = worded(case, decision, names)
    asking, request = case.asking, case.asking.request
    return Fresh(
        request.tracking_id, request.product_id, request.listing_id, CLIENT, asking.fingerprint, body,
        expiry(case, decision, service.market), offers, asking.applicant,
    )  # fmt: skip


def _decide_at_once(tx: Tx, service: Service, case: Case) -> Reply | InFlight:
    """The default engine is pure: key row, decision and answer are one transaction."""
    ours = _begin(tx, service, case)
    if not isinstance(ours, _Ours):
        return ours
    return _finish(tx, service, case, ours, _declined(ours) or service.room.decide(case.question, _on_offer(case)))


async def _decide_apart(service: Service, call: Call, case: Case) -> Reply | InFlight:
    """A Lender's engine may be slow and cost money: the key row is durable before it is asked, and it is asked once."""
    ours = await service.commit(call, lambda tx: _begin(tx, service, case))
    if not isinstance(ours, _Ours):
        return ours
    try:
        decision = _declined(ours) or await service.room.ask(case.question, _on_offer(case), call.deadline)
        return await service.commit(call, lambda tx: _finish(tx, service, case, ours, decision))
    except Problem:
        service.store.writer.submit(lambda tx: abandon_answer(tx, ours.asked, ours.begun))
        raise


def _declined(ours: _Ours) -> Decision | None:
    return None if ours.closed is None else Decision("rejected", reasons=(ours.closed,))


def _on_offer(case: Case) -> Product:
    assert case.product is not None  # _begin refused the question otherwise
    return case.product


def _begin(tx: Tx, service: Service, case: Case) -> _Ours | Reply | InFlight:
    request = case.asking.request
    lead = touch_lead(
        tx, request.tracking_id, source="decision", product_id=request.product_id, listing_id=request.listing_id
    )
    asked = Asked("decision", CLIENT, lead.number, case.asking.fingerprint, case.asking.fingerprint)
    begun = begin_answer(tx, asked, lease_seconds=service.lease)
    if not isinstance(begun, Begun):
        return answered(begun)
    if case.product is None:
        raise Problem("unknown-product")
    if not service.room.inline:
        service.room.refuse_if_full()
    return _Ours(lead, asked, begun, _closed(tx, service, case, case.product))


def _closed(tx: Tx, service: Service, case: Case, product: Product) -> Reason | None:
    """Why the product is not offered now: no campaign of it runs, or the one that runs is full."""
    campaigns = case.shelf.campaigns.get(product.code, ())
    today = case.question.today
    campaign = running(campaigns, today)
    taken = Taken(0, 0)
    if campaign is not None:
        names = (product.code, product.product_id or product.code)
        began = None if campaign.start is None else day_began(campaign.start, service.market)
        this_day = day_began(today, service.market)
        taken = Taken(count_applications(tx, names, since=this_day), count_applications(tx, names, since=began))
    return closed(campaigns, today, taken)


def _finish(tx: Tx, service: Service, case: Case, ours: _Ours, decision: Decision) -> Reply | InFlight:
    offers, body = worded(case, decision, offer_names(case.question.asked_at))
    expires = expiry(case, decision, service.market)
    if not finish_answer(tx, ours.asked, ours.begun, status=200, body=body, expires_at=expires):
        return InFlight(0.0)  # our lease was over, and another's answer counts
    keep_offers(tx, ours.lead, offers)
    seal_applicant(tx, service.vault, ours.lead, kind="decision", applicant=case.asking.applicant)
    return Reply(200, body.encode())
