"""An .xlsx or .xlsm with our marks on it: the parts that must change are changed in place, the others never touched."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from pipeline.copies import cells
from pipeline.copies.members import Parts
from pipeline.copies.parts import (
    SPREADSHEET,
    Book,
    SheetEntry,
    declare,
    list_sheet,
    name_and_activate,
    open_book,
    open_styles,
    relate,
    related,
)
from pipeline.copies.styles import Styles
from pipeline.copies.tags import CannotPatch, Edits, Element, parse
from pipeline.report.annotated import comments, listing, shapes
from pipeline.report.annotated.colours import Grade
from pipeline.report.annotated.marks import Marks, recalled, remembered
from pipeline.report.annotated.remarks import Remark, comment_words, worst
from schemas.findings import column_index, column_letter

_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SELECTED = re.compile(rb"""(<(?:\w+:)?sheetView\b[^<>]*?)\stabSelected=["'](?:1|true)["']""")
_BEFORE_DRAWING = frozenset(
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
    "autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations "
    "hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches "
    "ignoredErrors smartTags drawing".split()
)
"""What stands before `legacyDrawing` in a sheet (ECMA-376, CT_Worksheet)."""
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Desk:
    """A workbook on the table: its parts, what it says of itself, its styles and marks.

    stale: cell formats with a mark of an earlier copy. ours: the tab of the sheet of findings, where it has one.
    """

    parts: Parts
    book: Book
    styles_part: str
    marks: Marks
    stale: frozenset[int]
    ours: int | None


def annotated(data: bytes, remarks: Sequence[Remark], *, heading: str, lang: str) -> bytes:
    """The workbook in `data` with a mark and a comment on each cell spoken of, and a sheet of findings at its end.

    Marks of an earlier copy are replaced. Raises CannotPatch where a part has a shape that cannot be changed in place.
    """
    desk = _open(Parts(data))
    by_sheet: dict[str, list[Remark]] = {}
    for remark in remarks:
        if remark.sheet and remark.cell:
            by_sheet.setdefault(remark.sheet, []).append(remark)
    for at, sheet in enumerate(desk.book.sheets):
        if at != desk.ours and sheet.part in desk.parts:
            _mark_sheet(desk, sheet, by_sheet.get(sheet.name, ()) if sheet.is_cells else (), lang)
    part, look = _findings_part(desk, lang), listing.looks(desk.marks.styles)
    desk.parts.put(desk.styles_part, desk.marks.styles.xml())
    memory = f"{desk.parts.fingerprint(but=part)} {remembered(desk.marks.befores)}"
    desk.parts.put(
        part,
        listing.findings_sheet(
            remarks, heading=heading, lang=lang, look=look, memory=memory, namespace=desk.book.namespace
        ),
    )
    return desk.parts.packed()


def is_untouched(data: bytes) -> bool | None:
    """Is a marked copy byte for byte as we wrote it? None: it is no marked copy. CannotPatch, BadFile: no workbook."""
    parts = Parts(data)
    book = open_book(parts)
    ours, memory = _our_sheet(parts, book)
    if ours is None:
        return None
    return memory.partition(" ")[0] == parts.fingerprint(but=book.sheets[ours].part)


def _open(parts: Parts) -> _Desk:
    book, styles_part = open_styles(parts)
    marks = Marks(Styles(parts.get(styles_part)))
    if not marks.given():
        return _Desk(parts, book, styles_part, marks, frozenset(), None)
    ours, memory = _our_sheet(parts, book)
    if ours is None and not _holds_our_words(parts, book):
        return _Desk(parts, book, styles_part, marks, frozenset(), None)  # a colour of somebody's own
    marks = Marks(marks.styles, recalled(memory[max(memory.find("["), 0) :]))
    return _Desk(parts, book, styles_part, marks, marks.given(), ours)


def _holds_our_words(parts: Parts, book: Book) -> bool:
    """Has any sheet a comment of ours? So where somebody deleted the sheet of findings and kept the marks."""
    own = (related(parts, sheet.part).values() for sheet in book.sheets if sheet.part in parts)
    notes = (part for found in own for kind, part in found if kind == "comments" and part in parts)
    return any(comments.OPENING.encode() in parts.get(part) for part in notes)


def _our_sheet(parts: Parts, book: Book) -> tuple[int | None, str]:
    """Which tab is the sheet of findings of an earlier copy, and what it remembers."""
    strings: list[str] = []

    def string_at(number: int) -> str:
        if not strings and book.strings:
            strings.extend(_shared_strings(parts.get(book.strings)))
        return strings[number] if number < len(strings) else ""

    for at, sheet in enumerate(book.sheets):
        if sheet.is_cells and sheet.part in parts:
            memory = listing.memory_of(parts.get(sheet.part), string_at)
            if memory is not None:
                return at, memory
    return None, ""


def _shared_strings(xml: bytes) -> list[str]:
    found = re.findall(rb"<(?:\w+:)?si(?:/>|>(.*?)</(?:\w+:)?si>)", xml, re.DOTALL)
    texts = (b"".join(re.findall(rb"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)<", item)) for item in found)
    return [unescape(text.decode("utf-8", "replace"), {"&quot;": '"'}) for text in texts]


def _mark_sheet(desk: _Desk, sheet: SheetEntry, remarks: Sequence[Remark], lang: str) -> None:
    if not sheet.is_cells or not (remarks or desk.stale):
        if _SELECTED.search(desk.parts.head(sheet.part)):
            desk.parts.put(sheet.part, _unselected(desk.parts.get(sheet.part)))
        return
    xml = _unselected(desk.parts.get(sheet.part))
    page = cells.frame(xml)
    if desk.stale:
        page = cells.frame(cells.restyled(page, desk.stale, desk.marks.restored))
    placed = _placed(remarks, page.root)
    grades: dict[Place, Grade] = {place: worst(told) for place, told in placed.items()}
    wanted: dict[int, set[int]] = {}
    for row, column in placed:
        wanted.setdefault(row, set()).add(column)
    xml = cells.changed(page, wanted, lambda r, c, cell: _marked(cell, desk.marks, grades[r, c]))
    words = {place: comment_words(told, lang) for place, told in placed.items()}
    desk.parts.put(sheet.part, _comment(desk, sheet, xml, words))


def _marked(cell: bytes, marks: Marks, grade: Grade) -> bytes:
    """A cell's bytes under the style that marks it."""
    own = parse(cell)
    told = own.attributes.get("s", "")
    edits = Edits(cell)
    edits.set(own, {"s": str(marks.on(int(told) if told.isdigit() else 0, grade))})
    return edits.apply()


def _unselected(xml: bytes) -> bytes:
    """The sheet no longer chosen: two chosen tabs are a group, and what is typed in one goes into both."""
    at = xml.find(b"sheetData")
    return _SELECTED.sub(rb"\1", xml[:at]) + xml[at:]


def _placed(remarks: Sequence[Remark], root: Element) -> dict[Place, list[Remark]]:
    """Remarks by cell, in the order of the sheet; of a merged range only its first cell is seen."""
    merged = cells.merged_anchors(root)
    found: dict[Place, list[Remark]] = {}
    for remark in remarks:
        row, column = remark.row or 1, remark.column or 0
        for top, left, bottom, right in merged:
            if top <= row <= bottom and left <= column <= right:
                row, column = top, left
        found.setdefault((row, column), []).append(remark)
    return dict(sorted(found.items()))


def _comment(desk: _Desk, sheet: SheetEntry, xml: bytes, words: Mapping[Place, tuple[str, str]]) -> bytes:
    """Comments and their boxes; gives the sheet's XML, which may need to name its drawing."""
    parts, own = desk.parts, related(desk.parts, sheet.part)
    notes = next((part for kind, part in own.values() if kind == "comments" and part in parts), None)
    if notes is None and not words:
        return xml
    page = cells.frame(xml)
    drawing = _drawing(page.root, own, parts)
    if notes is None:
        notes = parts.free_name(posixpath.join(posixpath.dirname(desk.book.main), "comments{}.xml"))
        parts.put(notes, comments.blank_comments(desk.book.namespace))
        relate(parts, sheet.part, f"{desk.book.relations}/comments", notes)
        declare(parts, notes, f"{SPREADSHEET}.comments+xml")
    body, gone = parts.get(notes), frozenset[str]()
    if desk.stale:
        body, gone = comments.without_ours(body)
    refs = {f"{column_letter(column)}{row}": (row, column) for row, column in words}
    body, made = comments.with_ours(body, {ref: words[place] for ref, place in refs.items()})
    parts.put(notes, body)
    if drawing is None and not made:
        return xml  # comments without boxes: another program's, and none of ours among them
    if drawing is None:
        drawing, xml = _new_drawing(desk, sheet, page)
    vml = parts.get(drawing)
    if desk.stale:
        vml = shapes.without_room(shapes.without_shapes(vml, (_place(ref) for ref in gone)))
    boxes = {ref: shapes.Box(*refs[ref], "\n".join((comments.OPENING, *words[refs[ref]], ""))) for ref in refs}
    vml = shapes.with_room(vml, (box for ref, box in boxes.items() if ref not in made))
    if made:
        vml = shapes.with_shapes(vml, (box for ref, box in boxes.items() if ref in made), shapes.widths(page.root))
    parts.put(drawing, vml)
    return xml


def _place(ref: str) -> Place:
    found = re.fullmatch(r"([A-Z]+)([0-9]+)", ref)
    return (int(found[2]), column_index(found[1])) if found else (0, -1)


def _drawing(root: Element, own: Mapping[str, tuple[str, str]], parts: Parts) -> str | None:
    """The part with the boxes of a sheet's comments, where it has one."""
    named = root.child("legacyDrawing")
    kind, part = own.get((named.attribute("id") if named else None) or "", ("", ""))
    return part if kind == "vmlDrawing" and part in parts else None


def _new_drawing(desk: _Desk, sheet: SheetEntry, page: cells.Frame) -> tuple[str, bytes]:
    parts = desk.parts
    part = parts.free_name(posixpath.join(posixpath.dirname(desk.book.main), "drawings/vmlDrawing{}.vml"))
    parts.put(part, shapes.blank_shapes())
    declare(parts, part, _VML)
    relation = relate(parts, sheet.part, f"{desk.book.relations}/vmlDrawing", part)
    edits = Edits(page.skeleton)
    named = page.root.child("legacyDrawing")
    if named is not None:
        raise CannotPatch("legacyDrawing leads nowhere")
    prefix = next(
        (k[6:] for k, v in page.root.attributes.items() if v == desk.book.relations and k[:6] == "xmlns:"), None
    )
    link = f"{prefix}:id" if prefix else f'xmlns:r="{desk.book.relations}" r:id'
    place = max(child.end for child in page.root.children if child.name in _BEFORE_DRAWING)
    edits.insert(place, f'<{page.root.prefix}legacyDrawing {link}="{relation}"/>'.encode())
    return part, page.around(edits)


def _findings_part(desk: _Desk, lang: str) -> str:
    """The part of the sheet of findings, listed last among the tabs; what it holds is written when all else is."""
    parts, book = desk.parts, desk.book
    if desk.ours is not None:
        own = book.sheets[desk.ours]
        name = own.name if own.name not in listing.NAMES.values() else _free_name(book, lang, but=own.name)
        name_and_activate(parts, book, desk.ours, name)
        return own.part
    part = parts.free_name(posixpath.join(posixpath.dirname(book.main), "worksheets/sheet{}.xml"))
    parts.put(part, b"")
    declare(parts, part, f"{SPREADSHEET}.worksheet+xml")
    name = _free_name(book, lang)
    list_sheet(parts, book, name, relate(parts, book.main, f"{book.relations}/worksheet", part))
    name_and_activate(parts, book, len(book.sheets), name)
    return part


def _free_name(book: Book, lang: str, *, but: str = "") -> str:
    used = {sheet.name.lower() for sheet in book.sheets if sheet.name != but}
    names = (listing.NAMES[lang], *(f"{listing.NAMES[lang]} ({n})" for n in range(2, 1_000)))
    return next(name for name in names if name.lower() not in used)
