"""Some rows of a sheet, read and judged by themselves: what every rule but those about the whole sheet needs.

A large sheet is judged in two parts, one of them beside (`beside`): a part crosses as plain values, and `joined` makes
of both what one look at all rows would have given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pipeline.mapping import Mapped
from pipeline.validate.cells import check_cells
from pipeline.validate.claims import contradictions
from pipeline.validate.columns import read_table
from pipeline.validate.figures import convert_units
from pipeline.validate.judged import Circumstances, Rule
from pipeline.validate.missing import absent_fields, alike, derive_codes
from pipeline.validate.money import money_rules
from pipeline.validate.rules import row_rules
from pipeline.validate.table import Table
from schemas.findings import Finding
from schemas.requirements import Requirements
from schemas.settings import CURRENCY_OF
from schemas.sheet import rows_pass

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Part:
    """Rows judged: their table, with every finding about a cell or a row; what of the sheet's columns they lack.

    contradicting: findings of texts that contradict fields, of which a cell may have several. names: as compared.
    """

    table: Table
    contradicting: list[Finding]
    absent: frozenset[str]
    names: list[str]


def judge_part(mapped: Mapped, requirements: Requirements, around: Circumstances, *, market: str) -> Part:
    """Read and judge the rows of `mapped` against every rule that looks at one row."""
    table = read_table(mapped, requirements, market)
    convert_units(table, around.tables, around.as_of)
    derive_codes(table)
    given = zip(table.known("country"), table.known("currency"), strict=True)
    table.countries = [country or _COUNTRY_OF.get(currency, market) for country, currency in given]
    absent = absent_fields(table, table.countries)
    columns = _columns(table)
    frame = _frame(columns, table.rows)
    check_cells(table, frame)
    table.findings += _check_rows(table, columns, frame, (*row_rules(around), *money_rules(around)))
    return Part(table, contradictions(table, table.countries), absent, alike(table.known("name")))


_COUNTRY_OF = {"COP": "CO", "MXN": "MX"}


def _columns(table: Table) -> dict[str, list[Any]]:
    """The parsed values; country and currency stand in where the row left them to the settings."""
    columns = {name: values for name, values in table.values.items() if any(v is not None for v in values)}
    countries = table.countries
    columns["country"] = [v if v is not None else c for v, c in zip(table.column("country"), countries, strict=True)]
    currencies = (CURRENCY_OF[country] for country in countries)
    columns["currency"] = [v if v is not None else c for v, c in zip(table.column("currency"), currencies, strict=True)]
    order = {name: at for at, name in enumerate(table.requirements.fields)}
    return {name: columns[name] for name in sorted(columns, key=lambda name: order.get(name, len(order)))}


def _frame(columns: Mapping[str, list[Any]], rows: tuple[int, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns, index=pd.Index(rows), dtype=object)


def _check_rows(
    table: Table, columns: Mapping[str, list[Any]], frame: pd.DataFrame, rules: Iterable[Rule]
) -> list[Finding]:
    """The findings of the ROWS pass."""
    usable = [rule.check() for rule in rules if all(name in columns for name in rule.needs)]
    return [
        table.finding(failure.code, table.positions[row], failure.field, None, facts)
        for failure in (rows_pass(usable).failures(frame) if usable else ())
        for row, facts in zip(failure.rows, failure.answers, strict=True)
    ]


def halves(mapped: Mapped) -> tuple[Mapped, Mapped]:
    """The upper and the lower rows, of which there are a little fewer: what is found of them has a way to go."""
    middle = len(mapped.rows) * 13 // 25
    upper, lower = mapped.rows[:middle], mapped.rows[middle:]
    return replace(mapped, rows=upper), replace(mapped, rows=lower, rows_above=upper[-1] if upper else 0)


Packed = tuple[dict[str, Any], list[tuple[Any, ...]], list[tuple[Any, ...]], frozenset[str], list[str]]
_OF_TABLE = ("countries", "values", "at", "how")
_FINDING = attrgetter(*(field.name for field in fields(Finding)))


def packed(part: Part) -> Packed:
    """A part as plain values, without the sheet and what is simply its cells' text: both sides have those."""
    table = part.table
    findings, contradicting = (list(map(_FINDING, found)) for found in (table.findings, part.contradicting))
    held = {name: getattr(table, name) for name in _OF_TABLE}
    light = {
        name: [_AS_WRITTEN if value is cell else value for value, cell in _beside_cells(table, name)]
        for name in _LONG & table.values.keys()
    }
    return {**held, "values": table.values | light}, findings, contradicting, part.absent, part.names


def unpacked(told: Packed, mapped: Mapped, requirements: Requirements) -> Part:
    """The part that was packed; `mapped` are its rows."""
    held, findings, contradicting, absent, names = told
    table = Table(mapped, requirements, **held)
    for name in _LONG & table.values.keys():
        table.values[name] = [cell if value is _AS_WRITTEN else value for value, cell in _beside_cells(table, name)]
    table.findings += [Finding(*values) for values in findings]
    return Part(table, [Finding(*values) for values in contradicting], absent, names)


_LONG = frozenset(("description_short", "description_long", "legal_text"))
_AS_WRITTEN = ...
"""Stands for a text that is what the cell holds: most of what would cross otherwise."""


def _beside_cells(table: Table, name: str) -> Iterator[tuple[Any, Any]]:
    """Each value of a field with what the cell it came from holds."""
    columns, first = table.sheet.columns, table.sheet.first_row
    for value, at, row in zip(table.values[name], table.at[name], table.rows, strict=True):
        yield value, None if at is None or value is None else columns[at][row - first]


def joined(upper: Part, lower: Part, mapped: Mapped) -> Part:
    """Both parts as one; `mapped` has the rows of both."""
    one, two = upper.table, lower.table
    table = Table(mapped, one.requirements, [*one.countries, *two.countries], findings=[*one.findings, *two.findings])
    for name in {**one.values, **two.values}:
        for whole, above, below in zip(_lists(table), _lists(one), _lists(two), strict=True):
            blank = ([None] * len(one.rows), [None] * len(two.rows))
            whole[name] = [*above.get(name, blank[0]), *below.get(name, blank[1])]
    contradicting = [*upper.contradicting, *lower.contradicting]
    return Part(table, contradicting, upper.absent | lower.absent, [*upper.names, *lower.names])


def _lists(table: Table) -> tuple[dict[str, list[Any]], ...]:
    return table.values, table.at, table.how
