"""The yellow boxes of comments: VML, edited as text, since Excel itself does not always write it well-formed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.copies.tags import CannotPatch, Element

_V, _O, _X = (f"urn:schemas-microsoft-com:{word}" for word in ("vml", "office:office", "office:excel"))
_SPACES = f'xmlns:v="{_V}" xmlns:o="{_O}" xmlns:x="{_X}"'
_TYPE = (
    '<v:shapetype {spaces}id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = (
    '<v:shape {spaces}id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;'
    'width:{width}px;height:{height}px;z-index:{order};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_ONE = re.compile(rb"<(\w+:)?shape\b.*?</(?(1)\1)shape\s*>\s*", re.DOTALL)
_PLACE = re.compile(rb"<(?:\w+:)?(Row|Column)\s*>\s*([0-9]+)\s*<")
_ID = re.compile(rb"_x0000_s([0-9]{1,9})")
_MAP = re.compile(rb"""(<(?:\w+:)?idmap\b[^<>]*?\sdata=["'])([0-9, ]*)""")
_ANCHOR = re.compile(rb"(<(?:\w+:)?Anchor\s*>)([^<]*)(<)")
_GROWN = re.compile(rb"""\salt=["']vitrina:([0-9, ]+)["']""")
"""What a person's box was before ours was written under theirs: its own anchor, as the box's alternative text."""
_END = re.compile(rb"</(?:\w+:)?xml\s*>\s*\Z")
_CLUSTER = 1024
"""Shapes a drawing number holds; a drawing of more has several numbers."""
WIDTH = 330
_LINE, _LETTERS, _EDGE = 15, 52, 14
"""Pixels of a line, letters in it, and the margin of a box, at 9 points."""
_ROW_PIXELS, _COLUMN_PIXELS, _LETTER_PIXELS = 20, 64, 7
_MOST_LINES = 28
_MORE_COLUMNS = 3
"""A person's box is two columns wide as it comes; our lines need about five."""


def blank_shapes() -> bytes:
    """A drawing without shapes."""
    layout = '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    return f"<xml {_SPACES}>{layout}{_TYPE.format(spaces='')}</xml>".encode()


def widths(root: Element) -> Callable[[int], int]:
    """Pixels of each column of a sheet; 0 for a hidden one."""
    form, listed = root.child("sheetFormatPr"), root.child("cols")
    usual = _pixels(form.attributes.get("defaultColWidth") if form else None) or _COLUMN_PIXELS
    own = {}
    for column in listed.all("col") if listed else ():
        first, last = (column.attributes.get(name, "") for name in ("min", "max"))
        if first.isdigit() and last.isdigit():
            hidden = column.attributes.get("hidden") in ("1", "true")
            wide = 0 if hidden else _pixels(column.attributes.get("width")) or usual
            own.update(dict.fromkeys(range(int(first) - 1, min(int(last), 1_000)), wide))
    return lambda column: own.get(column, usual)


def _pixels(width: str | None) -> int:
    try:
        return min(int(float(width or 0) * _LETTER_PIXELS + 5), 2_000) if width else 0
    except (ValueError, OverflowError):
        return 0


@dataclass(frozen=True, slots=True)
class Box:
    """A comment's box beside its cell (row from 1, column from 0), as large as its text needs."""

    row: int
    column: int
    text: str

    @property
    def height(self) -> int:
        """Pixels of the box."""
        lines = sum(1 + len(line) // _LETTERS for line in self.text.split("\n"))
        return min(lines, _MOST_LINES) * _LINE + _EDGE

    def anchor(self, width: Callable[[int], int]) -> str:
        """Left column, its offset, top row, its offset, right column, its offset, bottom row, its offset."""
        left = self.column + 1
        right, room = left, WIDTH + 15
        while room > width(right):
            room -= width(right)
            right += 1
        top = max(self.row - 2, 0)
        bottom, rest = divmod(self.height + 8, _ROW_PIXELS)
        return f"{left}, 15, {top}, 8, {right}, {room}, {top + bottom}, {rest}"


def _cell_of(shape: bytes) -> tuple[int, int]:
    place = {name: int(number) for name, number in _PLACE.findall(shape)}
    return (place.get(b"Row", -2) + 1, place.get(b"Column", -1)) if b"Note" in shape else (0, -1)


def without_shapes(vml: bytes, cells: Iterable[tuple[int, int]]) -> bytes:
    """The drawing without the boxes of these cells (rows from 1, columns from 0)."""
    gone = set(cells)
    return _ONE.sub(lambda found: b"" if _cell_of(found[0]) in gone else found[0], vml) if gone else vml


def with_room(vml: bytes, boxes: Iterable[Box]) -> bytes:
    """Boxes people made, made larger for the text that is now under theirs; those with words of their own are left."""
    rooms = {(box.row, box.column): box.height for box in boxes}

    def grow(found: re.Match[bytes]) -> bytes:
        room, anchor = rooms.get(_cell_of(found[0])), _ANCHOR.search(found[0])
        steps = anchor[2].replace(b" ", b"").split(b",") if anchor else []
        opening = found[0].find(b">")
        if room is None or anchor is None or len(steps) != 8 or b" alt=" in found[0][:opening]:
            return found[0]
        for step, more in ((4, _MORE_COLUMNS), (6, room // _ROW_PIXELS)):
            steps[step] = str(int(steps[step]) + more).encode()
        taller = found[0][: anchor.start(2)] + b", ".join(steps) + found[0][anchor.end(2) :]
        return taller[:opening] + b' alt="vitrina:' + anchor[2].strip() + b'"' + taller[opening:]

    return _ONE.sub(grow, vml) if rooms else vml


def without_room(vml: bytes) -> bytes:
    """The boxes people made as large as they made them."""

    def shrink(found: re.Match[bytes]) -> bytes:
        before = _GROWN.search(found[0])
        if before is None:
            return found[0]
        shape = found[0][: before.start()] + found[0][before.end() :]
        return _ANCHOR.sub(lambda anchor: anchor[1] + before[1] + anchor[3], shape, count=1)

    return _ONE.sub(shrink, vml) if b"vitrina:" in vml else vml


def with_shapes(vml: bytes, boxes: Iterable[Box], width: Callable[[int], int]) -> bytes:
    """The drawing with a hidden box more for each new comment."""
    end = _END.search(vml)
    if end is None:
        raise CannotPatch("vml")
    head = vml[: vml.find(b">", vml.find(b"<xml")) + 1]
    declared = all(f'xmlns:{p}="{uri}"'.encode() in head for p, uri in (("v", _V), ("o", _O), ("x", _X)))
    spaces = "" if declared else f"{_SPACES} "
    numbers = [int(number) for number in _ID.findall(vml)]
    first = max(numbers, default=_CLUSTER) + 1
    new = [] if b'id="_x0000_t202"' in vml else [_TYPE.format(spaces=spaces)]
    last = first
    for last, box in enumerate(boxes, first):
        words = {"height": box.height, "anchor": box.anchor(width), "row": box.row - 1, "column": box.column}
        new.append(_SHAPE.format(spaces=spaces, id=last, width=WIDTH, order=last - first + 1, **words))
    return _mapped(vml[: end.start()] + "".join(new).encode() + vml[end.start() :], first, last)


def _mapped(vml: bytes, first: int, last: int) -> bytes:
    """The drawing's list of numbers, with those its new shapes fall under."""

    def longer(found: re.Match[bytes]) -> bytes:
        listed = [number for number in found[2].replace(b" ", b"").split(b",") if number]
        needed = (str(number).encode() for number in range(first // _CLUSTER, last // _CLUSTER + 1))
        return found[1] + b",".join(dict.fromkeys((*listed, *needed)))

    return _MAP.sub(longer, vml, count=1)
