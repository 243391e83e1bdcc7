"""Figures the reader's way: the one place where numbers, money, dates and lists become text.

Spanish for Colombia writes `1.000.000,5`; Spanish for Mexico, and English, `1,000,000.5`. `lang` is `es` or `en`,
`country` is `CO`, `MX` or None (then Colombia's figures, the first market).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

MONTHS = {
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}
CURRENCY_OF = {"CO": "COP", "MX": "MXN"}
_SHOWN = 60


def number(value: Decimal | int, lang: str = "es", country: str | None = None) -> str:
    """Digits grouped in thousands, with the decimals it came with: 24.90 stays `24,90` (es, CO) or `24.90`."""
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,d}"
    if lang == "es" and country != "MX":
        return text.translate({ord(","): ".", ord("."): ","})
    return text


def money(value: Decimal | int, currency: str | None, lang: str = "es", country: str | None = None) -> str:
    """An amount: COP without cents, MXN with two. `$1.000.000` in Spanish, `COP 1,000,000` in English."""
    place = country or {"MXN": "MX"}.get(currency or "", "CO")
    cents = Decimal("0.01") if (currency or CURRENCY_OF[place]) == "MXN" else Decimal(1)
    digits = number(abs(Decimal(value)).quantize(cents, ROUND_HALF_UP), lang, place)
    sign = "−" if value < 0 else ""
    return f"{sign}{currency} {digits}" if lang == "en" and currency else f"{sign}${digits}"


def percent(value: Decimal | int, lang: str = "es", country: str | None = None) -> str:
    """A percent with the decimals it came with: 24.90 is `24,90 %` in Spanish, `24.90%` in English."""
    return f"{number(value, lang, country)} %" if lang == "es" else f"{number(value, lang, country)}%"


def day(value: date, lang: str = "es") -> str:
    """`22 de noviembre de 2026`, `22 November 2026`."""
    month = MONTHS[lang][value.month - 1]
    return f"{value.day} de {month} de {value.year}" if lang == "es" else f"{value.day} {month} {value.year}"


def short_day(value: date, lang: str = "es") -> str:
    """`22/11/2026`, `2026-11-22`: where several stand beside each other, or a date stands for a cell's own."""
    return f"{value:%d/%m/%Y}" if lang == "es" else f"{value:%Y-%m-%d}"


def month(value: date, lang: str = "es") -> str:
    """`noviembre de 2026`, `November 2026`."""
    name = MONTHS[lang][value.month - 1]
    return f"{name} de {value.year}" if lang == "es" else f"{name} {value.year}"


OFFSETS = {"CO": -5, "MX": -6}
"""Hours from UTC. Colombia and most of Mexico (by law since October 2022) keep no summer time."""


def moment(at: datetime, lang: str = "es", country: str | None = None) -> str:
    """`22 de noviembre de 2026, 12:40`, by the clock of the market; `at` is aware."""
    there = _there(at, country)
    return f"{day(there.date(), lang)}, {there:%H:%M}"


def short_moment(at: datetime, lang: str = "es", country: str | None = None) -> str:
    """`22/11/2026 12:40`, by the same clock: for lists and brackets."""
    there = _there(at, country)
    return f"{short_day(there.date(), lang)} {there:%H:%M}"


def in_local_time(text: str, lang: str = "es", country: str | None = None) -> str:
    """A text with each `2026-11-22 17:40 UTC`, and `17:40 UTC`, by the clock of the market."""
    return _STAMP.sub(lambda found: _local(found, lang, country), text)


_STAMP = re.compile(r"\b(\d{4}-\d\d-\d\d )?([0-2]\d:[0-5]\d) UTC\b")


def _local(found: re.Match[str], lang: str, country: str | None) -> str:
    try:
        at = datetime.fromisoformat(f"{found[1] or '2026-01-01 '}{found[2]}").replace(tzinfo=UTC)
    except ValueError:
        return found[0]
    return short_moment(at, lang, country) if found[1] else f"{_there(at, country):%H:%M}"


def _there(at: datetime, country: str | None) -> datetime:
    return at.astimezone(timezone(timedelta(hours=OFFSETS[country or "CO"])))


def size(count: int, lang: str = "es", country: str | None = None) -> str:
    """Bytes as people say them: `840 KB`, `12,4 MB`, in thousands."""
    if count < 1_000_000:
        return f"{number(-(-count // 1000), lang, country)} KB"
    millions = (Decimal(count) / 1_000_000).quantize(Decimal("0.1"), ROUND_HALF_UP)
    whole = millions == millions.to_integral_value()
    return f"{number(int(millions) if whole else millions, lang, country)} MB"


def listed(values: Iterable[str], lang: str = "es", *, either: bool = False) -> str:
    """`A, B y C`; with either, `A, B o C`. In Spanish y and o become e and u before their own sound."""
    items = list(values)
    if len(items) < 2:
        return "".join(items)
    joint = _joint(items[-1], either) if lang == "es" else ("or" if either else "and")
    return f"{', '.join(items[:-1])} {joint} {items[-1]}"


def _joint(last: str, either: bool) -> str:
    word = last.lstrip("«“\"' ").casefold()
    if either:
        return "u" if re.match(r"h?[oó]|8|11(?!\d)", word) else "o"
    return "e" if re.match(r"h?[ií](?![eaou])", word) else "y"


def quoted(text: str, lang: str = "es") -> str:
    """In the quotation marks of the language: «texto», “text”."""
    return f"«{text}»" if lang == "es" else f"“{text}”"


def shortened(text: str) -> str:
    """One line of at most 60 characters, cut at the end: what a person needs to recognise their own cell."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rstrip() + "…"
