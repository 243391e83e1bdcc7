"""Rate bases and the way between them. Percent in, percent out: 24.9 is 24.9 %.

Source: the compound-interest identities Colombian tariff sheets print side by side, E.A. = (1 + M.V.)^12 - 1 and its
kin; the identities are mathematics, the reading of each label is ours (assumed) and is written beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from types import MappingProxyType

from catalog.cost.numbers import CEILING, EXACT, HUNDRED, ONE, NoAnswer, checked, plain


@dataclass(frozen=True, slots=True)
class Form:
    """How a basis is quoted: over how many periods a year, as their yearly sum or for one, at their end or start."""

    periods: int
    nominal: bool = False
    advance: bool = False


BASES: Mapping[str, Form] = MappingProxyType(
    {
        "EA": Form(1),
        "MV": Form(12),
        "MA": Form(12, advance=True),
        "NAMV": Form(12, nominal=True),
        "NATV": Form(4, nominal=True),
        "TA": Form(4, nominal=True, advance=True),
        "SV": Form(2, nominal=True),
        "DAILY": Form(365),  # assumed: a year of 365 days
        "NA_SIMPLE": Form(12, nominal=True),  # assumed: monthly where the payment frequency is not said
    }
)


def to_ea(rate: Decimal, basis: str | None, *, periods: int | None = None) -> Decimal:
    """Percent E.A. of a rate quoted in `basis`; an E.A. comes back as it was written.

    `periods` (a year) matters for NA_SIMPLE only: 12, 24, 26 or 52. Raises NoAnswer.
    """
    form = _form(basis, periods)
    return checked(rate) if basis == "EA" else _to_ea(checked(rate), form)


def from_ea(ea: Decimal, basis: str | None, *, periods: int | None = None) -> Decimal:
    """The rate in `basis` that makes this E.A.; the inverse of `to_ea`. Raises NoAnswer."""
    form = _form(basis, periods)
    return checked(ea) if basis == "EA" else _from_ea(checked(ea), form)


def convert(rate: Decimal, source: str | None, target: str | None, *, periods: int | None = None) -> Decimal:
    """A rate quoted in `source`, said in `target`; unchanged where they are the same. Raises NoAnswer."""
    form, wanted = _form(source, periods), _form(target, periods)
    if source == target:
        return checked(rate)
    if (form.periods, form.advance) == (wanted.periods, wanted.advance):
        return _rescaled(checked(rate), form, wanted)
    return from_ea(to_ea(rate, source, periods=periods), target, periods=periods)


def period_rate(rate: Decimal, basis: str | None, per_year: int) -> Decimal:
    """Percent charged at the end of each of `per_year` equal periods.

    NA_SIMPLE is divided by the number of periods (assumed: Mexican contracts quote a simple annual rate and charge
    it in proportion to each period); every other basis keeps its E.A. Raises NoAnswer.
    """
    if per_year < 1:
        raise NoAnswer("periods", "a year has at least one period")
    return _period_rate(checked(rate), _form(basis, per_year), per_year)


@lru_cache(maxsize=256)
def _form(basis: str | None, periods: int | None) -> Form:
    form = BASES.get(basis or "")
    if form is None:
        raise NoAnswer("basis", f"{basis!r} is no rate basis")
    if basis != "NA_SIMPLE" or periods is None:
        return form
    if not 1 <= periods <= 366:
        raise NoAnswer("periods", "a simple annual rate is charged 1 to 366 times a year")
    return replace(form, periods=periods)


def _factor(rate: Decimal, form: Form) -> Decimal:
    """What one peso becomes in one period."""
    per_period = rate / HUNDRED / (form.periods if form.nominal else 1)
    if form.advance:
        if per_period >= 1:
            raise NoAnswer("too_high", "interest of 100 % in advance leaves nothing to lend")
        return ONE / (ONE - per_period)
    if per_period <= -1:
        raise NoAnswer("too_low", "a period cannot lose the whole loan")
    return ONE + per_period


def _unfactor(factor: Decimal, form: Form) -> Decimal:
    per_period = ONE - ONE / factor if form.advance else factor - ONE
    return per_period * HUNDRED * (form.periods if form.nominal else 1)


@lru_cache(maxsize=4096)
def _to_ea(rate: Decimal, form: Form) -> Decimal:
    with localcontext(EXACT):
        ea = (_factor(rate, form) ** form.periods - ONE) * HUNDRED
        if ea > CEILING:
            raise NoAnswer("too_high", "the rate compounds beyond anything a loan could cost")
        return plain(ea)


@lru_cache(maxsize=4096)
def _from_ea(ea: Decimal, form: Form) -> Decimal:
    with localcontext(EXACT):
        yearly = _factor(ea, BASES["EA"])
        return plain(_unfactor(yearly ** (ONE / form.periods), form))


@lru_cache(maxsize=4096)
def _rescaled(rate: Decimal, form: Form, wanted: Form) -> Decimal:
    """The same periods quoted differently: one division, no power, so that 22.8 N.A.M.V. is exactly 1.9 M.V."""
    with localcontext(EXACT):
        return plain(_unfactor(_factor(rate, form), wanted))


@lru_cache(maxsize=4096)
def _period_rate(rate: Decimal, form: Form, per_year: int) -> Decimal:
    with localcontext(EXACT):
        factor = _factor(rate, form)
        if form.periods != per_year:
            factor = (
                _root(factor, per_year // form.periods)
                if per_year % form.periods == 0
                else factor ** (Decimal(form.periods) / per_year)
            )
        found = (factor - ONE) * HUNDRED
        if found > CEILING:
            raise NoAnswer("too_high", "the rate compounds beyond anything a loan could cost")
        return plain(found)


_ROUGHLY = Context(prec=18)
_NEAR = Decimal("1E-14")


def _root(value: Decimal, degree: int) -> Decimal:
    """`value ** (1 / degree)` by Newton's steps, a quarter of the time for what rates become: first with few digits."""
    if not ONE < value < 4 or degree > 366:
        return value ** (ONE / degree)
    root, step = ONE + (value - ONE) / degree, ONE
    with localcontext(_ROUGHLY):
        while abs(step) > _NEAR:
            step = (value / root ** (degree - 1) - root) / degree
            root += step
    for _ in range(2):
        root += (value / root ** (degree - 1) - root) / degree
    return root
