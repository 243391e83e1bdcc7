"""The optional sheet `Campañas` (or `Campaigns`): when a product is offered and how many leads it takes. Pure.

An error in a campaign holds its product, so that what is published of it stays, caps included. Where a row's product
cannot be told, nobody knows whose cap is meant: then all published campaigns stay as they are. (All assumed.)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pipeline.reading import Read, read_count, read_day, read_text
from pipeline.validate.table import shown
from pipeline.workbook import Cell, Sheet, Workbook
from schemas.findings import Fact, Finding, column_letter
from schemas.product import Campaign, Origin
from schemas.requirements import Field, Requirements, normalise

SHEETS = frozenset(("campanas", "campaigns"))
_SCANNED = 20
"""Rows searched for the header (assumed enough)."""
_TOLD_ELSEWHERE = frozenset(("missing", "damaged"))
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,\u00a0 ][0-9]{3}){1,2}")


@dataclass(frozen=True, slots=True)
class CampaignsFound:
    """What the sheet says. by_code: product -> its campaigns by day; origins: product -> where the first stands.

    by_code None: nobody can tell; the published campaigns stay.
    """

    by_code: Mapping[str, tuple[Campaign, ...]] | None
    origins: Mapping[str, Origin] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def held(self) -> dict[str, tuple[str, ...]]:
        """Product -> codes of the errors that hold it."""
        found: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.holds and finding.product:
                found.setdefault(finding.product, []).append(finding.code)
        return {code: tuple(dict.fromkeys(reasons)) for code, reasons in found.items()}


@dataclass(slots=True)
class _Reading:
    """The sheet while it is read. columns: field -> column; rows: what was read, with the spreadsheet's row."""

    page: Sheet
    requirements: Requirements
    columns: Mapping[str, int]
    findings: list[Finding] = field(default_factory=list)
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)

    def note(self, code: str, row: int, name: str, /, **facts: Fact) -> None:
        """A finding at the cell of a field; it names the product where that is known."""
        column = self.columns.get(name, self.columns["campaign.product"])
        made = self.requirements.finding(
            code,
            sheet=self.page.name,
            row=row,
            column=column_letter(column),
            field=name,
            product=self.rows.get(row, {}).get("campaign.product"),
            value=shown(self.cell(row, column)),
            facts=facts,
        )
        self.findings.append(made if made.product else replace(made, effect="none"))

    def cell(self, row: int, column: int) -> Cell:
        """One cell with its number format."""
        value = self.page.columns[column][row - self.page.first_row]
        return Cell(value, self.page.formats.get(column, {}).get(row))


def read_campaigns(
    workbook: Workbook, requirements: Requirements, *, codes: Collection[str], today: date
) -> CampaignsFound | None:
    """What the sheet of campaigns says; None where the workbook has none. codes: every product of the workbook."""
    page = next((one for one in workbook.sheets if normalise(one.name) in SHEETS and not one.hidden), None)
    if page is None:
        return None
    head = _head(page, requirements)
    if head is None:
        finding = requirements.finding("campaign.no_header", sheet=page.name)
        return CampaignsFound(None, findings=(replace(finding, effect="none"),))
    reading = _Reading(page, requirements, head[1])
    for row in range(head[0] + 1, page.first_row + page.height):
        _read_row(reading, row, codes)
    campaigns = {row: _campaign(values) for row, values in reading.rows.items() if values.get("campaign.product")}
    _judge(reading, campaigns, today)
    return _found(reading, campaigns)


def _head(page: Sheet, requirements: Requirements) -> tuple[int, dict[str, int]] | None:
    """The header's row and the column of each field it names."""
    names = {word: name for name, field in requirements.campaign.items() for word in _words(name, field)}
    for i in range(min(page.height, _SCANNED)):
        texts = [normalise(value) if isinstance(value := column[i], str) else "" for column in page.columns]
        found = {names[text]: j for j, text in reversed([*enumerate(texts)]) if text in names}
        if "campaign.product" in found and len(found) > 1:
            return page.first_row + i, found
    return None


def _words(name: str, field: Field) -> Iterator[str]:
    own = (name.partition(".")[2].replace("_", " "), *field.label.values(), *field.headers["es"], *field.headers["en"])
    return (normalise(word) for word in own)


