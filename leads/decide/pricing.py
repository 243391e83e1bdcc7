"""An offer with its figures, worked out as the published example is. Pure."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from catalog import cost
from leads.decide.values import Offered
from schemas.product import Product

_PLACES = Decimal("0.01")
_IN_A_MONTH: dict[str, Fraction | int] = {
    "month": 1,
    "fortnight": 2,
    "week": Fraction(13, 3),
    "day": 30,
    "year": Fraction(1, 12),
}


def term_in(unit: str | None, months: int) -> Fraction | int:
    """A term of months in a product's own unit; a month has 30 days, a year 52 weeks (A)."""
    return months * _IN_A_MONTH[unit or "month"]


class _Figures(NamedTuple):
    rate: Decimal
    basis: str
    rate_ea: Decimal | None
    frequency: str
    payment: Decimal | None
    total: Decimal | None
    all_in: Decimal | None


def price(
    product: Product, amount: Decimal, term_months: int, *, valid_until: datetime, rate: Decimal | None = None
) -> Offered | None:
    """An offer of this product with payment, total and all-in cost; None where the product publishes no rate.

    rate: percent in the product's own basis, else the highest published one (A: nobody is promised less than may be
    charged). What has no answer (payments without a fixed interval, say) is left out of the offer.
    """
    terms = _terms(product, amount, term_months, rate)
    figures = _figures(terms)
    if figures is None:
        return None
    return Offered(
        amount=amount, term_months=term_months, rate=figures.rate, rate_basis=figures.basis, rate_ea=figures.rate_ea,
        payment=figures.payment, frequency=figures.frequency, total_payment=figures.total,
        total_cost_ea=figures.all_in, valid_until=valid_until,
    )  # fmt: skip


def _terms(product: Product, amount: Decimal, months: int, rate: Decimal | None) -> cost.Terms:
    """The product's charges with the question in the place of its example."""
    low, high, ea_low, ea_high = (
        (product.rate_min, product.rate_max, product.rate_ea_min, product.rate_ea_max) if rate is None else (rate,) * 4
    )
    return cost.Terms(
        amount, months, low, high, product.rate_basis, "month",
        product.payment_frequency or (cost.usual_frequency(product.term_unit or "month"),),
        product.currency, product.country, product.origination_fee_pct, product.guarantee_fee_pct,
        product.platform_fee_amount, product.insurance_cost, product.insurance_unit, product.tax_included,
        ea_low, ea_high,
    )  # fmt: skip


@lru_cache(maxsize=8_192)
def _figures(terms: cost.Terms) -> _Figures | None:
    """People ask for round sums: the same question about money comes again and again."""
    loans = cost.example_loans(terms)
    if loans is None:
        return None
    loan = max(loans, key=lambda one: one.rate)
    payment, total = _paid(loan)
    return _Figures(loan.rate, loan.basis, _rate_ea(loan), loan.paid, payment, total, _all_in(loan))


def _paid(loan: cost.Loan) -> tuple[Decimal | None, Decimal | None]:
    """One payment and all of them, as charged."""
    try:
        return cost.rounded(cost.payment(loan), loan.currency), cost.rounded(cost.total_paid(loan), loan.currency)
    except cost.NoAnswer:
        return None, None


def _rate_ea(loan: cost.Loan) -> Decimal | None:
    """An E.A. as it was written, any other basis converted to two decimals."""
    if loan.basis == "EA":
        return loan.rate
    try:
        return _two(cost.to_ea(loan.rate, loan.basis))
    except cost.NoAnswer:
        return None


def _all_in(loan: cost.Loan) -> Decimal | None:
    try:
        return _two(cost.apr(cost.flows(loan)))
    except cost.NoAnswer as none:
        return Decimal("0.00") if none.reason == "zero_rate" else None


def _two(percent: Decimal) -> Decimal:
    return percent.quantize(_PLACES, rounding=ROUND_HALF_UP)
