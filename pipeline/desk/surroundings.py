"""A faulty cell among its neighbours, as the workbook shows them: the header, the row above, its own, the one below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.workbook import Cell, Sheet
from schemas.findings import Finding, column_letter

if TYPE_CHECKING:
    from pipeline.mapping import Mapped
    from pipeline.run.checking import Checked

_AROUND = 1
"""Rows above and below the faulty one."""
_BESIDE = 1
"""Columns left and right of the faulty one; the first column, which mostly names the product, is always there."""
_LONGEST = 32
_LONGEST_FAULT = 90


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row with its number. faulty: the finding is about it."""

    number: int
    cells: tuple[str, ...]
    faulty: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A piece of the sheet. letters: its columns; at: which of them is the faulty one, None for the whole row."""

    sheet: str
    letters: tuple[str, ...]
    at: int | None
    head: SheetRow
    rows: tuple[SheetRow, ...]


def surroundings_of(finding: Finding, checked: Checked) -> Surroundings | None:
    """The cells around a finding; None where it is about no row of the product sheet."""
    mapped = checked.validated.table.mapped if checked.validated else None
    if mapped is None or finding.row is None or finding.sheet != mapped.sheet.name:
        return None
    if not mapped.sheet.first_row <= finding.row < mapped.sheet.first_row + mapped.sheet.height:
        return None
    column = _index(finding.column) if finding.cell else None
    columns = _columns(mapped.sheet, column)
    return Surroundings(
        sheet=mapped.sheet.name,
        letters=tuple(column_letter(each) for each in columns),
        at=columns.index(column) if column in columns else None,
        head=_row(mapped.sheet, mapped.header_row, columns),
        rows=_rows(mapped, finding.row, columns),
    )


def _columns(sheet: Sheet, column: int | None) -> list[int]:
    last = len(sheet.columns) - 1
    middle = min(column or 1, last)
    near = range(max(0, middle - _BESIDE), min(last, middle + _BESIDE) + 1)
    return sorted({0, *near})


def _rows(mapped: Mapped, row: int, columns: list[int]) -> tuple[SheetRow, ...]:
    sheet = mapped.sheet
    first = max(mapped.header_row + 1, sheet.first_row, row - _AROUND)
    last = min(sheet.first_row + sheet.height - 1, row + _AROUND)
    numbers = range(first, last + 1) if row > mapped.header_row else ()
    return tuple(_row(sheet, number, columns, faulty=number == row) for number in numbers)


def _row(sheet: Sheet, number: int, columns: list[int], *, faulty: bool = False) -> SheetRow:
    most = _LONGEST_FAULT if faulty else _LONGEST
    return SheetRow(number, tuple(_text(sheet, number, column, most) for column in columns), faulty)


def _text(sheet: Sheet, row: int, column: int, most: int) -> str:
    from pipeline.validate.table import shown

    if not 0 <= row - sheet.first_row < sheet.height:
        return ""
    fault = sheet.faults.get((row, column), "")
    value = sheet.columns[column][row - sheet.first_row]
    text = shown(Cell(value, sheet.formats.get(column, {}).get(row))) or (fault if fault.startswith("#") else "")
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _index(letters: str | None) -> int:
    index = 0
    for letter in letters or "":
        index = index * 26 + ord(letter) - 64
    return index - 1
