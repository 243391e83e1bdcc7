"""The sheet as a table of parsed values: one list a field, each value with its cell, its reading and its faults.

A Table is filled in one pass over the mapped columns and only read afterwards. `None` means the Lender said nothing,
UNKNOWN that a cell holds something nobody could read: its finding is already here, and no rule looks at it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from operator import is_
from typing import Any

from pipeline.mapping import Mapped
from pipeline.reading import Note
from pipeline.reading.formats import section_for
from pipeline.workbook import Cell, Sheet, Value
from schemas.findings import Finding, column_letter
from schemas.requirements import Requirements
from schemas.sheet import UNKNOWN

SHOWN = 120
"""Characters of a cell's text shown in a finding."""
_TOLD_ELSEWHERE = frozenset(("missing", "damaged"))
"""Notes that rules over the whole sheet tell: what is required and not given, and text in a wrong encoding (X21)."""


@dataclass(slots=True)
class Table:
    """Parsed values by field, row by row.

    `at[field][i]` is the column the value of row i came from, `how[field][i]` how it was read (None: as it stands).
    """

    mapped: Mapped
    requirements: Requirements
    countries: list[str] = field(default_factory=list)
    values: dict[str, list[Any]] = field(default_factory=dict)
    at: dict[str, list[int | None]] = field(default_factory=dict)
    how: dict[str, list[str | None]] = field(default_factory=dict)
    units: dict[tuple[str, int], str] = field(default_factory=dict)
    conflicts: dict[tuple[str, int], int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _positions: dict[int, int] = field(default_factory=dict)

    @property
    def sheet(self) -> Sheet:
        """The sheet the values came from."""
        return self.mapped.sheet

    @property
    def rows(self) -> tuple[int, ...]:
        """The spreadsheet rows that hold products."""
        return self.mapped.rows

    @property
    def positions(self) -> Mapping[int, int]:
        """Spreadsheet row -> position in the lists."""
        if not self._positions:
            self._positions.update((row, i) for i, row in enumerate(self.rows))
        return self._positions

    def column(self, name: str) -> list[Any]:
        """The values of a field, one a row; made of None on first use."""
        if name not in self.values:
            self.values[name] = [None] * len(self.rows)
            self.at[name] = [None] * len(self.rows)
            self.how[name] = [None] * len(self.rows)
        return self.values[name]

    def fill(self, name: str, values: list[Any], column: int, hows: list[str | None] | None = None) -> None:
        """Set a field that nothing was put into yet, for all rows at once."""
        self.values[name] = values
        self.at[name] = [None if value is None else column for value in values]
        self.how[name] = hows or [None] * len(values)

    def put(self, name: str, i: int, value: Any, column: int, how: str | None = None) -> None:
        """Set the value of row i, with the column it came from.

        A later column does not displace an earlier value; where the two differ, that is kept for `tell_conflicts`.
        """
        values = self.values.get(name) or self.column(name)
        if values[i] is None:
            values[i] = value
            self.at[name][i] = column
            if how:
                self.how[name][i] = how
        elif values[i] != value and self.at[name][i] != column and UNKNOWN not in (value, values[i]):
            self.conflicts[name, i] = column

    def tell_conflicts(self) -> None:
        """Two places of a row that give one field two values: an error, for nobody can tell which is meant."""
        for (name, i), column in self.conflicts.items():
            other = f"{column_letter(self.at[name][i] or 0)}{self.rows[i]}"
            self.contradiction(name, i, column, other)

    def contradiction(self, name: str, i: int, column: int, other: str) -> None:
        """A cell that says something else than `other`, a cell or the column's own header."""
        self.note(f"{self.requirements.fields[name].prefix}.contradicts", i, name, column, other=other)

    def given(self, name: str, i: int) -> Any:
        """The value of row i; None where it is absent or unknown."""
        values = self.values.get(name)
        value = values[i] if values else None
        return None if value is UNKNOWN else value

    def known(self, name: str) -> list[Any]:
        """What `given` says, of every row."""
        values = self.values.get(name)
        if not values:
            return [None] * len(self.rows)
        if any(map(is_, values, repeat(UNKNOWN))):
            return [None if value is UNKNOWN else value for value in values]
        return list(values)

    def said(self, name: str, i: int) -> bool:
        """Did the Lender write anything for this field, readable or not?"""
        values = self.values.get(name)
        return values is not None and values[i] is not None

    def value_at(self, column: int, i: int) -> Value:
        """The stored value of a cell; of a merged range, the value it shows in each of its rows."""
        return self.sheet.columns[column][self.rows[i] - self.sheet.first_row]

    def cell(self, column: int, i: int) -> Cell:
        """One cell with its number format."""
        return Cell(self.value_at(column, i), self.sheet.formats.get(column, {}).get(self.rows[i]))

    def note(self, code: str, i: int, field: str, column: int | None = None, /, **facts: Any) -> None:
        """Add a finding at the cell of a field in row i."""
        self.findings.append(self.finding(code, i, field, column, facts))

    def finding(self, code: str, i: int, name: str, column: int | None, facts: Mapping[str, Any]) -> Finding:
        """A finding at the cell of a field in row i; the first column of the row where the field has no cell."""
        place = column if column is not None else self._place(name, i)
        return self.requirements.finding(
            code,
            sheet=self.sheet.name,
            row=self.rows[i],
            column=column_letter(place),
            field=name,
            product=self.given("code", i),
            value=shown(self.cell(place, i)) if column is not None or self.said(name, i) else None,
            facts=facts,
        )

    def _place(self, name: str, i: int) -> int:
        cells = self.at.get(name)
        if cells and cells[i] is not None:
            return int(cells[i] or 0)
        own = (c.index for c in self.mapped.columns if name in c.word.fills)
        code = (c.index for c in self.mapped.columns if "name" in c.word.fills or "code" in c.word.fills)
        return next(own, next(code, 0))

    def take_notes(
        self, i: int, name: str, column: int, notes: Sequence[Note], *, skip: frozenset[str] = frozenset()
    ) -> bool:
        """Turn a reading's notes into findings; True where one of them says that the value is unknown."""
        prefix = self.requirements.fields[name].prefix
        told = False
        for note in notes:
            if note.fault in skip or note.fault in _TOLD_ELSEWHERE:
                continue
            code = "cell.error_value" if note.fault == "error_value" else f"{prefix}.{note.fault}"
            self.findings.append(self.finding(code, i, name, column, dict(note.facts)))
            told = True
        return told

    def stored(self, column: int) -> list[Value]:
        """The stored values of a column, one a row; None where a fault stands."""
        data, base = self.sheet.columns[column], self.sheet.first_row
        values = [data[row - base] for row in self.rows]
        for i in self.faulty(column):
            values[i] = None
        return values

    def faulty(self, column: int) -> list[int]:
        """Positions of the rows in which the column holds an error or a formula never calculated."""
        rows = (row for row, at in self.sheet.faults if at == column)
        return sorted(self.positions[row] for row in rows if row in self.positions)


def shown(cell: Cell) -> str | None:
    """What the person sees in the cell, shortened: a percent cell as percent, a date as ISO, text as written."""
    value = cell.value
    if value is None:
        return None
    if isinstance(value, str):
        return value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
    if isinstance(value, bool):
        return "VERDADERO" if value else "FALSO"
    if isinstance(value, datetime):
        return value.date().isoformat() if (value.hour, value.minute, value.second) == (0, 0, 0) else str(value)
    if isinstance(value, date):
        return value.isoformat()
    return _number_shown(value, cell.number_format) if isinstance(value, int | float) else str(value)


def _number_shown(value: float, number_format: str | None) -> str:
    exact = Decimal(repr(value))
    if number_format and section_for(number_format, exact).scales_percent:
        return f"{(exact * 100).normalize():f}%"
    return f"{exact:f}".removesuffix(".0")
