"""Rows without errors -> frozen Products with their lineage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from pipeline.validate.table import Table, shown
from schemas.findings import Finding, column_letter
from schemas.product import FIELD_NAMES, Origin, Product
from schemas.settings import CURRENCY_OF
from schemas.sheet import UNKNOWN


@dataclass(frozen=True, slots=True)
class CheckedProduct:
    """A product whose row has no error, with the row it stands in."""

    product: Product
    row: int
    position: int


def held_rows(table: Table, findings: Iterable[Finding]) -> set[int]:
    """Positions of the rows that may not go on: an error of their own, of their product code, or of the whole sheet."""
    errors = [finding for finding in findings if finding.holds]
    everywhere = any(finding.row is None or finding.row <= table.mapped.header_row for finding in errors)
    if everywhere:
        return set(range(len(table.rows)))
    rows = {finding.row for finding in errors}
    codes = {finding.product for finding in errors if finding.product}
    own = table.values.get("code", [None] * len(table.rows))
    return {i for i, row in enumerate(table.rows) if row in rows or own[i] in codes}


class Products(Sequence[CheckedProduct]):
    """The products of all rows that are not held. Each is made when it is looked at: a report may only count them."""

    __slots__ = ("_made", "positions", "table")

    def __init__(self, table: Table, held: Collection[int]) -> None:
        self.table = table
        self.positions = [i for i in range(len(table.rows)) if i not in held]
        self._made: tuple[CheckedProduct, ...] | None = None

    def __len__(self) -> int:
        return len(self.positions)

    @overload
    def __getitem__(self, at: int) -> CheckedProduct: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[CheckedProduct, ...]: ...
    def __getitem__(self, at: int | slice) -> CheckedProduct | tuple[CheckedProduct, ...]:
        if self._made is None:
            self._made = tuple(_made(self.table, self.positions))
        return self._made[at]


def _made(table: Table, positions: Iterable[int]) -> Iterator[CheckedProduct]:
    """A row that names no country has that of the settings."""
    names = [name for name in FIELD_NAMES if name in table.values]
    rows = list(zip(*(table.values[name] for name in names), strict=True))
    for i in positions:
        known = {n: v for n, v in zip(names, rows[i], strict=True) if v is not None and v is not UNKNOWN}
        known.setdefault("country", table.countries[i])
        known.setdefault("currency", CURRENCY_OF[known["country"]])
        yield CheckedProduct(Product(**known), table.rows[i], i)


def lineage_of(table: Table, position: int) -> dict[str, Origin]:
    """Where each value of a row came from: sheet, cell, text as written, how it was read."""
    found = {}
    for name, values in table.values.items():
        column = table.at[name][position]
        if name in _FIELDS and column is not None and values[position] is not UNKNOWN:
            cell = f"{column_letter(column)}{table.rows[position]}"
            raw = shown(table.cell(column, position)) or ""
            found[name] = Origin(table.sheet.name, cell, raw, table.how[name][position])
    return found


_FIELDS = frozenset(FIELD_NAMES)
