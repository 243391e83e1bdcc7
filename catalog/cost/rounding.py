"""When two printed rates can be the same rate: each is read as the interval of truths that would print like it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from catalog.cost.numbers import EXACT, ZERO, places_of
from catalog.cost.rates import convert

_ROUNDED_FROM = 2


@dataclass(frozen=True, slots=True)
class Printed:
    """A rate as it was published: percent, its basis, and how many decimals were printed (else those of the value).

    `periods` a year matter for NA_SIMPLE only.
    """

    value: Decimal
    basis: str
    places: int | None = None
    periods: int | None = None

    @property
    def half_unit(self) -> Decimal:
        """How far the truth may lie from the print, in percent points.

        A periodic or nominal rate with fewer than two decimals (0,9 % M.V., 10 % N.A.T.V.) is a figure somebody
        chose, not the rounding of a longer one, and is taken as exact; an E.A. is what follows from it and is
        rounded as printed (assumed: the published pairs we hold print 1,20 when they round to two decimals).
        """
        places = places_of(self.value) if self.places is None else self.places
        if self.basis != "EA" and places < _ROUNDED_FROM:
            return Decimal(0)
        return Decimal(5).scaleb(-places - 1)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether two prints may be one truth; `expected` is the second as it follows from the first, percent.

    `low`..`high` are the second's values that the first, as printed, allows.
    """

    ok: bool
    expected: Decimal
    low: Decimal
    high: Decimal


def agree(first: Printed, second: Printed) -> Agreement:
    """Can both numbers be roundings of the same rate? Ends of the intervals count as inside. Raises NoAnswer.

    Source: rule X04, "within the rounding of both numbers as printed" (assumed).
    """
    half, around = first.half_unit, second.half_unit
    with localcontext(EXACT):
        low, expected, high = (_said_in(first, second, first.value + shift) for shift in (-half, ZERO, half))
        return Agreement(low - around <= second.value <= high + around, expected, low, high)


def _said_in(first: Printed, second: Printed, value: Decimal) -> Decimal:
    periods = first.periods if first.periods is not None else second.periods
    return convert(value, first.basis, second.basis, periods=periods)
