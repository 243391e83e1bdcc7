"""Cells -> products and findings. pandera runs inside, twice: single cells first, whole rows on what is known.

Every problem of a sheet is found in one pass; one finding a product and rule; unknown neither passes nor multiplies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.mapping import Mapped
from pipeline.validate.beside import beside
from pipeline.validate.columns import follow_merges
from pipeline.validate.judged import Circumstances
from pipeline.validate.missing import tell_columns, tell_duplicates
from pipeline.validate.part import Part, halves, joined, judge_part, packed, unpacked
from pipeline.validate.products import CheckedProduct, Products, held_rows, lineage_of
from pipeline.validate.table import Table
from schemas.findings import Finding, in_sheet_order
from schemas.product import Lineage
from schemas.requirements import Requirements
from schemas.sheet import prove_validation_is_on

__all__ = ["CheckedProduct", "Circumstances", "Validated", "validate"]


@dataclass(frozen=True, slots=True)
class Validated:
    """A sheet held against the requirements. `held`: product code -> codes of the errors that hold it."""

    products: Sequence[CheckedProduct]
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
    return concluded(_judged(follow_merges(mapped), requirements, around, market), mapped.findings)


def concluded(whole: Part, told: Sequence[Finding] = ()) -> Validated:
    """All rows judged, held against each other and against the sheet; `told` was found before."""
    table = whole.table
    tell_columns(table, whole.absent)
    tell_duplicates(table, whole.names)
    findings = in_sheet_order((*told, *_once(table.findings), *whole.contradicting))
    held = held_rows(table, findings)
    return Validated(Products(table, held), findings, len(table.rows), _reasons(table, held, findings), table)


_WORTH_A_TWIN = 2_000
"""Rows. Below, starting a second process costs more than it saves."""


def _judged(mapped: Mapped, requirements: Requirements, around: Circumstances, market: str) -> Part:
    """All rows judged: those of a large sheet in two halves, the lower one in another process."""
    judge = partial(judge_part, requirements=requirements, around=around, market=market)
    if len(mapped.rows) < _WORTH_A_TWIN:
        return judge(mapped)
    upper, lower = halves(mapped)
    told = beside(lambda: packed(judge(lower)))
    return joined(judge(upper), unpacked(told(), lower, requirements), mapped)


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
