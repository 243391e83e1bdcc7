"""OpenDocument spreadsheets (.ods), read whole from their XML: the file says what each cell is.

A percentage is marked as such by its file, not by a format code; it is passed on as the format `0%`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any
from xml.parsers import expat

from pipeline.ingest.archive import Archive
from pipeline.ingest.evidence import Evidence
from pipeline.ingest.limits import MAX_SHEETS, BadFile, check_extent, too_large, unreadable
from pipeline.ingest.package import walk
from pipeline.ingest.wire import BLOCK_ROWS, Send
from schemas.findings import column_letter

_NUMBERS = frozenset({"float", "percentage", "currency"})
_DURATION = re.compile(r"(-?)PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})(?:[.,](\d{1,9}))?S)?\Z")
_ERROR_TEXT = re.compile(r"#[A-Z/0!?]{3,}|Err:\d{3}")


def read_ods(archive: Archive, only_sheet: str | None, send: Send) -> None:
    """Sends the workbook. Raises BadFile when it is damaged, protected, too large, or another kind of document."""
    kind = archive.small_xml("mimetype").strip()
    if not kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        raise BadFile("file.not_a_spreadsheet", found=kind.rpartition(b".")[2].decode("ascii", "replace"))
    _refuse_encrypted(archive)
    send("kind", "ods", any(name.startswith("Basic/") for name in archive.names))
    for name in archive.names:
        if name != "content.xml":
            archive.check(name)
    reader = _Reader(only_sheet, send)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    try:
        for piece in archive.xml_pieces("content.xml"):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise unreadable("damaged") from None
    if not reader.sheets:
        raise BadFile("file.no_table")


def _refuse_encrypted(archive: Archive) -> None:
    found: list[str] = []
    if "META-INF/manifest.xml" in archive:
        walk(archive.small_xml("META-INF/manifest.xml"), lambda name, _: found.append(name))
    if "encryption-data" in found:
        raise BadFile("file.encrypted")


class _Reader:
    """Follows the elements of content.xml; holds one block of rows at a time."""

    def __init__(self, only_sheet: str | None, send: Send) -> None:
        self._only, self._send = only_sheet, send
        self.sheets = 0
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._evidence: Evidence | None = None
        self._depth = 0  # of tables: a table inside a cell is not ours
        self._row = self._column = self._repeat_row = 0
        self._cells: dict[int, object] = {}
        self._pending = 0  # empty rows not sent yet
        self._block: list[dict[int, object]] = []
        self._cell: dict[str, str] | None = None
        self._words: list[str] = []
        self._paragraphs = 0
        self._silent = 0  # inside an annotation
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            "style:style": self._start_style,
            "style:table-properties": self._start_table_properties,
            "office:annotation": self._start_annotation,
            "table:table": self._start_table,
            "table:table-column": self._start_column,
            "table:table-row": self._start_row,
            "table:table-cell": self._start_cell,
            "table:covered-table-cell": self._start_cell,
            "text:p": self._start_paragraph,
            "text:s": self._start_spaces,
            "text:tab": lambda _: self.text("\t"),
            "text:line-break": lambda _: self.text("\n"),
        }
        self._ends: dict[str, Callable[[], None]] = {
            "office:annotation": self._end_annotation,
            "table:table": self._end_table,
            "table:table-row": self._end_row,
            "table:table-cell": self._end_cell,
            "table:covered-table-cell": self._end_cell,
        }

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """expat's StartElementHandler."""
        if handler := self._starts.get(name):
            handler(attributes)

    def end(self, name: str) -> None:
        """expat's EndElementHandler."""
        if handler := self._ends.get(name):
            handler()

    def text(self, data: str) -> None:
        """expat's CharacterDataHandler."""
        if self._cell is not None and not self._silent and self._paragraphs:
            self._words.append(data)

    def _start_style(self, attributes: dict[str, str]) -> None:
        self._style = attributes.get("style:name", "")

    def _start_table_properties(self, attributes: dict[str, str]) -> None:
        if attributes.get("table:display") == "false":
            self._hidden_styles.add(self._style)

    def _start_annotation(self, _: dict[str, str]) -> None:
        self._silent += 1

    def _end_annotation(self) -> None:
        self._silent -= 1

    def _start_table(self, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > 1:
            return
        self.sheets += 1
        if self.sheets > MAX_SHEETS:
            raise too_large("sheets", MAX_SHEETS, self.sheets)
        name = attributes.get("table:name", "")
        self._send("sheet", name, attributes.get("table:style-name") in self._hidden_styles, True)
        self._evidence = Evidence() if self._only in (None, name) else None
        self._row = self._column = self._pending = 0

    def _end_table(self) -> None:
        self._depth -= 1
        if self._depth or self._evidence is None:
            return
        self._flush()
        self._send("evidence", self._evidence.sent())
        self._evidence = None

    def _start_column(self, attributes: dict[str, str]) -> None:
        count = _count(attributes, "table:number-columns-repeated")
        if self._evidence is not None and attributes.get("table:visibility") in ("collapse", "filter"):
            self._evidence.hidden_columns += range(self._column, min(self._column + count, 16_384))
        self._column += count

    def _start_row(self, attributes: dict[str, str]) -> None:
        if self._depth != 1 or self._evidence is None:
            return
        self._repeat_row = _count(attributes, "table:number-rows-repeated")
        if attributes.get("table:visibility") in ("collapse", "filter"):
            self._evidence.hidden_rows += range(self._row + 1, min(self._row + self._repeat_row, 1_048_576) + 1)
        self._column, self._cells = 0, {}

    def _end_row(self) -> None:
        if self._depth != 1 or self._evidence is None:
            return
        if not self._cells:
            self._pending += self._repeat_row
        else:
            last = max(self._cells)
            check_extent(self._row + self._repeat_row, last, f"{column_letter(last)}{self._row + self._repeat_row}")
            self._block += [{}] * self._pending + [self._cells] * self._repeat_row
            self._pending = 0
            self._repeat_evidence()
            if len(self._block) >= BLOCK_ROWS:
                self._flush()
        self._row += self._repeat_row

    def _repeat_evidence(self) -> None:
        """A row written once for many: so are its formats, formulas and faults."""
        evidence = self._evidence
        assert evidence is not None
        first = self._row + 1
        more = range(first + 1, first + self._repeat_row)
        for columns in evidence.formats.values():
            for rows in columns.values():
                if rows[-1] == first:
                    rows.extend(more)
        formulas = list(takewhile(lambda at: at[0] == first, reversed(evidence.formulas)))
        faults = list(takewhile(lambda at: at[0] == first, reversed(evidence.faults)))
        evidence.formulas += [(row, column) for row in more for _, column in formulas]
        evidence.faults |= {(row, at[1]): evidence.faults[at] for row in more for at in faults}

    def _flush(self) -> None:
        if self._block:
            width = 1 + max((max(cells, default=-1) for cells in self._block), default=-1)
            self._send("rows", 0, [[cells.get(column) for cells in self._block] for column in range(width)])
            self._block = []

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if self._depth == 1 and self._evidence is not None:
            self._cell, self._words, self._paragraphs = attributes, [], 0

    def _end_cell(self) -> None:
        if self._depth != 1 or self._evidence is None or self._cell is None:
            return
        attributes, self._cell = self._cell, None
        count = _count(attributes, "table:number-columns-repeated")
        value = self._value(attributes)
        faulty = (self._row + 1, self._column) in self._evidence.faults
        if value is not None or faulty:
            check_extent(
                self._row + 1, self._column + count - 1, f"{column_letter(self._column + count - 1)}{self._row + 1}"
            )
            self._cells.update(dict.fromkeys(range(self._column, self._column + count), value))
        self._span(attributes)
        self._column += count

    def _value(self, attributes: dict[str, str]) -> object:
        evidence = self._evidence
        assert evidence is not None
        at = (self._row + 1, self._column)
        kind = attributes.get("calcext:value-type") or attributes.get("office:value-type", "")
        text = attributes.get("office:string-value") or "".join(self._words)
        if "table:formula" in attributes:
            evidence.formulas.append(at)
            if kind == "error" or (kind in ("", "string") and _ERROR_TEXT.fullmatch(text)):
                evidence.faults[at] = text or "#N/A"
                return None
            if not kind and not text:
                evidence.faults[at] = "no_cached_value"
                return None
        if kind == "percentage":
            for column in range(_count(attributes, "table:number-columns-repeated")):
                evidence.format_at(at[0], self._column + column, "0%")
        return _typed(attributes.get("office:value-type", ""), attributes, text)

    def _span(self, attributes: dict[str, str]) -> None:
        columns = _count(attributes, "table:number-columns-spanned")
        rows = _count(attributes, "table:number-rows-spanned")
        if columns > 1 or rows > 1:
            assert self._evidence is not None
            top, left = self._row + 1, self._column
            self._evidence.merged.append((top, left, top + rows - 1, left + columns - 1))

    def _start_paragraph(self, _: dict[str, str]) -> None:
        if self._cell is not None and not self._silent:
            if self._paragraphs:
                self._words.append("\n")
            self._paragraphs += 1

    def _start_spaces(self, attributes: dict[str, str]) -> None:
        self.text(" " * min(_count(attributes, "text:c"), 32_767))


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _typed(kind: str, attributes: dict[str, str], text: str) -> Any:
    try:
        if kind in _NUMBERS:
            return float(attributes["office:value"])
        if kind == "boolean":
            return attributes["office:boolean-value"] == "true"
        if kind == "date":
            written = attributes["office:date-value"]
            return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)
        if kind == "time":
            return _duration(attributes["office:time-value"])
    except (KeyError, ValueError, OverflowError):
        return text or None  # what the person sees, when the file contradicts itself
    return text or None


def _duration(written: str) -> timedelta:
    match = _DURATION.match(written)
    if match is None:
        raise ValueError(written)
    sign, hours, minutes, seconds, fraction = match.groups("0")
    micros = int((fraction + "000000")[:6])
    span = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds), microseconds=micros)
    return -span if sign == "-" else span
