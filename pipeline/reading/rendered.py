"""What a number cell shows where its format carries words: 50 under `"$"#,##0" millones"` is read as `$50 millones`.

Formats without words stay with the number readers; a figure the format rounds is read as stored, in full.
"""

from __future__ import annotations

import re
from decimal import Decimal

from pipeline.reading.formats import Section, as_percent
from pipeline.reading.values import places, plain

_PLACES = re.compile(r"general|[0#?.,]*[0#?][0#?.,]*(?:e[+-]0+)?", re.IGNORECASE)
_SCALING = re.compile(r"[0#?](,+)(?![0#?,])")
_CODE_OF_DIGITS = re.compile(r"[0#, ()/-]*")


def in_words(stored: Decimal, section: Section, country: str | None) -> str | None:
    """The cell as text, the figure with the country's decimal separator; None where the format shows no figure or no
    words beside it.

    A comma after the last digit shows thousandths (`0,," millones"`): the text then holds the smaller figure.
    """
    if not any(c.isalnum() for c in section.literal) or section.is_date or not _PLACES.search(section.code):
        return None
    if section.says_percent:
        figure = format(as_percent(stored, section), "f")
    else:
        scaling = _SCALING.search(section.code)
        value = plain(stored.scaleb(-3 * len(scaling[1]))) if scaling else plain(stored)
        # a zero more keeps three decimals from looking like thousands
        figure = f"{value:f}0" if places(value) == 3 else f"{value:f}"
    return _put(section, figure.replace(".", ",") if country == "CO" else figure)


def _put(section: Section, figure: str) -> str:
    """The parts in order, the figure in the first place for digits; further places show nothing."""
    figures = iter((figure,))
    shown = [text if kind == "text" else _PLACES.sub(lambda _: next(figures, ""), text) for kind, text in section.parts]
    return "".join(shown)


def digits_shown(stored: Decimal, section: Section) -> str | None:
    """A whole number as a code: 7 under `"L-"000` is `L-007`, 123456 under `000-000` is `123-456`.

    None where the format shows the number as it is, or as a figure (decimals, percent, currency, date).
    """
    whole = stored == stored.to_integral_value() and stored >= 0
    shape = section.code.replace("General", "0")
    if not whole or section.currency or "0" not in shape.replace("#", "0") or not _CODE_OF_DIGITS.fullmatch(shape):
        return None
    left = list(format(stored, "f"))
    gaps = "," if section.literal else ", "
    last = sum(text.replace("General", "0").count(c) for kind, text in section.parts if kind == "code" for c in "0#")
    shown: list[str] = []
    for kind, text in reversed(section.parts):
        for character in reversed(text.replace("General", "0")) if kind == "code" else [text]:
            if kind == "code" and character in "0#":
                last -= 1
                shown.append("".join(left) if last == 0 and left else left.pop() if left else character.strip("#"))
            elif kind == "text" or character not in gaps:
                shown.append(character)
    return "".join(reversed(shown))
