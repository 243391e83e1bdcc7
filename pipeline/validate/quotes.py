"""Quotes of a rate: how those of one row belong together, and whether they can be one rate. Pure.

Rule X04 (assumed): two printed quotes of one rate must agree within the rounding of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from catalog import cost
from pipeline.mapping import MappedColumn
from pipeline.reading import Rate


@dataclass(frozen=True, slots=True)
class Quote:
    """One rate as quoted in a row: percent in `basis` (None: nobody said), and the column it stands in.

    high_column, high_how: where a column of its own gives the upper end (`Tasa hasta`), that one and its reading.
    """

    column: int
    low: Decimal | None
    high: Decimal | None
    basis: str | None
    bases: tuple[str, ...] = ()
    places_low: int = 0
    places_high: int = 0
    how: str | None = None
    columns: tuple[int, ...] = ()
    high_column: int | None = None
    high_how: str | None = None


def quotes_of(column: MappedColumn, rate: Rate, how: str | None) -> Iterator[Quote]:
    """What a column says of the rate: one quote, or two where the cell gives the same rate in two bases."""
    low, high = rate.low, rate.high
    names = column.word.fills
    if len(names) == 1 and low == high:
        low, high = (low, None) if names[0].endswith("_min") else (None, high)
    own = (column.index,)
    yield Quote(column.index, low, high, rate.basis, rate.bases, rate.places_low, rate.places_high, how, own)
    if rate.other:
        yield from _quotes_of_other(column, rate.other)


def _quotes_of_other(column: MappedColumn, other: Rate) -> Iterator[Quote]:
    own = (column.index,)
    places = (other.places_low, other.places_high)
    yield Quote(column.index, other.low, other.high, other.basis, other.bases, *places, columns=own)


def joined(quotes: list[Quote]) -> list[Quote]:
    """A `desde` column and a `hasta` column of one basis are the two ends of one quote."""
    joined: list[Quote] = []
    for quote in quotes:
        half = next((q for q in joined if _fits(q, quote)), None)
        if half is None:
            joined.append(quote)
        elif half.low is None:
            joined[joined.index(half)] = _with_high(quote, half)
        else:
            joined[joined.index(half)] = _with_high(half, quote)
    return joined


def _with_high(low: Quote, high: Quote) -> Quote:
    return replace(
        low, high=high.high, places_high=high.places_high, columns=(*low.columns, *high.columns),
        high_column=high.column, high_how=high.how,
    )  # fmt: skip


def _fits(half: Quote, quote: Quote) -> bool:
    same = half.basis == quote.basis and half.bases == quote.bases and half.column != quote.column
    return same and ((half.high is None and quote.low is None) or (half.low is None and quote.high is None))


def decided(quotes: list[Quote], periods: int | None) -> list[Quote]:
    """`N.M.V.` means two things: the candidate that agrees with the row's E.A. is meant."""
    sure = next((quote for quote in quotes if quote.basis), None)
    if sure is None:
        return quotes
    return [_decide(quote, sure, periods) if quote.bases and not quote.basis else quote for quote in quotes]


def _decide(quote: Quote, sure: Quote, periods: int | None) -> Quote:
    options = [replace(quote, basis=basis) for basis in quote.bases]
    agreeing = [option for option in options if not list(disagreements(sure, option, periods))]
    return agreeing[0] if agreeing else options[0]


def primary_of(quotes: list[Quote], country: str) -> Quote | None:
    """The quote that becomes the product's: in Colombia the effective one, elsewhere the first with a basis."""
    effective = [quote for quote in quotes if quote.basis == "EA"]
    if country == "CO" and effective:
        return effective[0]
    return next((quote for quote in quotes if quote.basis), quotes[0] if quotes else None)


def end_of(quote: Quote, name: str) -> tuple[int, str | None]:
    """The column that gives the lower or upper end of a quote, and how it was read."""
    if name.endswith("max") and quote.high_column is not None:
        return quote.high_column, quote.high_how
    return quote.column, quote.how


@lru_cache(maxsize=65_536)
def in_ea(rate: Decimal | None, basis: str | None, periods: int | None) -> Decimal | None:
    """E.A. to four decimals; None where the basis does not tell."""
    if rate is None or basis is None:
        return None
    try:
        ea = cost.to_ea(rate, basis, periods=periods)
    except cost.NoAnswer:
        return None
    return ea if basis == "EA" else round(ea, 4)


def disagreements(one: Quote, two: Quote, periods: int | None) -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    """Ends at which the two quotes cannot be roundings of one rate: (first, second, second as it would have to be)."""
    if not one.basis or not two.basis:
        return
    ends = ((one.low, one.places_low, two.low, two.places_low), (one.high, one.places_high, two.high, two.places_high))
    for a, a_places, b, b_places in ends:
        if a is not None and b is not None:
            agreement = _agree(a, one.basis, a_places, b, two.basis, b_places, periods)
            if agreement is not None:
                yield a, b, agreement


@lru_cache(maxsize=65_536)
def _agree(
    a: Decimal, a_basis: str, a_places: int, b: Decimal, b_basis: str, b_places: int, periods: int | None
) -> Decimal | None:
    """None when the prints agree, else what the second would have to be."""
    try:
        first = cost.Printed(a, a_basis, a_places, periods)
        found = cost.agree(first, cost.Printed(b, b_basis, b_places, periods))
    except cost.NoAnswer:
        return None
    return None if found.ok else round(found.expected, max(b_places, 2))
