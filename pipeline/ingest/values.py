"""Cell values by the fast reader (calamine), sent in blocks of rows."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from pipeline.ingest.limits import BadFile, unreadable
from pipeline.ingest.wire import BLOCK_ROWS, Send

Overrides = Mapping[tuple[int, int], object]


def open_workbook(data: bytes) -> CalamineWorkbook:
    """The workbook in `data`. Raises BadFile when it is protected or damaged."""
    try:
        return CalamineWorkbook.from_filelike(BytesIO(data))
    except PasswordError:
        raise BadFile("file.encrypted") from None
    except (CalamineError, OSError, ValueError):
        raise unreadable("damaged") from None


def sheet_of(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    """One sheet with its cells. Raises BadFile when they are damaged."""
    try:
        return workbook.get_sheet_by_name(name)
    except PasswordError:
        raise BadFile("file.encrypted") from None
    except (CalamineError, OSError, ValueError):
        raise unreadable("damaged") from None


def send_rows(sheet: CalamineSheet, send: Send, overrides: Overrides) -> None:
    """Sends the sheet's values from row 1 on. `overrides`: (row, column) -> the value to send instead."""
    if sheet.start is None:
        return
    skip = sheet.start[1]
    rows = sheet.iter_rows()
    first = 1
    by_block: dict[int, list[tuple[int, int, object]]] = {}
    for (row, column), value in overrides.items():
        by_block.setdefault((row - 1) // BLOCK_ROWS, []).append(((row - 1) % BLOCK_ROWS, column - skip, value))
    while block := list(islice(rows, BLOCK_ROWS)):
        columns = [_blank_to_none(column) for column in zip(*block, strict=True)]
        for at, column, value in by_block.get(first // BLOCK_ROWS, ()):
            columns[column][at] = value
        send("rows", skip, columns)
        first += BLOCK_ROWS


def _blank_to_none(column: tuple[Any, ...]) -> list[Any]:
    """The fast reader gives empty text for a cell with nothing in it, which an honest text cell never holds."""
    return [None if value == "" else value for value in column] if "" in column else list(column)
