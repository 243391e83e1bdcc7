"""A figure's text -> the number cell that says the same: money, or a percentage with the decimals it came with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from pipeline import reading
from pipeline.reading import shown
from pipeline.reading.cells import VAT_WORDS
from pipeline.reading.values import places
from pipeline.workbook import Cell
from schemas.requirements import HeaderWord

FIGURES: Final = frozenset(("money", "percent", "rate", "total_cost"))
"""Kinds whose figures are numbers in a workbook; terms and counts stay text, which no spreadsheet turns into dates."""
_SCALES: Final = {1_000: "miles", 1_000_000: "millones"}


@dataclass(frozen=True, slots=True)
class NewCell:
    """What to write: text, or a number or day with the format that gives it meaning; `shown`: as people see it."""

    value: str | Decimal | date
    number_format: str | None = None
    shown: str = ""


def text_cell(text: str) -> NewCell:
    """A text cell."""
    return NewCell(text, None, text)


def as_number(text: str, kind: str, word: HeaderWord, country: str) -> Iterator[NewCell]:
    """The number cell for one plain figure; none for a range, or where the text says more than figure and header."""
    if kind == "day":
        day = reading.read_day(Cell(text)).value
        if day:
            yield NewCell(day, "dd/mm/yyyy", f"{day:%d/%m/%Y}")
    elif kind == "money":
        yield from _money(text, word, country)
    else:
        percent = _percent(text, kind, word.basis, country)
        if percent is not None:
            yield _percent_cell(percent, country)


def _money(text: str, word: HeaderWord, country: str) -> Iterator[NewCell]:
    value = _plain_money(text, country)
    if value is None:
        return
    if word.scale != 1:  # a column in millions is written in millions
        value /= word.scale
        yield _amount_cell(value, country)
        yield text_cell(f"$ {shown(value, country)} {_SCALES.get(word.scale, '')}".strip())
    elif word.unit is None:
        yield _amount_cell(value, country)


@lru_cache(maxsize=65_536)
def _plain_money(text: str, country: str) -> Decimal | None:
    amount = reading.read_amount(Cell(text), country=country).value
    if amount is None or amount.currency or amount.tax or amount.period or amount.unit != "currency":
        return None
    return amount.low if amount.low == amount.high else None


def _amount_cell(value: Decimal, country: str) -> NewCell:
    decimals = places(value)
    form = f"#,##0.{'0' * max(decimals, 2)}" if decimals else "#,##0"
    return NewCell(value, form, shown(value, country))


@lru_cache(maxsize=65_536)
def _percent(text: str, kind: str, basis: str | None, country: str) -> Decimal | None:
    if kind == "rate":
        rate = reading.read_rate(Cell(text), country=country).value
        if rate is None or rate.basis not in (None, basis) or rate.index or rate.other or rate.tax:
            return None
        if rate.basis is None and rate.bases:
            return None
        return rate.low if rate.low == rate.high else None
    if kind == "total_cost":
        cost = reading.read_total_cost(Cell(text), country=country).value
        return None if cost is None or cost.day or cost.tax else cost.value
    if kind == "percent":
        fee = reading.read_percent(Cell(text), country=country).value
        return None if fee is None or fee.tax or fee.low != fee.high else fee.low
    return None


def upper_end(text: str, country: str) -> Iterator[NewCell]:
    """A fee given as a range is published at its upper end; this writes that end, with what is said of VAT."""
    fee = reading.read_percent(Cell(text), country=country).value
    if fee and fee.low is not None and fee.high is not None and fee.low != fee.high:
        yield text_cell(f"{shown(fee.high, country)} %{VAT_WORDS[fee.tax] if fee.tax else ''}")


def _percent_cell(value: Decimal, country: str) -> NewCell:
    decimals = places(value)
    form = f"0.{'0' * decimals}%" if decimals else "0%"
    return NewCell(value / 100, form, f"{shown(value, country)} %")
