"""A finding: one fault (or one automatic reading worth showing) in somebody's data, with the address they see.

Findings are values. Their words are kept apart, in `schemas/product_data.toml`, and filled in by
`schemas.wording` in the reader's language, so that the same finding reads the same on every face.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Severity = Literal["error", "warning", "info"]
Effect = Literal["rejects_file", "holds_listing", "none"]
Source = Literal["documented", "assumed"]
Fact = str | int | Decimal | date | tuple[str, ...]
"""What fills a blank of a message. Decimals and dates are written the reader's way when the message is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault with its place. `value` is what the person wrote; `facts` fill the blanks of the message."""

    code: str
    severity: Severity
    effect: Effect
    source: Source
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    field: str | None = None
    product: str | None = None
    value: str | None = None
    facts: tuple[tuple[str, Fact], ...] = ()

    @property
    def cell(self) -> str | None:
        """The address as the spreadsheet shows it, `B14`; None where the finding is about the file or a whole sheet."""
        return f"{self.column}{self.row}" if self.column and self.row else None

    @property
    def holds(self) -> bool:
        """Does it keep its product (or the whole file) from being published?"""
        return self.effect != "none"


def column_letter(index: int) -> str:
    """`0` is `A`, `26` is `AA`, as spreadsheets number their columns."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """`A` is 0, `AA` is 26; -1 where there are no letters."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _position(finding: Finding) -> tuple[bool, str, int, int, str, str]:
    column = finding.column or ""
    return (finding.sheet is not None, finding.sheet or "", finding.row or 0, len(column), column, finding.code)


def in_sheet_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """File-level findings first, then by sheet, row and column, as a person walks the workbook."""
    return tuple(sorted(findings, key=_position))
