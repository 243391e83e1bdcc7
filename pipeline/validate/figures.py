"""Columns of figures -> fields: ranges fill both ends, a basis or unit comes from the text, the header or a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import repeat
from typing import Any

from catalog.reference import Tables
from pipeline import reading
from pipeline.mapping import MappedColumn
from pipeline.reading import Amount, Insurance, Percent, Read, Term, TotalCost
from pipeline.validate.distinct import distinct_reads, put_down
from pipeline.validate.rates import read_rates
from pipeline.validate.table import Table, shown
from pipeline.workbook import Cell
from schemas.sheet import UNKNOWN

Context = tuple[Any, ...]
_PREMIUM_PERIODS = frozenset(("single", "month", "quarter", "year"))
_MONTHS_IN = {"month": 1, "quarter": 3, "semester": 6, "year": 12}
"""Insurance is kept per month; a figure for a longer period is divided, and told."""
_PAIRED = frozenset(("amount_min", "amount_max", "sum_insured_min", "sum_insured_max"))
INDEXED = frozenset(("SMMLV", "UVT", "UDI", "UMA"))


@dataclass(frozen=True, slots=True)
class _Reader:
    """How one kind of figure is read: the contexts of the rows, the reading, and where its parts go.

    plain: a value in its context -> the values of the column's fields, where storing them is all there is to do.
    """

    contexts: Callable[[Table, MappedColumn, Sequence[str]], Sequence[Context] | None]
    read: Callable[[Cell, MappedColumn, Any], Read[Any]]
    plain: Callable[[MappedColumn, Any, Any], tuple[Any, ...] | None]
    store: Callable[[Table, MappedColumn, int, Any, str | None], None]


def read_figures(table: Table, countries: Sequence[str]) -> None:
    """Read every column of figures; `countries` holds the country of each row."""
    kinds = table.requirements.fields
    rates: list[MappedColumn] = []
    for column in sorted(table.mapped.columns, key=lambda c: c.word.fills[0].startswith("example_")):
        kind = kinds[column.word.fills[0]].kind
        if kind in ("rate", "index", "spread"):
            rates.append(column)
        elif kind in _READERS:
            _read_column(table, column, _READERS[kind], countries)
    read_rates(table, rates, countries)
    _settle_terms(table)


def _read_column(table: Table, column: MappedColumn, reader: _Reader, countries: Sequence[str]) -> None:
    contexts = reader.contexts(table, column, countries)
    reads = distinct_reads(table, column.index, lambda cell, context: reader.read(cell, column, context), contexts)

    def plain(result: Read[Any], context: Any) -> tuple[Any, ...] | None:
        return reader.plain(column, result.value, context)

    def store(i: int, result: Read[Any]) -> None:
        told = _notes(table, column, i, result) if result.notes else False
        if result.value is not None:
            reader.store(table, column, i, result.value, result.how)
        elif told:
            _unknown(table, column, i)

    put_down(table, column.index, column.word.fills, reads, plain=plain, store=store)
    for i in table.faulty(column.index):
        _unknown(table, column, i)


def _notes(table: Table, column: MappedColumn, i: int, result: Read[Any]) -> bool:
    """An open end is worth a word, but not in a column that holds one end of a range."""
    one_end = len(column.word.fills) == 1 and column.word.fills[0].endswith(("_min", "_max"))
    skip = frozenset(("open_range",)) if one_end else frozenset[str]()
    return table.take_notes(i, column.word.fills[0], column.index, result.notes, skip=skip)


def _unknown(table: Table, column: MappedColumn, i: int) -> None:
    for name in column.word.fills:
        table.put(name, i, UNKNOWN, column.index)


def put_ends(table: Table, column: MappedColumn, i: int, ends: tuple[Any, Any], how: str | None) -> None:
    """Low and high into the fields of the column; a range in a column for one end fills both if the other has none."""
    low, high = ends
    names = column.word.fills
    if len(names) == 2:
        for name, value in zip(names, ends, strict=True):
            if value is not None:
                table.put(name, i, value, column.index, how)
        return
    name, value = names[0], (high if names[0].endswith("_max") else low)
    value = value if value is not None else (low if low is not None else high)
    if low is not None and high is not None and low != high:
        _range_in_one(table, column, i, (low, high), how)
    elif value is not None:
        table.put(name, i, value, column.index, how)


def _ends(column: MappedColumn, low: Any, high: Any) -> tuple[Any, ...] | None:
    """What `put_ends` would put into the column's fields; None where it would do more."""
    names = column.word.fills
    if len(names) == 2:
        return low, high
    if low is not None and high is not None and low != high:
        return None
    own, other = (high, low) if names[0].endswith("_max") else (low, high)
    return (other if own is None else own,)


