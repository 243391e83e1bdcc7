"""How parts of a package know one another: content types, relations, and the list of sheets."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from pipeline.copies.members import Parts
from pipeline.copies.styles import blank_styles
from pipeline.copies.tags import CannotPatch, Edits, Element, escaped, parse
from pipeline.ingest.package import relations

TYPES = "[Content_Types].xml"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
"""How the content types of a workbook's parts begin."""
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONS = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_PACKAGE}/relationships"/>'
)
_LOOSE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MAIN_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_ORDER = "fileVersion fileSharing workbookPr AlternateContent revisionPtr absPath workbookProtection".split()
"""What may stand before the views of a workbook (ECMA-376, CT_Workbook)."""


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One tab of the workbook in its place; `part` is where its cells are."""

    name: str
    number: int
    part: str
    is_cells: bool


@dataclass(frozen=True, slots=True)
class Book:
    """What the main part says: its tabs in order, the namespaces it speaks."""

    main: str
    sheets: tuple[SheetEntry, ...]
    styles: str | None
    strings: str | None
    is_strict: bool

    @property
    def namespace(self) -> str:
        """Of spreadsheet elements."""
        return _MAIN_STRICT if self.is_strict else _MAIN

    @property
    def relations(self) -> str:
        """Of relation types and `r:id`."""
        return _STRICT if self.is_strict else _LOOSE


def open_book(parts: Parts) -> Book:
    """The workbook's tabs, sheets without cells (charts, macro sheets) among them."""
    main = next((part for kind, part in related(parts, "").values() if kind == "officeDocument"), "")
    if main not in parts:
        raise CannotPatch("no main part")
    root, own = parse(parts.get(main)), related(parts, main)
    listed = root.child("sheets")
    entries = tuple(_entry(sheet, own) for sheet in (listed.all("sheet") if listed else ()))
    by_kind = {kind: part for kind, part in own.values() if part in parts}
    strict = _MAIN_STRICT in root.attributes.values()
    return Book(main, entries, by_kind.get("styles"), by_kind.get("sharedStrings"), strict)


def open_styles(parts: Parts) -> tuple[Book, str]:
    """The workbook's tabs and the part with its styles, which is made where it has none."""
    book = open_book(parts)
    if book.styles:
        return book, book.styles
    part = posixpath.join(posixpath.dirname(book.main), "styles.xml")
    if part not in parts:
        parts.put(part, blank_styles(book.namespace))
        declare(parts, part, f"{SPREADSHEET}.styles+xml")
    relate(parts, book.main, f"{book.relations}/styles", part)
    return book, part


def _entry(sheet: Element, own: dict[str, tuple[str, str]]) -> SheetEntry:
    kind, part = own.get(sheet.attribute("id") or "", ("", ""))
    number = sheet.attributes.get("sheetId", "0")
    return SheetEntry(
        sheet.attributes.get("name", ""), int(number) if number.isdigit() else 0, part, kind == "worksheet"
    )


class _Reader:
    """What `ingest.package.relations` asks of an archive, over parts that may have changed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def small_xml(self, name: str) -> bytes:
        return self._parts.get(name)


def related(parts: Parts, part: str) -> dict[str, tuple[str, str]]:
    """Relation id -> (last word of its type, part), for what lies inside the package."""
    try:
        return relations(_Reader(parts), part)  # type: ignore[arg-type]
    except LookupError as fault:  # an encoding nobody knows
        raise CannotPatch(part) from fault


def relate(parts: Parts, part: str, kind: str, target: str) -> str:
    """One more relation of a part; gives its id, new in that part."""
    folder, base = posixpath.split(part)
    name = posixpath.join(folder, "_rels", f"{base}.rels")
    xml = parts.get(name) if name in parts else _RELATIONS.encode()
    root = parse(xml)
    used = {child.attributes.get("Id", "").lower() for child in root.children}
    own = next(f"rId{n}" for n in range(1, len(used) + 2) if f"rid{n}" not in used)
    way = posixpath.relpath(target, folder or ".")
    edits = Edits(xml)
    edits.append_in(root, f'<{root.prefix}Relationship Id="{own}" Type="{kind}" Target="{escaped(way)}"/>'.encode())
    parts.put(name, edits.apply())
    return own


def declare(parts: Parts, part: str, kind: str) -> None:
    """Says what a new part holds, unless the package already says so."""
    if TYPES not in parts:
        raise CannotPatch(TYPES)
    xml = parts.get(TYPES)
    root = parse(xml)
    extension = part.rpartition(".")[2].lower()
    overrides = {c.attributes.get("PartName", "").lower(): c for c in root.all("Override")}
    defaults = {c.attributes.get("Extension", "").lower(): c.attributes.get("ContentType") for c in root.all("Default")}
    edits = Edits(xml)
    if f"/{part}".lower() in overrides or defaults.get(extension) == kind:
        return
    if extension == "vml" and extension not in defaults:
        at = root.all("Default")[-1].end if root.all("Default") else root.inner
        edits.insert(at, f'<{root.prefix}Default Extension="vml" ContentType="{kind}"/>'.encode())
    else:
        edits.append_in(root, f'<{root.prefix}Override PartName="/{escaped(part)}" ContentType="{kind}"/>'.encode())
    parts.put(TYPES, edits.apply())


def list_sheet(parts: Parts, book: Book, name: str, relation: str) -> None:
    """One more tab, the last one, so that nothing that counts tabs counts another way."""
    xml = parts.get(book.main)
    root = parse(xml)
    listed = root.child("sheets")
    if listed is None:
        raise CannotPatch("no sheets")
    number = 1 + max((sheet.number for sheet in book.sheets), default=0)
    link = _relation_attribute(root, listed, book)
    edits = Edits(xml)
    edits.append_in(
        listed, f'<{root.prefix}sheet name="{escaped(name)}" sheetId="{number}" {link}="{relation}"/>'.encode()
    )
    parts.put(book.main, edits.apply())


def _relation_attribute(root: Element, listed: Element, book: Book) -> str:
    """How `r:id` is written in the list of sheets; with its namespace where nobody has declared it."""
    for element in (listed, root):
        for key, value in element.attributes.items():
            if key.startswith("xmlns:") and value == book.relations:
                return f"{key[6:]}:id"
    return f'xmlns:r="{book.relations}" r:id'


def name_and_activate(parts: Parts, book: Book, at: int, name: str) -> None:
    """Gives tab number `at` its name and brings it to the front."""
    xml = parts.get(book.main)
    root = parse(xml)
    edits = Edits(xml)
    sheet = (root.child("sheets") or root).all("sheet")[at]
    changes: dict[str, str | None] = {} if sheet.attributes.get("name") == name else {"name": name}
    if sheet.attributes.get("state", "visible") != "visible":
        changes["state"] = None
    if changes:
        edits.set(sheet, changes)
    views = root.child("bookViews")
    if views is not None and views.children:
        edits.set(views.children[0], {"activeTab": str(at)})
    else:
        _add_views(edits, root, at)
    parts.put(book.main, edits.apply())


def _add_views(edits: Edits, root: Element, at: int) -> None:
    view = f'<{root.prefix}workbookView activeTab="{at}"/>'
    own = root.child("bookViews")
    if own is not None:
        edits.append_in(own, view.encode())
        return
    before = [child.end for child in root.children if child.name in _ORDER]
    place = max((end for end in before if end <= (root.child("sheets") or root).start), default=root.inner)
    edits.insert(place, f"<{root.prefix}bookViews>{view}</{root.prefix}bookViews>".encode())
