"""Rates: `24,360% E.A`, `Desde 0% E.A hasta 43,13% E.A (3,03% M.V)*`, `IBR (M) + 12,70%`, `1,29% N.M.V.`.

The separator before three digits marks decimals here: no rate is 24,360 %. "N.M.V." names both the monthly and the
nominal annual number, so that it decides nothing by itself (assumed; the marketplace names the field only).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline.reading.bases import PAGE_WORD, RATE_WORDS, Column, decided_by_pair, named
from pipeline.reading.bounds import Span, is_slip
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
from pipeline.reading.formats import Section, as_percent, number, section_for
from pipeline.reading.quotes import Quote, as_written, beside, grouped, rate_of, span_of, with_asides
from pipeline.reading.scan import Item, Scan, fold, items, scan, tokens
from pipeline.reading.values import (
    BASIS_MISSING,
    OPEN_RANGE,
    UNREADABLE,
    Note,
    Rate,
    Read,
    ambiguous,
    places,
    shown,
    two_values,
)
from pipeline.workbook import Cell

_INDEX = r"ibr|dtf|uvr|ipc|tiie"
_TENOR = re.compile(rf"\b({_INDEX})\b[ .(]{{0,3}}(?:a |de )?([0-9]{{1,3}}) ?(meses|mes|m|dias|dia|d)\b[ .)]{{0,3}}")
_TIIE_DAYS = re.compile(r"\btiie[ (]{0,2}(28|91|182)\b(?! ?[%.,0-9])\)?")
_MINUS = re.compile(rf"\b((?:{_INDEX})\b[a-z. ()]{{0,20}}?)- ?(?=[0-9])")
_QUICK = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,8}))? ?(%)?(?: ?([EeMm])\.? ?([AaVv])\.?)?")


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
        return _from_number(stored, section_for(cell.number_format, stored), column, formats_known)
    opening = opened(cell)
    if isinstance(opening, Read):
        return opening
    return _from_text(opening, column)


def _from_number(stored: Decimal, section: Section, column: Column, formats_known: bool) -> Read[Rate]:
    note = None if section.says_percent else fraction_note([stored], column.country)
    if note:
        return Read(None, (note,))
    value = as_percent(stored, section)
    beside = [i for i in items(tokens(fold(section.literal)), RATE_WORDS) if i.kind in ("basis", "annual")]
    own = beside[0].text if beside else None
    rate = Rate(value, value, places_low=places(value), places_high=places(value))
    how = "number cell, percent format" if section.scales_percent else "number cell"
    return _with_basis(rate, own, column, (), how if formats_known else f"{how}, format unknown")


def _prepared(folded: str) -> tuple[str, str | None]:
    """The text with an index's own term, VAT rates and a minus after an index put out of the figures' way."""
    text = without_vat_rate(folded)
    match = _TENOR.search(text)
    tenor = None
    if match:
        tenor = f"{match[2]}{match[3][0].upper()}"
        text = _TENOR.sub(r"\1 ", text)
    elif days := _TIIE_DAYS.search(text):
        tenor = f"{days[1]}D"
        text = _TIIE_DAYS.sub("tiie ", text)
    return _MINUS.sub(r"\1 minus ", text), tenor


def _quick(text: str, column: Column) -> Read[Rate] | None:
    """The commonest forms (`24,9`, `24,9%`, `24,9% E.A.`) without the grammar; None leaves it to the grammar."""
    match = _QUICK.fullmatch(text)
    own = f"{match[4]}{match[5]}".upper() if match and match[4] else None
    if match is None or own == "EV":
        return None
    value = Decimal(f"{match[1]}.{match[2]}" if match[2] else match[1])
    if value < 1 and not match[3] and own is None:
        return None
    printed = places(value)
    return _with_basis(Rate(value, value, places_low=printed, places_high=printed), own, column, (), "text")


def _from_text(text: str, column: Column) -> Read[Rate]:
    if (quick := _quick(text, column)) is not None:
        return quick
    mended, tenor = _prepared(fold(text))
    found = scan(mended, RATE_WORDS)
    if not found.understood:
        return Read(None, (UNREADABLE,))
    read = _from_scan(found, tenor, column)
    slips = found.slips or any(i.kind == "slip_pct" for i in found.main) or is_slip(found.main)
    return reading_of(read, text, slips=slips, after=lambda r: told(r, column.country))


def _from_scan(found: Scan, tenor: str | None, column: Column) -> Read[Rate]:
    said = _said([i for part in (found.main, *found.asides) for i in part], tenor)
    if said is None:
        return Read(None, (UNREADABLE,))
    if said.index and not any(i.kind == "num" for i in found.main):
        return Read(Rate(None, None, index=said.index, index_tenor=said.tenor), how=f"{said.index}, no spread given")
    groups = with_asides(grouped(found.main), [grouped(aside) for aside in found.asides])
    if groups is None:
        return Read(None, (UNREADABLE,))
    if not said.percent and not said.index:
        note = fraction_note([q.value for group in groups for q in group], column.country)
        if note:
            return Read(None, (note,))
    return _assemble(groups, said, column)


def _said(stream: Sequence[Item], tenor: str | None) -> _Said | None:
    """Percent evidence, index, tax; None when it names two indexes or an index term without an index."""
    indexes = {i.text for i in stream if i.kind == "index"}
    taxes = {i.text for i in stream if i.kind == "tax"}
    kinds = {i.kind for i in stream}
    tenors = {i.text for i in stream if i.kind == "tenor"}
    if len(indexes) > 1 or len(taxes) > 1 or len(tenors) > 1 or (not indexes and kinds & {"tenor", "plus", "minus"}):
        return None
    percent = bool(kinds & {"pct", "slip_pct", "basis", "annual", "pts"})
    index = indexes.pop() if indexes else None
    monthly = index and not tenor and _monthly_index(stream)
    return _Said(percent, index, tenor or (tenors.pop() if tenors else "1M" if monthly else None), _one(taxes))


def _one(found: set[str]) -> str | None:
    return found.pop() if found else None


def _monthly_index(stream: Sequence[Item]) -> bool:
    """`IBR mensual + 5`: the word before the figure is the index's own term."""
    before = [i for i in stream[: next((n for n, i in enumerate(stream) if i.kind == "num"), 0)] if i.kind == "basis"]
    return bool(before) and before[0].text == "MV"


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
        return f"{_index_told(rate, country)}{vat}"
    tail = f" {PAGE_WORD[rate.basis]}" if rate.basis else " N.M.V." if rate.bases else ""
    again = f" ({told(rate.other, country)})" if rate.other else ""
    return f"{written(rate.low, rate.high, lambda v: f'{shown(v, country)} %')}{tail}{again}{vat}"


def _index_told(rate: Rate, country: str | None) -> str:
    tenor = f" ({rate.index_tenor})" if rate.index_tenor else ""
    tail = f" {PAGE_WORD[rate.basis]}" if rate.basis else ""
    if rate.spread is None:
        return f"{rate.index}{tenor}"
    ends = [end for end in (rate.spread, rate.spread_high) if end is not None]
    spread = " a ".join(f"{shown(abs(end), country)} %" for end in ends)
    return f"{rate.index}{tenor} {'-' if rate.spread < 0 else '+'} {spread}{tail}"


def read_index(cell: Cell) -> Read[Rate]:
    """`IBR+10.51`, `DTF + 12,6% T.A`, `UVR`: a rate with its index; anything else is `unknown`."""
    opening = opened(cell)
    if isinstance(opening, Read):
        return date_unread(opening)
    read = _from_text(opening, Column(None, None))
    if read.value is None or read.value.index is None:
        return Read(None, (Note("unknown", (("allowed", ("IBR", "DTF", "UVR", "IPC", "TIIE")),)),))
    return replace(read, notes=one_end(read.notes))