def _range_in_one(table: Table, column: MappedColumn, i: int, ends: tuple[Any, Any], how: str | None) -> None:
    name = column.word.fills[0]
    stem, _, end = name.rpartition("_")
    other = f"{stem}_{'max' if end == 'min' else 'min'}"
    mapped = {field for c in table.mapped.columns for field in c.word.fills}
    if end in ("min", "max") and other in table.requirements.fields and other not in mapped:
        for field, value in zip((f"{stem}_min", f"{stem}_max"), ends, strict=True):
            table.put(field, i, value, column.index, how)
        return
    prefix = table.requirements.fields[name].prefix
    table.note(f"{prefix}.two_values", i, name, column.index, readings=tuple(str(end) for end in ends))
    table.put(name, i, UNKNOWN, column.index)


def _amount_contexts(table: Table, column: MappedColumn, countries: Sequence[str]) -> list[Context]:
    own = table.known("amount_unit") if column.word.fills[0].startswith("amount_") else repeat(None, len(countries))
    return list(zip(countries, own, strict=True))


def _read_amount(cell: Cell, column: MappedColumn, context: Context) -> Read[Amount]:
    country, own = context
    return reading.read_amount(cell, country=country, unit=_SCALES.get(column.word.scale, column.word.unit or own))


_SCALES = {1_000: "thousand", 1_000_000: "million"}


def _plain_amount(column: MappedColumn, amount: Amount, _context: Context) -> tuple[Any, ...] | None:
    name = column.word.fills[0]
    more = amount.unit in INDEXED or (amount.currency and name.startswith("amount_"))
    return None if more or (amount.period and name == "premium") else _ends(column, amount.low, amount.high)


def _store_amount(table: Table, column: MappedColumn, i: int, amount: Amount, how: str | None) -> None:
    put_ends(table, column, i, (amount.low, amount.high), how)
    if amount.unit in INDEXED:
        mine = (name for name in _filled(column) if name in table.at and table.at[name][i] == column.index)
        table.units.update({(name, i): amount.unit for name in mine})
    if amount.period in _PREMIUM_PERIODS and column.word.fills[0] == "premium":
        table.put("premium_period", i, amount.period, column.index, how)
    if amount.currency and column.word.fills[0].startswith("amount_"):
        table.put("currency", i, amount.currency, column.index, how)


def _filled(column: MappedColumn) -> tuple[str, ...]:
    """The fields a money column may have put a value into."""
    stem = column.word.fills[0].rpartition("_")[0]
    return tuple(name for name in (f"{stem}_min", f"{stem}_max") if name in _PAIRED) or column.word.fills


def convert_units(table: Table, tables: Tables, day: date) -> None:
    """Amounts in SMMLV, UVT, UDI or UMA become money, at the value in force on `day`; without one they are unknown."""
    for (name, i), unit in table.units.items():
        value, worth = table.given(name, i), tables.value_for(unit, day)
        if value is None:
            continue
        if worth is None:
            table.note(f"{table.requirements.fields[name].prefix}.unit_missing", i, name, unit=unit, day=day)
        table.values[name][i] = UNKNOWN if worth is None else value * worth
        table.how[name][i] = f"{value} {unit} x {worth}"


def _term_contexts(table: Table, column: MappedColumn, _countries: Sequence[str]) -> list[Context]:
    """The header's unit, else the row's own: an example's term is counted as the product's."""
    return [(column.word.unit or own, own) for own in table.known("term_unit")]


def _read_term(cell: Cell, _column: MappedColumn, context: Context) -> Read[Term]:
    return reading.read_term(cell, unit=context[0])


def _plain_term(column: MappedColumn, term: Term, context: Context) -> tuple[Any, ...] | None:
    news = column.word.fills[0].startswith("term_") and term.unit not in (None, context[1])
    if news or term.unit == "year" or _other_unit(column.word.unit, term.unit):
        return None
    return _ends(column, term.low, term.high)


def _store_term(table: Table, column: MappedColumn, i: int, term: Term, how: str | None) -> None:
    low, high, unit = term.low, term.high, term.unit
    if _other_unit(column.word.unit, unit):
        table.contradiction(column.word.fills[0], i, column.index, f"«{column.header}»")
    own = table.given("term_unit", i)
    settled = unit == own == "year"  # the row's other terms are in years too: `_settle_terms` has the last word
    if unit == "year":
        low, high = (None if end is None else end * 12 for end in (low, high))
        unit, how = "month", "years x 12"
    put_ends(table, column, i, (low, high), how)
    if unit and not settled and column.word.fills[0].startswith("term_"):
        if own in (None, "year"):
            table.column("term_unit")[i] = None
        table.put("term_unit", i, unit, column.index)


def _other_unit(header: str | None, unit: str | None) -> bool:
    """Does the cell speak in another unit than its header? Years and months are one family."""
    families = {"month": "months", "year": "months", "fortnight": "fortnights", "week": "weeks", "day": "days"}
    if header not in families or unit not in families:
        return False
    return families[header] != families[unit]


