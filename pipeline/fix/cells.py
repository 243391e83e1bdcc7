"""Cells of a sheet's XML replaced in place, whatever prefix, quotes or order the writer used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from xml.parsers import expat

from pipeline.fix.figures import NewCell
from pipeline.fix.proposals import Position
from pipeline.report.annotated.tags import CannotPatch, Edits, cell_text, with_attributes

StyleOf = Callable[[int, str], int]
"""(style a cell has, number format it needs) -> the style that has both."""
_OPENING = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z")
_EPOCH = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
_DROPPED = {"t": None, "cm": None, "vm": None}


def replaced(xml: bytes, changes: Mapping[Position, NewCell], style_of: StyleOf, *, from_1904: bool) -> bytes:
    """The sheet with these cells anew. Raises CannotPatch where one of them is not there to be replaced."""
    edits = Edits(xml)
    left = dict(changes)
    walk = _Walk(xml)
    for at, name, attributes, start, end in walk.cells(left):
        new = left.pop(at)
        style = int(attributes.get("s", "0")) if attributes.get("s", "0").isdigit() else 0
        wanted = style_of(style, new.number_format) if new.number_format else style
        edits.replace(start, end, _cell(xml[start:end], name, new, wanted, from_1904))
    if left:
        raise CannotPatch(f"no cell at {next(iter(left))}")
    return edits.apply()


class _Walk:
    """Where the wanted cells lie in the bytes. Cells and rows without an address follow the one before."""

    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        self._found: list[tuple[Position, str, dict[str, str], int, int]] = []
        self._row, self._column = 0, -1
        self._open: tuple[Position, str, dict[str, str], int, int] | None = None

    def cells(self, wanted: Mapping[Position, NewCell]) -> list[tuple[Position, str, dict[str, str], int, int]]:
        """(position, tag name, attributes, first byte, byte after the last) of each."""
        parser = expat.ParserCreate("utf-8")

        def on_start(name: str, attributes: dict[str, str]) -> None:
            local = name.rpartition(":")[2]
            if local == "row":
                told = attributes.get("r", "")
                self._row, self._column = int(told) if told.isdigit() else self._row + 1, -1
            elif local == "c":
                self._column += 1
                if address := _ADDRESS.match(attributes.get("r", "")):
                    self._row, self._column = int(address[2]), _index(address[1])
                if (self._row, self._column) in wanted:
                    at = parser.CurrentByteIndex
                    tag = _OPENING.match(self._xml, at)
                    if tag is None:
                        raise CannotPatch(name)
                    self._open = (self._row, self._column), name, attributes, at, tag.end()

        def on_end(name: str) -> None:
            if self._open and name == self._open[1]:
                at, name, attributes, start, inner = self._open
                closed = self._xml[inner - 2 : inner] == b"/>"
                end = inner if closed else self._xml.index(b">", parser.CurrentByteIndex) + 1
                self._found.append((at, name, attributes, start, end))
                self._open = None

        parser.StartElementHandler, parser.EndElementHandler = on_start, on_end
        try:
            parser.Parse(self._xml, True)
        except expat.ExpatError as fault:
            raise CannotPatch(str(fault)) from fault
        if len({found[0] for found in self._found}) != len(self._found):
            raise CannotPatch("a cell stands twice")
        return self._found


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _cell(old: bytes, name: str, new: NewCell, style: int, from_1904: bool) -> bytes:
    tag = _OPENING.match(old)
    assert tag is not None
    prefix = name[:-1]
    kind = "inlineStr" if isinstance(new.value, str) else None
    opened = tag[0][:-2].rstrip() + b">" if tag[0].endswith(b"/>") else tag[0]
    opened = with_attributes(opened, {**_DROPPED, "t": kind, "s": str(style) if style else None})
    return opened + _content(new.value, prefix, from_1904).encode() + f"</{name}>".encode()


def _content(value: str | Decimal | date, prefix: str, from_1904: bool) -> str:
    p = prefix
    if isinstance(value, str):
        return f'<{p}is><{p}t xml:space="preserve">{cell_text(value)}</{p}t></{p}is>'
    if isinstance(value, Decimal):
        return f"<{p}v>{value:f}</{p}v>"
    return f"<{p}v>{(value - _EPOCH[from_1904]).days}</{p}v>"
