"""Cells of a sheet's XML changed in place, made where the row has none there; all else keeps its bytes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.copies.tags import CannotPatch, Edits, Element, parse, with_attributes
from schemas.findings import column_index, column_letter

_DATA = re.compile(rb"<((?:\w+:)?)sheetData(?:\s[^<>]*?)?/?>")
_NUMBER = re.compile(rb"""\sr\s*=\s*["']([0-9]+)["']""")
_LETTERS = re.compile(r"([A-Z]{1,3})[0-9]+\Z")
Change = Callable[[int, int, bytes], bytes]
"""(row, column, a cell's bytes) -> the bytes it gets. Rows are numbered from 1, columns from 0."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A sheet without its rows: `root` describes everything else, rows lie in the bytes from `begin` to `end`."""

    xml: bytes
    root: Element
    begin: int
    end: int
    prefix: str

    @property
    def skeleton(self) -> bytes:
        """The sheet's XML with no row in it; `root` speaks of places in these bytes."""
        return self.xml[: self.begin] + self.xml[self.end :]

    def around(self, edits: Edits) -> bytes:
        """The sheet again, with changes made to its skeleton; the rows are put back where they were."""
        if self.begin == self.end:
            return edits.apply()
        hole = b"\0rows\0"
        edits.insert(self.begin, hole)
        before, _, after = edits.apply().partition(hole)
        return before + self.xml[self.begin : self.end] + after


def frame(xml: bytes) -> Frame:
    """Where a sheet's rows begin and end. Raises CannotPatch where that cannot be told."""
    opening = _DATA.search(xml)
    if opening is None or xml.find(b"<!--", 0, opening.start()) >= 0:
        return _frame_by_parsing(xml)
    prefix = opening[1].decode()
    if opening[0].endswith(b"/>"):
        begin = end = opening.end()
    else:
        begin, end = opening.end(), xml.rfind(f"</{prefix}sheetData".encode())
    if end < begin:
        raise CannotPatch("sheetData")
    return Frame(xml, parse(xml[:begin] + xml[end:]), begin, end, prefix)


def _frame_by_parsing(xml: bytes) -> Frame:
    root = parse(xml)
    data = root.child("sheetData")
    if data is None:
        raise CannotPatch("sheetData")
    skeleton = xml[: data.inner] + xml[data.close :]
    return Frame(xml, parse(skeleton), data.inner, data.close, data.prefix)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    start: int
    end: int


def _rows(page: Frame) -> Iterator[_Row]:
    """Every row with the place of its bytes. Rows without a number follow the one before."""
    xml = page.xml
    if xml.find(b"<!", page.begin, page.end) >= 0:
        yield from _rows_by_parsing(page)
        return
    tag = re.compile(rb"<%srow(?:\s[^<>]*?)?/?>" % page.prefix.encode())
    closing = f"</{page.prefix}row".encode()
    number, at = 0, page.begin
    while found := tag.search(xml, at, page.end):
        told = _NUMBER.search(found[0])
        number = int(told[1]) if told else number + 1
        at = found.end() if found[0].endswith(b"/>") else xml.find(b">", xml.find(closing, found.end())) + 1
        if at <= found.start():
            raise CannotPatch("row")
        yield _Row(number, found.start(), at)


def _rows_by_parsing(page: Frame) -> Iterator[_Row]:
    data, number = parse(page.xml).child("sheetData"), 0
    for row in data.all("row") if data else ():
        told = row.attributes.get("r", "")
        number = int(told) if told.isdigit() else number + 1
        yield _Row(number, row.start, row.end)


def changed(page: Frame, wanted: Mapping[int, set[int]], change: Change) -> bytes:
    """The sheet's XML with the wanted cells (row -> columns) changed; cells that are not there are made."""
    edits = Edits(page.xml)
    left = deque(sorted(wanted))
    look = _Look(page.prefix, _column_styles(page.root), change)
    for row in _rows(page):
        while left and left[0] < row.number:
            edits.insert(row.start, _new_row(left[0], wanted[left.popleft()], look))
        if left and left[0] == row.number:
            old = page.xml[row.start : row.end]
            edits.replace(row.start, row.end, _row(old, row.number, wanted[left.popleft()], look))
        if not left:
            break
    rest = b"".join(_new_row(number, wanted[number], look) for number in left)
    if rest and page.begin == page.end and page.xml[page.begin - 2 : page.begin] == b"/>":
        name = f"{page.prefix}sheetData"
        edits.replace(page.begin - 2, page.begin, b">" + rest + f"</{name}>".encode())
    elif rest:
        edits.insert(page.end, rest)
    return edits.apply()


@dataclass(frozen=True, slots=True)
class _Look:
    """What a cell that is not there yet is made with."""

    prefix: str
    columns: list[tuple[int, int, int]]
    change: Change

    def cell(self, row: int, column: int, base: int | None) -> bytes:
        """A new cell, changed as it was asked for; without a style of its row it has that of its column."""
        own = base
        if own is None:
            own = next((number for first, last, number in self.columns if first <= column <= last), 0)
        style = f' s="{own}"' if own else ""
        return self.change(row, column, f'<{self.prefix}c r="{column_letter(column)}{row}"{style}/>'.encode())


def _column_styles(root: Element) -> list[tuple[int, int, int]]:
    listed = root.child("cols")
    found = []
    for column in listed.all("col") if listed else ():
        first, last, style = (_whole(column.attributes.get(name)) for name in ("min", "max", "style"))
        found.append((first - 1, last - 1, style))
    return found


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _new_row(row: int, cells: set[int], look: _Look) -> bytes:
    made = b"".join(look.cell(row, column, None) for column in sorted(cells))
    return f'<{look.prefix}row r="{row}">'.encode() + made + f"</{look.prefix}row>".encode()


def _row(xml: bytes, number: int, cells: set[int], look: _Look) -> bytes:
    """One row's bytes with its wanted cells changed, in the order of columns."""
    row = parse(xml)
    base = _whole(row.attributes.get("s")) if row.attributes.get("customFormat") in ("1", "true") else None
    edits, left, missing, at = Edits(xml), sorted(cells), False, -1
    for cell in row.all("c"):
        told = _LETTERS.match(cell.attributes.get("r", ""))
        at = column_index(told[1]) if told else at + 1
        while left and left[0] < at:
            edits.insert(cell.start, look.cell(number, left.pop(0), base))
            missing = True
        if left and left[0] == at:
            edits.replace(cell.start, cell.end, look.change(number, left.pop(0), xml[cell.start : cell.end]))
    tail = b"".join(look.cell(number, column, base) for column in left)
    opened = xml[row.start : row.inner]
    if row.attributes.get("spans") and (tail or missing):
        opened = with_attributes(opened, {"spans": None})
    if tail and row.is_closed:
        return opened[:-2].rstrip() + b">" + tail + f"</{row.raw}>".encode()
    if opened != xml[row.start : row.inner]:
        edits.replace(row.start, row.inner, opened)
    if tail:
        edits.insert(row.close, tail)
    return edits.apply()


def restyled(page: Frame, styles: frozenset[int], instead: Callable[[int], int]) -> bytes:
    """The sheet's XML with other styles for every cell, row and column that has one of these."""
    listed = b"|".join(str(number).encode() for number in sorted(styles))
    styled = re.compile(
        rb"""(<(?:\w+:)?(?:c|row)\s(?:[^<>]*?\s)?s=["']|<(?:\w+:)?col\s(?:[^<>]*?\s)?style=["'])(%s)(?=["'])""" % listed
    )
    return styled.sub(lambda found: found[1] + str(instead(int(found[2]))).encode(), page.xml)


def merged_anchors(root: Element) -> list[tuple[int, int, int, int]]:
    """(first row, first column, last row, last column) of each merged range; rows from 1, columns from 0."""
    listed, found = root.child("mergeCells"), []
    for merge in listed.all("mergeCell") if listed else ():
        corners = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)", merge.attributes.get("ref", ""))
        if corners:
            found.append((int(corners[2]), column_index(corners[1]), int(corners[4]), column_index(corners[3])))
    return found
