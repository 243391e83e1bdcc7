"""Sheets as read, as a new .xlsx: values, number formats, what is hidden, merged or faulty. Strings stay strings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from pipeline.workbook import Sheet, Value

_DAY, _MOMENT, _CLOCK, _LENGTH = "dd/mm/yyyy", "dd/mm/yyyy hh:mm:ss", "hh:mm:ss", "[h]:mm:ss"
_MOST_TEXT = 32_767
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff]")
_NO_VALUE = "no_cached_value"
MADE = datetime(1980, 1, 1)  # noqa: DTZ001 - what a file of ours says of its making; xlsxwriter takes no zone


def written_anew(sheets: Iterable[Sheet]) -> bytes:
    """The sheets as an .xlsx: formulas as their values. Looks, charts and macros are not carried over."""
    import xlsxwriter

    pages = tuple(sheets)
    names = sheet_names(sheet.name for sheet in pages)
    held = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"created": MADE})
        styles = _Formats(book)
        made = [(book.add_worksheet(names[sheet.name]), sheet) for sheet in pages]
        for page, sheet in made:
            _write(page, sheet, styles)
            if sheet.hidden:
                page.hide()
        seen = next((page for page, sheet in made if not sheet.hidden), None)
        if seen is not None:  # the first sheet is in front unless told otherwise, and may be a hidden one
            seen.activate()
            seen.set_first_sheet()
    return held.getvalue()


def sheet_names(names: Iterable[str]) -> dict[str, str]:
    """Each sheet's name as Excel allows it: no brackets or slashes, 31 characters, no two alike."""
    allowed: dict[str, str] = {}
    for name in names:
        plain = _FORBIDDEN.sub("_", name).strip("' ") or "Hoja"
        used = {other.lower() for other in allowed.values()} | {"history"}
        tries = (plain[:31], *(f"{plain[:26].strip()} ({n})" for n in range(2, 1_000)))
        allowed[name] = next(each for each in tries if each.lower() not in used)
    return allowed


class _Formats:
    """One cell format a number format."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}

    def of(self, code: str | None) -> Any:
        if not code:
            return None
        if code not in self._made:
            self._made[code] = self._book.add_format({"num_format": code})
        return self._made[code]


def _write(page: Any, sheet: Sheet, styles: _Formats) -> None:
    for column, values in enumerate(sheet.columns[:_LAST_COLUMN]):
        codes = sheet.formats.get(column, {})
        for row, value in enumerate(values, sheet.first_row):
            if value is not None and row <= _LAST_ROW:
                _write_value(page, row - 1, column, value, codes.get(row), styles)
    for (row, column), fault in sheet.faults.items():
        page.write_formula(row - 1, column, f"={'NA()' if fault == _NO_VALUE else _error(fault)}", None, _cached(fault))
    for top, left, bottom, right in sheet.merged:
        _merge(page, sheet, (top, left, bottom, right))
    for row in sheet.hidden_rows:
        page.set_row(row - 1, None, None, {"hidden": True})
    for column in sheet.hidden_columns:
        page.set_column(column, column, None, None, {"hidden": True})


def _error(fault: str) -> str:
    known = ("#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
    return fault if fault in known else "#N/A"


def _cached(fault: str) -> str:
    return "" if fault == _NO_VALUE else _error(fault)


def _merge(page: Any, sheet: Sheet, area: tuple[int, int, int, int]) -> None:
    """A merged range keeps the value its first cell was given; xlsxwriter would write it anew."""
    top, left, bottom, right = area
    if (top, left) != (bottom, right):
        page.merge.append([top - 1, left, bottom - 1, right])


def _write_value(page: Any, row: int, column: int, value: Value, code: str | None, styles: _Formats) -> None:
    if isinstance(value, str):
        page.write_string(row, column, value[:_MOST_TEXT], styles.of(code))
    elif isinstance(value, bool):
        page.write_boolean(row, column, value, styles.of(code))
    elif isinstance(value, int | float) and not math.isfinite(value):
        page.write_string(row, column, str(value))
    elif isinstance(value, int | float):
        page.write_number(row, column, value, styles.of(code))
    elif isinstance(value, datetime | date | time | timedelta):
        _write_day(page, row, column, value, code, styles)


def _write_day(
    page: Any, row: int, column: int, value: date | time | timedelta, code: str | None, styles: _Formats
) -> None:
    usual = next(
        form
        for kind, form in ((datetime, _MOMENT), (date, _DAY), (time, _CLOCK), (timedelta, _LENGTH))
        if isinstance(value, kind)
    )
    if isinstance(value, date) and value.year < 1900:
        page.write_string(row, column, value.isoformat())
    else:
        page.write_datetime(row, column, value, styles.of(code or usual))
