"""Mapped columns -> a Table of parsed values: each cell is read once per distinct text, by the kind of its field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from pipeline import reading
from pipeline.mapping import Mapped, MappedColumn
from pipeline.reading import Read
from pipeline.validate.distinct import distinct_reads, put_down
from pipeline.validate.figures import read_figures
from pipeline.validate.table import Table, shown
from pipeline.workbook import Cell
from schemas.findings import column_letter
from schemas.requirements import Field, Requirements, normalise
from schemas.sheet import UNKNOWN

FIRST = ("code", "choice", "choices")
FIGURES = frozenset(("money", "rate", "term", "age", "percent", "insurance", "total_cost", "index", "spread"))


def read_table(mapped: Mapped, requirements: Requirements, market: str) -> Table:
    """Every mapped column read, merges followed; `market` is the country of rows that name none."""
    table = Table(mapped, requirements)
    plain = [column for column in mapped.columns if _kind(column, requirements) not in FIGURES]
    for column in sorted(plain, key=lambda c: _kind(c, requirements) not in FIRST):
        _read_column(table, column, requirements.fields[column.word.fills[0]])
    countries = _countries(table, market)
    read_figures(table, countries)
    _derive_country(table, market)
    table.tell_conflicts()
    _evidence(table)
    return table


def follow_merges(mapped: Mapped) -> Mapped:
    """A cell merged over several rows says its value in each of them."""
    sheet, first = mapped.sheet, mapped.sheet.first_row
    wanted = {column.index for column in mapped.columns}
    columns = {left: list(sheet.columns[left]) for _, left, _, _ in sheet.merged if left in wanted}
    for top, left, bottom, _ in sheet.merged:
        if left in columns and top > mapped.header_row:
            for at in range(top + 1 - first, min(bottom + 1 - first, sheet.height)):
                columns[left][at] = columns[left][top - first]
    if not columns:
        return mapped
    spread = tuple(columns.get(j, column) for j, column in enumerate(sheet.columns))
    return replace(mapped, sheet=replace(sheet, columns=spread))


def _derive_country(table: Table, market: str) -> None:
    """A sheet without a country column whose currency is another market's: said, so that a person can object."""
    if any("country" in column.word.fills for column in table.mapped.columns):
        return
    for i, currency in enumerate(table.values.get("currency", ())):
        country = _COUNTRY_OF.get(currency) if isinstance(currency, str) else None
        if country and country != market:
            table.note("country.derived", i, "currency", currency=currency, country=country)


_COUNTRY_OF = {"COP": "CO", "MXN": "MX"}


def _kind(column: MappedColumn, requirements: Requirements) -> str:
    return requirements.fields[column.word.fills[0]].kind


def _countries(table: Table, market: str) -> list[str]:
    blank = [None] * len(table.rows)
    pairs = zip(table.values.get("country", blank), table.values.get("currency", blank), strict=True)
    known = ((None if c is UNKNOWN else c, currency) for c, currency in pairs)
    return [country or _COUNTRY_OF.get(currency, market) for country, currency in known]


def _read_column(table: Table, column: MappedColumn, field: Field) -> None:
    if field.kind in _TEXTS and field.name not in table.values:
        _take_texts(table, column.index, field)
    else:
        read = _reader(table, field)
        reads = distinct_reads(table, column.index, lambda cell, _: read(cell))
        put_down(
            table, column.index, (field.name,), reads,
            plain=lambda result, _: (result.value,),
            store=lambda i, result: keep(table, field, i, column.index, result),
        )  # fmt: skip
    for i in table.faulty(column.index):
        table.put(field.name, i, UNKNOWN, column.index)


_TEXTS = frozenset(("code", "url", "text", "html"))


def _take_texts(table: Table, column: int, field: Field) -> None:
    """Texts are seldom twice the same, and seldom in need of a close look."""
    values, others = reading.read_sound(table.stored(column))
    if field.kind in ("text", "html"):
        values = [None if v and len(v) <= _LONGEST and v.casefold() in _PLACEHOLDERS else v for v in values]
    if any(value is not None for value in values):
        table.fill(field.name, list(values), column)
    read, known = _reader(table, field), dict[Cell, Read[Any]]()
    for i in others:
        cell = table.cell(column, i)
        keep(table, field, i, column, known.get(cell) or known.setdefault(cell, read(cell)))


def keep(table: Table, field: Field, i: int, column: int, result: Read[Any]) -> None:
    """Put what was read where it belongs; UNKNOWN where something is there that nobody could read."""
    told = table.take_notes(i, field.name, column, result.notes) if result.notes else False
    if result.value is not None:
        table.put(field.name, i, result.value, column, result.how)
    elif told:
        table.put(field.name, i, UNKNOWN, column)


