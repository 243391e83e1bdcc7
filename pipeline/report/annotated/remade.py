"""A workbook of another kind as .xlsx: values, number formats, what is hidden or merged. Strings stay strings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from pipeline import ingest
from pipeline.mapping import FINDINGS_MARK
from pipeline.report.annotated.colours import shade
from pipeline.workbook import Sheet, Value

_DAY, _MOMENT, _CLOCK, _LENGTH = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss"
_MOST_TEXT = 32_767
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff]")
_NO_VALUE = "no_cached_value"
_EPOCH = datetime(1980, 1, 1)  # noqa: DTZ001 - what a file says of its making; xlsxwriter takes no zone


def remade(path: Path) -> tuple[bytes, Mapping[str, str]]:
    """The file as .xlsx, with a last sheet kept for the findings; only that sheet where the file cannot be read.

    Gives the name of each sheet in the copy too: Excel allows 31 characters and not all of them.
    """
    import xlsxwriter

    workbook = ingest.start(path).workbook()
    held = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"created": _EPOCH})
        styles = _Formats(book)
        names = _allowed_names(sheet.name for sheet in workbook.sheets)
        for sheet in workbook.sheets:
            page = book.add_worksheet(names[sheet.name])
            _write(page, sheet, styles)
            if sheet.hidden:
                page.hide()
        own = book.add_worksheet(_free_name({name.lower() for name in names.values()}))
        own.write_string("H1", FINDINGS_MARK, book.add_format({"bg_color": f"#{shade('error', 'light', 0)[2:]}"}))
        own.activate()
        own.set_first_sheet()
    return held.getvalue(), names


def _allowed_names(names: Iterable[str]) -> dict[str, str]:
    """Each sheet's name as Excel allows it: no brackets or slashes, 31 characters, no two alike."""
    allowed: dict[str, str] = {}
    for name in names:
        plain = _FORBIDDEN.sub("_", name).strip("' ") or "Hoja"
        used = {other.lower() for other in allowed.values()} | {"history"}
        tries = (plain[:31], *(f"{plain[:26].strip()} ({n})" for n in range(2, 1_000)))
        allowed[name] = next(each for each in tries if each.lower() not in used)
    return allowed


def _free_name(used: set[str]) -> str:
    names = ("Hallazgos", *(f"Hallazgos ({n})" for n in range(2, 1_000)))
    return next(name for name in names if name.lower() not in used)


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
