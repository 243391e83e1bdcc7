"""What the cells of a reference file say: a number within the bounds of its kind, a month, two dates. Pure."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from catalog.reference.tables import BOUNDS, LONGEST, month_span, normalised
from schemas.product import as_text

_NUMBER = re.compile(r"\$?\s*(\d{1,3}(?:[.,]\d{3})+|\d+)([.,]\d+)?\s*%?\s*(?:E\.?\s?A\.?)?", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AP]M)?Z?$", re.IGNORECASE)
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/](\d{4})")
_MONTH_NAMES = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
_YEARS = range(1950, 2101)


class FaultyError(Exception):
    """Carries the fault of one line to the loop over lines; never leaves this package."""

    def __init__(self, what: str, column: str, value: str | None = None, allowed: str | None = None) -> None:
        super().__init__(what)
        self.what, self.column, self.value, self.allowed = what, column, value, allowed


def value_in(row: dict[str, str], kind: str) -> Decimal:
    """The value of a line, within what its kind can be. Raises FaultyError."""
    low, high = BOUNDS[kind]
    allowed = f"{as_text(low)} – {as_text(high)}"
    text = row["value"]
    if not text:
        raise FaultyError("missing", "value", allowed=allowed)
    readings = _readings(text)
    if not readings:
        raise FaultyError("unreadable", "value", text, allowed)
    inside = [value for value in readings if low <= value <= high]
    if len(inside) != 1:
        raise FaultyError("ambiguous" if inside else "out_of_range", "value", text, allowed)
    return inside[0]


def _readings(text: str) -> list[Decimal]:
    """Every number a text can mean: `49.799` is both 49799 and 49.799, and only the bounds of its kind can tell."""
    match = _NUMBER.fullmatch(text) if len(text) <= 40 else None
    if match is None:
        return []
    whole, rest = match[1], match[2] or ""
    marks = [mark for mark in whole if mark in ".,"]
    readings = set()
    if len(set(marks)) <= 1 and (not marks or not rest or rest[0] != marks[0]):
        readings.add(Decimal(re.sub("[.,]", "", whole) + rest.replace(",", ".")))
    if len(marks) == 1 and not rest:
        readings.add(Decimal(whole.replace(",", ".")))
    return sorted(readings)


def validity_in(row: dict[str, str]) -> tuple[date, date]:
    """First and last day of a line, from its month or its two dates. Raises FaultyError."""
    if row.get("month") or "valid_to" not in row:
        return _month(row["month"])
    first, last = row["valid_from"], row["valid_to"]
    if not first or not last:
        raise FaultyError("missing", "valid_to" if first else "valid_from", allowed="2026-03-01")
    spans = _spans(first, last)
    if not spans:
        _refuse_dates(first, last)
    if len(spans) > 1:
        raise FaultyError("ambiguous", "valid_from", f"{first} – {last}", "2026-03-01")
    if spans[0][1] - spans[0][0] > LONGEST:
        raise FaultyError("too_long", "valid_to", f"{first} – {last}", f"{LONGEST.days}")
    return spans[0]


def _spans(first: str, last: str) -> list[tuple[date, date]]:
    """Every pair of days both texts can mean, read in one order and not reversed."""
    found = set()
    for day_first in (True, False):
        one, two = _day(first, day_first=day_first), _day(last, day_first=day_first)
        if one and two and one <= two:
            found.add((one, two))
    return sorted(found)


def _refuse_dates(first: str, last: str) -> None:
    for column, text in (("valid_from", first), ("valid_to", last)):
        if not _day(text, day_first=True) and not _day(text, day_first=False):
            raise FaultyError("unreadable", column, text, "2026-03-01")
    raise FaultyError("reversed", "valid_to", f"{first} – {last}", "valid_from <= valid_to")


def _day(text: str, *, day_first: bool) -> date | None:
    bare = _TIME.sub("", text)
    if match := _ISO.fullmatch(bare):
        return _date(match[1], match[2], match[3])
    if match := _NUMERIC.fullmatch(bare):
        return _date(match[3], match[2], match[1]) if day_first else _date(match[3], match[1], match[2])
    return None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day)) if int(year) in _YEARS else None
    except ValueError:
        return None


def _month(text: str) -> tuple[date, date]:
    if not text:
        raise FaultyError("missing", "month", allowed="2026-03")
    words = [word for word in normalised(text).split("_") if word not in {"de", "del"}]
    first: date | None
    if len(words) == 2 and words[0] in _MONTH_NAMES:
        first = _date(words[1], str(_MONTH_NAMES.index(words[0]) + 1), "1") if words[1].isdigit() else None
    elif match := _MONTH_YEAR.fullmatch(text):
        first = _date(match[2], match[1], "1")
    else:
        first = _day(f"{text}-01", day_first=True) or _day(text, day_first=True)
    if first is None:
        raise FaultyError("unreadable", "month", text, "2026-03")
    return month_span(first)
