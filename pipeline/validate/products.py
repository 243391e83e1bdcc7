"""Rows without errors -> frozen Products with their lineage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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


def products_of(table: Table, held: set[int], countries: list[str]) -> tuple[CheckedProduct, ...]:
    """The products of all rows that are not held. `countries` fills in where the row names no country."""
    names = [name for name in FIELD_NAMES if name in table.values]
    columns = [table.values[name] for name in names]
    made = []
    for i, values in enumerate(zip(*columns, strict=True)):
        if i in held:
            continue
        known = {n: v for n, v in zip(names, values, strict=True) if v is not None and v is not UNKNOWN}
        made.append(CheckedProduct(_product(known, countries[i]), table.rows[i], i))
    return tuple(made)


def _product(known: dict[str, Any], country: str) -> Product:
    known.setdefault("country", country)
    known.setdefault("currency", CURRENCY_OF[known["country"]])
    return Product(**known)


def lineage_of(table: Table, position: int) -> dict[str, Origin]:
    """Where each value of a row came from: sheet, cell, text as written, how it was read."""
    found = {}
    for name, values in table.values.items():
        column = table.at[name][position]
        if name in _FIELDS and column is not None and values[position] is not UNKNOWN:
            cell = f"{column_letter(column)}{table.rows[position]}"
            raw = shown(table.cell(column, position)) or ""
            found[name] = Origin(table.sheet.name, cell, raw, table.how.get((name, position)))
    return found


_FIELDS = frozenset(FIELD_NAMES)
