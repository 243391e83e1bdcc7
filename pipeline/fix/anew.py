"""A workbook made anew, for kinds whose own files we do not change: values, formats, and what was hidden or faulty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from pipeline.workbook import Sheet

_MADE = datetime(2026, 7, 1)  # noqa: DTZ001 - no file of ours tells when it was made


def written_anew(sheets: Iterable[Sheet]) -> bytes:
    """The sheets as an .xlsx: formulas as their values, text as text. Looks are not carried over."""
    import xlsxwriter

    held = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"created": _MADE})
        styles: dict[str, Any] = {}
        for sheet in sheets:
            page = book.add_worksheet(sheet.name[:31])
            _cells(book, page, sheet, styles)
            _unseen(page, sheet)
    return held.getvalue()


def _style(book: Any, styles: dict[str, Any], code: str | None) -> Any:
    if code is None:
        return None
    if code not in styles:
        styles[code] = book.add_format({"num_format": code})
    return styles[code]


def _cells(book: Any, page: Any, sheet: Sheet, styles: dict[str, Any]) -> None:
    for column, values in enumerate(sheet.columns):
        formats = sheet.formats.get(column, {})
        for row, value in enumerate(values, start=sheet.first_row):
            code = formats.get(row) or _format_of(value)
            if value is not None:
                _write(page, row - 1, column, value, _style(book, styles, code))
    for (row, column), fault in sheet.faults.items():
        # an error stays one, and a formula without a value stays without
        formula, value = ("=NA()", "") if fault == "no_cached_value" else (f"={fault}", fault)
        page.write_formula(row - 1, column, formula, None, value)
    for top, left, bottom, right in sheet.merged:
        if (top, left) != (bottom, right):
            page.merge_range(top - 1, left, bottom - 1, right, "")
            value = sheet.columns[left][top - sheet.first_row] if left < len(sheet.columns) else None
            if value is not None:
                _write(page, top - 1, left, value, _style(book, styles, sheet.formats.get(left, {}).get(top)))


def _format_of(value: object) -> str | None:
    if isinstance(value, datetime):
        return "dd/mm/yyyy hh:mm:ss"
    if isinstance(value, date):
        return "dd/mm/yyyy"
    return "[h]:mm:ss" if isinstance(value, time | timedelta) else None


def _write(page: Any, row: int, column: int, value: object, style: Any) -> None:
    if isinstance(value, bool):
        page.write_boolean(row, column, value, style)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, style)
    elif isinstance(value, date | time | timedelta):
        page.write_datetime(row, column, value, style)
    else:
        page.write_string(row, column, str(value), style)


def _unseen(page: Any, sheet: Sheet) -> None:
    if sheet.hidden:
        page.hide()
    for row in sheet.hidden_rows:
        page.set_row(row - 1, None, None, {"hidden": True})
    for column in sheet.hidden_columns:
        page.set_column(column, column, None, None, {"hidden": True})
