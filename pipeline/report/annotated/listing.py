"""The sheet of findings: one row a finding with a link to its cell, and where the copy remembers what was there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from pipeline.copies.styles import Styles
from pipeline.copies.tags import cell_text, escaped
from pipeline.mapping import FINDINGS_MARK
from pipeline.report.annotated.colours import Grade, shade
from pipeline.report.annotated.remarks import Remark, grade_words

NAMES = {"es": "Hallazgos", "en": "Findings"}
MOST_LINKS = 65_000
"""Excel keeps 65,530 links a sheet; the rows beyond name their cell without one."""
MOST_ROWS = 200_000
_MOST_TEXT = 32_000
_MEMORY = "H1"
"""A hidden cell: the mark by which the sheet is known as ours, then the fills the marked cells had."""
_HEADERS = {
    "es": ("Gravedad", "Celda", "Producto", "Qué se encontró", "Qué hacer", "Veces"),
    "en": ("Severity", "Cell", "Product", "What was found", "What to do", "Count"),
}
_WIDTHS = (24, 22, 18, 62, 62, 8)
_HINTS = {
    "es": "Corrija las celdas marcadas y envíe de nuevo este mismo libro: ni esta hoja ni las marcas se leen.",
    "en": "Mend the marked cells and upload this same workbook again: this sheet and the marks are not read.",
}
_NONE = {"es": "No hay hallazgos.", "en": "Nothing was found."}
_HEAD_ROW = 4
_LINE, _LETTERS = 15, 64
"""Points of a line and letters in it, in the two wide columns: not every program fits rows to their text."""
_LINK = "FF0B57A4"


@dataclass(frozen=True, slots=True)
class _Looks:
    plain: int
    wrapped: int
    title: int
    header: int
    link: int
    grades: dict[Grade, int]


def looks(styles: Styles) -> _Looks:
    """The few cell formats of the sheet, added to the workbook's own."""
    text, bold = styles.font(), styles.font(bold=True)
    grades: tuple[Grade, ...] = ("error", "warning", "info", "waived")
    return _Looks(
        plain=styles.format(font=text),
        wrapped=styles.format(font=text, wrap=True),
        title=styles.format(font=styles.font(bold=True, size=14)),
        header=styles.format(font=bold, fill=styles.fill("FFE9EBEE")),
        link=styles.format(font=styles.font(argb=_LINK, underlined=True)),
        grades={g: styles.format(font=bold, fill=styles.fill(shade(g, "light", 0))) for g in grades},
    )


def findings_sheet(
    remarks: Sequence[Remark], *, heading: str, lang: str, look: _Looks, memory: str, namespace: str
) -> bytes:
    """The sheet's XML. Texts are inline strings: none is ever a formula, a link of its own or a number."""
    listed = remarks[:MOST_ROWS]
    head = [_row(1, [("A", heading, look.title), ("H", f"{FINDINGS_MARK} {memory}"[:_MOST_TEXT], look.plain)])]
    head.append(_row(2, [("A", _HINTS[lang] if listed else _NONE[lang], look.plain)]))
    head.append(_row(_HEAD_ROW, [("ABCDEF"[i], text, look.header) for i, text in enumerate(_HEADERS[lang])]))
    body = [_remark_row(at, remark, lang, look) for at, remark in enumerate(listed, _HEAD_ROW + 1)]
    last, first = _HEAD_ROW + len(listed), f"A{_HEAD_ROW + 1}"
    pieces = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{namespace}">',
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>',
        '<sheetViews><sheetView tabSelected="1" showGridLines="0" workbookViewId="0">',
        f'<pane ySplit="{_HEAD_ROW}" topLeftCell="{first}" activePane="bottomLeft" state="frozen"/>',
        f'<selection pane="bottomLeft" activeCell="{first}" sqref="{first}"/></sheetView></sheetViews>',
        '<sheetFormatPr defaultRowHeight="15"/>',
        f'<cols>{_columns()}<col min="8" max="8" width="9" hidden="1" customWidth="1"/></cols>',
        "<sheetData>", *head, *body, "</sheetData>",
        f'<autoFilter ref="A{_HEAD_ROW}:F{last}"/>' if listed else "",
        _links(listed),
        '<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>',
        '<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>',
    )  # fmt: skip
    return "".join(pieces).encode()


def _columns() -> str:
    each = (f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(_WIDTHS, 1))
    return "".join(each)


def _row(number: int, cells: Sequence[tuple[str, str, int]]) -> str:
    return f'<row r="{number}">' + "".join(_text(f"{col}{number}", text, look) for col, text, look in cells) + "</row>"


def _text(ref: str, text: str, look: int) -> str:
    shown = cell_text(text[:_MOST_TEXT])
    return f'<c r="{ref}" s="{look}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'


def _remark_row(at: int, remark: Remark, lang: str, look: _Looks) -> str:
    where = _place(remark, lang)
    words = [
        ("A", grade_words(remark.grade, lang), look.grades[remark.grade]),
        ("B", where, look.link if remark.sheet and at - _HEAD_ROW <= MOST_LINKS else look.wrapped),
        ("C", remark.product, look.wrapped),
        ("D", remark.message, look.wrapped),
        ("E", remark.fix, look.wrapped),
    ]
    cells = "".join(_text(f"{col}{at}", text, style) for col, text, style in words if text)
    height = _LINE * max(-(-len(text) // _LETTERS) for text in (remark.message, remark.fix, " "))
    cells += f'<c r="F{at}" s="{look.plain}"><v>{remark.count}</v></c>'
    return f'<row r="{at}" ht="{height}" customHeight="1">{cells}</row>'


def _place(remark: Remark, lang: str) -> str:
    if not remark.sheet:
        return "El archivo" if lang == "es" else "The file"
    if remark.cell:
        return f"{remark.sheet}!{remark.cell}"
    word = "fila" if lang == "es" else "row"
    return f"{remark.sheet} ({word} {remark.row})" if remark.row else remark.sheet


def _links(remarks: Sequence[Remark]) -> str:
    found = [
        f'<hyperlink ref="B{at}" location="{escaped(_location(remark))}"/>'
        for at, remark in enumerate(remarks[:MOST_LINKS], _HEAD_ROW + 1)
        if remark.sheet
    ]
    return f"<hyperlinks>{''.join(found)}</hyperlinks>" if found else ""


def _location(remark: Remark) -> str:
    sheet = (remark.sheet or "").replace("'", "''")
    return f"'{sheet}'!{remark.cell or f'A{remark.row or 1}'}"


def memory_of(xml: bytes, string_at: Callable[[int], str]) -> str | None:
    """What our sheet remembers; None where the sheet is not ours. `string_at` gives a shared string by number."""
    cell = re.search(
        rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']%s[\"'][^<>]*>(.*?)</(?:\w+:)?c>" % _MEMORY.encode(), xml, re.DOTALL
    )
    if cell is None:
        return None
    number = re.search(rb"<(?:\w+:)?v>([0-9]+)</", cell[1])
    if number:
        text = string_at(int(number[1]))
    else:
        text = unescape(
            b"".join(re.findall(rb"<(?:\w+:)?t(?:\s[^<>]*)?>([^<]*)<", cell[1])).decode("utf-8", "replace"),
            {"&quot;": '"'},
        )
    return text.removeprefix(FINDINGS_MARK).strip() if text.startswith(FINDINGS_MARK) else None
