"""styles.xml: what is asked for is found there or added; what is there keeps its bytes and its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.copies.tags import CannotPatch, Canon, Edits, Element, escaped, parse, with_attributes

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
_BUILT_IN = {"0%": 9, "0.00%": 10, "#,##0": 3, "#,##0.00": 4}
_FIRST_OWN = 164
"""Numbers of formats a workbook defines itself begin here (ECMA-376 part 1, 18.8.30)."""
MOST_FORMATS = 64_000
"""Cell formats Excel keeps; a workbook with more is repaired, that is: it loses its looks."""


def blank_styles(namespace: str) -> bytes:
    """The least a workbook without styles needs."""
    body = "".join(f"<{name}>{_LEAST[name].format(p='')}</{name}>" for name in _LEAST)
    body += '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<styleSheet xmlns="{namespace}">{body}</styleSheet>'.encode()


class _Section:
    """One table of styles: what is in it by number, and what is to be added. element None: there is no such table."""

    def __init__(self, xml: bytes, element: Element | None) -> None:
        children = element.children if element else []
        self._element = element
        self.raws = [xml[child.start : child.end] for child in children]
        self.canons = [child.canon() for child in children]
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

    def edit(self, edits: Edits, root: Element) -> None:
        """Adds what was asked for; a table that was not there is made (it can only be the first one, of numbers)."""
        new, element = b"".join(self.raws[self._old :]), self._element
        if not new:
            return
        if element is None:
            name = f"{root.prefix}numFmts"
            edits.insert(root.inner, f'<{name} count="{len(self.raws)}">'.encode() + new + f"</{name}>".encode())
            return
        if element.attributes.get("count") is not None and not element.is_closed:
            edits.set(element, {"count": str(len(self.raws))})
        edits.append_in(element, new)


class Styles:
    """The styles of a workbook, and more of them. A cell format is known by its number."""

    def __init__(self, xml: bytes) -> None:
        self._xml = _completed(xml)
        self._root = parse(self._xml)
        self.prefix = self._root.prefix
        self._sections = {name: _Section(self._xml, self._root.child(name)) for name in _SECTIONS}
        self._formats, self._fills = self._sections["cellXfs"], self._sections["fills"]

    @property
    def formats(self) -> Sequence[Canon]:
        """Every cell format, by number."""
        return self._formats.canons

    @property
    def fills(self) -> Sequence[Canon]:
        """Every fill, by number."""
        return self._fills.canons

    @property
    def is_full(self) -> bool:
        """Is there no room for another cell format?"""
        return len(self._formats.canons) >= MOST_FORMATS

    def font_colour(self, number: int) -> Mapping[str, str]:
        """How a font's colour is told (`rgb`, `theme`, `indexed`); nothing where the font has none of its own."""
        fonts = self._sections["fonts"].canons
        children = fonts[number][2] if number < len(fonts) else ()
        return next((dict(child[1]) for child in children if child[0] == "color"), {})

    def clone(self, number: int, values: Mapping[str, str | None]) -> int:
        """The cell format like another (the first where there is none of that number) with some attributes changed.

        Raises CannotPatch where the workbook has no room for one more.
        """
        if self.is_full:
            raise CannotPatch("too many cell formats")
        raw = self._formats.raws[number if 0 <= number < len(self._formats.raws) else 0]
        end = parse(raw).inner
        return self._formats.number(with_attributes(raw[:end], values) + raw[end:])

    def with_number_format(self, number: int, code: str) -> int:
        """The cell format like another under the number format `code`."""
        own = {"numFmtId": str(self._code(code)), "applyNumberFormat": "1", "quotePrefix": None}
        return self.clone(number, own)

    def _code(self, code: str) -> int:
        listed = self._sections["numFmts"]
        known = {told.get("formatCode"): _whole(told.get("numFmtId")) for told in map(_attributes, listed.canons)}
        known.update(_BUILT_IN)
        if code not in known:
            known[code] = max(_FIRST_OWN - 1, *known.values()) + 1
            p = self.prefix
            listed.number(f'<{p}numFmt numFmtId="{known[code]}" formatCode="{escaped(code)}"/>'.encode())
        return known[code]

    def fill(self, argb: str) -> int:
        """The number of a plain fill."""
        p = self.prefix
        inner = (
            f'<{p}patternFill patternType="solid"><{p}fgColor rgb="{argb}"/><{p}bgColor indexed="64"/></{p}patternFill>'
        )
        return self._fills.number(f"<{p}fill>{inner}</{p}fill>".encode())

    def fill_like(self, canon: Canon) -> int:
        """The number of the fill that says this."""
        return self._fills.number(_written(canon, self.prefix).encode())

    def font(self, *, bold: bool = False, size: int = 10, argb: str | None = None, underlined: bool = False) -> int:
        """The number of a font of our own sheet."""
        p = self.prefix
        marks = (f"<{p}b/>" if bold else "") + (f"<{p}u/>" if underlined else "")
        colour = f'<{p}color rgb="{argb}"/>' if argb else ""
        raw = f'<{p}font>{marks}<{p}sz val="{size}"/>{colour}<{p}name val="Calibri"/><{p}family val="2"/></{p}font>'
        return self._sections["fonts"].number(raw.encode())

    def format(self, *, font: int = 0, fill: int = 0, wrap: bool = False) -> int:
        """The number of a cell format of our own sheet; the plainest where there is no room for one more.

        Its text never becomes a formula, even when typed again.
        """
        if self.is_full:
            return 0
        p = self.prefix
        marks = 'quotePrefix="1" applyFont="1" applyFill="1" applyAlignment="1"'
        start = f'<{p}xf numFmtId="0" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" {marks}>'
        wrapped = ' wrapText="1"' if wrap else ""
        return self._formats.number(f'{start}<{p}alignment vertical="top"{wrapped}/></{p}xf>'.encode())

    def xml(self) -> bytes:
        """styles.xml with everything that was asked for."""
        edits = Edits(self._xml)
        for section in self._sections.values():
            section.edit(edits, self._root)
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


def _attributes(canon: Canon) -> dict[str, str]:
    return dict(canon[1])


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _written(canon: Canon, prefix: str) -> str:
    name, attributes, children = canon
    words = "".join(f' {key}="{escaped(value)}"' for key, value in attributes)
    inner = "".join(_written(child, prefix) for child in children)
    return f"<{prefix}{name}{words}>{inner}</{prefix}{name}>" if inner else f"<{prefix}{name}{words}/>"
