"""Excel binary workbooks (.xlsb): values by the fast reader, evidence from one pass over the records of [MS-XLSB]."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipeline.ingest.archive import Archive
from pipeline.ingest.evidence import Evidence
from pipeline.ingest.limits import MAX_SHEETS, BadFile, check_extent, too_large, unreadable
from pipeline.ingest.package import BUILT_IN, Package, is_plain, relations
from pipeline.ingest.values import open_workbook, send_rows, sheet_of
from pipeline.ingest.wire import Send
from pipeline.ingest.xls import ERRORS
from schemas.findings import column_letter

_ROW, _ERROR, _FORMULA_ERROR = 0, 3, 11
_NUMBERS = frozenset({2, 5, 9})
_FILLED = frozenset(range(2, 12))
_FORMULAS = frozenset({8, 9, 10, 11})
_FORMAT, _XF, _COLUMN, _SHEET, _MERGE = 44, 47, 60, 156, 176
_BEGIN_XFS, _END_XFS = 617, 618


def read_xlsb(data: bytes, archive: Archive, package: Package, only_sheet: str | None, send: Send) -> None:
    """Sends the workbook in `data`. Raises BadFile when it is damaged or too large."""
    try:
        formats = _formats(archive, package.styles)
        sheets = _sheets(archive, package.main)
        evidence = [_sheet(archive, part, formats) for _, _, part in sheets]
    except (struct.error, IndexError, UnicodeDecodeError):
        raise unreadable("damaged") from None
    for name in archive.names:
        archive.check(name)
    if not sheets:
        raise BadFile("file.no_table")
    workbook = open_workbook(data)
    for (name, hidden, _), found in zip(sheets, evidence, strict=True):
        send("sheet", name, hidden, True)
        if only_sheet is None or name == only_sheet:
            send("evidence", found.sent())
            if found.last_row:
                send_rows(sheet_of(workbook, name), send, {})


def _records(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    data = b"".join(pieces)
    at = 0
    while at < len(data):
        number = data[at]
        at += 1
        if number & 0x80:
            number = (number & 0x7F) | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while True:
            length |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 0x80 or shift == 28:
                break
        if at + length > len(data):
            raise unreadable("truncated")
        yield number, data[at : at + length]
        at += length


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """A text with its length in front, and where it ends."""
    (count,) = struct.unpack_from("<I", data, at)
    if count == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * count
    return data[at + 4 : end].decode("utf-16-le"), end


def _formats(archive: Archive, styles: str) -> dict[int, str]:
    codes = dict(BUILT_IN)
    used: list[int] = []
    inside = False
    for number, data in _records(archive.pieces(styles)) if styles in archive else ():
        if number == _FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _wide(data, 2)[0]
        elif number in (_BEGIN_XFS, _END_XFS):
            inside = number == _BEGIN_XFS
        elif number == _XF and inside:
            used.append(struct.unpack_from("<H", data, 2)[0])
    named = {style: codes.get(number, "General") for style, number in enumerate(used)}
    return {style: code for style, code in named.items() if not is_plain(code)}


def _sheets(archive: Archive, main: str) -> list[tuple[str, bool, str]]:
    related = relations(archive, main)
    sheets = []
    for number, data in _records(archive.pieces(main)):
        if number == _SHEET:
            relation, end = _wide(data, 8)
            type_, part = related.get(relation, ("", ""))
            if type_ == "worksheet" and part in archive:
                sheets.append((_wide(data, end)[0], struct.unpack_from("<I", data)[0] != 0, part))
    if len(sheets) > MAX_SHEETS:
        raise too_large("sheets", MAX_SHEETS, len(sheets))
    return sheets


def _sheet(archive: Archive, part: str, formats: dict[int, str]) -> Evidence:
    evidence = Evidence()
    row = 0
    for number, data in _records(archive.pieces(part)):
        if number == _ROW:
            row = struct.unpack_from("<I", data)[0] + 1
            if data[11] & 0x10:
                evidence.hidden_rows.append(row)
        elif number in _FILLED:
            _cell(number, data, row, formats, evidence)
        elif number == _COLUMN:
            first, last, width, _, flags = struct.unpack_from("<4IH", data)
            if flags & 1 or not width:
                evidence.hidden_columns += range(first, min(last, 16_383) + 1)
        elif number == _MERGE:
            top, bottom, left, right = struct.unpack_from("<4I", data)
            evidence.merged.append((top + 1, left, bottom + 1, right))
    return evidence


def _cell(number: int, data: bytes, row: int, formats: dict[int, str], evidence: Evidence) -> None:
    column, style = struct.unpack_from("<II", data)
    style &= 0xFFFFFF
    if row > evidence.last_row or column > evidence.last_column:
        evidence.last_row = max(evidence.last_row, row)
        evidence.last_column = max(evidence.last_column, column)
        check_extent(evidence.last_row, evidence.last_column, f"{column_letter(column)}{row}")
    if number in _FORMULAS:
        evidence.formulas.append((row, column))
    if number in (_ERROR, _FORMULA_ERROR):
        evidence.faults[row, column] = ERRORS.get(data[8], "#N/A")
    elif number in _NUMBERS and style in formats:
        evidence.format_at(row, column, formats[style])
