"""check: file -> cells -> fields -> products and findings. Touches no state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import ingest, mapping
from schemas.findings import Finding
from schemas.requirements import Requirements, load
from schemas.settings import CatalogSettings

if TYPE_CHECKING:
    from pipeline.validate import CheckedProduct, Validated


@dataclass(frozen=True, slots=True)
class Checked:
    """One file held against the requirements. `rejected`: the file itself could not be used."""

    file: str
    sha256: str
    requirements: str
    sheet: str | None
    rows: int
    products: tuple[CheckedProduct, ...]
    findings: tuple[Finding, ...]
    held: Mapping[str, tuple[str, ...]]
    market: str
    validated: Validated | None = None

    @property
    def rejected(self) -> bool:
        """Could the file not be used at all?"""
        return any(finding.effect == "rejects_file" for finding in self.findings)

    @property
    def has_errors(self) -> bool:
        """Is there any finding of severity error?"""
        return any(finding.severity == "error" for finding in self.findings)

    def country_of(self, finding: Finding) -> str:
        """The country whose figures the row is written in."""
        table = self.validated.table if self.validated else None
        at = table.positions.get(finding.row or 0) if table else None
        return self.market if table is None or at is None else table.countries[at]


def check(
    path: Path,
    settings: CatalogSettings,
    *,
    as_of: date,
    sheet: str | None = None,
    overrides: mapping.Overrides | None = None,
) -> Checked:
    """Read and validate one file; touches no state. The reading child works while the heavy libraries load."""
    pending = ingest.start(path, only_sheet=sheet)
    requirements = load().with_overrides(settings.rules)
    from catalog import reference
    from pipeline.validate import Circumstances, validate

    tables = reference.load(settings.home)
    workbook = pending.workbook()
    market = settings.lender.market
    if not workbook.sheets:
        return _rejected(path, workbook.sha256, requirements, workbook.findings, market)
    mapped = mapping.map_workbook(workbook, requirements, sheet=sheet, overrides=overrides)
    if isinstance(mapped, tuple):
        return _rejected(path, workbook.sha256, requirements, (*workbook.findings, *mapped), market)
    around = Circumstances(as_of, tables, settings.reference.missing_cap == "hold")
    found = validate(mapped, requirements, around, market=market)
    return Checked(
        path.name,
        workbook.sha256,
        requirements.version,
        mapped.sheet.name,
        found.rows,
        found.products,
        (*workbook.findings, *found.findings),
        found.held,
        market,
        found,
    )


def _rejected(
    path: Path, sha256: str, requirements: Requirements, findings: tuple[Finding, ...], market: str
) -> Checked:
    return Checked(path.name, sha256, requirements.version, None, 0, (), findings, {}, market)
