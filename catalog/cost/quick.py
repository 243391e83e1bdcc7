"""Answers about a plain example found with few digits, wherever few digits decide: ten thousand examples are judged.

None of these figures is published. What lies so near a limit that more digits might decide otherwise, and every
example that is not plain, is left to the exact functions beside this module, which say the same of all others.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import lru_cache
from typing import NamedTuple

from catalog.cost.apr import apr
from catalog.cost.example import IVA, Terms
from catalog.cost.flows import Flows, Stream
from catalog.cost.numbers import CEILING, EXACT, HUNDRED, ONE, ZERO, NoAnswer
from catalog.cost.rates import period_rate

_FEW = Context(prec=20, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation, DivisionByZero, Overflow])
_STEPS = 12
_SETTLED = Decimal("1E-9")
"""A step of so small a share leaves an error of about its square: Newton's steps double the digits."""
_LEAST_GAIN = Decimal("1E-4")
_HALF = Decimal("0.5")
_CLEAR = Decimal("1E-4")
"""How near to half a last digit is too near: a million times what the few digits may be wrong by."""
_MONTHS = 12
_LONGEST = 1_200
"""Payments of an example that is still plain; the figures of a longer one are left to the exact functions."""
_LARGEST = Decimal("1E+12")
_LEAST_RATE = Decimal("1E-4")
_LEAST_MONTHLY = Decimal("1E-8")
_SHARES = {"per_million_month": Decimal("1E-6"), "pct_month": Decimal("1E-2")}


class Plain(NamedTuple):
    """An example repaid in equal months: payments at its lowest and highest rate with insurance, fees paid at once."""

    amount: Decimal
    low: Decimal
    high: Decimal
    payments: int
    fees: Decimal
    insurance: Decimal


def plain_example(terms: Terms) -> Plain | None:
    """The example as `example_loans` understands it, in few digits; None where it is not repaid in equal months."""
    amount, count, frequency = terms.example_amount, terms.example_term, terms.payment_frequency
    if amount is None or count is None or not (0 < amount < _LARGEST and 0 < count <= _LONGEST):
        return None
    if terms.term_unit not in (None, "month") or (frequency and "monthly" not in frequency):
        return None
    with localcontext(_FEW):
        ends, insurance = _ends(terms, amount, count), _insurance(terms, amount)
        if ends is None or insurance is None:
            return None
        low, high = ends
        return Plain(amount, low + insurance, high + insurance, count, _fees(terms, amount), insurance)


def _ends(terms: Terms, amount: Decimal, count: int) -> tuple[Decimal, Decimal] | None:
    """The payments at both ends of the rate, without insurance."""
    low, high, basis = terms.rate_min, terms.rate_max, terms.rate_basis
    if basis is None:
        low, high, basis = terms.rate_ea_min, terms.rate_ea_max, "EA"
    low, high = (high if low is None else low), (low if high is None else high)
    if low is None or high is None or not _LEAST_RATE <= low <= high:
        return None
    first = _level(amount, _monthly(low, basis), count)
    last = first if low is high else _level(amount, _monthly(high, basis), count)
    return None if first is None or last is None else (first, last)


def _level(amount: Decimal, monthly: Decimal | None, count: int) -> Decimal | None:
    return None if monthly is None else amount * monthly / (ONE - (ONE + monthly) ** -count)


@lru_cache(maxsize=4_096)
def _monthly(rate: Decimal, basis: str) -> Decimal | None:
    """What a peso earns in a month; None where nobody can tell, or next to nothing."""
    try:
        found = _FEW.divide(period_rate(rate, basis, _MONTHS), HUNDRED)
    except NoAnswer:
        return None
    return found if found > _LEAST_MONTHLY else None


def _insurance(terms: Terms, amount: Decimal) -> Decimal | None:
    """What insurance adds to each payment."""
    cost, unit = terms.insurance_cost, terms.insurance_unit or ""
    if not cost:
        return ZERO
    if unit == "amount":
        return cost
    return amount * cost * _SHARES[unit] if unit in _SHARES else None


def _fees(terms: Terms, amount: Decimal) -> Decimal:
    shares = (terms.origination_fee_pct or ZERO) + (terms.guarantee_fee_pct or ZERO)
    fees = amount * shares / HUNDRED + (terms.platform_fee_amount or ZERO)
    return fees * (ONE + IVA["CO"] / HUNDRED) if terms.country == "CO" and terms.tax_included is False else fees


