"""What was read of a file, with its evidence: values as stored, number formats, formulas, error cells, what is hidden.

Rows are numbered as the person sees them (1-based), columns from 0 (A). Nothing is interpreted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from schemas.findings import Finding

Value = str | int | float | bool | date | datetime | time | timedelta | None
"""A cell's stored value. None: nothing there. Text is never trimmed or converted on the way in."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with the number format that gives it its meaning (`0.0%`); None: General or unknown."""

    value: Value
    number_format: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet by columns: `columns[j][i]` is the value in column j of row `first_row + i`; all are as long.

    formats_known: False where the file kind has no number formats (.csv): a bare 0.249 says nothing more there.
    formats: column -> row -> number format, for number cells whose format is not General.
    faults: (row, column) -> `no_cached_value` for a formula never calculated, or the error text (`#N/A`).
    merged: (first row, first column, last row, last column) of each merged range.
    """

    name: str
    hidden: bool
    first_row: int
    columns: tuple[list[Value], ...]
    formats_known: bool = False
    formats: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    formulas: frozenset[tuple[int, int]] = frozenset()
    faults: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()

    @property
    def height(self) -> int:
        """Number of rows held."""
        return len(self.columns[0]) if self.columns else 0


@dataclass(frozen=True, slots=True)
class Workbook:
    """A file as read. A file that cannot be read has no sheets and one file-level finding saying why."""

    file: str
    sha256: str
    kind: str
    sheets: tuple[Sheet, ...]
    findings: tuple[Finding, ...] = ()
    has_macros: bool = False
