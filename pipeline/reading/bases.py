"""Rate bases: what their words mean, and where a word leaves two.

"N.M.V." names both the monthly and the nominal annual number, so that it decides nothing by itself (assumed). A pair
decides: beside `24,9% E.A.`, the monthly number is about a twelfth of it and the nominal one is near it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from pipeline.reading import rate_words, words
from pipeline.reading.cells import date_unread, opened
from pipeline.reading.scan import fold, scan, vocabulary
from pipeline.reading.values import Note, Rate, Read, ambiguous
from pipeline.workbook import Cell, Value

RATE_WORDS: Final = vocabulary(words.ENDS, words.TAX, rate_words.BASES, rate_words.RATES)
PAGE_WORD: Final = {
    "EA": "E.A.", "MV": "M.V.", "NAMV": "N.A.M.V.", "NATV": "N.A.T.V.", "TA": "T.A.", "SV": "S.V.", "MA": "M.A.",
    "DAILY": "D.V.", "NA_SIMPLE": "anual simple",
}  # fmt: skip
_NOMINAL: Final = ("NAMV", "NATV", "TA", "SV", "NA_SIMPLE")
_MONTHS = Decimal(12)
_UNKNOWN: Final = Note("unknown", (("allowed", tuple(PAGE_WORD.values())),))


@dataclass(frozen=True, slots=True)
class Column:
    """What the column and the country say about its rates."""

    basis: str | None
    country: str | None


def candidates_of(stated: str | None, country: str | None) -> tuple[str, ...]:
    """What a basis word can mean: one basis when it decides, two for N.M.V., none for `anual` in Colombia."""
    if stated is None:
        return ()
    if stated.startswith("unsupported/"):
        return ()
    if stated.startswith("annual/"):
        return ("NA_SIMPLE",) if country == "MX" or (country is None and stated.endswith("fixed")) else ()
    return tuple(stated.split("/"))


def unsupported(stated: str | None, column: Column) -> str | None:
    """The word of a basis that cannot be compared: a period without one (`quincenal`), or `N.A.` with no frequency.

    Mexico's nominal annual is its simple one; a nominal column (N.A.M.V.) gives the frequency. Rule: assumed.
    """
    if stated == "annual/nominal":
        settled = column.country == "MX" or column.basis in _NOMINAL
        return None if settled else "nominal anual"
    return stated.removeprefix("unsupported/") if stated and stated.startswith("unsupported/") else None


def read_basis(cell: Cell, *, country: str | None = None) -> Read[tuple[str, ...]]:
    """What a basis column says (`E.A.`, `efectiva anual`, `N.M.V.`): one canonical basis, or two with `ambiguous`."""
    value: Value = cell.value.strip().upper() if isinstance(cell.value, str) else cell.value
    if value in PAGE_WORD and isinstance(value, str):
        return Read((value,))
    opening = opened(cell)
    if isinstance(opening, Read):
        return date_unread(opening)
    stream = scan(fold(opening), RATE_WORDS)
    said = list(dict.fromkeys((f"annual/{i.text}" if i.kind == "annual" else i.text) for i in stream.main))
    if not stream.understood or len(said) != 1 or stream.asides:
        return Read(None, (_UNKNOWN,))
    found = candidates_of(said[0], country)
    if not found or not set(found) <= PAGE_WORD.keys():
        return Read(None, (_UNKNOWN,))
    return Read(found, (ambiguous(*(PAGE_WORD[b] for b in found)),) if len(found) > 1 else ())


def named(rate: Rate, stated: str | None, column: Column) -> Rate:
    """The rate with its basis, or with the candidates where the words leave two."""
    candidates = candidates_of(stated, column.country)
    if len(candidates) == 1:
        return replace(rate, basis=candidates[0], bases=candidates)
    if column.basis in candidates or not candidates:
        return replace(rate, basis=column.basis, bases=(column.basis,) if column.basis else ())
    return replace(rate, bases=candidates)


def decided_by_pair(rate: Rate) -> Rate:
    """An N.M.V. figure beside its E.A. equivalent: eleven times smaller is monthly, near it is nominal annual."""
    other = rate.other
    if other is None:
        return rate
    if rate.basis == "EA" and len(other.bases) > 1:
        return replace(rate, other=_told_apart(other, rate))
    return replace(_told_apart(rate, other), other=other) if other.basis == "EA" and len(rate.bases) > 1 else rate


def _told_apart(doubtful: Rate, effective: Rate) -> Rate:
    pairs = ((doubtful.low, effective.low), (doubtful.high, effective.high))
    known = [(mine, annual) for mine, annual in pairs if mine and annual]
    if known and all(annual >= mine * (_MONTHS - 1) for mine, annual in known):
        return replace(doubtful, basis="MV", bases=("MV",))
    if known and all(mine <= annual <= mine * 3 / 2 for mine, annual in known):
        return replace(doubtful, basis="NAMV", bases=("NAMV",))
    return doubtful