_LEAST, _MOST = ONE - Decimal("0.0049"), ONE + Decimal("0.0049")


def surely_agrees(stated: Decimal, plain: Plain) -> bool:
    """Would `judge_payment` surely say that a stated payment agrees? False also says: ask it."""
    return _FEW.multiply(plain.low, _LEAST) <= stated <= _FEW.multiply(plain.high, _MOST)


def surely_adds_up(total: Decimal, each: Decimal, plain: Plain) -> bool:
    """Would `judge_total` surely say that a stated total agrees? False also says: ask it."""
    if not (total < _LARGEST and 0 < each < _LARGEST):
        return False
    expected = _FEW.fma(each, plain.payments, plain.fees)
    return expected < _LARGEST and abs(_FEW.subtract(total, expected)) <= plain.payments - _CLEAR


_CLEARLY = Decimal("0.999999999")


def surely_costs_less(cap: Decimal, each: Decimal, plain: Plain) -> bool:
    """Is the all-in cost surely under a rate, both percent a year? False also says: ask `all_in_to`.

    One present value instead of the search for the rate: is all that is paid, at the cap, worth less than what was
    received? Then the cost is under the cap. Only where its sign decides: money first, payments after.
    """
    received = _FEW.subtract(plain.amount, plain.fees)
    if received <= 0 or each <= 0:
        return False
    return _FEW.multiply(each, _worth(cap, plain.payments)) < _FEW.multiply(received, _CLEARLY)


@lru_cache(maxsize=4_096)
def _worth(cap: Decimal, count: int) -> Decimal:
    """Present value of so many monthly payments of a peso, at percent a year."""
    with localcontext(_FEW):
        month = (ONE + cap / HUNDRED) ** (-ONE / _MONTHS)
        return month * (ONE - month**count) / (ONE - month) if month != ONE else Decimal(count)


def all_in_to(each: Decimal, plain: Plain, places: int) -> Decimal | None:
    """The all-in cost of the example repaid by payments of `each`, as `apr_to` gives it; None: ask that."""
    with localcontext(_FEW):
        return _rounded(_of_equal_payments(plain.amount - plain.fees, each, plain.payments, _MONTHS), places)


def apr_to(flows: Flows, places: int) -> Decimal:
    """`apr` rounded to so many decimals, half to even. Raises NoAnswer as `apr` does.

    Equal payments at the end of equal periods, as nearly every loan has, need no logarithm; all else is `apr`'s.
    """
    paid = flows.streams[0] if len(flows.streams) == 1 else None
    with localcontext(_FEW):
        regular = paid is not None and paid.step == paid.first and paid.step.numerator == 1
        found = _of_stream(flows.received, paid) if regular and paid else None
        rounded = _rounded(found, places)
    return apr(flows).quantize(ONE.scaleb(-places), context=EXACT) if rounded is None else rounded


def _of_stream(received: Decimal, paid: Stream) -> Decimal | None:
    return _of_equal_payments(received, paid.amount, paid.count, paid.step.denominator)


def _rounded(found: Decimal | None, places: int) -> Decimal | None:
    """To so many decimals; None where the digit left out is too near to half."""
    if found is None or abs(found.scaleb(places) % ONE - _HALF) <= _CLEAR:
        return None
    return found.quantize(ONE.scaleb(-places), context=EXACT)


def _of_equal_payments(received: Decimal, paid: Decimal, count: int, per_year: int) -> Decimal | None:
    """Percent a year by Newton's steps on the rate of one period; None where they do not settle."""
    if received <= 0 or count < 2 or paid * count <= received * (ONE + _LEAST_GAIN):
        return None
    each = paid / received
    total = each * count
    rate = 2 * (total - ONE) / (count + 1)
    for _ in range(_STEPS):
        growth = ONE + rate
        shrunk = growth**-count
        worth = each * (ONE - shrunk) / rate
        step = (worth - ONE) / (worth / rate - total * shrunk / (rate * growth))
        rate += step
        if rate <= 0:
            return None
        if abs(step) <= rate * _SETTLED:
            annual = ((ONE + rate) ** per_year - ONE) * HUNDRED
            return annual if annual < CEILING else None
    return None
