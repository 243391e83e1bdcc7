"""Text with separators: .csv, .tsv, .txt. Every cell is text, as it is written; an empty one is nothing.

Encoding and separator are told by the content. Rows are records, as a spreadsheet shows them: a quoted line break
does not begin a row, and a first line `sep=;` is not one.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import BinaryIO

from pipeline.ingest.limits import MIB, BadFile, check_extent, unreadable
from pipeline.ingest.wire import BLOCK_ROWS, Send

SEPARATORS = (",", ";", "\t", "|")
_SAMPLE_RECORDS = 60
_LONGEST_LINE = MIB
_DIGIT_COMMA = re.compile(r"(?<=\d),(?=\d)")
_SEP_LINE = re.compile(r"sep=(.)\r?\n?\Z", re.IGNORECASE)
_END = "\x03end of file\x03\n"
"""Ends the text: it comes back as a record of its own unless a quote was left open."""
_OTHER_FILES = {
    b"%PDF": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"7z\xbc\xaf": "7z", b"Rar!": "RAR",
    b"\x1f\x8b": "gzip", b"{\\rtf": "RTF", b"BM": "", b"RIFF": "RIFF", b"\x7fELF": "program", b"MZ": "",
}  # fmt: skip
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read_delimited(file: BinaryIO, head: bytes, name: str, send: Send) -> None:
    """Sends the one table of a text file. Raises BadFile when it is no text, no table, or torn."""
    _refuse_other_kinds(head)
    text = io.TextIOWrapper(file, encoding=_encoding(file), errors="strict", newline="")
    try:
        lines = _lines(text)
        separator, lines = _separator(lines)
        send("kind", "csv", False)
        send("sheet", name.rpartition(".")[0] or name, False, False)
        _send_records(csv.reader(lines, delimiter=separator), send)
    except UnicodeDecodeError:
        raise unreadable("encoding") from None
    except csv.Error:
        raise unreadable("quotes") from None


def dialect_of(file: BinaryIO) -> tuple[str, str, int]:
    """Encoding, separator, and how many lines only declare it (0 or 1), of a text file read without a fault."""
    encoding = _encoding(file)
    text = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    declared = _SEP_LINE.match(text.readline(_LONGEST_LINE))
    text.seek(0)
    return encoding, _separator(_lines(text))[0], 1 if declared else 0


def _refuse_other_kinds(head: bytes) -> None:
    for magic, kind in _OTHER_FILES.items():
        if kind and head.startswith(magic):
            raise BadFile("file.not_a_spreadsheet", found=kind)
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:512].lower()
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = head.decode("utf-16", "ignore").lstrip()[:512].lower().encode()
    if re.match(rb"<(?:!doctype html|html|head|body|table|meta|style|script|div)\b", start) or b"<html" in start:
        raise BadFile("file.not_a_spreadsheet", found="HTML")
    if start.startswith((b"<?xml", b"<workbook", b"<!--")):
        raise BadFile("file.not_a_spreadsheet", found="XML")


def _encoding(file: BinaryIO) -> str:
    """UTF-8 or UTF-16 when the bytes prove it, else cp1252, which is what Excel writes on Windows in our countries."""
    head = file.read(4096)
    file.seek(0)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[1::2].count(0) > len(head) // 4 and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 4 and not head[1::2].count(0):
        return "utf-16-be"
    return "utf-8" if _is_utf8(file) else "cp1252"


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(MIB):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines as they are; stops at characters no text holds, and at lines nobody wrote."""
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise BadFile("file.too_large", what="line", limit=_LONGEST_LINE, found=len(line))
        if _BINARY.search(line):
            if line.strip("\r\n") == "\x1a":  # the end mark of old DOS programs
                break
            raise BadFile("file.not_a_spreadsheet", found="binary")
        yield line if line.endswith(("\n", "\r")) else line + "\n"
    yield _END


def _separator(lines: Iterator[str]) -> tuple[str, Iterator[str]]:
    """The separator the first line declares, or the one that cuts the sample into the most columns most evenly."""
    first = next(lines, "")
    if declared := _SEP_LINE.match(first):
        return declared[1], lines
    sample = [first, *islice(lines, _SAMPLE_RECORDS * 4)]
    if not any(line.strip() for line in sample if line != _END):
        raise BadFile("file.empty")
    return max(SEPARATORS, key=lambda separator: _weight(sample, separator)), chain(sample, lines)


def _weight(sample: list[str], separator: str) -> tuple[float, float]:
    """A comma between digits may be a decimal or a thousand: it speaks for itself only when nothing else does."""
    sure = [_DIGIT_COMMA.sub("", line) for line in sample] if separator == "," else sample
    return _evenness(sure, separator), _evenness(sample, separator)


def _evenness(sample: list[str], separator: str) -> float:
    records = islice(csv.reader(sample, delimiter=separator), _SAMPLE_RECORDS)
    widths = [len(record) for record in records if any(cell.strip() for cell in record)]
    width, count = Counter(widths).most_common(1)[0]
    return 0.0 if width == 1 else width * (count / len(widths)) ** 2


def _send_records(records: Iterator[list[str]], send: Send) -> None:
    """Sends the records; the last of them must be the end mark, whole and alone, or a quote was left open."""
    sent = 0
    last: list[str] = []
    while block := list(islice(records, BLOCK_ROWS)):
        last = block[-1]
        if last == [_END.strip()]:
            block.pop()
        if block:
            sent += len(block)
            width = max(map(len, block))
            check_extent(sent, width - 1, str(sent))
            send("rows", 0, _columns(block, width))
    if last != [_END.strip()]:
        raise unreadable("quotes")
    if not sent:
        raise BadFile("file.empty")


def _columns(block: list[list[str]], width: int) -> list[list[str | None]]:
    padded = [record + [""] * (width - len(record)) if len(record) < width else record for record in block]
    return [[cell or None for cell in column] for column in zip(*padded, strict=True)]
