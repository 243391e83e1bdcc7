"""Counts with an optional unit: `24 a 48 horas`, `1 año`, `18 años`, `30 días`."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pipeline.reading.bounds import arrange, figures
from pipeline.reading.cells import opened, reading_of
from pipeline.reading.days import looks_like_day
from pipeline.reading.formats import Section, number, section_for
from pipeline.reading.lengths import BIRTHDAY, DAYS, SPANISH, TERM_WORDS, lengths_of, summed
from pipeline.reading.rendered import in_words
from pipeline.reading.scan import fold, scan
from pipeline.reading.spelled import with_counts
from pipeline.reading.values import IS_A_DATE, UNREADABLE, Read, repaired, two_values
from pipeline.workbook import Cell

# Whole answers in words, by the unit asked for.
_IN_WORDS: Final = {
    "hour": {
        **dict.fromkeys(("inmediato", "inmediata", "en linea", "al instante", "de inmediato", "inmediatamente"), 0),
        **dict.fromkeys(("mismo dia", "el mismo dia"), 24),
    },
    "day": dict.fromkeys(("sin carencia", "sin periodo de carencia", "no tiene", "inmediata", "sin espera"), 0),
    "month": {"mensual": 1, "trimestral": 3, "semestral": 6, "anual": 12},
}
_MOST: Final = 10**9


def read_count(cell: Cell, *, unit: str | None = None) -> Read[int]:
    """A whole number of `unit` (hour(s), day(s), month(s), year(s); None: things without a unit), others converted.

    `hasta 48 horas` is 48; for hours a range gives its upper end, told as repaired. A month has 30 days (assumed).
    """
    unit = unit.removesuffix("s") if unit else None
    stored = number(cell.value)
    if stored is not None:
        section = section_for(cell.number_format, stored)
        words = None if section.says_percent else in_words(stored, section, None)
        if words is None:
            return _counted_number(stored, section)
        cell = Cell(words)
    opening = opened(cell)
    if isinstance(opening, Read):
        return opening
    folded = BIRTHDAY.sub("", fold(opening))
    said = _IN_WORDS.get(unit or "", {}).get(folded.strip(" .!"))
    if said is not None:
        return Read(said, (repaired(opening, f"{said} {SPANISH[unit or 'day']}"),), "said in words")
    if looks_like_day(folded):
        return Read(None, (IS_A_DATE,))
    return _counted_text(opening, folded, unit)


def _counted_number(stored: Decimal, section: Section) -> Read[int]:
    if section.is_date:
        return Read(None, (IS_A_DATE,))
    if stored != stored.to_integral_value() or section.says_percent:
        return Read(None, (UNREADABLE,))
    return Read(int(stored), how="number cell")


def _counted_text(text: str, folded: str, unit: str | None) -> Read[int]:
    found = scan(folded, TERM_WORDS)
    walked = figures(with_counts(found.main)) if found.understood and not found.asides else None
    lengths = lengths_of(walked[0]) if walked else None
    if lengths is None:
        return Read(None, (UNREADABLE,))
    lengths = summed(lengths)
    span = arrange([one.figure for one in lengths])
    if span is None or (span.low != span.high and None not in (span.low, span.high) and unit != "hour"):
        return Read(None, (two_values(*(one.figure.text for one in lengths)),))
    chosen = lengths[span.high if span.high is not None else span.low or 0]
    own = chosen.unit or next((one.unit for one in lengths if one.unit), None)
    value = _in_unit(chosen.value, own, unit)
    if value is None:
        return Read(None, (UNREADABLE,))
    told = f"{value} {SPANISH.get(unit or '', '')}".strip()
    slips = found.slips or len(lengths) > 1
    return reading_of(Read(value, how="text"), text, slips=slips, after=lambda _: told)


def _in_unit(value: Decimal, own: str | None, unit: str | None) -> int | None:
    """The count in the wanted unit, if that is a whole number; minutes round up to the hour they end in."""
    if own not in (None, unit):
        if unit is None or unit not in DAYS or own not in DAYS:
            return int(value) if own == "payment" and value == value.to_integral_value() else None
        value = _exactly(value, own or unit, unit)
    if own == "minute" and unit == "hour":
        value = value.to_integral_value(rounding="ROUND_CEILING")
    return int(value) if value == value.to_integral_value() and abs(value) < _MOST else None


def _exactly(value: Decimal, own: str, unit: str) -> Decimal:
    if own == "year" and unit == "day":
        return value * 365
    return (value * DAYS[own] / DAYS[unit]).quantize(Decimal("0.0001")).normalize()
