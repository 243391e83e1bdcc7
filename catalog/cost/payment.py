"""Level payments: how much, how often, how many."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from catalog.cost.numbers import EXACT, HUNDRED, ONE, NoAnswer, checked

PER_YEAR: Mapping[str, int] = MappingProxyType({"weekly": 52, "biweekly14": 26, "fortnightly": 24, "monthly": 12})
"""Payments a year. A catorcena (14 days, 26 a year) is not a quincena (24 a year)."""
TERM_YEARS: Mapping[str, Fraction] = MappingProxyType(
    {
        "month": Fraction(1, 12),
        "fortnight": Fraction(1, 24),
        "week": Fraction(1, 52),
        "day": Fraction(1, 365),
        "year": Fraction(1),
    }
)
_USUAL = {"month": "monthly", "year": "monthly", "fortnight": "fortnightly", "week": "weekly", "day": "bullet"}
_PLACES = {"COP": 0, "MXN": 2}


def usual_frequency(term_unit: str) -> str:
    """How a loan is paid when only its term is said: months monthly, weeks weekly, days all at the end (assumed)."""
    if term_unit not in _USUAL:
        raise NoAnswer("periods", f"{term_unit!r} is no unit of a term")
    return _USUAL[term_unit]


@lru_cache(maxsize=4096)
def payments_in(term: int, unit: str, frequency: str) -> int:
    """How many payments a term holds; `bullet` is one. Raises NoAnswer.

    Where they do not divide (5 months paid by catorcenas), the nearest count, half up (assumed). A term counted in
    fortnights and paid by catorcenas is a count of catorcenas (assumed: people say `26 quincenas` for both).
    """
    years = years_in(term, unit)
    if frequency == "bullet" or (unit, frequency) == ("fortnight", "biweekly14"):
        return 1 if frequency == "bullet" else term
    count = years * per_year(frequency)
    return max(1, int(count + Fraction(1, 2)))


@lru_cache(maxsize=4096)
def years_in(term: int, unit: str) -> Fraction:
    """The length of a term in years. Raises NoAnswer."""
    if unit not in TERM_YEARS or term < 1:
        raise NoAnswer("periods", f"{term} {unit} is no term")
    return term * TERM_YEARS[unit]


def per_year(frequency: str) -> int:
    """Payments a year. Raises NoAnswer where there is no fixed interval (`bullet`, `other`)."""
    if frequency not in PER_YEAR:
        raise NoAnswer("frequency", f"payments {frequency!r} have no fixed interval")
    return PER_YEAR[frequency]


def level_payment(principal: Decimal, rate: Decimal, periods: int) -> Decimal:
    """The equal payment at the end of each period that repays `principal`; unrounded, in its currency.

    `rate` is percent per period (0 divides the loan evenly). Raises NoAnswer.
    """
    if not principal.is_finite() or principal <= 0:
        raise NoAnswer("amount", "a loan lends something")
    if periods < 1:
        raise NoAnswer("periods", "a loan is repaid in at least one payment")
    if checked(rate) <= -HUNDRED:
        raise NoAnswer("too_low", "a period cannot lose the whole loan")
    with localcontext(EXACT):
        return principal * _annuity(rate / HUNDRED, periods)


def _annuity(rate: Decimal, periods: int) -> Decimal:
    growth = ONE + rate
    if growth == ONE:  # no interest, or less than our digits can hold
        return ONE / periods
    return rate / (ONE - growth**-periods)


def rounded(value: Decimal, currency: str | None) -> Decimal:
    """Money as it is charged: whole Colombian pesos, Mexican pesos with cents, half-up."""
    places = _PLACES.get(currency or "", 2)
    with localcontext(EXACT):
        return value.quantize(ONE.scaleb(-places), rounding=ROUND_HALF_UP)
