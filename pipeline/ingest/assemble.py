"""Frames from the child to a Workbook: blocks of rows become whole columns, evidence becomes sets and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pipeline.ingest.limits import MAX_COLUMNS, MAX_ROWS
from pipeline.ingest.wire import BLOCK_ROWS, Frame
from pipeline.workbook import Sheet, Value, Workbook
from schemas.findings import Fact, Finding

Position = tuple[int, int]

_VALUES = frozenset({str, int, float, bool, date, datetime, time, timedelta, type(None)})


@dataclass(slots=True)
class _Part:
    """A sheet while its rows are still arriving."""

    name: str
    hidden: bool
    formats_known: bool = False
    columns: list[list[Value]] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)

    def height(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def widen(self, width: int) -> None:
        height = self.height()
        self.columns.extend([None] * height for _ in range(width - len(self.columns)))

    def add_rows(self, skip: int, block: list[list[Value]]) -> None:
        """A block of rows, column by column; its first column is column `skip` of the sheet."""
        if not block:
            return
        count = len(block[0])
        if skip < 0 or skip + len(block) > MAX_COLUMNS or self.height() + count > MAX_ROWS + BLOCK_ROWS:
            raise ValueError(skip)
        if any(len(column) != count or not _VALUES.issuperset(map(type, column)) for column in block):
            raise TypeError(skip)
        self.widen(skip + len(block))
        for index, column in enumerate(self.columns):
            at = index - skip
            column.extend(block[at] if 0 <= at < len(block) else [None] * count)

    def reach(self, row: int, column: int) -> None:
        """Makes room for a cell that has a fault but no value, so that its row is not lost."""
        self.widen(column + 1)
        missing = row - self.height()
        if missing > 0:
            for values in self.columns:
                values.extend([None] * missing)

    def trim(self, keep: set[Position]) -> None:
        """Drops the empty rows and columns at the end, but for those in `keep`."""
        last_row = max((row for row, _ in keep), default=0)
        last_column = max((column for _, column in keep), default=-1)
        while len(self.columns) - 1 > last_column and all(value is None for value in self.columns[-1]):
            self.columns.pop()
        height = self.height()
        while height > last_row and all(c[height - 1] is None for c in self.columns):
            height -= 1
        for column in self.columns:
            del column[height:]
        if not height:
            self.columns.clear()

    def sheet(self) -> Sheet:
        faults: dict[Position, str] = self.evidence.get("faults", {})
        for row, column in faults:
            self.reach(row, column)
        self.trim(set(faults))
        return Sheet(
            name=self.name,
            hidden=self.hidden,
            first_row=1,  # leading empty rows are held: they cost little and every address is plain arithmetic
            columns=tuple(self.columns),
            formats_known=self.formats_known,
            formats=_by_column(self.evidence.get("formats", {})),
            formulas=frozenset(self.evidence.get("formulas", ())),
            faults=faults,
            hidden_rows=frozenset(self.evidence.get("hidden_rows", ())),
            hidden_columns=frozenset(self.evidence.get("hidden_columns", ())),
            merged=tuple(self.evidence.get("merged", ())),
        )


def _by_column(formats: dict[str, dict[int, list[int]]]) -> dict[int, dict[int, str]]:
    """Code -> column -> rows, turned into column -> row -> code."""
    turned: dict[int, dict[int, str]] = {}
    for code, columns in formats.items():
        for column, rows in columns.items():
            turned.setdefault(column, {}).update(dict.fromkeys(rows, code))
    return turned


def _finding(code: str, facts: tuple[tuple[str, Fact], ...], file: str) -> Finding:
    info = code == "file.macros_ignored"
    return Finding(
        code=code,
        severity="info" if info else "error",
        effect="none" if info else "rejects_file",
        source="assumed",
        facts=(("file", file), *facts),
    )


class Assembly:
    """Takes the child's frames in order; `workbook` gives what they add up to."""

    def __init__(self, path: Path) -> None:
        self._file = path.name
        self._sha256 = ""
        self._kind = ""
        self._macros = False
        self._parts: list[_Part] = []
        self._fault: Finding | None = None
        self._complete = False

    def take(self, frame: Frame) -> None:
        """One frame. Raises TypeError, ValueError or IndexError when it is not of the shape we send."""
        match frame:
            case ("rows", int(skip), [*block]):
                self._parts[-1].add_rows(skip, block)
            case ("digest", str(sha256)):
                self._sha256 = sha256
            case ("kind", str(kind), bool(macros)):
                self._kind, self._macros = kind, macros
            case ("sheet", str(name), bool(hidden), bool(formats_known)):
                self._parts.append(_Part(name, hidden, formats_known))
            case ("evidence", dict() as evidence):
                self._parts[-1].evidence = evidence
            case ("fault", str(code), tuple(facts)):
                self.fail(code, facts)
            case ("end",):
                self._complete = True
            case _:
                raise ValueError(frame[0])

    def fail(self, code: str, facts: tuple[tuple[str, Fact], ...]) -> None:
        """The file cannot be read; the first reason given is the one that counts."""
        if self._fault is None:
            self._fault = _finding(code, facts, self._file)

    def workbook(self) -> Workbook:
        """Everything taken so far, or the one finding that says why there is nothing."""
        if not self._complete:
            self.fail("file.unreadable", (("why", "crashed"),))
        sheets = () if self._fault else tuple(part.sheet() for part in self._parts)
        return Workbook(
            file=self._file,
            sha256=self._sha256,
            kind=self._kind,
            sheets=sheets,
            findings=(self._fault,) if self._fault else self._notes(),
            has_macros=self._macros,
        )

    def _notes(self) -> tuple[Finding, ...]:
        return (_finding("file.macros_ignored", (), self._file),) if self._macros else ()
