"""Cells of a sheet's XML: other styles for some of them, new ones in their place where the row has none there."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.report.annotated.tags import CannotPatch, Edits, Element, parse, with_attributes
from schemas.findings import column_letter

_DATA = re.compile(rb"<((?:\w+:)?)sheetData(?:\s[^<>]*?)?/?>")
_NUMBER = re.compile(rb"""\sr\s*=\s*["']([0-9]+)["']""")
_LETTERS = re.compile(r"([A-Z]{1,3})[0-9]+\Z")
_LAST_COLUMN = 16_384
Restyle = Callable[[int, int, int], int]
"""(row, column, style it has) -> style it gets."""


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


def restyled(page: Frame, wanted: Mapping[int, set[int]], style: Restyle) -> bytes:
    """The sheet's XML with the wanted cells (row -> columns) in another style; cells that are not there are made."""
    edits = Edits(page.xml)
    left = deque(sorted(wanted))
    columns = _column_styles(page.root)
    for row in _rows(page):
        while left and left[0] < row.number:
            edits.insert(row.start, _new_row(left[0], wanted[left.popleft()], page.prefix, columns, style))
        if left and left[0] == row.number:
            old = page.xml[row.start : row.end]
            edits.replace(row.start, row.end, _row(old, row.number, wanted[left.popleft()], columns, style))
        if not left:
            break
    rest = b"".join(_new_row(n, wanted[n], page.prefix, columns, style) for n in left)
    if rest and page.begin == page.end and page.xml[page.begin - 2 : page.begin] == b"/>":
        name = f"{page.prefix}sheetData"
        edits.replace(page.begin - 2, page.begin, b">" + rest + f"</{name}>".encode())
    elif rest:
        edits.insert(page.end, rest)
    return edits.apply()


def _column_styles(root: Element) -> list[tuple[int, int, int]]:
    listed = root.child("cols")
    found = []
    for column in listed.all("col") if listed else ():
        first, last, style = (_whole(column.attributes.get(name)) for name in ("min", "max", "style"))
        found.append((first - 1, last - 1, style))
    return found


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _new_cell(
    row: int, column: int, prefix: str, base: int | None, columns: list[tuple[int, int, int]], style: Restyle
) -> bytes:
    own = base
    if own is None:
        own = next((number for first, last, number in columns if first <= column <= last), 0)
    return f'<{prefix}c r="{column_letter(column)}{row}" s="{style(row, column, own)}"/>'.encode()


def _new_row(row: int, cells: set[int], prefix: str, columns: list[tuple[int, int, int]], style: Restyle) -> bytes:
    made = b"".join(_new_cell(row, column, prefix, None, columns, style) for column in sorted(cells))
    return f'<{prefix}row r="{row}">'.encode() + made + f"</{prefix}row>".encode()


def _row(xml: bytes, number: int, cells: set[int], columns: list[tuple[int, int, int]], style: Restyle) -> bytes:
    """One row's bytes with its wanted cells restyled, in the order of columns."""
    row = parse(xml)
    base = _whole(row.attributes.get("s")) if row.attributes.get("customFormat") in ("1", "true") else None
    edits, left, missing, at = Edits(xml), sorted(cells), False, -1
    tail = b""
    for cell in row.all("c"):
        told = _LETTERS.match(cell.attributes.get("r", ""))
        at = column_index(told[1]) if told else at + 1
        while left and left[0] < at:
            edits.insert(cell.start, _new_cell(number, left.pop(0), row.prefix, base, columns, style))
            missing = True
        if left and left[0] == at:
            left.pop(0)
            edits.set(cell, {"s": str(style(number, at, _whole(cell.attributes.get("s"))))})
    for column in left:
        tail += _new_cell(number, column, row.prefix, base, columns, style)
    spans = row.attributes.get("spans")
    opened = xml[row.start : row.inner]
    if spans and (tail or missing):
        opened = with_attributes(opened, {"spans": None})
    if tail and row.is_closed:
        return opened[:-2].rstrip() + b">" + tail + f"</{row.raw}>".encode()
    if opened != xml[row.start : row.inner]:
        edits.replace(row.start, row.inner, opened)
    if tail:
        edits.insert(row.close, tail)
    return edits.apply()


def column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return min(index, _LAST_COLUMN) - 1


def cleaned(page: Frame, marked: frozenset[int], restore: Callable[[int], int]) -> bytes:
    """The sheet's XML with every mark of an earlier copy taken off its cells, rows and columns."""
    if not marked:
        return page.xml
    listed = b"|".join(str(number).encode() for number in sorted(marked))
    styled = re.compile(
        rb"""(<(?:\w+:)?(?:c|row)\s(?:[^<>]*?\s)?s=["']|<(?:\w+:)?col\s(?:[^<>]*?\s)?style=["'])(%s)(?=["'])""" % listed
    )
    return styled.sub(lambda found: found[1] + str(restore(int(found[2]))).encode(), page.xml)


def merged_anchors(root: Element) -> list[tuple[int, int, int, int]]:
    """(first row, first column, last row, last column) of each merged range; rows from 1, columns from 0."""
    listed, found = root.child("mergeCells"), []
    for merge in listed.all("mergeCell") if listed else ():
        corners = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)", merge.attributes.get("ref", ""))
        if corners:
            found.append((int(corners[2]), column_index(corners[1]), int(corners[4]), column_index(corners[3])))
    return found
