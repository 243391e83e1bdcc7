"""Days: `31/12/2026` (day first), `2026-12-31`, `31-dic-2026`, `1 de noviembre de 2026`, `Dec 31, 2026`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from pipeline.reading.cells import opened
from pipeline.reading.formats import number, section_for
from pipeline.reading.scan import LONGEST_FIGURE, fold, says_nothing
from pipeline.reading.values import MISSING, UNREADABLE, Note, Read, repaired, two_values
from pipeline.workbook import Cell

_MONTH_NAMES: Final = (
    "enero ene january jan", "febrero feb february", "marzo mar march", "abril abr april apr", "mayo may",
    "junio jun june", "julio jul july", "agosto ago august aug", "septiembre setiembre sep sept set september",
    "octubre oct october", "noviembre nov november", "diciembre dic december dec",
)  # fmt: skip
_MONTHS: Final = {name: n for n, names in enumerate(_MONTH_NAMES, start=1) for name in names.split(" ")}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_ISO = rf"(?P<iy>(?:19|20|21)[0-9]{{2}})[-/.](?P<im>[0-9]{{1,2}})[-/.](?P<id>[0-9]{{1,2}})(?:[t ]{_CLOCK}z?)?"
_FIGURES = rf"(?P<a>[0-9]{{1,2}})(?P<s>[-/.])(?P<b>[0-9]{{1,2}})(?P=s)(?P<y>[0-9]{{4}}|[0-9]{{2}})(?: {_CLOCK})?"
_YEAR_OF = r"(?: ?[-/,]? ?(?:del? )?(?:ano )?)(?P<my>[0-9]{4}|[0-9]{2})"
_DAY_OF = r"(?:(?P<d>[0-9]{1,2})[ºª°o]?|(?P<first>primero))(?: ?-? ?(?:de )?| ?/ ?)"
_SPANISH = rf"{_DAY_OF}(?P<m>{_NAME})\.?{_YEAR_OF}"
_ENGLISH = rf"(?P<em>{_NAME})\.? (?P<ed>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?:del? )?(?P<ey>[0-9]{{4}})"
_DAY = re.compile(rf"(?<![0-9./-])(?:{_ISO}|{_FIGURES}|{_SPANISH}|{_ENGLISH})(?![0-9/-])")
_TOWARDS = re.compile(r"\b(?:desde|hasta|from|until)(?: el)? ?$")
_COMPACT = re.compile(r"(?:19|20|21)[0-9]{6}")
_AROUND = re.compile(
    r"(?:(?:hasta|desde|vigente|vigencia|vence|a partir|el|del|al|de|dia|calculado|calculada|corte|a|fecha|actualizado|"
    r"lunes|martes|miercoles|jueves|viernes|sabado|domingo|until|from|on|[:,.'*(])\s*)*"
)
_MONTH_AND_FIGURE = re.compile(rf"[0-9]{{1,2}}[-/ ](?:{_NAME})\.?|(?:{_NAME})\.?[-/ ][0-9]{{2,4}}")
_NO_END: Final = frozenset(
    ("sin vencimiento", "sin fecha", "permanente", "vigente", "sin fecha de vencimiento", "no vence")
)
_FIRST_SERIAL: Final = date(1899, 12, 30)
_YEARS: Final = range(1900, 2200)


def read_day(cell: Cell) -> Read[date]:
    """The day in a cell: a real date, day-first text, ISO, month names in Spanish or English.

    A number is a day only where its format shows one. `02/03/2026` is 2 March (both countries write the day first);
    `12/31/2026` and two-digit years are read and told as repaired. Rule: assumed.
    """
    value = cell.value
    if isinstance(value, datetime):
        return Read(value.date(), how="date cell")
    if isinstance(value, date):
        return Read(value, how="date cell")
    stored = number(value)
    if stored is not None:
        return _from_number(stored, cell)
    opening = opened(cell)
    if isinstance(opening, Read):
        return Read(None, (UNREADABLE,)) if opening.notes and opening.notes[0].fault == "is_a_date" else opening
    return _from_text(opening)


def _from_number(stored: Decimal, cell: Cell) -> Read[date]:
    if section_for(cell.number_format, stored).is_date and 60 < stored < 110000:
        return Read(_FIRST_SERIAL + timedelta(days=int(stored)), how="serial number under a date format")
    if stored == stored.to_integral_value() and (found := _compact(str(int(stored)))):
        return Read(found, how="yyyymmdd")
    return Read(None, (UNREADABLE,))


def _compact(text: str) -> date | None:
    return _day(int(text[:4]), int(text[4:6]), int(text[6:])) if _COMPACT.fullmatch(text) else None


def _from_text(text: str) -> Read[date]:
    folded = fold(text).strip()
    if folded in _NO_END:
        return Read(None, (MISSING,))
    if found := _compact(folded):
        return Read(found, how="yyyymmdd")
    match = _DAY.search(folded)
    if match is None:
        return Read(None, (UNREADABLE,))
    rest = folded[match.end() :]
    if second := _DAY.search(rest):
        return Read(None, (two_values(match[0], second[0]),))
    if not (_AROUND.fullmatch(folded[: match.start()]) and rest.strip(" .,*'()") in ("", "inclusive")):
        return Read(None, (UNREADABLE,))
    day, mended = _taken(match)
    if day is None:
        return Read(None, (UNREADABLE,))
    notes: tuple[Note, ...] = (repaired(text, f"{day:%d/%m/%Y}"),) if mended else ()
    return Read(day, notes, "text")


def _taken(match: re.Match[str]) -> tuple[date | None, bool]:
    """The day of a match, and whether it took a liberty (month first, two-digit year)."""
    if match["iy"]:
        return _day(int(match["iy"]), int(match["im"]), int(match["id"])), False
    if match["em"]:
        return _day(int(match["ey"]), _MONTHS[match["em"]], int(match["ed"])), False
    if match["m"]:
        return _day(_year(match["my"]), _MONTHS[match["m"]], int(match["d"] or 1)), len(match["my"]) == 2
    first, second, year = int(match["a"]), int(match["b"]), _year(match["y"])
    if second > 12 >= first:
        return _day(year, first, second), True
    return _day(year, second, first), len(match["y"]) == 2


def _year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def _day(year: int, month: int, day: int) -> date | None:
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def take_day(folded: str) -> tuple[str, date | None]:
    """A folded text without its one date (and its `hasta el`), and that date; for sentences with a figure and a day."""
    match = _DAY.search(folded)
    day = _taken(match)[0] if match else None
    if match is None or day is None:
        return folded, None
    return f"{_TOWARDS.sub('', folded[: match.start()])} {folded[match.end() :]}", day


def looks_like_day(folded: str) -> bool:
    """Is the whole text a date, or what a spreadsheet shows of one (`06-dic`, `dic-26`)?"""
    text = folded.strip()
    if len(text) > 40 or len(text) > LONGEST_FIGURE or says_nothing(text):
        return False
    return bool(_DAY.fullmatch(text) or _MONTH_AND_FIGURE.fullmatch(text))