def _read_row(reading: _Reading, row: int, codes: Collection[str]) -> None:
    cells = {name: reading.cell(row, column) for name, column in reading.columns.items()}
    if all(cell.value in (None, "") for cell in cells.values()):
        return
    values: dict[str, Any] = reading.rows.setdefault(row, {})
    for name in reading.requirements.campaign:
        if name in cells:
            read = _read(reading, row, name, cells[name])
            _tell(reading, row, name, read)
            values[name] = read.value
            if name == "campaign.product" and read.value not in codes:
                values[name] = None
                fault = "missing" if read.value is None else "unknown"
                reading.note(f"campaign_product.{fault}", row, name)


def _read(reading: _Reading, row: int, name: str, cell: Cell) -> Read[Any]:
    fault = reading.page.faults.get((row, reading.columns[name]))
    if fault:
        where = f"{column_letter(reading.columns[name])}{row}"
        code = "cell.no_cached_value" if fault == "no_cached_value" else "cell.error_value"
        reading.note(code, row, name, cell=where, error=fault)
        return Read(None)
    kind = reading.requirements.campaign[name].kind
    if kind == "count":
        return _read_cap(cell)
    return read_day(cell) if kind == "day" else read_text(cell)


def _read_cap(cell: Cell) -> Read[int]:
    """A number of leads: whole, so `1.000` and `1,000` can only be a thousand."""
    if isinstance(cell.value, str) and _GROUPED.fullmatch(cell.value.strip()):
        return Read(int(re.sub(r"\D", "", cell.value)), how="text")
    return read_count(cell)


def _tell(reading: _Reading, row: int, name: str, read: Read[Any]) -> None:
    field = reading.requirements.campaign[name]
    for note in read.notes:
        code = "cell.error_value" if note.fault == "error_value" else f"{field.prefix}.{note.fault}"
        if note.fault not in _TOLD_ELSEWHERE and code in reading.requirements.possible:
            reading.note(code, row, name, **dict(note.facts))
    if field.low is not None and read.value is not None and read.value < field.low:
        reading.note(f"{field.prefix}.out_of_range", row, name)


def _campaign(values: Mapping[str, Any]) -> Campaign:
    return Campaign(
        product=values["campaign.product"],
        start=values.get("campaign.start"),
        end=values.get("campaign.end"),
        daily_cap=values.get("campaign.daily_cap"),
        total_cap=values.get("campaign.total_cap"),
    )


def _judge(reading: _Reading, campaigns: Mapping[int, Campaign], today: date) -> None:
    for row, one in campaigns.items():
        if one.start and one.end and one.end < one.start:
            reading.note("campaign_end.before_start", row, "campaign.end", start=one.start, end=one.end)
        elif one.end and one.end < today:
            reading.note("campaign_end.past", row, "campaign.end", end=one.end)
        if one.daily_cap and one.total_cap and one.daily_cap > one.total_cap:
            caps = {"daily": one.daily_cap, "total": one.total_cap}
            reading.note("daily_cap.above_total", row, "campaign.daily_cap", **caps)
        other = next((r for r, before in campaigns.items() if r < row and _overlap(before, one)), None)
        if other is not None:
            reading.note("campaign_start.overlaps", row, "campaign.start", other=str(other))


def _overlap(one: Campaign, other: Campaign) -> bool:
    first, last = (one.start or date.min, other.start or date.min), (one.end or date.max, other.end or date.max)
    return one.product == other.product and max(first) <= min(last)


def _found(reading: _Reading, campaigns: Mapping[int, Campaign]) -> CampaignsFound:
    findings = tuple(reading.findings)
    if any(finding.severity == "error" and not finding.product for finding in findings):
        return CampaignsFound(None, findings=findings)
    by_code: dict[str, tuple[Campaign, ...]] = {}
    origins: dict[str, Origin] = {}
    for row, one in sorted(campaigns.items(), key=lambda pair: (pair[1].product, pair[1].start or date.min)):
        by_code[one.product] = (*by_code.get(one.product, ()), one)
        origins.setdefault(one.product, _origin(reading, row))
    return CampaignsFound(by_code, origins, findings)


def _origin(reading: _Reading, row: int) -> Origin:
    cells = (shown(reading.cell(row, column)) for column in sorted(reading.columns.values()))
    place = f"{column_letter(reading.columns['campaign.product'])}{row}"
    return Origin(reading.page.name, place, " · ".join(text for text in cells if text))
