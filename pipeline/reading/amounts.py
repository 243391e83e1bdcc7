"""Amounts of money: `$1'500.000`, `$50 a $390 millones`, `Menor a 5.000 mm`, `10 SMMLV`, `$1,500 por millón`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from pipeline.reading import words
from pipeline.reading.bounds import Span, arrange, figures, is_slip
from pipeline.reading.cells import VAT_WORDS, opened, reading_of, without_vat_rate, written
from pipeline.reading.formats import Section, number, section_for
from pipeline.reading.money import (
    BEYOND,
    COUNTED,
    MILLION,
    THOUSAND,
    Money,
    Said,
    decide_m,
    mixed,
    money_of,
    said_of,
    share_words,
    summed,
    unit_of,
)
from pipeline.reading.numerals import numeral
from pipeline.reading.rendered import in_words
from pipeline.reading.scan import Item, Scan, fold, scan, vocabulary
from pipeline.reading.spelled import with_counts
from pipeline.reading.values import (
    OPEN_RANGE,
    UNREADABLE,
    Amount,
    Note,
    Read,
    ambiguous,
    plain,
    shown,
    two_values,
)
from pipeline.workbook import Cell

_WORDS: Final = vocabulary(words.ENDS, words.COUNTS, words.TAX, words.MONEY)
_PLAIN = re.compile(r"\$? ?([0-9]{1,3}(?:(?:\.[0-9]{3}){2,}|(?:,[0-9]{3}){2,})|[0-9]{1,15})")
_PER_MILLION = re.compile(r"(?:por|x) cada \$? ?1(?:[.,' ]000){2}")
_LEGAL_CENTS = re.compile(r"(?:\bcon )?\b00 ?/ ?100\b")
_ZERO_CENTS = re.compile(r"(?<=[0-9]),oo\b|(?<=[0-9])(?:\.-|,-|,--)(?=\s*$)")
_PERIOD_WORDS: Final = {
    "single": "pago único", "week": "semanal", "fortnight": "quincenal", "month": "mensual", "quarter": "trimestral",
    "semester": "semestral", "year": "anual",
}  # fmt: skip
_HEADER_SCALES: Final = {
    "thousand": THOUSAND, "thousands": THOUSAND, "miles": THOUSAND, "mil": THOUSAND,
    "million": MILLION, "millions": MILLION, "millon": MILLION, "millones": MILLION, "mm": MILLION,
}  # fmt: skip


def read_amount(cell: Cell, *, country: str | None = None, unit: str | None = None) -> Read[Amount]:
    """The amount or range in a cell. `unit` is what the column says: currency, SMMLV, UVT ..., or a scale (`million`).

    Notes: missing, unreadable, ambiguous, two_values, repaired, open_range, is_a_date. Faults leave the value None,
    except repaired and open_range. Source of the rules: assumed (the marketplace names the field, not its format).
    """
    stored = number(cell.value)
    if stored is not None:
        if cell.number_format is None and unit is None and abs(stored) < BEYOND:
            return Read(Amount(stored, stored), how="number cell")
        section = section_for(cell.number_format, stored)
        said = in_words(stored, section, country)
        if said is None:
            return _from_number(stored, section, country, unit)
        cell = Cell(said)
    opening = opened(cell)
    if isinstance(opening, Read):
        return opening
    return _from_text(opening, country, unit)


def _from_number(stored: Decimal, section: Section, country: str | None, unit: str | None) -> Read[Amount]:
    if section.says_percent or abs(stored) >= BEYOND:
        return Read(None, (UNREADABLE,))
    value, note = _scaled(plain(stored), unit, country)
    if note:
        return Read(None, (note,))
    return Read(Amount(value, value, _currency_of(section.currency), unit_of(unit)), how="number cell")


def _currency_of(symbol: str | None) -> str | None:
    found = {"COP": "COP", "MXN": "MXN", "MX$": "MXN", "USD": "USD", "US$": "USD", "€": "EUR", "EUR": "EUR"}
    return found.get(symbol.strip().upper()) if symbol else None


def _scaled(value: Decimal, unit: str | None, country: str | None) -> tuple[Decimal, Note | None]:
    """A bare figure of a column in millions; one that is already in pesos contradicts its header."""
    scale = _HEADER_SCALES.get(unit.lower()) if unit else None
    if scale is None:
        return value, None
    whole = plain(value * scale)
    if abs(value) >= 100 * THOUSAND:
        return value, ambiguous(shown(value, country), shown(whole, country))
    return whole, None


def _from_text(text: str, country: str | None, unit: str | None) -> Read[Amount]:
    quick = _PLAIN.fullmatch(text)
    if quick and unit is None:
        value = Decimal(quick[1].replace(".", "").replace(",", ""))
        return Read(Amount(value, value), how="text")
    folded = fold(text)
    mended = _ZERO_CENTS.sub("", _PER_MILLION.sub("por millon", without_vat_rate(_LEGAL_CENTS.sub(" ", folded))))
    found = scan(mended, _WORDS, spaced=True)
    if (
        found.bracketed
        and len([i for i in found.main if i.kind != "period"]) <= 2
        and not any(i.kind in ("mult", "unit") for i in found.main)
    ):
        return _accounting(found.main, country)
    slips = found.slips or bool(_ZERO_CENTS.search(folded)) or is_slip(found.main) or _has_slip(found.main)
    read = _from_scan(found, country, unit)
    return reading_of(read, text, slips=slips, after=lambda a: _told(a, country))


def _has_slip(stream: Sequence[Item]) -> bool:
    return any(item.kind == "num" and numeral(item.text).slip for item in stream)


def _accounting(stream: Sequence[Item], country: str | None) -> Read[Amount]:
    """`(1.500.000)` alone: in brackets for a remark, or a negative amount as accountants write it."""
    walked = figures([item for item in stream if item.kind == "num"])
    choices = numeral(walked[0][0].text).choices if walked else ()
    if not choices:
        return Read(None, (UNREADABLE,))
    value = choices[0]
    return Read(None, (ambiguous(shown(value, country), shown(-value, country)),))


def _from_scan(found: Scan, country: str | None, unit: str | None) -> Read[Amount]:
    if not found.understood:
        return Read(None, (UNREADABLE,))
    main = _read_stream(found.main, country, unit)
    for aside in found.asides:
        repeated = _read_stream(aside, country, unit)
        if main.value is not None and (repeated.value is None or not _same(main.value, repeated.value)):
            return Read(None, (two_values(_told(main.value, country), _written(aside)),))
    return main


def _same(one: Amount, other: Amount) -> bool:
    return (one.low, one.high) == (other.low, other.high) or one.high == other.high == other.low


def _written(stream: Sequence[Item]) -> str:
    return " ".join(item.text for item in stream if item.kind in ("num", "mult"))


def _read_stream(stream: Sequence[Item], country: str | None, unit: str | None) -> Read[Amount]:
    stream = with_counts(stream)
    if any(item.kind == "free" for item in stream) and not any(item.kind == "num" for item in stream):
        return Read(Amount(Decimal(0), Decimal(0)), how="said in words")
    walked = figures(stream)
    if walked is None:
        return Read(None, (UNREADABLE,))
    said = said_of(stream, unit)
    money = money_of(walked[0], said, country)
    if money is None or said is None:
        return Read(None, (two_values(*(f.text for f in walked[0])) if money else UNREADABLE,))
    return _settle(summed(money), said, country, unit)


def _settle(money: list[Money], said: Said, country: str | None, unit: str | None) -> Read[Amount]:
    span = arrange([one.figure for one in money])
    counted = said.unit in COUNTED
    run_together = counted and (any(one.numeral.groups_by == " " for one in money) or mixed(money))
    if span is None or run_together:
        parts = [part for one in money for part in one.figure.text.split(" ")]
        return Read(None, (two_values(*parts),))
    note = share_words(money, country) or decide_m(money, country) or _column_scale(money, said, unit, country)
    note = note or next((_readings(one, country) for one in money if len(one.values) > 1), None)
    if note:
        return Read(None, (note,))
    return _amount(money, span, said)


def _readings(one: Money, country: str | None) -> Note:
    return ambiguous(*(shown(value, country) for value in one.values))


def _column_scale(money: list[Money], said: Said, unit: str | None, country: str | None) -> Note | None:
    """A column in millions speaks for the figures that have no word of their own."""
    if said.unit in COUNTED or any(one.times is not None for one in money):
        return None
    for one in money:
        value, note = _scaled(one.values[0], unit, country)
        if note:
            return note
        if value != one.values[0]:
            one.times = _HEADER_SCALES[(unit or "").lower()]
    return None


def _amount(money: Sequence[Money], span: Span, said: Said) -> Read[Amount]:
    low = money[span.low].values[0] if span.low is not None else None
    high = money[span.high].values[0] if span.high is not None else None
    amount = Amount(low, high, said.currency, said.unit or "currency", span.low == span.high, said.tax, said.period)
    notes = (OPEN_RANGE,) if low is None or high is None else ()
    multiplied = any(one.times is not None for one in money)
    return Read(amount, notes, how="text, words multiplied out" if multiplied else "text")


def _told(amount: Amount, country: str | None) -> str:
    """The amount in the reader's figures, for the note on a repair; it reads back as the same amount."""
    counted = amount.unit in COUNTED
    sign = "" if counted or amount.currency else "$ "
    unit = f" {amount.unit}" if counted else " por millón" if amount.unit == "per_million" else ""
    money = f" {amount.currency}" if amount.currency else ""
    text = written(amount.low, amount.high, lambda v: f"{sign}{shown(v, country)}{money}{unit}")
    period = f" {_PERIOD_WORDS[amount.period]}" if amount.period else ""
    return f"{text}{period}{VAT_WORDS[amount.tax]}" if amount.tax else f"{text}{period}"
