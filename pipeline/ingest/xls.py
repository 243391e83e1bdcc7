"""Excel 97-2003 workbooks (.xls): values by the fast reader, evidence from one pass over the records.

Record numbers and layouts are those of [MS-XLS]; a BIFF5 workbook (Excel 95) shares all that are read here but for
the text of its number formats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from python_calamine import SheetTypeEnum

from pipeline.ingest.compound import Compound
from pipeline.ingest.evidence import Evidence
from pipeline.ingest.limits import MAX_SHEETS, BadFile, check_extent, too_large, unreadable
from pipeline.ingest.package import BUILT_IN, is_plain
from pipeline.ingest.values import open_workbook, send_rows, sheet_of
from pipeline.ingest.wire import Send
from schemas.findings import column_letter

_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x809, 0x0A, 0x2F, 0x85
_FORMAT, _XF, _ROW, _COLINFO, _MERGED = 0x41E, 0xE0, 0x208, 0x7D, 0xE5
_FORMULA, _BOOLERR, _NUMBER, _RK, _MULRK = 0x06, 0x205, 0x203, 0x27E, 0xBD
_LABEL, _LABELSST, _RSTRING = 0x204, 0xFD, 0xD6
_CELLS = frozenset({_FORMULA, _BOOLERR, _NUMBER, _RK, _MULRK, _LABEL, _LABELSST, _RSTRING})
ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


@dataclass(slots=True)
class _Globals:
    """What the first substream says: where the sheets lie, whether they hide, the format number of each style."""

    sheets: list[tuple[int, bool]] = field(default_factory=list)
    codes: dict[int, str] = field(default_factory=lambda: dict(BUILT_IN))
    styles: list[int] = field(default_factory=list)

    def formats(self) -> dict[int, str]:
        named = {style: self.codes.get(number, "General") for style, number in enumerate(self.styles)}
        return {style: code for style, code in named.items() if not is_plain(code)}


def read_xls(data: bytes, only_sheet: str | None, send: Send) -> None:
    """Sends the workbook in the compound file. Raises BadFile when it is none, damaged, protected or too large."""
    box = Compound(data)
    if "EncryptedPackage" in box:
        raise BadFile("file.encrypted")
    name = next((name for name in ("Workbook", "Book") if name in box), None)
    if name is None:
        raise BadFile("file.not_a_spreadsheet", found="DOC" if "WordDocument" in box else "OLE")
    send("kind", "xls", "_vba_project" in box)
    records = box.stream(name)
    try:
        heads = _globals(records)
        evidence = [_sheet(records, position, heads.formats()) for position, _ in heads.sheets]
    except (struct.error, IndexError):
        raise unreadable("damaged") from None
    workbook = open_workbook(data)
    names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if len(names) != len(evidence):
        raise unreadable("damaged")
    for sheet, (_, hidden), found in zip(names, heads.sheets, evidence, strict=True):
        send("sheet", sheet, hidden, True)
        if only_sheet is None or sheet == only_sheet:
            send("evidence", found.sent())
            if found.last_row:
                send_rows(sheet_of(workbook, sheet), send, {})


def _records(stream: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """The records of one substream, up to its end."""
    depth = 0
    at = start
    while at + 4 <= len(stream):
        number, length = struct.unpack_from("<HH", stream, at)
        yield number, stream[at + 4 : at + 4 + length]
        at += 4 + length
        depth += (number == _BOF) - (number == _EOF)
        if depth <= 0:
            return
    raise unreadable("truncated")


def _globals(stream: bytes) -> _Globals:
    heads = _Globals()
    wide = True
    for number, data in _records(stream):
        if number == _BOF:
            wide = struct.unpack_from("<H", data)[0] >= 0x600
        elif number == _FILEPASS:
            raise BadFile("file.encrypted")
        elif number == _BOUNDSHEET and data[5] == 0:
            heads.sheets.append((struct.unpack_from("<I", data)[0], data[4] & 3 != 0))
        elif number == _FORMAT:
            heads.codes[struct.unpack_from("<H", data)[0]] = _text(data[2:], wide=wide)
        elif number == _XF:
            heads.styles.append(struct.unpack_from("<H", data, 2)[0])
    if len(heads.sheets) > MAX_SHEETS:
        raise too_large("sheets", MAX_SHEETS, len(heads.sheets))
    return heads


def _text(data: bytes, *, wide: bool) -> str:
    if not wide:
        return data[1 : 1 + data[0]].decode("cp1252", "replace")
    count, flags = struct.unpack_from("<HB", data)
    return (
        data[3 : 3 + 2 * count].decode("utf-16-le", "replace") if flags & 1 else data[3 : 3 + count].decode("latin-1")
    )


def _sheet(stream: bytes, position: int, formats: dict[int, str]) -> Evidence:
    evidence = Evidence()
    for number, data in _records(stream, position):
        if number in _CELLS:
            _cell(number, data, formats, evidence)
        elif number == _ROW:
            if data[12] & 0x20 or struct.unpack_from("<H", data, 6)[0] & 0x7FFF == 0:
                evidence.hidden_rows.append(struct.unpack_from("<H", data)[0] + 1)
        elif number == _COLINFO:
            first, last, width, _, flags = struct.unpack_from("<5H", data)
            if flags & 1 or not width:
                evidence.hidden_columns += range(first, min(last, 255) + 1)
        elif number == _MERGED:
            (count,) = struct.unpack_from("<H", data)
            for top, bottom, left, right in struct.iter_unpack("<4H", data[2 : 2 + 8 * count]):
                evidence.merged.append((top + 1, left, bottom + 1, right))
    if evidence.last_row:
        far = f"{column_letter(evidence.last_column)}{evidence.last_row}"
        check_extent(evidence.last_row, evidence.last_column, far)
    return evidence


def _cell(number: int, data: bytes, formats: dict[int, str], evidence: Evidence) -> None:
    row, column, style = struct.unpack_from("<3H", data)
    row += 1
    styles = [style]
    if number == _MULRK:
        styles = [each for each, _ in struct.iter_unpack("<HI", data[4 : 4 + (len(data) - 6) // 6 * 6])]
    evidence.last_row = max(evidence.last_row, row)
    evidence.last_column = max(evidence.last_column, column + len(styles) - 1)
    is_number = number in (_NUMBER, _RK, _MULRK)
    if number == _FORMULA:
        evidence.formulas.append((row, column))
        is_number = data[12:14] != b"\xff\xff"
        if not is_number and data[6] == 2:
            evidence.faults[row, column] = ERRORS.get(data[8], "#N/A")
    elif number == _BOOLERR and data[7]:
        evidence.faults[row, column] = ERRORS.get(data[6], "#N/A")
    for offset, each in enumerate(styles if is_number else ()):
        if each in formats:
            evidence.format_at(row, column + offset, formats[each])
