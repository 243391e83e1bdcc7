"""The rates of a row: every column that quotes one is read, the quotes are compared, and one becomes the product's.

In Colombia the E.A. is the one published; elsewhere the first quoted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalog import cost
from pipeline import reading
from pipeline.mapping import MappedColumn
from pipeline.reading import Note, Rate, Read
from pipeline.validate.distinct import Reads, distinct_reads
from pipeline.validate.quotes import Quote, decided, disagreements, end_of, in_ea, joined, primary_of, quotes_of
from pipeline.validate.table import Table
from pipeline.workbook import Cell, Value
from schemas.findings import column_letter
from schemas.sheet import UNKNOWN

DEFAULT_EA = "_default_rate_ea"
"""Working column: the default (mora) rate as E.A., for the usury rule; no field of the product."""


@dataclass(slots=True)
class _Row:
    """What the columns of one row say, while it is gathered."""

    quotes: list[Quote] = field(default_factory=list)
    notes: list[tuple[int, str, Note]] = field(default_factory=list)
    unknown: list[MappedColumn] = field(default_factory=list)
    default: tuple[MappedColumn, Rate] | None = None


_FIELDS = (
    "rate_min", "rate_max", "rate_basis", "rate_ea_min", "rate_ea_max", "rate_index", "rate_spread", "default_rate",
    DEFAULT_EA,
)  # fmt: skip
_Outcome = tuple[tuple[Any, int | None, str | None], ...]
"""What settling a row left in each of `_FIELDS`: value, column, how it was read."""


def read_rates(table: Table, columns: Sequence[MappedColumn], countries: Sequence[str]) -> None:
    """Read every rate column and settle each row; rows that say the same are settled once."""
    read = [(column, _read_column(table, column, countries)) for column in columns]
    if not read:
        return
    faults = {i: [c for c in columns if i in table.faulty(c.index)] for c in columns for i in table.faulty(c.index)}
    same = zip(*(reads.keys for _, reads in read), countries, *_around(table), strict=True)
    known: dict[object, _Outcome] = {}
    again: dict[int, _Outcome] = {}
    nothing = (None,) * len(read)
    for i, said in enumerate(same):
        if said in known and i not in faults:
            again[i] = known[said]
        elif said[: len(read)] != nothing or i in faults:
            told = len(table.findings), len(table.conflicts)
            _settle(table, i, _gathered(table, i, read, faults.get(i, [])), countries[i])
            if (len(table.findings), len(table.conflicts)) == told and i not in faults:
                known[said] = _outcome(table, i)
    _repeat(table, again)


def _around(table: Table) -> Iterator[list[Any]]:
    """What else a row's rates depend on: its frequency of payment, and all that stands in their fields already."""
    blank = [None] * len(table.rows)
    yield table.values.get("payment_frequency", blank)
    for name in _FIELDS:
        if name in table.values:
            yield table.values[name]
            yield table.at[name]


def _outcome(table: Table, i: int) -> _Outcome:
    return tuple(
        (table.values[name][i], table.at[name][i], table.how[name][i]) if name in table.values else (None, None, None)
        for name in _FIELDS
    )


def _repeat(table: Table, again: Mapping[int, _Outcome]) -> None:
    """The rows that say what an earlier one said."""
    for at, name in enumerate(_FIELDS) if again else ():
        if name in table.values:
            values, places, hows = table.values[name], table.at[name], table.how[name]
            for i, outcome in again.items():
                values[i], places[i], hows[i] = outcome[at]


def _read_column(table: Table, column: MappedColumn, countries: Sequence[str]) -> Reads:
    """The column's rates; what they say of an index is stored at once, for its basis is that of the columns to come."""
    said = table.known("rate_basis")
    pairs = list(zip(countries, said, strict=True))
    contexts = {pair: _context(column, *pair) for pair in set(pairs)}
    reads = distinct_reads(
        table, column.index, lambda cell, context: _read(table, column, cell, *context), [contexts[p] for p in pairs]
    )
    indexed = {key for key, (read, _) in reads.of.items() if _follows_index(column, read)}
    for i, key in enumerate(reads.keys) if indexed else ():
        if key in indexed:
            _store_index(table, i, column, reads.of[key][0])
    return reads


def _follows_index(column: MappedColumn, read: Read[Rate]) -> bool:
    return read.value is not None and bool(read.value.index) and column.word.fills[0] != "default_rate"