def _settle_terms(table: Table) -> None:
    """A unit column that says years was carried out in months."""
    units = table.values.get("term_unit", [])
    for i, unit in enumerate(units) if "year" in units else ():
        if unit == "year" and (table.given("term_min", i) or table.given("term_max", i)):
            table.values["term_unit"][i] = "month"


def _read_age(cell: Cell, _column: MappedColumn, _context: Context) -> Read[Term]:
    return reading.read_age_range(cell)


def _plain_age(column: MappedColumn, age: Term, _context: Context) -> tuple[Any, ...] | None:
    return _ends(column, age.low, age.high)


def _store_age(table: Table, column: MappedColumn, i: int, age: Term, how: str | None) -> None:
    put_ends(table, column, i, (age.low, age.high), how)


def _percent_contexts(table: Table, _column: MappedColumn, countries: Sequence[str]) -> list[Context]:
    return list(zip(repeat(table.sheet.formats_known, len(countries)), countries, strict=True))


def _read_percent(cell: Cell, column: MappedColumn, context: Context) -> Read[Percent]:
    return reading.read_percent(cell, formats_known=context[0] and not column.word.percent, country=context[1])


def _plain_percent(column: MappedColumn, percent: Percent, _context: Context) -> tuple[Any, ...] | None:
    low, high = percent.low, percent.high
    ranged = low is not None and high is not None and low != high
    return None if ranged or percent.tax or column.word.tax else (low if high is None else high,)


def _store_percent(table: Table, column: MappedColumn, i: int, percent: Percent, how: str | None) -> None:
    """A fee given as a range is kept at its upper end: the Consumer must not be told less than they may pay."""
    value = percent.high if percent.high is not None else percent.low
    ranged = percent.low is not None and percent.high is not None and percent.low != percent.high
    name = column.word.fills[0]
    table.put(name, i, value, column.index, "upper end of the range" if ranged else how)
    if ranged:
        before = shown(table.cell(column.index, i)) or ""
        code = f"{table.requirements.fields[name].prefix}.repaired"
        table.note(code, i, name, column.index, before=before, after=value)
    _store_tax(table, column, i, percent.tax or column.word.tax)


def _store_tax(table: Table, column: MappedColumn, i: int, tax: str | None) -> None:
    if tax:
        table.put("tax_included", i, tax == "included", column.index)


def _read_insurance(cell: Cell, column: MappedColumn, context: Context) -> Read[Insurance]:
    return reading.read_insurance(cell, country=context[0], unit=context[1])


def _insurance_contexts(table: Table, column: MappedColumn, countries: Sequence[str]) -> list[Context]:
    units = table.known("insurance_unit")
    return [(country, own or column.word.unit, own) for country, own in zip(countries, units, strict=True)]


def _plain_insurance(_column: MappedColumn, insurance: Insurance, context: Context) -> tuple[Any, ...] | None:
    monthly = _MONTHS_IN.get(insurance.period or "month", 1) == 1
    return (insurance.value,) if monthly and insurance.unit == context[2] else None


def _store_insurance(table: Table, column: MappedColumn, i: int, insurance: Insurance, how: str | None) -> None:
    months = _MONTHS_IN.get(insurance.period or "month", 1)
    if months > 1:
        before, after = shown(table.cell(column.index, i)) or "", insurance.value / months
        table.note(
            "insurance.repaired", i, "insurance_cost", column.index, before=before, after=f"{after.normalize():f}"
        )
    table.put("insurance_cost", i, insurance.value / months if months > 1 else insurance.value, column.index, how)
    table.put("insurance_unit", i, insurance.unit, column.index, how)


def _read_total_cost(cell: Cell, _column: MappedColumn, context: Context) -> Read[TotalCost]:
    return reading.read_total_cost(cell, formats_known=context[0], country=context[1])


def _plain_total_cost(_column: MappedColumn, cost: TotalCost, _context: Context) -> tuple[Any, ...] | None:
    return None if cost.day else (cost.value,)


def _store_total_cost(table: Table, column: MappedColumn, i: int, cost: TotalCost, how: str | None) -> None:
    table.put("total_cost_pct", i, cost.value, column.index, how)
    if cost.day:
        table.put("total_cost_date", i, cost.day, column.index, how)


def _no_contexts(_table: Table, _column: MappedColumn, _countries: Sequence[str]) -> None:
    return None


_READERS = {
    "money": _Reader(_amount_contexts, _read_amount, _plain_amount, _store_amount),
    "term": _Reader(_term_contexts, _read_term, _plain_term, _store_term),
    "age": _Reader(_no_contexts, _read_age, _plain_age, _store_age),
    "percent": _Reader(_percent_contexts, _read_percent, _plain_percent, _store_percent),
    "insurance": _Reader(_insurance_contexts, _read_insurance, _plain_insurance, _store_insurance),
    "total_cost": _Reader(_percent_contexts, _read_total_cost, _plain_total_cost, _store_total_cost),
}
