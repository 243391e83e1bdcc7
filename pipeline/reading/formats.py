"""Number formats and number cells: what the format code says the stored number means.

A percent format scales: `0.249` under `0.0%` is shown as 24.9 %. A quoted or escaped percent sign does not:
`24.9` under `0.0"%"` is 24.9 % too. Only the section of the format that applies to the value counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from pipeline.reading.numerals import LONGEST
from pipeline.workbook import Value

_PIECE = re.compile(r'"([^"]*)"?|\\(.)|[_*](?:.|$)|\[([^\]]*)\]?|(.)', re.DOTALL)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)")
_SIGNIFICANT = 15
"""Decimal digits a binary float surely holds; what comes after is noise of arithmetic (0.1+0.2)."""
_PLAINLY_WHOLE = 10**_SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a number format, taken apart."""

    code: str = ""
    literal: str = ""
    currency: str | None = None
    condition: str | None = None
    parts: tuple[tuple[str, str], ...] = ()
    """Runs of `text` (shown as it stands) and `code` (digits and signs), in the order they are shown."""

    @property
    def scales_percent(self) -> bool:
        """Does it show the stored number times a hundred?"""
        return "%" in self.code

    @property
    def says_percent(self) -> bool:
        """Is a percent sign shown beside the number, scaled or not?"""
        return "%" in self.code or "%" in self.literal

    @property
    def places(self) -> int | None:
        """Digits shown after the point; None where the format does not fix them."""
        if not any(c in "0#?" for c in self.code):
            return None
        _, point, fraction = self.code.partition(".")
        return sum(c in "0#?" for c in fraction) if point else 0

    @property
    def is_date(self) -> bool:
        """Is a number under this format shown as a day?"""
        code = self.code.lower()
        return "0" not in code and "#" not in code and ("y" in code or "aa" in code or ("d" in code and "m" in code))


def _take_apart(text: str) -> tuple[Section, ...]:
    sections: list[Section] = []
    pieces: list[tuple[str, str]] = []
    for quoted, escaped, bracket, bare in _PIECE.findall(text):
        if bare == ";":
            sections.append(_section(pieces))
            pieces = []
        elif bracket.startswith("$"):
            pieces.append(("currency", bracket[1:].split("-")[0] or "$"))
        elif bracket and _CONDITION.match(bracket):
            pieces.append(("condition", bracket))
        elif bare and bare in "$€":
            pieces.append(("currency", bare))
        elif bare or quoted or escaped:
            pieces.append(("code", bare) if bare else ("text", quoted or escaped))
    return (*sections, _section(pieces))


def _section(pieces: Sequence[tuple[str, str]]) -> Section:
    """One section of its pieces, runs of one kind joined."""
    said = {kind: [text for own, text in pieces if own == kind] for kind in ("code", "text", "currency", "condition")}
    seen = (("text" if kind == "currency" else kind, text) for kind, text in pieces if kind != "condition")
    parts = tuple((kind, "".join(text for _, text in run)) for kind, run in groupby(seen, key=itemgetter(0)))
    currency, condition = (said[kind][-1] if said[kind] else None for kind in ("currency", "condition"))
    return Section("".join(said["code"]), "".join(said["text"]), currency, condition, parts)


@lru_cache(maxsize=1024)
def _sections(text: str) -> tuple[Section, ...]:
    return _take_apart(text[:255])


def _holds(condition: str, value: Decimal) -> bool:
    match = _CONDITION.match(condition)
    assert match is not None
    sign, bound = match[1], Decimal(match[2])
    outcomes = {"<": value < bound, ">": value > bound, "=": value == bound}
    if sign == "<>":
        return value != bound
    return any(outcomes[c] for c in sign)


def section_for(number_format: str | None, value: Decimal) -> Section:
    """The part of the format that shows this value; an empty one for General or no format."""
    if number_format is None or number_format.lower() == "general":
        return Section()
    sections = _sections(number_format)
    conditional = [s for s in sections if s.condition]
    for section in conditional:
        if section.condition and _holds(section.condition, value):
            return section
    if conditional:
        rest = [s for s in sections if not s.condition]
        return rest[0] if rest else sections[0]
    index = 1 if value < 0 else 2 if value == 0 else 0
    return sections[index] if index < min(len(sections), 3) else sections[0]


def number(value: Value) -> Decimal | None:
    """The number a cell stores, without the noise of binary arithmetic; None if it holds none (or NaN, or absurd)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < 10**LONGEST else None
    if value and value.is_integer() and abs(value) < _PLAINLY_WHOLE:
        return Decimal(int(value))
    if not math.isfinite(value):
        return None
    written = repr(value)
    exact = Decimal(written)
    if value and len(written) <= _SIGNIFICANT and "e" not in written:
        return exact
    if abs(exact.adjusted()) > LONGEST:
        return None
    if len(exact.as_tuple().digits) > _SIGNIFICANT:
        exact = Decimal(f"{exact:.{_SIGNIFICANT - 1}E}")
    return _trimmed(exact)


def _trimmed(value: Decimal) -> Decimal:
    normal = value.normalize()
    exponent = normal.as_tuple().exponent
    return normal.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else normal


def as_percent(value: Decimal, section: Section) -> Decimal:
    """The percentage the sheet shows for a stored number, written with at least the decimals its format shows."""
    percent = _trimmed(value * 100) if section.scales_percent else value
    exponent = percent.as_tuple().exponent
    wanted = section.places or 0
    if isinstance(exponent, int) and -exponent < wanted <= LONGEST - percent.adjusted():
        return percent.quantize(Decimal(1).scaleb(-wanted))
    return percent


def is_day(value: Value) -> bool:
    """Did the spreadsheet store a day or a time here?"""
    return isinstance(value, (date, time, timedelta))
