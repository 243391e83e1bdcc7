"""The copy: the user's own workbook with single cells changed, a text file with single records, or a new one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from pipeline.copies import cells
from pipeline.copies.members import Parts
from pipeline.copies.parts import open_styles
from pipeline.copies.styles import Styles
from pipeline.copies.tags import CannotPatch, cell_text, parse, with_attributes
from pipeline.fix.figures import NewCell
from pipeline.fix.proposals import Position
from pipeline.fix.settle import Fix, with_changes
from pipeline.workbook import Workbook

__all__ = ["CannotPatch", "endings", "holds_numbers", "write"]

_PATCHED = frozenset(("xlsx", "xlsm"))
_TEXT = (".csv", ".tsv", ".txt")
_DATE_1904 = re.compile(rb"""\sdate1904\s*=\s*["'](?:1|true)["']""")
_EPOCH = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
_DROPPED = {"t": None, "cm": None, "vm": None}
"""What a cell said of the value it no longer has."""


def endings(kind: str, own: str) -> tuple[str, ...]:
    """The endings a copy of a file of this kind may have; `own` is the ending of the file itself."""
    if kind == "xlsm":
        return (".xlsm",)
    return (own, ".xlsx") if kind == "csv" and own in _TEXT else (".xlsx",)


def holds_numbers(ending: str) -> bool:
    """Can a file of this ending hold number cells?"""
    return ending not in _TEXT


def write(data: bytes, workbook: Workbook, fixes: Sequence[Fix], ending: str) -> bytes:
    """The copy's bytes. Raises CannotPatch where the workbook's parts cannot be changed in place."""
    changes = {(fix.row, fix.column): fix.new for fix in fixes}
    sheet = fixes[0].sheet
    if workbook.kind in _PATCHED:
        return _patched(data, sheet, changes)
    if not holds_numbers(ending):
        from pipeline.fix.delimited import rewritten

        return rewritten(data, changes)
    from pipeline.copies.anew import written_anew

    return written_anew(
        with_changes(page, changes, numbers=True) if page.name == sheet else page for page in workbook.sheets
    )


def _patched(data: bytes, sheet: str, changes: Mapping[Position, NewCell]) -> bytes:
    parts = Parts(data)
    book, styles_part = open_styles(parts)
    part = next((entry.part for entry in book.sheets if entry.name == sheet and entry.is_cells), None)
    if part is None:
        raise CannotPatch(sheet)
    styles = Styles(parts.get(styles_part))
    from_1904 = bool(_DATE_1904.search(parts.get(book.main)))
    parts.put(part, replaced(parts.get(part), changes, styles, from_1904=from_1904))
    parts.put(styles_part, styles.xml())
    return parts.packed()


def replaced(xml: bytes, changes: Mapping[Position, NewCell], styles: Styles, *, from_1904: bool) -> bytes:
    """A sheet's XML with these cells anew; their number formats go to `styles`."""

    def change(row: int, column: int, cell: bytes) -> bytes:
        return _cell(cell, changes[row, column], styles, from_1904)

    wanted: dict[int, set[int]] = {}
    for row, column in changes:
        wanted.setdefault(row, set()).add(column)
    return cells.changed(cells.frame(xml), wanted, change)


def _cell(old: bytes, new: NewCell, styles: Styles, from_1904: bool) -> bytes:
    cell = parse(old)
    told = cell.attributes.get("s", "")
    style = int(told) if told.isdigit() else 0
    if new.number_format:
        style = styles.with_number_format(style, new.number_format)
    opened = old[: cell.inner]
    opened = opened[:-2].rstrip() + b">" if cell.is_closed else opened
    kind = "inlineStr" if isinstance(new.value, str) else None
    opened = with_attributes(opened, {**_DROPPED, "t": kind, "s": str(style) if style else None})
    return opened + _content(new.value, cell.prefix, from_1904).encode() + f"</{cell.raw}>".encode()


def _content(value: str | Decimal | date, p: str, from_1904: bool) -> str:
    if isinstance(value, str):
        return f'<{p}is><{p}t xml:space="preserve">{cell_text(value)}</{p}t></{p}is>'
    if isinstance(value, Decimal):
        return f"<{p}v>{value:f}</{p}v>"
    return f"<{p}v>{(value - _EPOCH[from_1904]).days}</{p}v>"
