"""Numbers, money, percentages, dates and lists as a person reads them. Pure.

The market gives the number style in Spanish (Colombia `1.000.000,5`, Mexico `1,000,000.5`); English has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from catalog.render.words import Lang, Words

NBSP = "\u00a0"
_WIDE = Context(prec=100, rounding=ROUND_HALF_UP)
_POINT_GROUPS = str.maketrans(",.", ".,")
_CENTS = {"COP": 0, "MXN": 2}
_HOME = {"CO": "COP", "MX": "MXN"}


@dataclass(frozen=True, slots=True)
class Style:
    """How one market writes figures in one language. `decimals` and `prefix` belong to the currency."""

    comma_decimal: bool
    percent: str
    prefix: str
    suffix: str
    decimals: int


@lru_cache(maxsize=64)
def style_of(lang: Lang, country: str, currency: str | None) -> Style:
    """Pesos of the country itself are plain `$` in Spanish; any other currency, and English, say which one."""
    own = currency is None or currency == _HOME.get(country)
    decimals = _CENTS.get(currency or _HOME.get(country, ""), 2)
    if lang == "en":
        prefix = f"{currency}{NBSP}" if currency else "$"
        return Style(comma_decimal=False, percent="%", prefix=prefix, suffix="", decimals=decimals)
    suffix = "" if own else f"{NBSP}{currency}"
    colombian = country != "MX"
    percent = f"{NBSP}%" if colombian else "%"
    return Style(comma_decimal=colombian, percent=percent, prefix="$", suffix=suffix, decimals=decimals)


def number(value: Decimal, style: Style, *, least: int = 0, most: int = 4) -> str:
    """Digits with the style's separators: at least `least` decimals, rounded half up past `most`."""
    places = max(least, min(most, _places(value)))
    if _places(value) > places:
        value = value.quantize(Decimal(1).scaleb(-places), context=_WIDE)
    text = format(value, f",.{places}f")
    return text.translate(_POINT_GROUPS) if style.comma_decimal else text


def _places(value: Decimal) -> int:
    """Decimals that carry something: 24.90 has one."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= 0:
        return 0
    text = format(value, "f").rstrip("0")
    return len(text) - text.index(".") - 1


@lru_cache(maxsize=65_536)
def money(value: Decimal, style: Style) -> str:
    """`$1.000.000`, `$1,000,000.00`, `COP 1,000,000`: cents where the currency has them in use, or where given."""
    least = 2 if _places(value) else style.decimals
    return f"{style.prefix}{number(value, style, least=least, most=2)}{style.suffix}"


@lru_cache(maxsize=16_384)
def percent(value: Decimal, style: Style, most: int = 4) -> str:
    """`24,90 %`: two decimals as rates are published, more only where the Lender gave more."""
    return number(value, style, least=2, most=most) + style.percent


@lru_cache(maxsize=4_096)
def day(value: date, words: Words) -> str:
    """`22 de noviembre de 2026`, `22 November 2026`."""
    return words.date.format(day=value.day, month=words.months[value.month - 1], year=value.year)


def count(value: int, unit: str, words: Words) -> str:
    """`1 mes`, `36 meses`; a unit without words is shown as it came."""
    one, many = words.unit.get(unit, (unit, unit))
    return f"{value}{NBSP}{one if value == 1 else many}"


def listed(items: Sequence[str], words: Words) -> str:
    """`a, b y c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {words.say['and']} {items[-1]}"


def between(low: str | None, high: str | None, words: Words) -> str | None:
    """One figure, `a – b`, `Desde a`, `Hasta b`; None when neither end is known."""
    if low is not None and high is not None:
        return low if low == high else f"{low}{NBSP}– {high}"
    if low is not None:
        return words.say["from"].format(value=low)
    return None if high is None else words.say["up_to"].format(value=high)
