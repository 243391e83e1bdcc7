"""Terms and ages: `12 a 60 meses`, `De 361 a 720 días (2 años)`, `12 meses Mín`, `24 quincenas`, `3 años y medio`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from pipeline.reading.bounds import Figure, Span, arrange, figures
from pipeline.reading.cells import opened, reading_of
from pipeline.reading.days import looks_like_day
from pipeline.reading.formats import Section, number, section_for
from pipeline.reading.lengths import (
    BIRTHDAY,
    SPANISH,
    TERM_WORDS,
    Length,
    lengths_of,
    near,
    summed,
    to_one_unit,
    units_of,
)
from pipeline.reading.rendered import in_words
from pipeline.reading.scan import LONGEST_FIGURE, Item, fold, scan
from pipeline.reading.spelled import with_counts
from pipeline.reading.values import IS_A_DATE, OPEN_RANGE, UNREADABLE, Note, Read, Term, ambiguous, repaired, two_values
from pipeline.workbook import Cell

_OF_AGE = re.compile(r"\s*(?:ser )?mayor(?:es)? de edad[.\s]*")
_LIST = re.compile(r"(?<![0-9.,])([0-9]{1,3})(?: ?[,/;] ?[0-9]{1,3})+(?: ?(?:,|y|o|u) ?[0-9]{1,3})?(?![0-9])")


def read_term(cell: Cell, *, unit: str | None = None) -> Read[Term]:
    """The term or range in a cell. `unit`: what the column says; the cell's own word wins. No unit anywhere: months,
    with `unit_assumed` (assumed). A date is what a spreadsheet makes of `6-12`: `is_a_date`, no value.

    14-day periods become weeks and multi-month periods months (exact, told as `repaired`); mixed units are brought to
    the smaller one (a month 30 days, a year 12 months).
    """
    stored = number(cell.value)
    if stored is not None:
        section = section_for(cell.number_format, stored)
        said = None if section.currency or section.says_percent else in_words(stored, section, None)
        if said is None:
            return _from_number(stored, section, unit)
        cell = Cell(said)
    opening = opened(cell)
    if isinstance(opening, Read):
        return opening
    folded = fold(opening)
    if looks_like_day(folded):
        return Read(None, (IS_A_DATE,))
    return _from_text(opening, folded, unit)


def _from_number(stored: Decimal, section: Section, unit: str | None) -> Read[Term]:
    if section.is_date:
        return Read(None, (IS_A_DATE,))
    if section.says_percent or section.currency:
        return Read(None, (UNREADABLE,))
    return _term([Length(Figure(""), stored, None)], Span(0, 0), unit, "number cell")


def _from_text(text: str, folded: str, unit: str | None) -> Read[Term]:
    mended, listed = _list_as_range(BIRTHDAY.sub("", folded))
    found = scan(mended, TERM_WORDS)
    if not found.understood:
        return Read(None, (UNREADABLE,))
    read, slip = _from_stream(found.main, unit)
    for aside in found.asides:
        again, _ = _from_stream(aside, unit)
        if read.value is not None and not (again.value and _same(read.value, again.value)):
            return Read(None, (ambiguous(_told(read.value), _told(again.value) if again.value else text),))
    return reading_of(read, text, slips=found.slips or slip or listed, after=_told)


def _list_as_range(folded: str) -> tuple[str, bool]:
    """`12, 24, 36 y 48 meses` is the range of its first and last; two figures are not a list."""
    match = _LIST.search(folded)
    numbers = [int(n) for n in re.findall("[0-9]+", match[0])] if match else []
    if match is None or len(numbers) < 3 or sorted(set(numbers)) != numbers:
        return folded, False
    return f"{folded[: match.start()]}{numbers[0]} a {numbers[-1]}{folded[match.end() :]}", True


def _from_stream(stream: Sequence[Item], unit: str | None) -> tuple[Read[Term], bool]:
    walked = figures(with_counts(stream))
    lengths = lengths_of(walked[0]) if walked else None
    if walked is None or lengths is None:
        return Read(None, (UNREADABLE,)), False
    lengths = summed(lengths)
    span = arrange([one.figure for one in lengths])
    if span is None:
        return Read(None, (two_values(*(one.figure.text for one in lengths)),)), False
    return _term(lengths, span, unit, "text"), span.slip or walked[1]


def _term(lengths: list[Length], span: Span, unit: str | None, how: str) -> Read[Term]:
    """The lengths in one unit a term is counted in."""
    before = " – ".join(f"{one.value.normalize():f} {one.unit or ''}".strip() for one in lengths)
    notes: list[Note] = []
    if not any(one.unit for one in lengths) and unit is None:
        notes.append(Note("unit_assumed", (("unit", "month"),)))
    stated = units_of(lengths, unit)
    if stated is None:
        return Read(None, (UNREADABLE,))
    changed = to_one_unit(lengths, stated)
    if any(one.value != one.value.to_integral_value() or abs(one.value) > 10**6 for one in lengths):
        return Read(None, (UNREADABLE,))
    ends = [int(lengths[end].value) if end is not None else None for end in (span.low, span.high)]
    term = Term(ends[0], ends[1], lengths[0].unit)
    if None in ends:
        notes.append(OPEN_RANGE)
    if changed:
        notes.insert(0, repaired(before, _told(term)))
    return Read(term, tuple(notes), f"{how}, {term.unit}")


def _same(one: Term, other: Term) -> bool:
    """Does a remark in brackets say the same? `De 361 a 720 días (2 años)`: within a tenth, years of 360 days."""
    assert one.unit is not None
    assert other.unit is not None
    highs = near(one.high, one.unit, other.high, other.unit)
    lows = near(one.low, one.unit, other.low, other.unit)
    single = other.low == other.high
    return (highs or lows) if single else (highs and lows)


def _told(term: Term) -> str:
    unit = SPANISH[term.unit or "month"]
    if term.low is None or term.high is None:
        return f"{'≤' if term.low is None else '≥'} {term.high if term.low is None else term.low} {unit}"
    return f"{term.low} {unit}" if term.low == term.high else f"{term.low} – {term.high} {unit}"


def read_age_range(cell: Cell) -> Read[Term]:
    """`Edad de 18 a 70 años`, `hasta 74 años y 364 días`, `mayor de edad` (18 in both countries): ages in years."""
    if isinstance(cell.value, str) and _OF_AGE.fullmatch(fold(cell.value[:LONGEST_FIGURE])):
        return Read(Term(18, None, "year"), (repaired(cell.value, _told(Term(18, None, "year"))), OPEN_RANGE), "text")
    read = read_term(cell, unit="year")
    if read.value is None or read.value.unit == "year":
        return read
    return Read(None, (UNREADABLE,))
