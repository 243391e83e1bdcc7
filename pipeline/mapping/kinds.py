"""Which kinds of field a cell's value could be, as far as the value itself shows. Pure."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from pipeline.reading.formats import number, section_for
from pipeline.workbook import Cell

_PERCENT = frozenset(("rate", "percent", "total_cost", "spread"))
_MONEY = frozenset(("money", "insurance"))
_TIME = frozenset(("term", "count"))
_FIGURES = _PERCENT | _MONEY | _TIME | {"age"}
_MONEY_WORDS = re.compile(r"\$|\b(?:cop|mxn|pesos?|mill[oó]n(?:es)?|mil|smmlv|smlmv|uvt|udis?)\b", re.IGNORECASE)
_TIME_WORDS = re.compile(
    r"\b(?:d[ií]as?|mes(?:es)?|años?|semanas?|quincenas?|catorcenas?|days?|months?|years?|weeks?)\b", re.IGNORECASE
)
_DATE = re.compile(r"\s*\d{1,4}[/-]\d{1,2}[/-]\d{1,4}\s*\Z")
_LARGE = Decimal(10_000)
"""No rate, term or age is as large (assumed); money is."""
_NOTHING: frozenset[str] = frozenset()


def kinds_of(cell: Cell) -> frozenset[str]:
    """Kinds the value fits: a percentage, money, a length of time, a day, or any figure; empty for plain text."""
    value = cell.value
    if isinstance(value, date):
        return frozenset(("day",))
    if isinstance(value, str):
        return _of_text(value)
    stored = number(value)
    if stored is None:
        return _NOTHING
    if section_for(cell.number_format, stored).says_percent:
        return _PERCENT
    return _MONEY if abs(stored) >= _LARGE else _FIGURES


def _of_text(text: str) -> frozenset[str]:
    if _DATE.match(text):
        return frozenset(("day",))
    if not any(c.isdigit() for c in text):
        return _NOTHING
    if "%" in text:
        return _PERCENT
    if _MONEY_WORDS.search(text):
        return _MONEY
    if _TIME_WORDS.search(text):
        return _TIME
    return _of_digits(text)


def _of_digits(text: str) -> frozenset[str]:
    """Bare figures: one with two groups of thousands can only be money."""
    plain = text.strip().strip("*")
    if plain.replace(".", "").replace(",", "").isdigit():
        return _MONEY if len(re.findall(r"[.,]\d{3}(?!\d)", plain)) > 1 else _FIGURES
    return _NOTHING
