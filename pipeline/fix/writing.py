"""The copy: the user's own workbook with single cells changed, a text file with single records, or a new one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.fix.cells import replaced
from pipeline.fix.figures import NewCell
from pipeline.fix.proposals import Position
from pipeline.fix.settle import Fix, with_changes
from pipeline.fix.styles import Formats
from pipeline.report.annotated.members import Parts
from pipeline.report.annotated.parts import Book, declare, open_book, relate
from pipeline.report.annotated.styles import blank_styles
from pipeline.report.annotated.tags import CannotPatch
from pipeline.workbook import Workbook

__all__ = ["CannotPatch", "endings", "holds_numbers", "write"]

_PATCHED = frozenset(("xlsx", "xlsm"))
_TEXT = (".csv", ".tsv", ".txt")
_STYLES = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_DATE_1904 = re.compile(rb"""\sdate1904\s*=\s*["'](?:1|true)["']""")


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
    from pipeline.fix.anew import written_anew

    pages = [with_changes(page, changes, numbers=True) if page.name == sheet else page for page in workbook.sheets]
    return written_anew(pages)


def _patched(data: bytes, sheet: str, changes: Mapping[Position, NewCell]) -> bytes:
    parts = Parts(data)
    book = open_book(parts)
    part = next((entry.part for entry in book.sheets if entry.name == sheet and entry.is_cells), None)
    if part is None:
        raise CannotPatch(sheet)
    formats = Formats(parts.get(_styles_of(parts, book)))
    from_1904 = bool(_DATE_1904.search(parts.get(book.main)))
    parts.put(part, replaced(parts.get(part), changes, formats.style, from_1904=from_1904))
    parts.put(_styles_of(parts, book), formats.xml())
    return parts.packed()


def _styles_of(parts: Parts, book: Book) -> str:
    """The part with the styles; made where a workbook has none."""
    if book.styles:
        return book.styles
    part = book.main.rpartition("/")[0] + "/styles.xml"
    if part not in parts:
        parts.put(part, blank_styles(book.namespace))
        relate(parts, book.main, f"{book.relations}/styles", part)
        declare(parts, part, _STYLES)
    return part
