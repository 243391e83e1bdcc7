"""A text file with some of its records written anew; every other record keeps its bytes, quotes and line ends."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from typing import Literal

from pipeline.copies.tags import CannotPatch
from pipeline.fix.figures import NewCell
from pipeline.fix.proposals import Position
from pipeline.ingest.delimited import dialect_of


def rewritten(data: bytes, changes: Mapping[Position, NewCell]) -> bytes:
    """The file with these cells (record from 1, column from 0) changed; encoding and separator stay."""
    encoding, separator, first = dialect_of(io.BytesIO(data))
    mark, encoding = _mark_and_codec(data, encoding)
    text = data.removeprefix(mark).decode(encoding)
    by_record: dict[int, dict[int, str]] = {}
    for (row, column), new in changes.items():
        by_record.setdefault(row, {})[column] = str(new.value)
    pieces = [
        _record(raw, cells, by_record[number], separator) if number in by_record else raw
        for number, (raw, cells) in enumerate(_records(text, separator), start=1 - first)
    ]
    try:
        return mark + "".join(pieces).encode(encoding)
    except UnicodeEncodeError as fault:
        raise CannotPatch(str(fault)) from fault


def _mark_and_codec(data: bytes, encoding: str) -> tuple[bytes, str]:
    """The byte order mark the file begins with, and the codec for what follows it."""
    marks = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
    found = ((mark, codec) for mark, codec in marks.items() if data.startswith(mark))
    return next(found, (b"", encoding))


def _records(text: str, separator: str) -> Iterator[tuple[str, list[str]]]:
    """Each record as it is written, with its cells."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for cells in csv.reader(lines(), delimiter=separator):
        yield "".join(taken), cells
        taken.clear()


def _record(raw: str, cells: list[str], changed: Mapping[int, str], separator: str) -> str:
    """A record written anew, with the line end it had and, where it quoted every cell, quoted again."""
    body = raw.rstrip("\r\n")
    held = io.StringIO(newline="")
    quoted = body.startswith('"') and body.endswith('"')
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(held, delimiter=separator, quoting=quoting, lineterminator=raw[len(body) :])
    writer.writerow([changed.get(column, cell) for column, cell in enumerate(cells)])
    return held.getvalue()