def _context(column: MappedColumn, country: str, said: Any) -> tuple[str | None, tuple[str, ...], str]:
    """Basis, bases left open and country that a cell is read with."""
    basis = _given_basis(column, country, said)
    return basis, _given_bases(column, said) if basis is None else (), country


def _gathered(table: Table, i: int, read: Sequence[tuple[MappedColumn, Reads]], faulty: Sequence[MappedColumn]) -> _Row:
    row = _Row()
    for column, reads in read:
        key = reads.keys[i]
        if column in faulty:
            row.unknown.append(column)
        elif key is not None:
            _gather(table, column, i, reads.of[key][0], row)
    return row


def _given_basis(column: MappedColumn, country: str, said: Any) -> str | None:
    """What the header says, else the basis column; a mora column speaks in the basis of its own header only."""
    word = column.word
    by_country = word.basis_by_country.get(country) if word.basis_by_country else None
    return word.basis or by_country or (said if isinstance(said, str) else None)


def _given_bases(column: MappedColumn, said: Any) -> tuple[str, ...]:
    """The bases a header or basis column leaves open: `N.M.V.` is the monthly rate or the nominal annual one."""
    return column.word.bases or (said if isinstance(said, tuple) else ())


def _read(
    table: Table, column: MappedColumn, cell: Cell, basis: str | None, bases: tuple[str, ...], country: str
) -> Read[Rate]:
    if column.word.fills[0] == "rate_spread":
        cell = _as_spread(cell.value, cell.number_format)
    known = table.sheet.formats_known and not column.word.percent
    return _left_open(reading.read_rate(cell, basis=basis, formats_known=known, country=country), bases, country)


def _left_open(read: Read[Rate], bases: tuple[str, ...], country: str) -> Read[Rate]:
    """A figure whose column leaves two bases open is asked about, unless another quote of the row decides."""
    rate = read.value
    if not bases or rate is None or rate.basis is not None or rate.bases or rate.index:
        return read
    figure = rate.low if rate.low is not None else rate.high
    words = {"MV": "M.V.", "NAMV": "N.A.M.V."}
    readings = (
        tuple(f"{reading.shown(figure, country)} % {words.get(b, b)}" for b in bases) if figure is not None else ()
    )
    notes = tuple(note for note in read.notes if note.fault != "basis_missing")
    asked = Note("ambiguous", (("readings", readings),))
    return replace(read, value=replace(rate, bases=bases), notes=(*notes, asked))


def _as_spread(value: Value, number_format: str | None) -> Cell:
    """Points over an index, read as part of `IBR + points`: `10,51`, `1.051 pbs`, a number cell."""
    if isinstance(value, str):
        return Cell(value if any(c.isalpha() for c in value.split("+")[0][:4]) else f"IBR + {value.lstrip('+ ')}")
    points = reading.read_percent(Cell(value, number_format), formats_known=True)
    low = points.value.low if points.value else None
    return Cell(f"IBR + {low}") if low is not None else Cell(value, number_format)


def _gather(table: Table, column: MappedColumn, i: int, result: Read[Rate], row: _Row) -> None:
    name = column.word.fills[0]
    row.notes.extend((column.index, name, note) for note in result.notes)
    rate = result.value
    if rate is None:
        if any(note.fault != "missing" for note in result.notes):
            row.unknown.append(column)
        return
    if column.word.basis and rate.basis and rate.basis != column.word.basis and not rate.index:
        table.contradiction(name, i, column.index, f"«{column.header}»")
    if name == "default_rate":
        row.default = (column, rate)
    elif not rate.index:
        row.quotes.extend(quotes_of(column, rate, result.how))


def _store_index(table: Table, i: int, column: MappedColumn, result: Read[Rate]) -> None:
    rate = result.value
    if rate is None:
        return
    if column.word.fills[0] != "rate_spread":
        table.put("rate_index", i, rate.index, column.index, result.how)
    spread = rate.spread if rate.spread_high is None else rate.spread_high
    if spread is not None:
        table.put("rate_spread", i, spread, column.index, result.how)
    if rate.basis and table.given("rate_basis", i) != rate.basis:
        table.column("rate_basis")[i] = None
        table.put("rate_basis", i, rate.basis, column.index)


