"""The reference reader (openpyxl): slower and right, for sheets whose XML the light pass declines."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any

from pipeline.ingest.limits import BadFile, check_extent, unreadable
from pipeline.ingest.package import Package, is_plain
from pipeline.ingest.wire import BLOCK_ROWS, Send

_ERROR = "e"
_NUMBERS = frozenset({"n", "d"})


def read_reference(data: bytes, package: Package, only_sheet: str | None, send: Send) -> None:
    """Sends the workbook in `data`, cells and evidence. Raises BadFile when it is damaged or too large."""
    values, written = _load(data, data_only=True), _load(data, data_only=False)
    for part in package.sheets:
        send("sheet", part.name, part.hidden, True)
        if only_sheet is None or part.name == only_sheet:
            _send_sheet(values[part.name], written[part.name], send)


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


def _send_sheet(sheet: Any, written: Any, send: Send) -> None:
    check_extent(sheet.max_row, sheet.max_column - 1, sheet.cell(sheet.max_row, sheet.max_column).coordinate)
    formats: dict[int, dict[int, str]] = {}
    faults: dict[tuple[int, int], str] = {}
    formulas = [(cell.row, cell.column - 1) for cell in _cells(written) if cell.data_type == "f"]
    for cell in _cells(sheet):
        at = (cell.row, cell.column - 1)
        if cell.data_type == _ERROR:
            faults[at] = str(cell.value)
        elif cell.data_type in _NUMBERS and cell.value is not None and not is_plain(cell.number_format):
            formats.setdefault(at[1], {})[at[0]] = cell.number_format
    for row, column in formulas:
        if sheet.cell(row, column + 1).value is None:
            faults.setdefault((row, column), "no_cached_value")
    send("evidence", {"formats": formats, "formulas": formulas, "faults": faults, **_unseen(sheet)})
    _send_rows(sheet, send)


def _cells(sheet: Any) -> Iterator[Any]:
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
    if cell.data_type == _ERROR:
        return None
    return float(cell.value) if type(cell.value) is int else cell.value or (cell.value if cell.value != "" else None)
