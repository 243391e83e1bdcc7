"""The fills that mark a cell: one hue a grade, and in its lowest bits which fill the cell had before.

Three low bits of each channel make 512 shades nobody can tell apart. A shade travels with its cell, through saving,
sorting and inserted rows, so that the cell's own fill is found again however the workbook was worked on.
"""

from __future__ import annotations

import re
from typing import Literal

from schemas.findings import Severity

SHADES = 512
Grade = Severity | Literal["waived"]
"""How a mark looks: how grave its finding is, or that somebody accepted it for a time."""
Ground = Literal["light", "dark"]
"""What the marked text needs behind it: a white header on a pastel could not be read."""
_HUES: dict[tuple[Grade, Ground], int] = {
    ("error", "light"): 0xF8C8C0,
    ("warning", "light"): 0xF8E0A0,
    ("info", "light"): 0xC8E0F8,
    ("waived", "light"): 0xE8E0F0,
    ("error", "dark"): 0xA02018,
    ("warning", "dark"): 0x885000,
    ("info", "dark"): 0x204880,
    ("waived", "dark"): 0x504860,
}
_LOW = 0x070707
_OPAQUE = re.compile(r"(?:FF|00)?([0-9A-Fa-f]{6})\Z")


def shade(grade: Grade, ground: Ground, number: int) -> str:
    """The ARGB colour of a mark on a cell whose own fill is number so and so."""
    bits = (number >> 6 & 7) << 16 | (number >> 3 & 7) << 8 | number & 7
    return f"FF{_HUES[grade, ground] | bits:06X}"


def shade_number(argb: str) -> int | None:
    """Which fill the cell had; None where the colour is none of ours."""
    found = _OPAQUE.match(argb)
    if found is None:
        return None
    value = int(found[1], 16)
    if value & ~_LOW not in _HUES.values():
        return None
    return (value >> 16 & 7) << 6 | (value >> 8 & 7) << 3 | value & 7


def is_light(argb: str) -> bool:
    """Would text of this colour vanish on a pastel?"""
    found = _OPAQUE.match(argb)
    if found is None:
        return False
    red, green, blue = (int(found[1][at : at + 2], 16) for at in (0, 2, 4))
    return 299 * red + 587 * green + 114 * blue > 170_000
