"""Lengths of time: figures with their unit, brought to one unit. A month has 30 days, a year 12 months (assumed)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pipeline.reading import words
from pipeline.reading.bounds import Figure
from pipeline.reading.numerals import numeral
from pipeline.reading.scan import vocabulary

TERM_WORDS: Final = vocabulary(words.ENDS, words.COUNTS, words.TERMS)
# Ages up to the day before a birthday: the whole years are what counts.
BIRTHDAY = re.compile(r"(?:\b(?:y|con|mas)|\+) ?36[45] ?dias?\b|\b(?:y|con) 11 meses(?: y (?:29|30) dias)?")
DAYS: Final = {
    "minute": Decimal(1) / 1440, "hour": Decimal(1) / 24, "day": Decimal(1), "week": Decimal(7),
    "catorcena": Decimal(14), "fortnight": Decimal(15), "month": Decimal(30), "bimester": Decimal(60),
    "quarter": Decimal(90), "semester": Decimal(180), "year": Decimal(360),
}  # fmt: skip
_TERM_UNITS: Final = ("month", "fortnight", "week", "day", "year")
# What a unit that no term is counted in comes to, exactly, in one that is.
_EXACT: Final = {
    "catorcena": ("week", 2), "bimester": ("month", 2), "quarter": ("month", 3), "semester": ("month", 6),
}  # fmt: skip
SPANISH: Final = {
    "month": "meses",
    "fortnight": "quincenas",
    "week": "semanas",
    "day": "días",
    "year": "años",
    "hour": "horas",
}


@dataclass(slots=True)
class Length:
    """One figure with its unit (None: not said)."""

    figure: Figure
    value: Decimal
    unit: str | None


def lengths_of(found: Sequence[Figure]) -> list[Length] | None:
    result = []
    for figure in found:
        units = [i.text for i in figure.after if i.kind == "unit"] or [
            i.text for i in figure.before if i.kind == "unit"
        ]
        value = _whole(figure.text)
        if value is None or len(set(units)) > 1:
            return None
        half = any(i.kind == "half" for i in figure.after)
        result.append(Length(figure, value + Decimal("0.5") if half else value, units[0] if units else None))
    return result


def _whole(text: str) -> Decimal | None:
    """A term is a whole number: `1.080` is 1080, `1,5` (years) stays a fraction; `12,000` may be 12 or 12000: none."""
    found = numeral(text).choices
    if len(found) == 2:
        grouped, decimal = found
        return grouped if decimal != decimal.to_integral_value() else None
    return found[0] if found else None


def summed(lengths: list[Length]) -> list[Length]:
    """`1 año y 6 meses` is one term."""
    result: list[Length] = []
    for one in lengths:
        last = result[-1] if result else None
        plus = (
            one.figure.link == "and" and one.figure.mark is None and last is not None and last.figure.mark != "between"
        )
        if last is not None and plus and last.unit == "year" and one.unit == "month" and one.value < 12:
            last.value, last.unit = last.value * 12 + one.value, "month"
        else:
            result.append(one)
    return result


def units_of(lengths: list[Length], unit: str | None) -> list[str] | None:
    """Each length's unit: its own, the next one's, the one before's, the column's, months. Hours are no term."""
    stated = [one.unit for one in lengths]
    filled = [own or next((u for u in stated[n:] if u), None) or next((u for u in stated[:n] if u), None)
              for n, own in enumerate(stated)]  # fmt: skip
    result = [("month" if u == "payment" else u) or unit or "month" for u in filled]
    if "payment" in stated and unit:
        result = [unit] * len(result)
    return result if all(u in _TERM_UNITS or u in _EXACT for u in result) else None


def to_one_unit(lengths: list[Length], stated: list[str]) -> bool:
    """Brings all lengths to one unit in place; True where that changed what was written."""
    changed = False
    for one, unit in zip(lengths, stated, strict=True):
        exact = _EXACT.get(unit)
        one.unit = exact[0] if exact else unit
        one.value = one.value * exact[1] if exact else one.value
        changed = changed or exact is not None
    fraction = any(one.value != one.value.to_integral_value() for one in lengths)
    units = {one.unit for one in lengths}
    if len(units) > 1 or (fraction and units == {"year"}):
        changed = changed or len(units) > 1
        _to_smaller(lengths, "month" if units == {"year"} else _smallest(units))
    return changed


def _smallest(units: set[str | None]) -> str:
    if units <= {"month", "year"}:
        return "month"
    return "fortnight" if units <= {"month", "year", "fortnight"} else "day"


def _to_smaller(lengths: list[Length], unit: str) -> None:
    for one in lengths:
        assert one.unit is not None
        one.value = one.value * DAYS[one.unit] / DAYS[unit]
        one.unit = unit


def near(value: int | None, unit: str, other: int | None, other_unit: str) -> bool:
    if value is None or other is None:
        return value is other
    here, there = value * DAYS[unit], other * DAYS[other_unit]
    return abs(here - there) * 10 <= max(abs(here), abs(there))
