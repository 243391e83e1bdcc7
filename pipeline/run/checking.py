"""check: file -> cells -> fields -> products and findings. Touches no state."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.ledger import Known, Memory, Remembered, Waiver, identify, waived_among
from pipeline import ingest, mapping
from pipeline.workbook import Workbook
from schemas.findings import Finding, in_sheet_order
from schemas.requirements import Requirements, load, normalise
from schemas.settings import CatalogSettings

if TYPE_CHECKING:
    from pipeline.brand import BrandFound
    from pipeline.validate import CheckedProduct, Circumstances, Validated
    from pipeline.validate.campaigns import CampaignsFound


@dataclass(frozen=True, slots=True)
class Checked:
    """One file held against the requirements. `rejected`: the file itself could not be used.

    waived: identity -> the waiver that stands. remembered: answers about headers, given earlier, that were used.
    """

    file: str
    sha256: str
    requirements: str
    sheet: str | None
    rows: int
    products: Sequence[CheckedProduct]
    findings: tuple[Finding, ...]
    held: Mapping[str, tuple[str, ...]]
    market: str
    validated: Validated | None = None
    brand: BrandFound | None = None
    campaigns: CampaignsFound | None = None
    waived: Mapping[str, Waiver] = field(default_factory=dict)
    remembered: tuple[Remembered, ...] = ()

    @property
    def known(self) -> tuple[Known, ...]:
        """Every finding with its identity, in the order of `findings`."""
        return identify(self.findings)

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


@contextmanager
def _no_collector() -> Iterator[None]:
    """A check makes millions of values and no cycles worth the name: looking for some costs a fifth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_no_collector()
def check(
    path: Path,
    settings: CatalogSettings,
    *,
    as_of: date,
    sheet: str | None = None,
    overrides: mapping.Overrides | None = None,
    memory: Memory | None = None,
    pending: ingest.Pending | None = None,
) -> Checked:
    """Read and validate one file; touches no state. The reading child works while the heavy libraries load.

    pending: the same file with its child started earlier, by a caller who had more to load.

    memory: what the catalogue remembers, by default what a look at the home shows. An answer remembered about a
    header yields to `overrides`, and to every header the requirements know.
    """
    pending = pending or ingest.start(path, only_sheet=sheet)
    requirements = requirements_of(settings)
    from catalog import reference
    from catalog.glance import glance
    from pipeline.validate import Circumstances
    from schemas.sheet import prove_validation_is_on

    prove_validation_is_on()  # loads pandas and pandera, while the child reads
    _load_what_comes_later()
    around = Circumstances(as_of, reference.load(settings.home))
    market = settings.lender.market
    memory = memory or glance(settings.home / "catalog.db")
    workbook = pending.workbook()
    answers = answers_for(path.name, memory, requirements, but=overrides or {})
    said = {**{header: answer.fields for header, answer in answers.items()}, **(overrides or {})}
    checked = judge(workbook, requirements, around, market=market, sheet=sheet, overrides=said)
    if not checked.rejected:
        checked = _with_brand(checked, workbook, path.parent, settings, requirements)
    waived = waived_among(checked.known, memory.waivers, as_of) if memory.waivers else {}
    used = tuple(answers[header] for header in headers_of(checked) if header in answers)
    return replace(checked, waived=waived, remembered=used)


def _load_what_comes_later() -> None:
    import pipeline.brand
    import pipeline.validate.campaigns  # noqa: F401


def answers_for(
    file: str, memory: Memory, requirements: Requirements, *, but: mapping.Overrides | None = None
) -> dict[str, Remembered]:
    """What was said earlier of headers in files of this name, unless it is said again (`but`) or known by now."""
    return {
        header: answer
        for header, answer in memory.answers(file).items()
        if header not in (but or {}) and not knows(requirements, answer.shown)
    }


def knows(requirements: Requirements, header: str) -> bool:
    """Do the requirements say by themselves which field a header means?"""
    word = requirements.header(header)
    return word is not None and bool(word.fills)


def headers_of(checked: Checked) -> Mapping[str, str]:
    """Normalised header -> header as written, of every column that was read."""
    columns = checked.validated.table.mapped.columns if checked.validated else ()
    return {normalise(column.header): column.header for column in columns}


def _with_brand(
    checked: Checked, workbook: Workbook, folder: Path, settings: CatalogSettings, requirements: Requirements
) -> Checked:
    """The brand, and what is wrong in it, beside the products: none of it holds one."""
    from pipeline.brand import find_brand

    brand = find_brand(settings.lender, workbook, folder, requirements)
    return replace(checked, brand=brand, findings=in_sheet_order((*checked.findings, *brand.findings)))


def judge(
    workbook: Workbook,
    requirements: Requirements,
    around: Circumstances,
    *,
    market: str,
    sheet: str | None = None,
    overrides: mapping.Overrides | None = None,
) -> Checked:
    """A workbook as read, mapped and validated; pure."""
    from pipeline.validate import validate

    if not workbook.sheets:
        return _rejected(workbook, requirements, workbook.findings, market)
    mapped = mapping.map_workbook(workbook, requirements, sheet=sheet, overrides=overrides)
    if isinstance(mapped, tuple):
        return _rejected(workbook, requirements, (*workbook.findings, *mapped), market)
    found = validate(mapped, requirements, around, market=market)
    checked = Checked(
        workbook.file,
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
    return _with_campaigns(checked, workbook, requirements, around)


def _with_campaigns(checked: Checked, workbook: Workbook, requirements: Requirements, around: Circumstances) -> Checked:
    """The campaigns with their products; a fault in one holds its product."""
    from pipeline.validate.campaigns import read_campaigns

    codes = set(checked.validated.table.known("code")) - {None} if checked.validated else set[str]()
    found = read_campaigns(workbook, requirements, codes=codes, today=around.as_of)
    if found is None:
        return checked
    kept = [row for row in checked.products if row.product.code not in found.held]
    if found.by_code is not None:
        said = found.by_code
        kept = [replace(row, product=replace(row.product, campaigns=said.get(row.product.code, ()))) for row in kept]
    held = {code: (*checked.held.get(code, ()), *found.held.get(code, ())) for code in (*checked.held, *found.held)}
    findings = in_sheet_order((*checked.findings, *found.findings))
    return replace(checked, products=tuple(kept), findings=findings, held=held, campaigns=found)


def requirements_of(settings: CatalogSettings) -> Requirements:
    """The requirements with the severities the settings give; a missing usury cap may hold a listing."""
    held = {"usury.cap_missing": "error"} if settings.reference.missing_cap == "hold" else {}
    return load().with_overrides({**held, **settings.rules})


def _rejected(workbook: Workbook, requirements: Requirements, findings: tuple[Finding, ...], market: str) -> Checked:
    return Checked(workbook.file, workbook.sha256, requirements.version, None, 0, (), findings, {}, market)
