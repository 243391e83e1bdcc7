"""styles.xml with our marks: a marked cell's format is its own, cloned, with another fill, and is found again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.annotated.colours import SHADES, Ground, is_light, shade, shade_number
from pipeline.report.annotated.tags import CannotPatch, Canon, Edits, Element, escaped, parse, with_attributes
from schemas.findings import Severity

_SECTIONS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
"""The beginning of CT_Stylesheet, in its order."""
_LEAST = {
    "fonts": '<{p}font><{p}sz val="11"/><{p}name val="Calibri"/></{p}font>',
    "fills": '<{p}fill><{p}patternFill patternType="none"/></{p}fill>'
    '<{p}fill><{p}patternFill patternType="gray125"/></{p}fill>',
    "borders": "<{p}border><{p}left/><{p}right/><{p}top/><{p}bottom/><{p}diagonal/></{p}border>",
    "cellStyleXfs": '<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    "cellXfs": '<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
}
_NO_FILL: Canon = ("fill", (), (("patternFill", (("patternType", "none"),), ()),))
_LIGHT_THEME, _LIGHT_INDEXED = ("0", "2"), ("1", "9")


def blank_styles(namespace: str) -> bytes:
    """The least a workbook without styles needs."""
    body = "".join(f"<{name}>{_LEAST[name].format(p='')}</{name}>" for name in _LEAST)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<styleSheet xmlns="{namespace}">{body}</styleSheet>'.encode()


class _Section:
    """One table of styles: what is in it by number, and what is to be added."""

    def __init__(self, xml: bytes, element: Element) -> None:
        self.element = element
        self.raws = [xml[child.start : child.end] for child in element.children]
        self.canons = [child.canon() for child in element.children]
        self._numbers: dict[Canon, int] = {}
        for number, canon in enumerate(self.canons):
            self._numbers.setdefault(canon, number)
        self._old = len(self.raws)

    def number(self, raw: bytes) -> int:
        """The number of an entry, the first equal one or a new one."""
        canon = parse(raw).canon()
        if canon not in self._numbers:
            self._numbers[canon] = len(self.raws)
            self.raws.append(raw)
            self.canons.append(canon)
        return self._numbers[canon]

    def edit(self, edits: Edits) -> None:
        new = b"".join(self.raws[self._old :])
        if not new:
            return
        count = self.element.attributes.get("count")
        if count is not None and not self.element.is_closed:
            edits.set(self.element, {"count": str(len(self.raws))})
        edits.append_in(self.element, new)


class Styles:
    """The styles of a workbook while it is marked. `befores` are the fills that cells had, by shade number."""

    def __init__(self, xml: bytes, befores: Sequence[Canon] = ()) -> None:
        self._xml = _completed(xml)
        root = parse(self._xml)
        self.prefix = root.prefix
        self._sections = {child.name: _Section(self._xml, child) for child in root.children if child.name in _SECTIONS}
        self._told = tuple(befores)
        self.befores: list[Canon] = [_NO_FILL]
        self._marked: dict[tuple[int, Severity], int] = {}
        self._restored: dict[int, int] = {}
        self._formats, self._fills = self._sections["cellXfs"], self._sections["fills"]

    def marked(self) -> frozenset[int]:
        """Numbers of the cell formats that carry a mark of ours."""
        ours = {n for n, fill in enumerate(self._fills.canons) if _shade_of(fill) is not None}
        return frozenset(n for n, xf in enumerate(self._formats.canons) if _number(xf, "fillId") in ours)

    def restored(self, number: int) -> int:
        """The format a marked cell had before; no fill where nobody remembers which it was."""
        if number not in self._restored:
            self._restored[number] = self._before_mark(number)
        return self._restored[number]

    def _before_mark(self, number: int) -> int:
        xf = self._formats.canons[number]
        shade_at = _shade_of(self._fills.canons[_number(xf, "fillId")])
        if shade_at is None:
            return number
        before = self._told[shade_at] if shade_at < len(self._told) else _NO_FILL
        fill = self._fills.number(_written(before, self.prefix).encode())
        like = _without_fill(xf)
        same = (
            n
            for n, other in enumerate(self._formats.canons)
            if _number(other, "fillId") == fill and _without_fill(other) == like
        )
        found = next(same, None)
        return self._clone(number, {"fillId": str(fill)}) if found is None else found

    def with_mark(self, number: int, severity: Severity) -> int:
        """The format of a cell once marked: all its own but the fill."""
        number = number if 0 <= number < len(self._formats.canons) else 0
        if (number, severity) not in self._marked:
            xf = self._formats.canons[number]
            at = self._before(self._fills.canons[min(_number(xf, "fillId"), len(self._fills.canons) - 1)])
            fill = self.fill(shade(severity, self._ground(_number(xf, "fontId")), at))
            self._marked[number, severity] = self._clone(number, {"fillId": str(fill), "applyFill": "1"})
        return self._marked[number, severity]

    def _before(self, fill: Canon) -> int:
        if fill not in self.befores and len(self.befores) < SHADES:
            self.befores.append(fill)
        return self.befores.index(fill) if fill in self.befores else 0

    def _clone(self, number: int, values: Mapping[str, str | None]) -> int:
        raw = self._formats.raws[number]
        end = parse(raw).inner
        return self._formats.number(with_attributes(raw[:end], values) + raw[end:])

    def _ground(self, font: int) -> Ground:
        fonts = self._sections["fonts"].canons
        colours = [dict(child[1]) for child in fonts[font][2] if child[0] == "color"] if font < len(fonts) else []
        for colour in colours:
            if colour.get("theme") in _LIGHT_THEME or colour.get("indexed") in _LIGHT_INDEXED:
                return "dark"
            if is_light(colour.get("rgb", "")):
                return "dark"
        return "light"

    def fill(self, argb: str) -> int:
        """The number of a plain fill."""
        p = self.prefix
        inner = (
            f'<{p}patternFill patternType="solid"><{p}fgColor rgb="{argb}"/><{p}bgColor indexed="64"/></{p}patternFill>'
        )
        return self._fills.number(f"<{p}fill>{inner}</{p}fill>".encode())

    def font(self, *, bold: bool = False, size: int = 10, argb: str | None = None, underlined: bool = False) -> int:
        """The number of a font of our own sheet."""
        p = self.prefix
        marks = (f"<{p}b/>" if bold else "") + (f"<{p}u/>" if underlined else "")
        colour = f'<{p}color rgb="{argb}"/>' if argb else ""
        raw = f'<{p}font>{marks}<{p}sz val="{size}"/>{colour}<{p}name val="Calibri"/><{p}family val="2"/></{p}font>'
        return self._sections["fonts"].number(raw.encode())

    def format(self, *, font: int = 0, fill: int = 0, wrap: bool = False) -> int:
        """The number of a cell format of our own sheet. Its text never becomes a formula, even when typed again."""
        p = self.prefix
        marks = 'quotePrefix="1" applyFont="1" applyFill="1" applyAlignment="1"'
        start = f'<{p}xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" {marks}>'
        wrapped = ' wrapText="1"' if wrap else ""
        raw = f'{start}<{p}alignment vertical="top"{wrapped}/></{p}xf>'
        return self._formats.number(raw.encode())

    def xml(self) -> bytes:
        """styles.xml with everything that was asked for."""
        edits = Edits(self._xml)
        for section in self._sections.values():
            section.edit(edits)
        return edits.apply()


def _completed(xml: bytes) -> bytes:
    """The part with every table we add to, for the writers that leave some out."""
    root = parse(xml)
    if root.name != "styleSheet":
        raise CannotPatch("styles")
    for name, least in _LEAST.items():
        found = root.child(name)
        if found is not None and found.children:
            continue
        edits, body = Edits(xml), least.format(p=root.prefix).encode()
        if found is not None:
            edits.append_in(found, body)
        else:
            known = _SECTIONS[: _SECTIONS.index(name)]
            place = max((child.end for child in root.children if child.name in known), default=root.inner)
            edits.insert(place, f"<{root.prefix}{name}>".encode() + body + f"</{root.prefix}{name}>".encode())
        xml = edits.apply()
        root = parse(xml)
    return xml


def _number(canon: Canon, name: str) -> int:
    text = dict(canon[1]).get(name, "0")
    return int(text) if text.isdigit() else 0


def _without_fill(xf: Canon) -> Canon:
    return (xf[0], tuple(pair for pair in xf[1] if pair[0] not in ("fillId", "applyFill")), xf[2])


def _shade_of(fill: Canon) -> int | None:
    pattern = next((child for child in fill[2] if child[0] == "patternFill"), None)
    if pattern is None or dict(pattern[1]).get("patternType") != "solid":
        return None
    colour = next((dict(child[1]) for child in pattern[2] if child[0] == "fgColor"), {})
    return shade_number(colour.get("rgb", ""))


def _written(canon: Canon, prefix: str) -> str:
    name, attributes, children = canon
    words = "".join(f' {key}="{escaped(value)}"' for key, value in attributes)
    inner = "".join(_written(child, prefix) for child in children)
    return f"<{prefix}{name}{words}>{inner}</{prefix}{name}>" if inner else f"<{prefix}{name}{words}/>"


def remembered(befores: Sequence[Canon]) -> str:
    """The fills cells had, as text for a cell of our own sheet."""
    return json.dumps(befores, separators=(",", ":"))


def recalled(text: str) -> tuple[Canon, ...]:
    """What `remembered` wrote; nothing where somebody changed it."""
    try:
        return tuple(_canon(item) for item in json.loads(text))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()


def _canon(item: Any) -> Canon:
    name, attributes, children = item
    pairs = tuple((str(key), str(value)) for key, value in attributes)
    if not str(name).isalpha() or not all(key.isalpha() for key, _ in pairs):
        raise ValueError(name)
    return (str(name), pairs, tuple(_canon(child) for child in children))
