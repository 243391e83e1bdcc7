"""Which proposals stand: the sheet is judged again with them, and whatever would change a value or a finding goes.

Pure, but for the judging it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.fix.proposals import NewCell, Position, Proposal, plain_value
from pipeline.validate import Validated
from pipeline.workbook import Sheet
from schemas.findings import Finding, column_index, column_letter

Changes = Mapping[Position, NewCell]
Judge = Callable[[Changes], Validated]
"""The same sheet, with these cells changed, mapped and validated again."""
MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Fix:
    """One cell of the copy: what it held, what it holds, and the finding (or the form) it answers."""

    sheet: str
    row: int
    column: int
    field: str
    product: str | None
    before: str
    code: str
    new: NewCell

    @property
    def cell(self) -> str:
        """The address as the spreadsheet shows it."""
        return f"{column_letter(self.column)}{self.row}"


def settled(wanted: Iterable[Proposal], before: Validated, judge: Judge) -> tuple[tuple[Fix, ...], Validated]:
    """The fixes that change nothing but how cells are written, and the sheet judged with them.

    A proposal that would change a value, or bring a finding, tries its next way; without one it is dropped.
    """
    wanted = tuple(wanted)
    left = {one.at: list(one.options) for one in wanted}
    for _ in range(MOST_ROUNDS):
        after = judge({at: options[0] for at, options in left.items()}) if left else before
        wrong = set(_wrong(before, after, left.keys()))
        if not wrong:
            return _fixes(wanted, left, before.table.sheet.name), after
        left = {at: options[at in wrong :] for at, options in left.items() if len(options) > (at in wrong)}
    return (), before


def _fixes(wanted: Iterable[Proposal], left: Mapping[Position, list[NewCell]], sheet: str) -> tuple[Fix, ...]:
    return tuple(
        Fix(sheet, one.row, one.column, one.field, one.product, one.before, one.code, left[one.at][0])
        for one in wanted
        if one.at in left
    )


def _wrong(before: Validated, after: Validated, changed: Iterable[Position]) -> Iterator[Position]:
    """Changed cells that made a difference, or did not mend what they were to mend."""
    changed = set(changed)
    known = {_key(finding) for finding in before.findings}
    for finding in after.findings:
        at = _position(finding)
        if at in changed and finding.code.endswith(".repaired"):
            yield at
        elif _key(finding) not in known:
            yield from _blamed(finding.row, {at}, changed)
    lost = {_key(f) for f in after.findings}
    for finding in before.findings:
        if _key(finding) not in lost and not finding.code.endswith(".repaired"):
            yield from _blamed(finding.row, {_position(finding)}, changed)
    for row, columns in _differences(before, after):
        yield from _blamed(row, {(row, column) for column in columns}, changed)


def _blamed(row: int | None, places: set[Position], changed: set[Position]) -> set[Position]:
    """The changes at these places; where none is, every change of the row; for the whole sheet, every change."""
    return places & changed or {at for at in changed if row in (at[0], None)} or changed


def _key(finding: Finding) -> tuple[Any, ...]:
    return finding.code, finding.row, finding.column


def _position(finding: Finding) -> Position:
    return finding.row or 0, column_index(finding.column or "")


def _differences(before: Validated, after: Validated) -> Iterator[tuple[int, set[int]]]:
    """Rows in which a field's value is another one, with the columns it came from. 24.90 is not 24.9 here."""
    one, two = before.table, after.table
    if one.rows != two.rows:
        yield from ((row, set()) for row in one.rows)
        return
    blank: list[Any] = [None] * len(one.rows)
    for name in {**one.values, **two.values}:
        old, new = one.values.get(name, blank), two.values.get(name, blank)
        for i, (was, now) in enumerate(zip(old, new, strict=True)):
            if was is not now and repr(was) != repr(now):
                places = (one.at.get(name, blank)[i], two.at.get(name, blank)[i])
                yield one.rows[i], {place for place in places if place is not None}


def with_changes(sheet: Sheet, changes: Changes, *, numbers: bool) -> Sheet:
    """The sheet as it would be read with these cells. numbers: from a workbook, whose cells have formats."""
    columns = list(sheet.columns)
    formats = {column: dict(rows) for column, rows in sheet.formats.items()}
    for column in {at[1] for at in changes}:
        columns[column] = list(columns[column])
    for (row, column), new in changes.items():
        columns[column][row - sheet.first_row] = plain_value(new.value)
        formats.setdefault(column, {}).pop(row, None)
        if new.number_format and not isinstance(new.value, str):
            formats[column][row] = new.number_format
    return replace(sheet, columns=tuple(columns), formats=formats, formats_known=sheet.formats_known or numbers)
