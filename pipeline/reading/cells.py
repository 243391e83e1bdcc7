"""What every reader does first and last: is there a text to read, and what is told about a slip."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, TypeVar

from pipeline.reading.formats import is_day
from pipeline.reading.scan import LONGEST_FIGURE, fold, says_nothing
from pipeline.reading.values import (
    IS_A_DATE,
    MISSING,
    OPEN_RANGE,
    UNREADABLE,
    Note,
    Read,
    ambiguous,
    error_value,
    repaired,
    shown,
)
from pipeline.workbook import Cell

T = TypeVar("T")
_ERROR: Final = re.compile(
    r"#[¡¿]?(?:ref|valor|value|div/0|name|nombre|num|null|nulo|spill|desbordamiento|calc|field|campo|blocked|busy|"
    r"connect|unknown|getting_data|n/[ad])[!?]?|err:[0-9]{3}|#{3,}"
)


def opened(cell: Cell, longest: int = LONGEST_FIGURE) -> str | Read[Any]:
    """The text to read, trimmed; or at once what there is to say: nothing there, not given, a date, too long."""
    value = cell.value
    if value is None:
        return Read(None)
    if is_day(value):
        return Read(None, (IS_A_DATE,))
    if not isinstance(value, str) or len(value) > longest * 5:
        return Read(None, (UNREADABLE,))
    text = value.strip()
    if not text:
        return Read(None)
    if len(text) > longest:
        return Read(None, (UNREADABLE,))
    if error := error_in(text):
        return Read(None, (error,))
    if says_nothing(fold(text)):
        return Read(None, (MISSING,))
    return text


def error_in(text: str) -> Note | None:
    """`#¡VALOR!`, `#N/D`, `Err:502`, `####`: what is left of a failed formula once the sheet was saved as text."""
    if text[:1] not in ("#", "E", "e") or len(text) > 40:
        return None
    return error_value(text) if _ERROR.fullmatch(text.lower()) else None


def date_unread(read: Read[T]) -> Read[T]:
    """For figures nobody's spreadsheet turns into dates: a date there is simply unreadable."""
    return Read(None, (UNREADABLE,)) if read.notes == (IS_A_DATE,) else read


def one_end(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """The notes for a field that holds one figure: `hasta X` leaves nothing open there."""
    return tuple(note for note in notes if note != OPEN_RANGE)


def reading_of(read: Read[T], text: str, *, slips: bool, after: Callable[[T], str]) -> Read[T]:
    """The reading with its repair told, where a sign had to be dropped to get it."""
    if read.value is None or not slips:
        return read
    return replace(read, notes=(repaired(text, after(read.value)), *read.notes))


def written(low: Decimal | None, high: Decimal | None, figure: Callable[[Decimal], str]) -> str:
    """A range as a person writes it, for the note on a repair."""
    if low is None:
        return f"≤ {figure(high)}" if high is not None else ""
    if high is None:
        return f"≥ {figure(low)}"
    return figure(low) if low == high else f"{figure(low)} – {figure(high)}"


def fraction_note(values: Sequence[Decimal], country: str | None = None) -> Note | None:
    """X05: without a percent sign, what lies between 0 and 1 may be a percentage or a hundredth of one."""
    small = [v for v in values if v != 0]
    if not small or not all(0 < v < 1 for v in small):
        return None
    return ambiguous(f"{shown(small[0], country)} %", f"{shown((small[0] * 100).normalize(), country)} %")


_VAT: Final = re.compile(r"\biva (?:del? )?(?:19|16)(?:[.,]0+)? ?%|\b(?:19|16) ?% (?:de )?iva\b")


VAT_WORDS: Final = {"plus": " + IVA", "included": " (IVA incluido)"}


def without_vat_rate(folded: str) -> str:
    """`3% + IVA del 19%` says one percentage and that VAT comes on top: the rate of VAT itself is no figure of ours."""
    return _VAT.sub("iva", folded) if "iva" in folded else folded
