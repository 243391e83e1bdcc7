"""How a decision is told: its offers under names of their own, the answer's bytes, and until when it counts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import to_json

from leads.decide import Decision, Offered, Question
from leads.endpoint.problems import language
from leads.shelf import Shelf, day_began
from leads.store import KeptOffer
from schemas.lead import DecisionRequest, moment_text
from schemas.product import Product, as_text

_NAME, _DRAWN = 24, 32
"""Hexadecimal digits of a name's chance, and how many names' are drawn at once."""


class Asking(NamedTuple):
    """One decision asked for. `accepted`: which languages the caller likes, as they said it."""

    request: DecisionRequest
    applicant: dict[str, Any]
    fingerprint: str
    accepted: bytes | None


class Case(NamedTuple):
    """A question beside what is on offer at that moment. `product`: None for nothing under that name."""

    asking: Asking
    shelf: Shelf
    product: Product | None
    question: Question


def worded(case: Case, decision: Decision, names: Iterator[str]) -> tuple[tuple[KeptOffer, ...], str]:
    """The offers to keep, each with a name of its own, and the answer that tells them."""
    request, currency = case.asking.request, case.product and case.product.currency
    product_id, listing_id, kept, told = request.product_id, request.listing_id, [], []
    for offered, name in zip(decision.offers, names, strict=False):  # there are always more names
        amount = as_text(offered.amount)
        terms = {"amount": amount, "currency": currency}
        kept.append(KeptOffer(name, product_id, listing_id, decision.verdict, terms, offered.valid_until))
        told.append(_offer(name, product_id, amount, offered))
    return tuple(kept), to_json(_answer(case, decision, told)).decode()


def offer_names(now: datetime) -> Iterator[str]:
    """Names nobody guesses, the moment first: names made together lie together in the store's index."""
    moment = f"{int(now.timestamp() * 1000):012x}"
    while True:
        drawn = os.urandom(_DRAWN * _NAME // 2).hex()
        for at in range(0, len(drawn), _NAME):
            yield f"{moment}-{drawn[at : at + _NAME]}"


def expiry(case: Case, decision: Decision, market: str) -> datetime:
    """With offers, when the first of them ends; without, when the market's day does (A)."""
    if decision.offers:
        return min([offered.valid_until for offered in decision.offers])
    return day_began(case.question.today + timedelta(days=1), market)


def _answer(case: Case, decision: Decision, offers: list[dict[str, Any]]) -> dict[str, Any]:
    lang = language(case.asking.accepted) if decision.reasons else ""
    return {
        "trackingId": case.asking.request.tracking_id,
        "decision": decision.verdict,
        "offers": offers,
        "reasons": [{"code": reason.code, "message": reason.say(lang)} for reason in decision.reasons],
    }


def _offer(name: str, product_id: str, amount: str, offered: Offered) -> dict[str, Any]:
    """As `schemas.lead.Offer` describes it; what is not known is left out, and so is a monthly frequency."""
    said: dict[str, Any] = {
        "offerId": name, "productId": product_id, "amount": amount, "termMonths": offered.term_months,
        "rate": as_text(offered.rate), "rateBasis": offered.rate_basis,
    }  # fmt: skip
    _add(said, "rateEa", offered.rate_ea)
    _add(said, "payment", offered.payment)
    if offered.frequency != "monthly":
        said["paymentFrequency"] = offered.frequency
    _add(said, "totalPayment", offered.total_payment)
    _add(said, "totalCostEa", offered.total_cost_ea)
    said["validUntil"] = _moment(offered.valid_until, offered.valid_until.fold)
    return said


def _add(said: dict[str, Any], name: str, value: Decimal | None) -> None:
    if value is not None:
        said[name] = as_text(value)


@lru_cache(maxsize=64)
def _moment(moment: datetime, _fold: int) -> str:
    """Offers made together end together; in the hour that comes twice, two moments are equal that are not the same."""
    return moment_text(moment)
