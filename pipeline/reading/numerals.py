"""One numeral: digits and their separators -> the numbers it can stand for.

No locale is assumed. `1.000.000`, `1,000,000.50`, `3'120.000`, `400 000` have one reading each. One separator before
three digits (`12.345`) has two; what the figure is (a rate, an amount in Colombia) decides, not this module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

LONGEST = 24
"""Digits: no figure of credit has more, and arithmetic at 28 digits stays exact."""

_GROUPING: Final = {"CO": ".", "MX": ","}
_HIGHEST_YEARLY: Final = {"CO": Decimal(2000), "MX": Decimal(10000)}
"""Percent a year a lender could mean (assumed): usury caps hold Colombia lower than the short loans of Mexico."""
_GROUPS = re.compile(r"[1-9][0-9]{0,2}(?:[.,][0-9]{3})+")
_SPACED = re.compile(r"([1-9][0-9]{0,2}(?: [0-9]{3})+)(?:[.,]([0-9]{1,2}))?")
_MILLIONS_MARK = re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})?(?:'[0-9]{3})+(?:[.,][0-9]{3})?)(?:[.,]([0-9]{1,2}))?")
_DIGITS_ONLY = str.maketrans("", "", "., '")


@dataclass(frozen=True, slots=True)
class Numeral:
    """The readings of one numeral. With `separator` set: choices are (it groups thousands, it marks decimals)."""

    choices: tuple[Decimal, ...]
    separator: str | None = None
    groups_by: str | None = None
    """The separator that surely groups thousands here; evidence for the other figures of the cell."""
    slip: bool = False
    """Read in spite of one wrong separator: `$1.000.000.00`."""


_NONE = Numeral(())


def _join(whole: str, fraction: str | None) -> Decimal:
    digits = whole.translate(_DIGITS_ONLY)
    return Decimal(f"{digits}.{fraction}" if fraction else digits)


def _one_separator(text: str, separator: str) -> Numeral:
    whole, _, fraction = text.partition(separator)
    decimal = Decimal(f"{whole or '0'}.{fraction}")
    if len(fraction) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0":
        return Numeral((Decimal(whole + fraction), decimal), separator)
    return Numeral((decimal,))


def _grouped(text: str, separator: str) -> Numeral:
    if text.endswith((".00", ",00")) and text.count(separator) > 2 and _GROUPS.fullmatch(text[:-3]):
        return Numeral((_join(text[:-3], None),), groups_by=separator, slip=True)
    if not _GROUPS.fullmatch(text):
        return _NONE
    return Numeral((_join(text, None),), groups_by=separator)


def _two_kinds(text: str, last: str) -> Numeral:
    """`1.000.000,50`: the last kind marks decimals, unless three digits follow it: `1.000,000` may be a slip."""
    whole, _, fraction = text.rpartition(last)
    if not _GROUPS.fullmatch(whole) or last in whole:
        return _NONE
    first = "," if last == "." else "."
    decimal = _join(whole, fraction)
    choices = (_join(text, None), decimal) if len(fraction) == 3 else (decimal,)
    return Numeral(choices, groups_by=first)


def _with_millions_mark(text: str) -> Numeral:
    """Colombian handwriting: `3'120.000`. `2'500` alone may be 2,500 or 2.5 million."""
    match = _MILLIONS_MARK.fullmatch(text)
    if not match:
        return _NONE
    value = _join(match[1], match[2])
    lone = text.count("'") == 1 and len(text) <= 7 and not match[2]
    return Numeral((value, value * 1000) if lone and "." not in text and "," not in text else (value,))


def _spaced(text: str) -> Numeral:
    match = _SPACED.fullmatch(text)
    return Numeral((_join(match[1], match[2]),), groups_by=" ") if match else _NONE


def _unsigned(text: str) -> Numeral:
    separators = [c for c in text if not "0" <= c <= "9"]
    if not separators:
        return Numeral((Decimal(text),))
    if "'" in separators:
        return _with_millions_mark(text)
    if " " in separators:
        return _spaced(text)
    if len(separators) == 1:
        return _one_separator(text, separators[0])
    if len(set(separators)) == 1:
        return _grouped(text, separators[0])
    return _two_kinds(text, separators[-1])


def numeral(text: str) -> Numeral:
    """The readings of a numeral made of ASCII digits, `.` `,` `'` and single spaces, with an optional leading minus."""
    if len(text.translate(_DIGITS_ONLY)) > LONGEST:
        return _NONE
    if not text.startswith("-"):
        return _unsigned(text)
    found = _unsigned(text[1:])
    return replace(found, choices=tuple(-choice for choice in found.choices))


def yearly_doubt(found: Numeral, country: str | None) -> bool:
    """May a yearly percentage be in thousands? `1,200%` in Mexico, `1.200%` in Colombia; 24.360 % is absurd in both."""
    if country is None or found.separator is None or found.separator != _GROUPING.get(country):
        return False
    return abs(found.choices[0]) <= _HIGHEST_YEARLY[country]
