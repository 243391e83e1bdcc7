"""The Lender's accent colour, moved towards black or white until text in it can be read. Pure.

4.5 to 1, as WCAG 2.2 asks in 1.4.3. Relative luminance and contrast follow the definitions of WCAG 2.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_ACCENT = "#0b5c6b"
MIN_CONTRAST = 4.5
LIGHT_PAPER = ("#ffffff", "#f6f6f4")
"""Card and page background in the light scheme; `style.css` draws with the same ones."""
DARK_PAPER = ("#1c1d20", "#131416")

_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\Z")
_Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Accent:
    """The accent of each scheme and the text colour that reads on it, as `#rrggbb`."""

    light: str
    on_light: str
    dark: str
    on_dark: str


def accent_of(text: str | None) -> Accent:
    """From `#rgb` or `#rrggbb`; a text that is no colour gives the default."""
    match = _HEX.match((text or "").strip())
    digits = match[1] if match else DEFAULT_ACCENT[1:]
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    light = _legible(f"#{digits.lower()}", LIGHT_PAPER, towards=0)
    dark = _legible(f"#{digits.lower()}", DARK_PAPER, towards=255)
    return Accent(light=light, on_light=_text_on(light), dark=dark, on_dark=_text_on(dark))


def contrast(one: str, other: str) -> float:
    """From 1 (same) to 21 (black on white)."""
    low, high = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (high + 0.05) / (low + 0.05)


def _legible(colour: str, papers: tuple[str, ...], *, towards: int) -> str:
    for step in range(41):
        red, green, blue = (round(c + (towards - c) * step / 40) for c in _rgb(colour))
        moved = f"#{red:02x}{green:02x}{blue:02x}"
        if all(contrast(moved, paper) >= MIN_CONTRAST for paper in papers):
            return moved
    raise AssertionError("black reads on light paper and white on dark")


def _text_on(colour: str) -> str:
    return max(("#ffffff", "#131416"), key=lambda text: contrast(text, colour))


def _rgb(colour: str) -> _Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(rgb: _Rgb) -> float:
    red, green, blue = (_linear(c / 255) for c in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
