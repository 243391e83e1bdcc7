"""The arithmetic every room of `cost` shares: ample precision inside, 28 digits out, a reason where no answer is."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

EXACT = Context(
    prec=50, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation, DivisionByZero, Overflow]
)
"""For `with localcontext(EXACT)`: the caller's own context is never touched."""
_OUT = Context(prec=28, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX)

CEILING = Decimal("1E+12")
"""Percent. Ten thousand million times the loan in a year: beyond it an answer is noise, and we say `too_high`."""

HUNDRED = Decimal(100)
ONE = Decimal(1)
ZERO = Decimal(0)


class NoAnswer(ValueError):
    """The question has no meaningful answer; `reason` is a stable word, the text a sentence for developers.

    Reasons: `basis` unknown or missing, `not_a_number`, `too_low` (a period loses everything), `too_high` (beyond
    `CEILING`, or 100 % in advance), `periods` (a count that makes no loan), `frequency` (no fixed interval),
    `amount` (nothing is lent), `no_payments`, `not_a_loan` (paid before anything is received), `zero_rate`
    (exactly what was received is repaid), `negative_rate` (less is repaid than received), `several_answers`
    (money goes back and forth; more than one rate may fit).
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def plain(value: Decimal) -> Decimal:
    """The value at 28 significant digits without trailing zeros, never in exponent form."""
    short = value.normalize(_OUT)
    return short.quantize(ONE, context=EXACT) if _exponent(short) > 0 else short


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def places_of(value: Decimal) -> int:
    """Decimals as written: `24.90` has two, `25` none."""
    return max(0, -_exponent(value))


def checked(rate: Decimal) -> Decimal:
    """The rate, if it is a number below the ceiling; NoAnswer otherwise."""
    if not rate.is_finite():
        raise NoAnswer("not_a_number", f"{rate} is not a rate")
    if rate.copy_abs() > CEILING:
        raise NoAnswer("too_high", "a rate beyond anything a loan could cost")
    return rate
