"""Rates: `24,360% E.A`, `Desde 0% E.A hasta 43,13% E.A (3,03% M.V)*`, `IBR (M) + 12,70%`, `1,29% N.M.V.`.

The separator before three digits marks decimals here: no rate is 24,360 %; where the country would write thousands that
way and the larger rate is possible (`1,200%` in Mexico), both are shown. "N.M.V." names both the monthly and the
nominal annual number, so that it decides nothing by itself (assumed; the marketplace names the field only).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from pipeline.reading.bases import PAGE_WORD, RATE_WORDS, Column, decided_by_pair, named, unsupported
from pipeline.reading.bounds import Span, is_slip
from pipeline.reading.cells import (
    VAT_WORDS,
    date_unread,
    fraction_note,
    one_end,
    opened,
    reading_of,
    written,
)
from pipeline.reading.formats import Section, as_percent, number, section_for
from pipeline.reading.indexes import index_told, monthly_index, periods_named, prepared, upper_spread
from pipeline.reading.numerals import numeral, yearly_doubt
from pipeline.reading.quotes import Quote, as_written, beside, grouped, rate_of, span_of, with_asides
from pipeline.reading.rendered import in_words
from pipeline.reading.scan import Item, Scan, fold, scan
from pipeline.reading.values import (
    BASIS_MISSING,
    OPEN_RANGE,
    UNREADABLE,
    Note,
    Rate,
    Read,
    ambiguous,
    basis_unsupported,
    places,
    shown,
    two_values,
)
from pipeline.workbook import Cell

_QUICK = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,8})?) ?(%)?(?: ?([EeMm])\.? ?([AaVv])\.?)?")
_PERIODIC: Final = ("MV", "MA", "DAILY", "MV/NAMV")


@dataclass(frozen=True, slots=True)
class _Said:
    """What holds for the whole stream."""

    percent: bool
    index: str | None
    tenor: str | None
    tax: str | None


def read_rate(
    cell: Cell, *, basis: str | None = None, formats_known: bool = True, country: str | None = None
) -> Read[Rate]:
    """The rate, range, pair or index plus spread in a cell. `basis`: what the column says; the cell's own word wins.

    formats_known False (csv, xls): a bare number's format is unknown. What lies between 0 and 1 is ambiguous anyway.
    Notes: missing, unreadable, ambiguous, two_values, repaired, open_range, basis_missing, is_a_date. The value stays
    with repaired, open_range, basis_missing, and with ambiguous where only the basis is open (`bases` holds both).
    """
    column = Column(basis, country)
    stored = number(cell.value)
    if stored is not None:
        section = section_for(cell.number_format, stored)
        doubt = None if section.says_percent else fraction_note([stored], country)
        said = None if doubt else in_words(stored, section, country)
        if said is None:
            return Read(None, (doubt,)) if doubt else _from_number(stored, section, column, formats_known)
        cell = Cell(said)
    opening = opened(cell)
    if isinstance(opening, Read):
        return opening
    return _from_text(opening, column)


def _from_number(stored: Decimal, section: Section, column: Column, formats_known: bool) -> Read[Rate]:
    value = as_percent(stored, section)
    rate = Rate(value, value, places_low=places(value), places_high=places(value))
    how = "number cell, percent format" if section.scales_percent else "number cell"
    return _with_basis(rate, None, column, (), how if formats_known else f"{how}, format unknown")


def _quick(text: str, column: Column) -> Read[Rate] | None:
    """The commonest forms (`24,9`, `24,9%`, `24,9% E.A.`) without the grammar; None leaves it to the grammar."""
    match = _QUICK.fullmatch(text)
    own = f"{match[3]}{match[4]}".upper() if match and match[3] else None
    if match is None or own == "EV":
        return None
    value = Decimal(match[1].replace(",", "."))
    if value < 1 and not match[2] and own is None:
        return None
    yearly = (own or column.basis) not in _PERIODIC
    if yearly and places(value) == 3 and yearly_doubt(numeral(match[1]), column.country):
        return None
    printed = places(value)
    return _with_basis(Rate(value, value, places_low=printed, places_high=printed), own, column, (), "text")


def _from_text(text: str, column: Column) -> Read[Rate]:
    if (quick := _quick(text, column)) is not None:
        return quick
    mended, tenor = prepared(fold(text))
    found = periods_named(scan(mended, RATE_WORDS))
    if not found.understood:
        return Read(None, (UNREADABLE,))
    read = _from_scan(found, tenor, column)
    kinds = {i.kind for part in (found.main, *found.asides) for i in part}
    slips = found.slips or bool(kinds & {"slip_pct", "unsupported"}) or is_slip(found.main)
    ranged = read.value is not None and read.value.spread_high is not None
    return reading_of(read, text, slips=slips or ranged, after=lambda r: told(upper_spread(r), column.country))


def _from_scan(found: Scan, tenor: str | None, column: Column) -> Read[Rate]:
    said = _said([i for part in (found.main, *found.asides) for i in part], tenor)
    if said is None:
        return Read(None, (UNREADABLE,))
    if said.index and not any(i.kind == "num" for i in found.main):
        return Read(Rate(None, None, index=said.index, index_tenor=said.tenor), how=f"{said.index}, no spread given")
    groups = with_asides(grouped(found.main), [grouped(aside) for aside in found.asides])
    if groups is None:
        return Read(None, (UNREADABLE,))
    groups, note = _comparable(groups, said, column)
    if note or (note := _doubt([q for group in groups for q in group], said, column)):
        return Read(None, (note,))
    if not said.percent and not said.index:
        note = fraction_note([q.value for group in groups for q in group], column.country)
        if note:
            return Read(None, (note,))
    return _assemble(groups, said, column)


def _comparable(groups: list[list[Quote]], said: _Said, column: Column) -> tuple[list[list[Quote]], Note | None]:
    """The groups whose basis can be compared (`4,5% quincenal (24% E.A.)` has one), or why there is none."""
    words = [unsupported(group[0].basis, column) for group in groups]
    if said.index and "annual/nominal" in [group[0].basis for group in groups]:
        return groups, None  # a nominal spread is a spread
    kept = [group for group, word in zip(groups, words, strict=True) if word is None]
    return kept, None if kept else basis_unsupported(next(word for word in words if word))


def _doubt(quotes: list[Quote], said: _Said, column: Column) -> Note | None:
    """Both readings of a figure that may be in thousands of percent, or in points said to be basis points."""
    for quote in quotes:
        found = numeral(quote.figure.text)
        periodic = (quote.basis or column.basis) in _PERIODIC
        points = any(i.kind == "pts" for i in quote.figure.after)
        if quote.other is not None:
            choices: Sequence[Decimal] = (quote.value, quote.other)
        elif not (said.index or points or periodic) and yearly_doubt(found, column.country):
            choices = found.choices
        else:
            continue
        return ambiguous(*(f"{shown(choice, column.country)} %" for choice in choices))
    return None


def _said(stream: Sequence[Item], tenor: str | None) -> _Said | None:
    """Percent evidence, index, tax; None when it names two indexes or an index term without an index."""
    indexes = {i.text for i in stream if i.kind == "index"}
    taxes = {i.text for i in stream if i.kind == "tax"}
    kinds = {i.kind for i in stream}
    tenors = {i.text for i in stream if i.kind == "tenor"}
    if len(indexes) > 1 or len(taxes) > 1 or len(tenors) > 1 or (not indexes and kinds & {"tenor", "plus", "minus"}):
        return None
    percent = bool(kinds & {"pct", "slip_pct", "basis", "annual", "unsupported", "pts"})
    index = indexes.pop() if indexes else None
    monthly = index and not tenor and monthly_index(stream)
    return _Said(percent, index, tenor or (tenors.pop() if tenors else "1M" if monthly else None), _one(taxes))


def _one(found: set[str]) -> str | None:
    return found.pop() if found else None


def _assemble(groups: list[list[Quote]], said: _Said, column: Column) -> Read[Rate]:
    """The first group is the rate; a second one of another basis is the same rate said again."""
    spans = [span_of(group, [q for g in groups for q in g]) for group in groups]
    apart = len(groups) > 2 or (len(groups) == 2 and groups[0][0].basis == groups[1][0].basis)
    main = spans[0]
    if main is None or None in spans or apart:
        return Read(None, (two_values(*(as_written(q) for g in groups for q in g)),))
    if said.index:
        return _spread(groups[0], main, said, column) if len(groups) == 1 else Read(None, (UNREADABLE,))
    rate = replace(rate_of(groups[0], main), tax=said.tax)
    other = spans[1] if len(groups) == 2 else None
    if other is not None:
        second = beside(rate_of(groups[1], other), groups[1], main)
        rate = replace(rate, other=named(second, groups[1][0].basis, Column(None, column.country)))
    notes = (OPEN_RANGE,) if (main.low is None) != (main.high is None) else ()
    return _with_basis(rate, groups[0][0].basis, column, notes, "text")


def _spread(group: list[Quote], span: Span, said: _Said, column: Column) -> Read[Rate]:
    low = group[span.low].value if span.low is not None else None
    high = group[span.high].value if span.high is not None else None
    notes = (OPEN_RANGE,) if low is None or high is None else ()
    first = low if low is not None else high
    upper = high if low != high and low is not None else None
    rate = Rate(None, None, index=said.index, spread=first, spread_high=upper, index_tenor=said.tenor, tax=said.tax)
    return Read(named(rate, group[0].basis or column.basis, column), notes, f"{said.index} plus a spread in points")


def _with_basis(rate: Rate, stated: str | None, column: Column, notes: tuple[Note, ...], how: str) -> Read[Rate]:
    based = decided_by_pair(named(rate, stated, column))
    if based.basis is not None:
        aside = f" (its column says {column.basis})" if column.basis not in (None, based.basis) else ""
        return Read(based, notes, f"{how}, {based.basis}{aside}")
    if not based.bases:
        return Read(based, (*notes, BASIS_MISSING), how)
    figure = rate.low if rate.low is not None else rate.high
    assert figure is not None
    readings = (f"{shown(figure, column.country)} % {PAGE_WORD[b]}" for b in based.bases)
    return Read(based, (*notes, ambiguous(*readings)), how)


def told(rate: Rate, country: str | None) -> str:
    """The rate in the reader's figures, for the note on a repair; it reads back as the same rate."""
    vat = VAT_WORDS[rate.tax] if rate.tax else ""
    if rate.index:
        return f"{index_told(rate, country)}{vat}"
    tail = f" {PAGE_WORD[rate.basis]}" if rate.basis else " N.M.V." if rate.bases else ""
    again = f" ({told(rate.other, country)})" if rate.other else ""
    return f"{written(rate.low, rate.high, lambda v: f'{shown(v, country)} %')}{tail}{again}{vat}"


def read_index(cell: Cell) -> Read[Rate]:
    """`IBR+10.51`, `DTF + 12,6% T.A`, `UVR`: a rate with its index; anything else is `unknown`."""
    opening = opened(cell)
    if isinstance(opening, Read):
        return date_unread(opening)
    read = _from_text(opening, Column(None, None))
    if read.value is None or read.value.index is None:
        return Read(None, (Note("unknown", (("allowed", ("IBR", "DTF", "UVR", "IPC", "TIIE")),)),))
    return replace(read, notes=one_end(read.notes))
