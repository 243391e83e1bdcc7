"""What could be written instead of a cell so that nobody has to repair it in reading. Pure; nothing is decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.fix.figures import FIGURES, NewCell, as_number, text_cell, upper_end
from pipeline.mapping import MappedColumn
from pipeline.reading import read_text
from pipeline.validate import Validated
from pipeline.validate.table import Table, shown
from pipeline.workbook import Cell
from schemas.findings import Finding

__all__ = ["NewCell", "Position", "Proposal", "proposals"]

Position = tuple[int, int]
"""Spreadsheet row, column from 0."""
_PROSE = frozenset(("code", "text", "html", "url", "list"))
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t\r\n ]+")
_UNSEEN = re.compile("[\u200b-\u200f\ufeff\u00ad\u2060]")
_STRAY = re.compile("[*¹²³⁴†‡•·▪_\"«»“”„'’#¿~]|(?<=%)%")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One cell and what may stand there instead, best first. `code`: the finding it answers, or the form it mends."""

    row: int
    column: int
    field: str
    product: str | None
    before: str
    code: str
    options: tuple[NewCell, ...]

    @property
    def at(self) -> Position:
        """The cell."""
        return self.row, self.column


def proposals(found: Validated, *, numbers: bool) -> tuple[Proposal, ...]:
    """Every cell that was read with a repair, holds a figure as text, or has blanks nobody sees.

    numbers: can the copy hold number cells (a workbook), or only text (.csv)? Cells with formulas are left alone.
    """
    table = found.table
    columns = {column.index: column for column in table.mapped.columns}
    told = {at: finding for finding in found.findings if (at := _repaired_at(finding, table, columns))}
    made = (
        _proposal(table, column, i, told.get((row, column.index)), numbers)
        for column in columns.values()
        for i, row in enumerate(table.rows)
        if (row, column.index) not in table.sheet.formulas
        and (isinstance(table.value_at(column.index, i), str) or (row, column.index) in told)
    )
    return tuple(sorted((one for one in made if one), key=lambda one: one.at))


def _repaired_at(finding: Finding, table: Table, columns: Mapping[int, MappedColumn]) -> Position | None:
    if not finding.code.endswith(".repaired") or finding.sheet != table.sheet.name or finding.row is None:
        return None
    index = next((c.index for c in columns.values() if c.letter == finding.column), None)
    return None if index is None or finding.row not in table.positions else (finding.row, index)


def _proposal(table: Table, column: MappedColumn, i: int, finding: Finding | None, numbers: bool) -> Proposal | None:
    cell = table.cell(column.index, i)
    field = table.requirements.fields[column.word.fills[0]]
    country = table.countries[i]
    if finding:
        options = tuple(_repairs(cell, column, field.kind, dict(finding.facts).get("after"), country, numbers))
        code = finding.code
    else:
        options, code = _forms(cell, column, field.kind, country, numbers)
        code = f"{field.prefix}.{code}"
    options = tuple(dict.fromkeys(o for o in options if o.value != cell.value and not _computes(o.value)))
    if not options:
        return None
    product = table.given("code", i)
    return Proposal(table.rows[i], column.index, field.name, product, shown(cell) or "", code, options)


def _computes(value: object) -> bool:
    """Would a spreadsheet that opens the text take it for a formula? What hid its first sign is better left there."""
    return isinstance(value, str) and value.startswith(("=", "+", "-", "@"))


def _repairs(
    cell: Cell, column: MappedColumn, kind: str, after: object, country: str, numbers: bool
) -> Iterator[NewCell]:
    """Ways to write a value that was read with a repair: as a number, as the report tells it, or without the slip."""
    if kind in _PROSE:
        clean = read_text(cell).value
        if clean:
            yield text_cell(clean)
        return
    told = after if isinstance(after, str) else ""
    if numbers and told:
        yield from as_number(told, kind, column.word, country)
    if told:
        yield text_cell(told.replace("≤ ", "hasta ").replace("≥ ", "desde "))
        yield text_cell(told)
    if isinstance(cell.value, str):
        yield text_cell(_tidy(_STRAY.sub("", cell.value)))
        yield text_cell(_tidy(re.sub(r"[()\[\]{}]", "", _STRAY.sub("", cell.value))))
        if kind == "percent":
            yield from upper_end(cell.value, country)


def _forms(cell: Cell, column: MappedColumn, kind: str, country: str, numbers: bool) -> tuple[tuple[NewCell, ...], str]:
    """A figure kept as text becomes a number; blanks at the ends, and odd blanks in figures and choices, go."""
    text = str(cell.value)
    if kind in FIGURES and numbers:
        options = tuple(as_number(text, kind, column.word, country))
        if options:
            return options, "number_as_text"
    clean = text.strip().strip("\ufeff\u200b").strip() if kind in _PROSE else _tidy(text)
    return ((text_cell(clean),) if clean and clean != text else (), "spaces")


def _tidy(text: str) -> str:
    return _BLANKS.sub(" ", _UNSEEN.sub("", text)).strip()


def plain_value(value: str | Decimal | date) -> str | float | date:
    """The value as a sheet stores it."""
    return float(value) if isinstance(value, Decimal) else value
