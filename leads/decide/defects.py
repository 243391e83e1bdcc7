"""What an engine may not say: offers outside what is published, or that contradict themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from catalog.cost import NoAnswer, places_of, to_ea
from leads.decide.pricing import term_in
from leads.decide.values import Decision, Offered
from schemas.product import Product

_VERDICTS = {"approved": True, "pre_approved": True, "rejected": False, "review": False}
_ZERO, _DIGITS = Decimal(0), 15
_CENTS, _CENT = 2, Decimal("0.01")
_NEAR = Decimal("0.005")
"""Percent points that rounding to two decimals may move a converted rate."""


def defects(decision: object, product: Product, now: datetime) -> tuple[str, ...]:
    """Stable words for everything wrong with a decision, without any value of it; nothing when it can be shown."""
    if not isinstance(decision, Decision) or decision.verdict not in _VERDICTS:
        return ("no_decision",)
    if bool(decision.offers) is not _VERDICTS[decision.verdict]:
        return ("offers_against_verdict",)
    words = [word for offer in decision.offers for word in _of_offer(offer, product, now)]
    return tuple(dict.fromkeys(words)) if words else ()


def _of_offer(offer: Offered, product: Product, now: datetime) -> Iterator[str]:
    if not _well_formed(offer):
        yield "not_exact"
        return
    if not _within(offer.amount, product.amount_min, product.amount_max):
        yield "amount_outside"
    if not _within(term_in(product.term_unit, offer.term_months), product.term_min, product.term_max):
        yield "term_outside"
    if not _rate_within(offer, product):
        yield "rate_outside"
    if offer.valid_until <= now:
        yield "expired"


def _well_formed(offer: object) -> bool:
    """Decimals that a wire can carry, never floats; a moment with its zone."""
    if not isinstance(offer, Offered) or not isinstance(offer.term_months, int):
        return False
    sums, rates = (offer.amount, offer.payment, offer.total_payment), (offer.rate, offer.rate_ea, offer.total_cost_ea)
    if sums[0] is None or rates[0] is None or not (_exact(sums) and _exact(rates)):
        return False
    for money in sums:
        # Written with two decimals or none; that is quicker to find out than how many there are.
        if money is None or money.same_quantum(_CENT) or money.same_quantum(_ZERO):
            continue
        if places_of(money) > _CENTS:
            return False
    return isinstance(offer.valid_until, datetime) and offer.valid_until.tzinfo is not None


def _exact(values: Iterable[object]) -> bool:
    """Each not known, or not negative and below 10^15; to hold it against those two would cost four times as much."""
    for value in values:
        if value is None:
            continue
        if not isinstance(value, Decimal) or not value.is_finite() or value.is_signed():
            return False
        if value and value.adjusted() >= _DIGITS:
            return False
    return True


def _within(value: Decimal | Fraction | int, low: Decimal | int | None, high: Decimal | int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _rate_within(offer: Offered, product: Product) -> bool:
    """In the product's own basis, else compared as E.A.; where nothing is published, nothing can be offered."""
    if offer.rate_basis == product.rate_basis and (product.rate_min is not None or product.rate_max is not None):
        return _within(offer.rate, product.rate_min, product.rate_max)
    try:
        low, high = (_ea(rate, product) for rate in (product.rate_min, product.rate_max))
        low, high = product.rate_ea_min or low, product.rate_ea_max or high
        if low is None and high is None:
            return False
        asked = to_ea(offer.rate, offer.rate_basis)
    except NoAnswer:
        return False
    return _within(asked, None if low is None else low - _NEAR, None if high is None else high + _NEAR)


def _ea(rate: Decimal | None, product: Product) -> Decimal | None:
    return None if rate is None or product.rate_basis is None else to_ea(rate, product.rate_basis)