def _reader(table: Table, field: Field) -> Callable[[Cell], Read[Any]]:
    kind = field.kind
    if kind in ("code", "url"):
        return reading.read_text
    if kind in ("text", "html"):
        return _read_prose
    if field.name == "rate_basis":
        return lambda cell: _read_basis(table.requirements, field, cell)
    if kind == "choice":
        return lambda cell: _read_choice(table.requirements, field, cell)
    if kind == "choices":
        return lambda cell: _read_choices(table.requirements, field, cell)
    if kind == "count":
        unit = COUNTED_IN.get(field.name)
        return lambda cell: reading.read_count(cell, unit=unit)
    return _PLAIN[kind]


COUNTED_IN = {
    "disbursement_hours": "hour",
    "business_age_min": "month",
    "policy_term_months": "month",
    "waiting_period_days": "day",
}
_PLAIN: dict[str, Callable[[Cell], Read[Any]]] = {
    "day": reading.read_day,
    "yes_no": reading.read_yes_no,
    "list": reading.read_list,
}


_PLACEHOLDERS = frozenset(
    ("-", "--", "—", "–", ".", "...", "n/a", "na", "n.a.", "n.a", "n/d", "n.d.", "n.d", "nd", "s/d", "tbd", "xxx")
)
"""What people type to get past an empty cell; in prose it says that nothing is given."""
_LONGEST = max(map(len, _PLACEHOLDERS))


def _read_prose(cell: Cell) -> Read[str]:
    if isinstance(cell.value, date):
        return Read(None, (reading.Note("is_a_date"),))
    read = reading.read_text(cell)
    text = read.value
    return Read(None) if text and len(text) <= _LONGEST and text.casefold() in _PLACEHOLDERS else read


def _read_basis(requirements: Requirements, field: Field, cell: Cell) -> Read[Any]:
    """One canonical basis; or, for `N.M.V.`, the two it may be, which the row's rates have to decide."""
    read = reading.read_basis(cell)
    if read.value is None:  # the words of the field's own list, which the template offers
        listed = requirements.choice(field.name, shown(cell) or "")
        return Read(listed) if listed else Read(None, read.notes, read.how)
    if len(read.value) > 1:
        return Read(read.value, (), read.how)
    return Read(read.value[0], read.notes, read.how)


def _read_choice(requirements: Requirements, field: Field, cell: Cell) -> Read[str]:
    text = shown(cell) or ""
    if not normalise(text):
        return Read(None, (reading.Note("unreadable"),) if text.strip() else ())
    value = requirements.choice(field.name, text)
    if value is None:
        return _unlisted(field, text)
    if field.name == "category" and normalise(text) != normalise(value):
        return Read(value, (reading.Note("repaired", (("before", text.strip()), ("after", value))),))
    return Read(value)


def _unlisted(field: Field, text: str) -> Read[str]:
    fallback = "other" if field.name == "product_subtype" else None
    return Read(fallback, (reading.Note("unknown"),)) if text.strip() else Read(None)


def _read_choices(requirements: Requirements, field: Field, cell: Cell) -> Read[tuple[str, ...]]:
    whole = requirements.choice(field.name, shown(cell) or "")
    if whole:
        return Read((whole,))
    parts = reading.read_choices(cell, lambda text: requirements.choice(field.name, text) is not None)
    values = [requirements.choice(field.name, part) for part in parts.value or ()]
    if not values:
        return Read(None, parts.notes)
    if None in values:
        return Read(None, (reading.Note("unknown"),))
    return Read(tuple(dict.fromkeys(value for value in values if value)))


def _evidence(table: Table) -> None:
    """Findings of what the workbook itself shows: error cells, formulas never calculated, hidden rows, merged cells."""
    fields = {column.index: column.word.fills[0] for column in table.mapped.columns}
    position = {row: i for i, row in enumerate(table.rows)}
    for (row, column), fault in table.sheet.faults.items():
        if column in fields and row in position:
            code = "cell.no_cached_value" if fault == "no_cached_value" else "cell.error_value"
            table.note(code, position[row], fields[column], column, cell=f"{column_letter(column)}{row}", error=fault)
    _hidden_rows(table, position)
    _merged(table, fields, position)


def _hidden_rows(table: Table, position: dict[int, int]) -> None:
    first = next(iter(table.mapped.columns), None)
    for row in table.sheet.hidden_rows:
        if first and row in position:
            table.note("cell.hidden", position[row], first.word.fills[0], first.index, where=str(row))


def _merged(table: Table, fields: dict[int, str], position: dict[int, int]) -> None:
    for top, left, bottom, right in table.sheet.merged:
        touched: Iterable[int] = (row for row in range(top, bottom + 1) if row in position)
        row = None if top <= table.mapped.rows_above else next(iter(touched), None)
        column = next((c for c in range(left, right + 1) if c in fields), None)
        if row is not None and column is not None:
            place = f"{column_letter(left)}{top}:{column_letter(right)}{bottom}"
            table.note("cell.merged", position[row], fields[column], column, where=place)
