"""The representative example of a product, held against its own terms."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import partial
from typing import Literal, NamedTuple

from catalog.cost.loan import Loan, count_of, payment
from catalog.cost.numbers import EXACT, ZERO, NoAnswer
from catalog.cost.payment import usual_frequency
from schemas.product import Product

IVA = {"CO": Decimal(19), "MX": Decimal(16)}
"""Percent of tax on fees."""
_NEAR = Decimal("0.1")
_SCALES = (10, 100, 1000)
_TOLERANCE = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What we think of a stated figure; `expected` is the nearest one the terms allow, `scale` 10, 100 or 1000."""

    verdict: Literal["agrees", "disagrees", "wrong_scale"]
    expected: Decimal
    scale: int | None = None


class Terms(NamedTuple):
    """The fields of a `Product` that its example depends on, alone; None where the Lender did not say."""

    example_amount: Decimal | None = None
    example_term: int | None = None
    rate_min: Decimal | None = None
    rate_max: Decimal | None = None
    rate_basis: str | None = None
    term_unit: str | None = None
    payment_frequency: tuple[str, ...] | None = None
    currency: str | None = None
    country: str | None = None
    origination_fee_pct: Decimal | None = None
    guarantee_fee_pct: Decimal | None = None
    platform_fee_amount: Decimal | None = None
    insurance_cost: Decimal | None = None
    insurance_unit: str | None = None
    tax_included: bool | None = None
    rate_ea_min: Decimal | None = None
    rate_ea_max: Decimal | None = None


def example_loans(product: Product | Terms) -> tuple[Loan, Loan] | None:
    """The example at the product's lowest and highest rate; None where amount, term or rate is not said.

    Assumed: IVA is added in Colombia where the Lender says the charges exclude it; Mexican costs are quoted without.
    """
    amount, term = product.example_amount, product.example_term
    low, high, basis = _rates(product)
    if amount is None or term is None or low is None or high is None or basis is None:
        return None
    loan = partial(
        Loan,
        amount=amount,
        basis=basis,
        term=term,
        term_unit=product.term_unit or "month",
        frequency=_frequency(product),
        currency=product.currency,
        origination_fee_pct=product.origination_fee_pct or ZERO,
        guarantee_fee_pct=product.guarantee_fee_pct or ZERO,
        platform_fee=product.platform_fee_amount or ZERO,
        tax_pct=IVA["CO"] if product.country == "CO" and product.tax_included is False else ZERO,
        insurance_cost=product.insurance_cost or ZERO,
        insurance_unit=product.insurance_unit,
    )
    return loan(rate=low), loan(rate=high)


def _rates(product: Product | Terms) -> tuple[Decimal | None, Decimal | None, str | None]:
    low, high, basis = product.rate_min, product.rate_max, product.rate_basis
    if basis is None:
        low, high, basis = product.rate_ea_min, product.rate_ea_max, "EA"
    low, high = (high if low is None else low), (low if high is None else high)
    return low, high, basis


def _frequency(product: Product | Terms) -> str | None:
    """The one usual for the term's unit where several are offered (assumed), else the first said."""
    offered = product.payment_frequency or ()
    usual = usual_frequency(product.term_unit or "month")
    return usual if usual in offered else next(iter(offered), None)


def judge_payment(stated: Decimal, loans: tuple[Loan, Loan]) -> Judgement:
    """Does a stated payment follow from amount, rate and term, insurance included? Raises NoAnswer.

    Within max(1 peso, 0.5 %) of any rate between both loans; near 10, 100 or 1000 times off is `wrong_scale` (X11).
    """
    first, second = loans
    low = payment(first)
    low, high = sorted((low, low if first == second else payment(second)))
    with localcontext(EXACT):
        expected = min(max(stated, low), high)
        if abs(stated - expected) <= max(Decimal(1), expected * _TOLERANCE):
            return Judgement("agrees", expected)
        scale = _scale(stated, low, high)
        return Judgement("wrong_scale" if scale else "disagrees", expected, scale)


def _scale(stated: Decimal, low: Decimal, high: Decimal) -> int | None:
    """A factor that brings the stated figure back to what the terms allow, within a tenth."""
    if stated <= 0:
        return None
    for scale in _SCALES:
        for mended in (stated / scale, stated * scale):
            if low * (1 - _NEAR) <= mended <= high * (1 + _NEAR):
                return scale
    return None


def judge_total(stated: Decimal, each: Decimal, loan: Loan) -> Judgement:
    """Does a stated total add up: its own payment times their number, plus fees, within 1 peso per payment? (assumed)

    Raises NoAnswer where the number of payments is not known.
    """
    count = count_of(loan)
    if count < 1 or not stated.is_finite():
        raise NoAnswer("periods", "no payments to add up")
    with localcontext(EXACT):
        expected = each * count + loan.fees
        close = abs(stated - expected) <= count
        return Judgement("agrees" if close else "disagrees", expected)
