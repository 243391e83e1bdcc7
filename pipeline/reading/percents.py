"""Fees, insurance, all-in cost: `Entre el 15% y 20% + IVA`, `$1,500 por millón`, `CAT promedio 45.3% sin IVA ...`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from pipeline.reading import rate_words, words
from pipeline.reading.amounts import read_amount
from pipeline.reading.bounds import Figure, arrange, figures, is_slip
from pipeline.reading.cells import (
    VAT_WORDS,
    date_unread,
    fraction_note,
    one_end,
    opened,
    reading_of,
    without_vat_rate,
    written,
)
from pipeline.reading.days import take_day
from pipeline.reading.formats import Section, as_percent, number, section_for
from pipeline.reading.numerals import numeral, yearly_doubt
from pipeline.reading.rendered import in_words
from pipeline.reading.scan import Item, fold, scan, vocabulary
from pipeline.reading.values import (
    OPEN_RANGE,
    UNIT_MISSING,
    UNREADABLE,
    Insurance,
    Note,
    Percent,
    Read,
    TotalCost,
    ambiguous,
    places,
    repaired,
    shown,
    two_values,
)
from pipeline.workbook import Cell

_PCT: Final = {"pct": rate_words.RATES["pct"], "slip_pct": rate_words.RATES["slip_pct"]}
_FEES: Final = vocabulary(words.ENDS, words.TAX, _PCT, rate_words.FEES)
_CAT: Final = vocabulary(words.ENDS, words.TAX, _PCT, rate_words.CAT)
_MONTHLY = re.compile(r"mensual|mes\b|m\.? ?v\b|month")
_YEARLY = re.compile(r"\banual|\bano\b|\be\.? ?a\b")
_PROSE = 400


def read_percent(cell: Cell, *, formats_known: bool = True, country: str | None = None) -> Read[Percent]:
    """A fee in percent, or a range, with what is said of VAT. A bare number between 0 and 1 is ambiguous (X05).

    formats_known False (csv, xls): the number's format is unknown, which the lineage says. Rule: assumed.
    """
    stored = number(cell.value)
    if stored is not None:
        section = section_for(cell.number_format, stored)
        said = _in_words(stored, section, country)
        if said is None:
            return _fee_number(stored, section, formats_known, country)
        cell = Cell(said)
    opening = opened(cell)
    if isinstance(opening, Read):
        return opening
    return _read_text(opening, country)


def _in_words(stored: Decimal, section: Section, country: str | None) -> str | None:
    """What the format says in words; a bare fraction stays a number, so that its doubt is told."""
    doubtful = not section.says_percent and fraction_note([stored]) is not None
    return None if doubtful else in_words(stored, section, country)


def _fee_number(stored: Decimal, section: Section, formats_known: bool, country: str | None) -> Read[Percent]:
    note = None if section.says_percent else fraction_note([stored], country)
    if note:
        return Read(None, (note,))
    value = as_percent(stored, section)
    how = "number cell, percent format" if section.scales_percent else "number cell"
    how = how if formats_known else f"{how}, format unknown"
    return Read(Percent(value, value, None, places(value), places(value)), how=how)


def _read_text(text: str, country: str | None) -> Read[Percent]:
    found = scan(without_vat_rate(fold(text)), _FEES)
    if not found.understood or found.asides:
        return Read(None, (UNREADABLE,))
    read = _from_stream(found.main, country)
    slips = found.slips or any(i.kind == "slip_pct" for i in found.main) or is_slip(found.main)
    return reading_of(read, text, slips=slips, after=lambda p: _told(p, country))


def _told(percent: Percent, country: str | None) -> str:
    text = written(percent.low, percent.high, lambda v: f"{shown(v, country)} %")
    return f"{text}{VAT_WORDS[percent.tax]}" if percent.tax else text


def _from_stream(stream: Sequence[Item], country: str | None) -> Read[Percent]:
    kinds = {item.kind for item in stream}
    if "free" in kinds and "num" not in kinds:
        return Read(Percent(Decimal(0), Decimal(0)), how="said in words")
    taxes = {item.text for item in stream if item.kind == "tax"}
    walked = figures(stream)
    values = _values(walked[0]) if walked else None
    if walked is None or values is None or len(taxes) > 1:
        return Read(None, (UNREADABLE,))
    note = None if kinds & {"pct", "slip_pct"} else fraction_note(values, country)
    span = arrange(walked[0])
    if note or span is None:
        return Read(None, (note or two_values(*(f.text for f in walked[0])),))
    low = values[span.low] if span.low is not None else None
    high = values[span.high] if span.high is not None else None
    notes = (OPEN_RANGE,) if low is None or high is None else ()
    printed = (places(v) if v is not None else 0 for v in (low, high))
    return Read(Percent(low, high, taxes.pop() if taxes else None, *printed), notes, "text")


def _values(found: Sequence[Figure]) -> list[Decimal] | None:
    """Each figure; the separator before three digits marks decimals, as in rates. None if one is malformed."""
    parsed = [numeral(figure.text) for figure in found]
    if any(not n.choices or (len(n.choices) > 1 and not n.separator) for n in parsed):
        return None
    return [n.choices[-1] for n in parsed]


def read_insurance(
    cell: Cell, *, unit: str | None = None, country: str | None = None, formats_known: bool = True
) -> Read[Insurance]:
    """The cost of an insurance with its unit: pct_month, per_million_month or amount. `unit`: what its column says.

    A bare number without a unit anywhere is `unit_missing` (assumed rule); a yearly percentage is not a monthly one and
    is unreadable; a percentage of no stated period is taken as monthly and told as repaired.
    """
    stored = number(cell.value)
    section = section_for(cell.number_format, stored) if stored is not None else None
    if stored is not None and section and (said := _in_words(stored, section, country)) is not None:
        cell, section = Cell(said), None
    text = cell.value if isinstance(cell.value, str) else ""
    if "%" in text or (section and section.says_percent) or (unit == "pct_month" and "$" not in text):
        return _insurance_percent(cell, text, unit, country, formats_known)
    read = read_amount(cell, country=country)
    if read.value is None:
        return date_unread(Read(None, read.notes))
    value = read.value.low if read.value.low is not None else read.value.high
    if not read.value.single or value is None:
        return Read(
            None, (two_values(*(shown(v, country) for v in (read.value.low, read.value.high) if v is not None)),)
        )
    signed = "$" in text or "peso" in text.lower() or bool(section and section.currency) or bool(read.value.currency)
    own = "per_million_month" if read.value.unit == "per_million" else None
    stated = own or (unit if unit != "pct_month" else None) or ("amount" if signed or value == 0 else None)
    if stated is None:
        return Read(None, (UNIT_MISSING,))
    insurance = Insurance(value, stated, read.value.tax, read.value.period)
    return Read(insurance, one_end(read.notes), f"{read.how}, {stated}")


def _insurance_percent(
    cell: Cell, text: str, unit: str | None, country: str | None, formats_known: bool
) -> Read[Insurance]:
    read = read_percent(cell, formats_known=formats_known, country=country)
    if unit == "pct_month" and read.value is None and number(cell.value) is not None:
        value = number(cell.value)  # the column says percent a month: 0,0391 is a usual figure there
        return Read(Insurance(value, "pct_month"), how="number cell, pct_month") if value is not None else Read(None)
    if read.value is None:
        return date_unread(Read(None, read.notes))
    folded = fold(text)
    if _YEARLY.search(folded) and not _MONTHLY.search(folded):
        return Read(None, (UNREADABLE,))
    value = read.value.low if read.value.low is not None else read.value.high
    if value is None or (
        read.value.low != read.value.high and read.value.low is not None and read.value.high is not None
    ):
        return Read(None, (two_values(shown(read.value.low or Decimal(0), country)),))
    stated = unit == "pct_month" or bool(_MONTHLY.search(folded))
    notes = read.notes if stated else (repaired(text or f"{value}", f"{shown(value, country)} % mensual"), *read.notes)
    return Read(Insurance(value, "pct_month", read.value.tax), one_end(notes), f"{read.how}, pct_month")


def read_total_cost(cell: Cell, *, formats_known: bool = True, country: str | None = None) -> Read[TotalCost]:
    """CAT, VTUA: `CAT promedio 45.3% sin IVA, calculado al 31/10/2026` -> percent, day, VAT. Rule: assumed.

    `hasta 90%`, `desde 45%` give the figure with the note `open_range`; a range gives `two_values` and no figure.
    """
    stored = number(cell.value)
    if stored is not None:
        section = section_for(cell.number_format, stored)
        said = _in_words(stored, section, country)
        if said is None:
            return _cost(_fee_number(stored, section, formats_known, country), None)
        cell = Cell(said)
    opening = opened(cell, _PROSE)
    if isinstance(opening, Read):
        return date_unread(opening)
    folded, day = take_day(fold(opening))
    day = None if "vigen" in folded else day  # until when it holds, not when it was calculated
    found = scan(without_vat_rate(folded), _CAT)
    if not found.understood or found.asides:
        return Read(None, (UNREADABLE,))
    odd = _thousands(found.main, country)
    if odd:
        return Read(None, (odd,))
    read = _cost(_from_stream(found.main, country), day)
    slips = any(i.kind == "slip_pct" for i in found.main) or found.slips
    return reading_of(read, opening, slips=slips, after=lambda c: _cost_told(c, country))


def _cost_told(cost: TotalCost, country: str | None) -> str:
    vat = VAT_WORDS[cost.tax] if cost.tax else ""
    day = f", calculado al {cost.day:%d/%m/%Y}" if cost.day else ""
    return f"{shown(cost.value, country)} %{vat}{day}"


def _thousands(stream: Sequence[Item], country: str | None) -> Note | None:
    """`1,234%` on a Mexican page: a CAT of 1.234 % or, as short loans have, of 1,234 %; `1.234%` in Colombia."""
    for item in stream:
        found = numeral(item.text) if item.kind == "num" else None
        if found and yearly_doubt(found, country):
            return ambiguous(*(f"{shown(choice, country)} %" for choice in found.choices))
    return None


def _cost(read: Read[Percent], day: date | None) -> Read[TotalCost]:
    if read.value is None:
        return Read(None, read.notes)
    low, high = read.value.low, read.value.high
    value = high if high is not None else low
    if value is None or (low is not None and high is not None and low != high):
        return Read(None, (two_values(*(shown(v) for v in (low, high) if v is not None)),))
    return Read(TotalCost(value, day, read.value.tax, places(value)), read.notes, read.how)
