"""Cells -> products and findings. pandera runs inside, twice: single cells first, whole rows on what is known.

Every problem of a sheet is found in one pass; one finding a product and rule; unknown neither passes nor multiplies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.mapping import Mapped
from pipeline.validate.beside import beside
from pipeline.validate.cells import check_cells
from pipeline.validate.claims import contradictions
from pipeline.validate.columns import read_table
from pipeline.validate.figures import convert_units
from pipeline.validate.judged import Circumstances, Rule
from pipeline.validate.missing import derive_codes, tell_duplicates, tell_missing
from pipeline.validate.money import money_rules
from pipeline.validate.products import CheckedProduct, held_rows, lineage_of, products_of
from pipeline.validate.rules import row_rules
from pipeline.validate.table import Table
from schemas.findings import Finding, in_sheet_order
from schemas.product import Lineage
from schemas.requirements import Requirements
from schemas.settings import CURRENCY_OF
from schemas.sheet import UNKNOWN, failures, prove_validation_is_on, rows_schema

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CheckedProduct", "Circumstances", "Validated", "validate"]


@dataclass(frozen=True, slots=True)
class Validated:
    """A sheet held against the requirements. `held`: product code -> codes of the errors that hold it."""

    products: tuple[CheckedProduct, ...]
    findings: tuple[Finding, ...]
    rows: int
    held: Mapping[str, tuple[str, ...]]
    table: Table

    def lineage(self, checked: CheckedProduct) -> Lineage:
        """Where each value of a product came from."""
        return lineage_of(self.table, checked.position)


def validate(mapped: Mapped, requirements: Requirements, around: Circumstances, *, market: str) -> Validated:
    """Read and judge every row of a mapped sheet; `market` (CO, MX) is the country of rows that name none."""
    prove_validation_is_on()
    table = read_table(mapped, requirements, market)
    convert_units(table, around.tables, around.as_of)
    derive_codes(table)
    countries = [table.given("country", i) or _country_of(table, i, market) for i in range(len(table.rows))]
    table.countries = countries
    columns = _columns(table, countries)
    frame = _frame(columns, table.rows)
    near, far = _shared_out((*row_rules(around), *money_rules(around)))

    def twins_share() -> tuple[list[Finding], list[Finding]]:
        return contradictions(table, countries), _check_rows(table, columns, frame, far)

    twin = beside(twins_share) if len(table.rows) >= _WORTH_A_TWIN else twins_share
    tell_missing(table, countries)
    tell_duplicates(table)
    check_cells(table, frame)
    table.findings += _check_rows(table, columns, frame, near)
    contradicting, dear = twin()
    findings = in_sheet_order((*mapped.findings, *_once((*table.findings, *dear)), *contradicting))
    held = held_rows(table, findings)
    return Validated(
        products_of(table, held, countries), findings, len(table.rows), _reasons(table, held, findings), table
    )


def _country_of(table: Table, i: int, market: str) -> str:
    return {"COP": "CO", "MXN": "MX"}.get(table.given("currency", i), market)


def _columns(table: Table, countries: list[str]) -> dict[str, list[Any]]:
    """The parsed values; country and currency stand in where the row left them to the settings."""
    columns = {name: values for name, values in table.values.items() if any(v is not None for v in values)}
    columns["country"] = [v if v is not None else c for v, c in zip(table.column("country"), countries, strict=True)]
    currencies = (CURRENCY_OF[country] for country in countries)
    columns["currency"] = [v if v is not None else c for v, c in zip(table.column("currency"), currencies, strict=True)]
    return columns


def _frame(columns: Mapping[str, list[Any]], rows: tuple[int, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns, index=pd.Index(rows), dtype=object)


_WORTH_A_TWIN = 2_000
"""Rows. Below, starting a second process costs more than it saves."""
_DEAR = frozenset(("total_cost.above_usury",))
"""The rule that searches for a rate: as much work as all the others together."""


def _shared_out(rules: Iterable[Rule]) -> tuple[list[Rule], list[Rule]]:
    """The rules judged here, and those judged beside."""
    near: list[Rule] = []
    far: list[Rule] = []
    for rule in rules:
        (far if rule.code in _DEAR else near).append(rule)
    return near, far


def _check_rows(
    table: Table, columns: Mapping[str, list[Any]], frame: pd.DataFrame, rules: Iterable[Rule]
) -> list[Finding]:
    """The findings of the ROWS pass over some rules."""
    usable = [rule for rule in rules if all(name in columns for name in rule.needs)]
    by_code: dict[str, list[Rule]] = {}
    for rule in usable:
        by_code.setdefault(rule.code, []).append(rule)
    if not usable:
        return []
    failed = failures(rows_schema([rule.check() for rule in usable]), frame)
    found = []
    for code, row in dict.fromkeys((failure.code, row) for failure in failed for row in failure.rows):
        found += [_told(table, columns, rule, table.positions[row]) for rule in by_code[code]]
    return [finding for finding in found if finding is not None]


def _told(table: Table, columns: Mapping[str, list[Any]], rule: Rule, i: int) -> Finding | None:
    values = [_known(columns, name, i) for name in (*rule.needs, *rule.if_known)]
    if any(value is None for value in values[: len(rule.needs)]):
        return None
    facts = rule.judge(*values)
    return None if facts is None else table.finding(rule.code, i, rule.at, None, facts)


def _known(columns: Mapping[str, list[Any]], name: str, i: int) -> Any:
    value = columns[name][i] if name in columns else None
    return None if value is UNKNOWN else value


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """One finding a place and code: two ways of noticing the same fault are one fault."""
    once: dict[object, Finding] = {}
    for finding in findings:
        once.setdefault((finding.code, finding.sheet, finding.row, finding.column), finding)
    return list(once.values())


def _reasons(table: Table, held: set[int], findings: Iterable[Finding]) -> Mapping[str, tuple[str, ...]]:
    by_row: dict[int | None, list[str]] = {}
    for finding in findings:
        if finding.severity == "error":
            by_row.setdefault(finding.row, []).append(finding.code)
    general = [code for row, codes in by_row.items() if row is None or row <= table.mapped.header_row for code in codes]
    reasons: dict[str, tuple[str, ...]] = {}
    for i in sorted(held):
        code = table.given("code", i)
        if code:
            reasons[code] = tuple(dict.fromkeys((*general, *by_row.get(table.rows[i], ()), *reasons.get(code, ()))))
    return reasons
