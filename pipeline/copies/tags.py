"""XML edited in place: where each element lies in the bytes of its part, and changes of single spans.

A part keeps every byte that is not changed on purpose: prefixes, quotes, order, white space, extensions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

Canon = tuple[str, tuple[tuple[str, str], ...], tuple["Canon", ...]]
"""An element's meaning without its bytes: local name, sorted attributes, children."""


class CannotPatch(Exception):
    """A part of the workbook is not of a shape that can be changed in place. Says nothing about the file's worth."""


@dataclass(slots=True)
class Element:
    """One element and its bytes: `start`, `inner` (after its opening tag), `close` (before its closing tag), `end`."""

    raw: str
    attributes: dict[str, str]
    start: int
    inner: int
    close: int = 0
    end: int = 0
    children: list[Element] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name without its prefix."""
        return self.raw.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """The prefix with its colon, or nothing."""
        return self.raw[: len(self.raw) - len(self.name)]

    @property
    def is_closed(self) -> bool:
        """Written as one tag, `<a/>`."""
        return self.close == self.end

    def child(self, name: str) -> Element | None:
        """The first child of a name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list[Element]:
        """The children of a name, in order."""
        return [child for child in self.children if child.name == name]

    def walk(self) -> Iterator[Element]:
        """This element and everything in it, in the order of the part."""
        yield self
        for child in self.children:
            yield from child.walk()

    def attribute(self, name: str) -> str | None:
        """An attribute by its local name, but never an unprefixed one where a prefixed one is there."""
        prefixed = (value for key, value in self.attributes.items() if key.rpartition(":")[2] == name and ":" in key)
        return next(prefixed, self.attributes.get(name))

    def canon(self) -> Canon:
        """What it says, whatever prefix and quotes it is written with."""
        own = tuple(sorted((k, v) for k, v in self.attributes.items() if not k.startswith("xmlns")))
        return (self.name, own, tuple(child.canon() for child in self.children))


def parse(xml: bytes) -> Element:
    """The root element with all in it. Raises CannotPatch where the XML is damaged."""
    if (told := _ENCODING.match(xml)) and told[1].lower() != b"utf-8":
        raise CannotPatch("not in UTF-8")  # what is put in is
    parser = expat.ParserCreate("utf-8")
    top = Element("", {}, 0, 0)
    open_elements = [top]

    def on_start(name: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        tag = _TAG.match(xml, at)
        if tag is None:
            raise CannotPatch(name)
        element = Element(name, attributes, at, tag.end())
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def on_end(_name: str) -> None:
        element = open_elements.pop()
        closed = xml[element.inner - 2 : element.inner] == b"/>"
        element.close = element.inner if closed else parser.CurrentByteIndex
        element.end = element.inner if closed else xml.index(b">", element.close) + 1

    parser.StartElementHandler, parser.EndElementHandler = on_start, on_end
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as fault:
        raise CannotPatch(str(fault)) from fault
    return top.children[0]


class Edits:
    """Changes of one part, applied together. Insertions at one place keep the order they were asked for."""

    def __init__(self, xml: bytes) -> None:
        self.xml = xml
        self._edits: list[tuple[int, int, bytes]] = []

    def replace(self, start: int, end: int, new: bytes) -> None:
        """These bytes instead of those."""
        self._edits.append((start, end, new))

    def insert(self, at: int, new: bytes) -> None:
        """More bytes at a place."""
        self._edits.append((at, at, new))

    def append_in(self, element: Element, content: bytes) -> None:
        """Content after an element's last child. Once an element: a one-tag element is opened for it."""
        if element.is_closed:
            opened = self.xml[element.start : element.inner - 2].rstrip()
            self.replace(element.start, element.end, opened + b">" + content + f"</{element.raw}>".encode())
        else:
            self.insert(element.close, content)

    def set(self, element: Element, values: Mapping[str, str | None]) -> None:
        """Attributes of an element's opening tag (None: gone)."""
        self.replace(element.start, element.inner, with_attributes(self.xml[element.start : element.inner], values))

    def apply(self) -> bytes:
        """The part with every change."""
        pieces, at = [], 0
        for start, end, new in sorted(self._edits, key=lambda edit: (edit[0], edit[1])):
            pieces += [self.xml[at:start], new]
            at = end
        return b"".join((*pieces, self.xml[at:]))


def with_attributes(tag: bytes, values: Mapping[str, str | None]) -> bytes:
    """An opening tag with some attributes set or, for None, left out; the others as they were."""
    for name, value in values.items():
        found = re.search(rb"""\s+%s\s*=\s*(?:"[^"]*"|'[^']*')""" % re.escape(name.encode()), tag)
        new = b"" if value is None else f' {name}="{escaped(value)}"'.encode()
        if found:
            tag = tag[: found.start()] + new + tag[found.end() :]
        elif new:
            end = len(tag) - (2 if tag.endswith(b"/>") else 1)
            tag = tag[:end].rstrip() + new + tag[end:]
    return tag


def escaped(text: str) -> str:
    """Text for XML. Characters XML cannot hold become U+FFFD."""
    return _UNWRITABLE.sub("�", text).translate(_ESCAPES)


def cell_text(text: str) -> str:
    """Text of a cell or comment for XML: spreadsheets read `_x000D_` as a character, so a lookalike is guarded."""
    return escaped(_LOOKS_ESCAPED.sub("_x005F_", text)).replace("&#10;", "\n").replace("&#9;", "\t")