def _store_default(table: Table, i: int, column: MappedColumn, rate: Rate) -> None:
    value = rate.high if rate.high is not None else rate.low
    table.put("default_rate", i, value, column.index)
    basis = rate.basis or table.given("rate_basis", i)
    ea = in_ea(value, basis, None) if value is not None else None
    if ea is not None:
        table.put(DEFAULT_EA, i, ea, column.index)


def _settle(table: Table, i: int, row: _Row, country: str) -> None:
    periods = _periods(table, i)
    quotes = decided(joined(row.quotes), periods)
    _tell_other_basis(table, i, quotes)
    primary = primary_of(quotes, country)
    if primary:
        _store(table, i, primary, quotes, periods)
        for other in quotes:
            if other is not primary:
                _compare(table, i, primary, other, periods)
    if isinstance(table.given("rate_basis", i), tuple):
        table.values["rate_basis"][i] = None
    _tell(table, i, row, {column for quote in quotes if quote.basis for column in quote.columns})
    if row.default:
        _store_default(table, i, *row.default)
    for column in row.unknown:
        for name in column.word.fills:
            table.put(name, i, UNKNOWN, column.index)


def _tell_other_basis(table: Table, i: int, quotes: list[Quote]) -> None:
    """A basis column that names a basis no rate of the row is quoted in."""
    said = table.given("rate_basis", i)
    stated = {quote.basis for quote in quotes if quote.basis}
    if isinstance(said, str) and stated and said not in stated:
        other = f"{column_letter(table.at['rate_basis'][i] or 0)}{table.rows[i]}"
        table.contradiction("rate_min", i, quotes[0].column, other)


def _tell(table: Table, i: int, row: _Row, decided: set[int]) -> None:
    """The notes of the row's cells, less those that another column or end has settled."""
    for column, name, note in row.notes:
        settled = column in decided and note.fault in ("ambiguous", "basis_missing") and any(
            quote.column == column and (quote.bases or quote.basis is None) for quote in row.quotes
        )  # fmt: skip
        one_end = note.fault == "open_range" and _one_ended(table, column)
        implied = note.fault == "basis_missing" and (
            name == "rate_spread" or (name == "default_rate" and table.given("rate_basis", i))
        )
        if not settled and not one_end and not implied:
            table.take_notes(i, name, column, (note,))


def _one_ended(table: Table, column: int) -> bool:
    return any(c.index == column and len(c.word.fills) == 1 for c in table.mapped.columns)


def _store(table: Table, i: int, primary: Quote, quotes: list[Quote], periods: int | None) -> None:
    low, high = primary.low, primary.high
    if high is None and _only_minimum(table, primary):
        high = low
    for name, value in (("rate_min", low), ("rate_max", high)):
        if value is not None:
            table.put(name, i, value, *end_of(primary, name))
    if primary.bases and not primary.basis:
        table.column("rate_min")[i] = table.column("rate_max")[i] = UNKNOWN
        return
    if primary.basis:
        table.column("rate_basis")[i] = None
        table.put("rate_basis", i, primary.basis, primary.column)
    effective = next((quote for quote in quotes if quote.basis == "EA"), None)
    for name, value in (("rate_ea_min", low), ("rate_ea_max", high)):
        own = (effective.low if name.endswith("min") else effective.high) if effective else None
        ea = own if own is not None else in_ea(value, primary.basis, periods)
        if ea is not None:
            table.put(name, i, ea, end_of(effective if own is not None and effective else primary, name)[0])


def _only_minimum(table: Table, quote: Quote) -> bool:
    """A lone `Tasa desde` column is the one rate there is (requirements: rate_max defaults to rate_min)."""
    fills = {name for column in table.mapped.columns for name in column.word.fills}
    return quote.low is not None and "rate_max" not in fills


def _periods(table: Table, i: int) -> int | None:
    frequency = table.given("payment_frequency", i)
    return cost.PER_YEAR.get(frequency[0]) if frequency else None


def _compare(table: Table, i: int, primary: Quote, other: Quote, periods: int | None) -> None:
    first = next(disagreements(primary, other, periods), None)
    if first is None:
        return
    a, b, expected = first
    table.note(
        "rate.bases_disagree", i, "rate_min", other.column,
        a=a, a_basis=primary.basis or "", b=b, b_basis=other.basis or "", expected=expected,
    )  # fmt: skip
