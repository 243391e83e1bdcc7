"""The reference reader (openpyxl): slower and right, for sheets whose XML the light pass declines."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import datetime, time
from io import BytesIO
from itertools import islice
from typing import Any

from pipeline.ingest.evidence import Position
from pipeline.ingest.limits import BadFile, check_extent, unreadable
from pipeline.ingest.package import Package, is_plain
from pipeline.ingest.wire import BLOCK_ROWS, Send
from schemas.findings import column_letter

_ERROR = "e"
_NUMBERS = frozenset({"n", "d"})


def read_reference(data: bytes, package: Package, only_sheet: str | None, send: Send) -> None:
    """Sends the workbook in `data`, cells and evidence. Raises BadFile when it is damaged or too large."""
    formulas = _formulas(data)
    gc.collect()  # two whole workbooks at once would be too much
    values = _load(data, data_only=True)
    for part in package.sheets:
        send("sheet", part.name, part.hidden, True)
        if only_sheet is None or part.name == only_sheet:
            _send_sheet(values[part.name], formulas[part.name], send)


def _formulas(data: bytes) -> dict[str, list[Position]]:
    """Where each sheet has formulas; only the workbook as written tells."""
    return {
        sheet.title: [(cell.row, cell.column - 1) for cell in _cells(sheet) if cell.data_type == "f"]
        for sheet in _load(data, data_only=False).worksheets
    }


def _load(data: bytes, *, data_only: bool) -> Any:
    import warnings

    import openpyxl

    warnings.simplefilter("ignore")  # about parts we do not use
    try:
        return openpyxl.load_workbook(BytesIO(data), data_only=data_only)
    except (MemoryError, BadFile):
        raise
    except Exception:  # openpyxl raises whatever its parser met: KeyError, TypeError, InvalidFileException ...
        raise unreadable("damaged") from None


def _send_sheet(sheet: Any, formulas: list[Position], send: Send) -> None:
    formats: dict[str, dict[int, list[int]]] = {}
    faults: dict[tuple[int, int], str] = {}
    for cell in _cells(sheet):
        at = (cell.row, cell.column - 1)
        if cell.data_type == _ERROR:
            faults[at] = str(cell.value)
        elif cell.data_type in _NUMBERS and cell.value is not None and not is_plain(cell.number_format):
            formats.setdefault(cell.number_format, {}).setdefault(at[1], []).append(at[0])
    for row, column in formulas:
        if sheet.cell(row, column + 1).value is None:
            faults.setdefault((row, column), "no_cached_value")
    send("evidence", {"formats": formats, "formulas": formulas, "faults": faults, **_unseen(sheet)})
    _send_rows(sheet, send)


def _cells(sheet: Any) -> Iterator[Any]:
    """The cells with something in them. Raises BadFile when going through all of them would never end."""
    last_row, last_column = sheet.max_row, sheet.max_column - 1
    check_extent(last_row, last_column, f"{column_letter(last_column)}{last_row}")
    return (cell for row in sheet.iter_rows() for cell in row if cell.value is not None)


def _unseen(sheet: Any) -> dict[str, object]:
    columns = [
        column - 1
        for dimension in sheet.column_dimensions.values()
        if dimension.hidden or dimension.width == 0
        for column in range(dimension.min or 1, (dimension.max or 0) + 1)
    ]
    rows = [number for number, dimension in sheet.row_dimensions.items() if dimension.hidden or dimension.ht == 0]
    merged = [(each.min_row, each.min_col - 1, each.max_row, each.max_col - 1) for each in sheet.merged_cells.ranges]
    return {"hidden_rows": rows, "hidden_columns": columns, "merged": merged}


def _send_rows(sheet: Any, send: Send) -> None:
    rows = sheet.iter_rows(min_row=1, min_col=1)
    while block := list(islice(rows, BLOCK_ROWS)):
        send("rows", 0, [[_value(cell) for cell in column] for column in zip(*block, strict=True)])


def _value(cell: Any) -> object:
    """As the fast reader gives it: numbers are floats, a whole day is a date, empty text is nothing."""
    value = cell.value
    if cell.data_type == _ERROR or value == "":
        return None
    if type(value) is int:
        return float(value)
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date()
    return value
