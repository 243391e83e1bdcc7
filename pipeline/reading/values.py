"""What reading gives: a value, or none, with the notes a person should see.

Money in units of the currency, rates and fees in percent (24.9 is 24.9 %), terms in their unit. Never a float.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from schemas.findings import Fact

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell about a cell: `fault` is the suffix of a finding code, `facts` fill the message's blanks."""

    fault: str
    facts: tuple[tuple[str, Fact], ...] = ()


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A value read from a cell (None: not known), what is worth telling, and how it was read (English, for lineage)."""

    value: T | None
    notes: tuple[Note, ...] = ()
    how: str | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """Money, or a count of a dated unit. low/high None: that end was left open; single: one figure, not a range.

    currency: COP, MXN, USD or EUR when the cell says so, None for a bare `$` or nothing.
    unit: currency | SMMLV | UVT | UDI | UMA | per_million (units of currency for each million lent).
    tax: included | plus (VAT comes on top) | None (not said).
    period: single | week | fortnight | month | quarter | semester | year, when the cell says so.
    """

    low: Decimal | None
    high: Decimal | None
    currency: str | None = None
    unit: str = "currency"
    single: bool = True
    tax: str | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in percent, or an index plus a spread in percentage points (then low and high are None).

    basis: a canonical basis, None when the cell and its column do not decide it; `bases` then holds the candidates.
    places_low, places_high: digits after the separator as printed, for the published-rounding rule.
    spread_high: the upper spread of a range of spreads. other: a second rate of another basis in the same cell.
    """

    low: Decimal | None
    high: Decimal | None
    basis: str | None = None
    bases: tuple[str, ...] = ()
    index: str | None = None
    spread: Decimal | None = None
    spread_high: Decimal | None = None
    index_tenor: str | None = None
    places_low: int = 0
    places_high: int = 0
    other: Rate | None = None
    tax: str | None = None


@dataclass(frozen=True, slots=True)
class Percent:
    """A fee in percent; low/high None: open end. tax as in `Amount`."""

    low: Decimal | None
    high: Decimal | None
    tax: str | None = None
    places_low: int = 0
    places_high: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A term or an age; whole numbers of `unit` (month, fortnight, week, day, year); low/high None: open end."""

    low: int | None
    high: int | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Insurance:
    """What the insurance costs: `value` in percent a month, currency per million a month, or currency.

    period: what the cell says of money (`$18.000 anual` is year), as in `Amount`; None when it does not say.
    """

    value: Decimal
    unit: str
    tax: str | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class TotalCost:
    """CAT or another all-in annual cost in percent, with the day it was calculated; tax as in `Amount`."""

    value: Decimal
    day: date | None = None
    tax: str | None = None
    places: int = 0


UNREADABLE = Note("unreadable")
MISSING = Note("missing")
IS_A_DATE = Note("is_a_date")
OPEN_RANGE = Note("open_range")
BASIS_MISSING = Note("basis_missing")
UNIT_MISSING = Note("unit_missing")


def error_value(text: str) -> Note:
    """The cell holds what a spreadsheet writes for a failed formula (`#N/A`); no value is in it."""
    return Note("error_value", (("error", text),))


def basis_unsupported(word: str) -> Note:
    """A rate in a period or basis that cannot be compared with others; `word` is how it was said."""
    return Note("basis_unsupported", (("basis", word),))


def ambiguous(*readings: str) -> Note:
    """More than one reading is possible; each as a person would write it."""
    return Note("ambiguous", (("readings", readings),))


def two_values(*readings: str) -> Note:
    """Two values run together in one cell; none is taken."""
    return Note("two_values", (("readings", readings),))


def repaired(before: str, after: str) -> Note:
    """The cell was read in spite of a slip; shown so that a person can object."""
    return Note("repaired", (("before", before.strip()), ("after", after)))


def shown(value: Decimal, country: str | None = None) -> str:
    """A figure as the country writes it: `1.000.000,5` in Colombia (and by default), `1,000,000.5` in Mexico."""
    text = format(value, ",f")
    return text if country == "MX" else text.translate(_SWAP)


_SWAP = str.maketrans(",.", ".,")


def places(value: Decimal) -> int:
    """Digits after the separator, as written."""
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def plain(value: Decimal) -> Decimal:
    """The same number without an exponent or trailing zeros: money is 2500000, not 2500000.0 or 2.5E+6."""
    whole = value.to_integral_value()
    return whole.quantize(_ONE) if whole == value else value.normalize()


_ONE = Decimal(1)
