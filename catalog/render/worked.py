"""The representative example worked out: stated figures where they hold, ours where the Lender gave none. Pure.

What the Lender stated is never replaced. A stated payment is tied to the published rate it follows from, with the
insurance or without; where it follows from none, nothing is built on it. All of it is assumed (rule X11).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from catalog import cost
from schemas.product import Product

MOST_ROWS = 600
"""Payments of a table of repayment; a longer one is told by its first and last figures only (assumed)."""
_CENT = {"COP": 0}
_ZERO = Decimal(0)
_TOLERANCE = Decimal("0.005")
_PLACES = 2
"""Decimals of an all-in cost we worked out; a CAT has one."""


class Line(NamedTuple):
    """One payment in the smallest unit of money: pesos in Colombia, cents elsewhere; `balance` is after it."""

    payment: int
    interest: int
    principal: int
    balance: int


@dataclass(frozen=True, slots=True)
class Worked:
    """One example. Money in its currency, rate and cost in percent; None: not known.

    computed: payment is ours. rate, basis: the published rate that payment follows from; highest: it is the maximum of
    several. insured: an insurance is charged and part of payment; None: none is charged. total_computed, cost_computed:
    ours. fees: what is paid beside the payments, known when the rate is. lines: the table of repayment, in units of
    10^-places, `insurance` in each.
    """

    payment: Decimal | None
    computed: bool = False
    count: int | None = None
    rate: Decimal | None = None
    basis: str | None = None
    highest: bool = False
    insured: bool | None = None
    total: Decimal | None = None
    total_computed: bool = False
    fees: Decimal = _ZERO
    cost: Decimal | None = None
    cost_computed: bool = False
    lines: tuple[Line, ...] = ()
    insurance: int = 0
    places: int = 0


@dataclass(frozen=True, slots=True)
class _Stated:
    payment: Decimal | None
    total: Decimal | None
    cost: Decimal | None
    fixed: bool
    mexican: bool


def all_in_cost(product: Product) -> Decimal | None:
    """Percent a year with everything in it, as stated or else as worked out for the example; never the bare rate."""
    if product.total_cost_pct is not None or product.category == "INSURANCE":
        return product.total_cost_pct
    example = worked(product)
    return None if example is None else example.cost


def worked(product: Product) -> Worked | None:
    """None where the Lender gave no amount or no term of an example."""
    if product.example_amount is None or product.example_term is None:
        return None
    stated = _Stated(
        payment=product.example_payment,
        total=product.example_total,
        cost=product.total_cost_pct,
        fixed=product.rate_type == "fixed",
        mexican=product.currency == "MXN" or product.country == "MX",
    )
    return _worked(cost.example_loans(product), stated)


@lru_cache(maxsize=512)
def _worked(loans: tuple[cost.Loan, cost.Loan] | None, stated: _Stated) -> Worked:
    """Both languages and the schema.org data of a product ask one after the other."""
    bare = Worked(stated.payment, total=stated.total, cost=stated.cost)
    try:
        loan = None if loans is None else _loan_of(loans, stated)
        return bare if loan is None or loans is None else _filled(bare, loan, loans, stated)
    except cost.NoAnswer:
        return bare


def _loan_of(loans: tuple[cost.Loan, cost.Loan], stated: _Stated) -> cost.Loan | None:
    """The loan whose payment is the stated one, the higher rate first; without one, that of the highest fixed rate."""
    low, high = loans
    if stated.payment is None:
        return high if stated.fixed and not _denied(stated.total, high) else None
    candidates = dict.fromkeys((high, _uninsured(high), low, _uninsured(low)))
    return next((loan for loan in candidates if _follows(stated.payment, cost.payment(loan))), None)


def _follows(stated: Decimal, expected: Decimal) -> bool:
    """Rule X11 of one loan alone: within a peso or 0.5 %."""
    return abs(stated - expected) <= max(Decimal(1), expected * _TOLERANCE)


def _uninsured(loan: cost.Loan) -> cost.Loan:
    return replace(loan, insurance_cost=_ZERO, insurance_unit=None) if loan.insurance_cost else loan


def _denied(total: Decimal | None, loan: cost.Loan) -> bool:
    """Would a payment of ours contradict the total the Lender stated?"""
    each = cost.rounded(cost.payment(loan), loan.currency)
    return total is not None and cost.judge_total(total, each, loan).verdict != "agrees"


def _filled(bare: Worked, loan: cost.Loan, loans: tuple[cost.Loan, cost.Loan], stated: _Stated) -> Worked:
    low, high = loans
    count, places = cost.count_of(loan), _CENT.get(loan.currency or "", 2)
    lines, insurance = repayment(loan, stated.payment)
    payment = stated.payment
    if payment is None:
        payment = _money(lines[0].payment, places) if lines else cost.rounded(cost.payment(loan), loan.currency)
    fees = cost.rounded(loan.fees, loan.currency)
    ours = _money(sum(line.payment for line in lines), places) if lines else payment * count
    all_in = stated.cost if stated.cost is not None else _cost(loan, high, stated)
    return replace(
        bare,
        payment=payment,
        computed=stated.payment is None,
        count=count,
        rate=loan.rate,
        basis=loan.basis,
        highest=low.rate != high.rate and loan.rate == high.rate,
        insured=bool(loan.insurance_cost) if high.insurance_cost else None,
        total=stated.total if stated.total is not None else ours + fees,
        total_computed=stated.total is None,
        fees=fees,
        cost=all_in,
        cost_computed=stated.cost is None and all_in is not None,
        lines=lines,
        insurance=insurance,
        places=places,
    )


def _money(units: int, places: int) -> Decimal:
    return Decimal(units).scaleb(-places)


def _cost(loan: cost.Loan, charged: cost.Loan, stated: _Stated) -> Decimal | None:
    """CAT in Mexico, always; in Colombia the total cost, where anything is charged beside interest.

    With the payment as stated, unless the insurance comes on top of it.
    """
    if not stated.mexican and not (charged.fees or charged.insurance_cost):
        return None
    whole = loan if loan.insurance_cost else replace(charged, rate=loan.rate)
    own = stated.payment if loan.insurance_cost == charged.insurance_cost else None
    return round(cost.apr(cost.flows(whole, stated_payment=own)), 1 if stated.mexican else _PLACES)


def repayment(loan: cost.Loan, stated: Decimal | None = None) -> tuple[tuple[Line, ...], int]:
    """The table of repayment, and the insurance in each payment; empty for one payment or far too many.

    The figures of `cost.schedule`, in whole units of money: a page needs them by the thousand. With the payment as the
    Lender stated (and rounded) it, the last one takes what is left; where that would be no payment any more, the table
    is ours. Raises NoAnswer.
    """
    count = cost.count_of(loan)
    if loan.paid not in cost.PER_YEAR or not 1 < count <= MOST_ROWS:
        return (), 0
    rate = cost.period_rate(loan.rate, loan.basis, cost.PER_YEAR[loan.paid])
    level = cost.level_payment(loan.amount, rate, count)
    places = _CENT.get(loan.currency or "", 2)
    insurance = _units(cost.payment(loan) - level, loan.currency, places)
    amount = _units(loan.amount, loan.currency, places)
    if stated is not None:
        own = _units(stated, loan.currency, places) - insurance
        lines = _lines(amount, rate, own, count, insurance)
        if 0 < lines[-1].payment - insurance <= 2 * own:
            return tuple(lines), insurance
    return tuple(_lines(amount, rate, _units(level, loan.currency, places), count, insurance)), insurance


def _units(value: Decimal, currency: str | None, places: int) -> int:
    return int(cost.rounded(value, currency).scaleb(places))


def _lines(amount: int, rate: Decimal, level: int, count: int, insurance: int) -> list[Line]:
    """Interest is rounded half up to the unit, exactly: the rate is a fraction of whole numbers."""
    top, bottom = rate.as_integer_ratio()
    bottom *= 100
    lines = []
    balance = amount
    for number in range(count, 0, -1):
        interest = (2 * balance * top + bottom) // (2 * bottom)
        principal = balance if number == 1 else min(level - interest, balance)
        balance -= principal
        lines.append(Line(interest + principal + insurance, interest, principal, balance))
    return lines
