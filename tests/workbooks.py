"""Small workbooks for tests, written with xlsxwriter.

    build(path, {"Productos": [["Código", "Tasa"], ["00123", 0.249]]}, formats={"B2": "0.0%"})

Cells are given by address; where a workbook has several sheets, the address may name its sheet (`Otra!B2`), and an
address without a sheet means the first one. Rows are numbered from 1, columns are named by letter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_cell_to_rowcol

Rows = Sequence[Sequence[object]]


def build(
    path: Path,
    sheets: Mapping[str, Rows],
    *,
    formats: Mapping[str, str] | None = None,
    formulas: Mapping[str, tuple[str, object]] | None = None,
    hidden_rows: Collection[int] = (),
    hidden_columns: Collection[str] = (),
    hidden_sheets: Collection[str] = (),
    merged: Mapping[str, str] | None = None,
    date_1904: bool = False,
) -> Path:
    """Writes the workbook and gives its path.

    formats: address -> number format. formulas: address -> (formula, cached value); a cached `""` is none at all, an
    error is its text (`#N/A`). merged: range -> text. Hidden rows and columns are those of the first sheet.
    """
    options = {
        "date_1904": date_1904,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "dd/mm/yyyy",
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        pages = {name: book.add_worksheet(name) for name in sheets}
        first = next(iter(sheets))
        codes = {_place(first, at): code for at, code in (formats or {}).items()}
        for name, rows in sheets.items():
            for i, row in enumerate(rows):
                for j, value in enumerate(row):
                    code = codes.pop((name, i, j), None)
                    _write(pages[name], i, j, value, book.add_format({"num_format": code}) if code else None)
        for address, (formula, cached) in (formulas or {}).items():
            name, i, j = _place(first, address)
            code = codes.pop((name, i, j), None)
            pages[name].write_formula(i, j, formula, book.add_format({"num_format": code}) if code else None, cached)
        for (name, i, j), code in codes.items():
            pages[name].write_blank(i, j, None, book.add_format({"num_format": code}))
        for area, text in (merged or {}).items():
            pages[first].merge_range(area, text)
        for row in hidden_rows:
            pages[first].set_row(row - 1, None, None, {"hidden": True})
        for column in hidden_columns:
            pages[first].set_column(f"{column}:{column}", None, None, {"hidden": True})
        for name in hidden_sheets:
            pages[name].hide()
    return path


def _place(first: str, address: str) -> tuple[str, int, int]:
    sheet, _, cell = address.rpartition("!")
    row, column = xl_cell_to_rowcol(cell)
    return sheet or first, row, column


def _write(page: Any, row: int, column: int, value: object, style: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value, style)
    elif isinstance(value, str):
        page.write_string(row, column, value, style)
    elif isinstance(value, (date, datetime, time)):
        page.write_datetime(row, column, value, style)
    else:
        page.write_number(row, column, value, style)
