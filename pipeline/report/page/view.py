"""What the report page shows, as frozen values: causes with their cells, products with their findings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from pipeline.report.ledger import accepted_words
from pipeline.report.text import GROUPS, group_of, place
from schemas import wording
from schemas.findings import Finding
from schemas.requirements import load

if TYPE_CHECKING:
    from pipeline.run.checking import Checked

SHOWN: Sequence[str] = (*GROUPS, "waived")
"""The groups of the page: what somebody accepted for a time stands last and is counted nowhere."""
MOST_PRODUCTS = 500
"""Products drawn with their cards; a page of thousands helps nobody (assumed)."""
MOST_MESSAGES = 30
MOST_CELLS = 120


@dataclass(frozen=True, slots=True)
class Told:
    """One finding in words. fix: how to mend it; of a waived one, who accepted it, until when and why."""

    finding: Finding
    group: str
    place: str
    message: str
    fix: str
    title: str

    @property
    def code(self) -> str:
        """Its code."""
        return self.finding.code

    @property
    def anchor(self) -> str:
        """Where its cause stands on the page."""
        return f"{self.code}.waived" if self.group == "waived" else self.code


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell in a list of cells. href: the product's block, None where the cell is about no product shown."""

    text: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """One message with the cells it holds for, and how many more there are."""

    message: str
    spots: tuple[Spot, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Cause:
    """One finding code: its title, each message once, how to mend it, whose rule it is."""

    anchor: str
    code: str
    title: str
    group: str
    count: int
    said: tuple[Said, ...]
    rest: Said | None
    fixes: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Block:
    """One product with findings. `card` None: it cannot be drawn with what was read."""

    row: int
    code: str
    name: str | None
    held: bool
    told: tuple[Told, ...]
    card: Markup | None

    @property
    def worst(self) -> str:
        """The group of its gravest finding."""
        return min((one.group for one in self.told), key=SHOWN.index)


def told(checked: Checked, lang: str) -> tuple[Told, ...]:
    """Every finding in words, in sheet order."""
    titles: dict[str, str] = {}
    for finding in checked.findings:
        if finding.code not in titles:
            titles[finding.code] = wording.title(finding.code, lang)
    everything = (_told(finding, checked.country_of(finding), titles, lang) for finding in checked.findings)
    if not checked.waived:
        return tuple(everything)
    waivers = (checked.waived.get(item.id) for item in checked.known)
    return tuple(
        replace(one, group="waived", fix=accepted_words(waiver, lang)) if waiver else one
        for one, waiver in zip(everything, waivers, strict=True)
    )


def _told(finding: Finding, country: str, titles: Mapping[str, str], lang: str) -> Told:
    message, fix = wording.message(finding, lang, country), wording.fix(finding, lang, country)
    return Told(finding, group_of(finding), place(finding, lang), message, fix, titles[finding.code])


def causes_of(all_told: Sequence[Told], shown_rows: frozenset[int], sheet: str | None) -> tuple[Cause, ...]:
    """The causes, gravest first, each group in the order it is met. `shown_rows`: rows with a block to link to."""
    by_code: dict[str, list[Told]] = {}
    for group in SHOWN:
        for one in all_told:
            if one.group == group:
                by_code.setdefault(one.anchor, []).append(one)
    return tuple(_cause(group, shown_rows, sheet) for group in by_code.values())


def _cause(all_told: Sequence[Told], shown_rows: frozenset[int], sheet: str | None) -> Cause:
    spots: dict[str, list[Spot]] = {}
    for one in all_told:
        spots.setdefault(one.message, []).append(_spot(one, shown_rows, sheet))
    said = [_said(message, places) for message, places in spots.items()]
    rest = [spot for one in list(spots.values())[MOST_MESSAGES:] for spot in one]
    first = all_told[0]
    return Cause(
        anchor=first.anchor,
        code=first.code,
        title=first.title,
        group=first.group,
        count=len(all_told),
        said=tuple(said[:MOST_MESSAGES]),
        rest=_said("", rest) if rest else None,
        fixes=tuple(dict.fromkeys(one.fix for one in all_told))[:MOST_MESSAGES],
        source=load().rule(first.code).source,
    )


def _said(message: str, spots: Sequence[Spot]) -> Said:
    placed = tuple(spot for spot in spots if spot.text)
    return Said(message, placed[:MOST_CELLS], max(0, len(placed) - MOST_CELLS))


def _spot(one: Told, shown_rows: frozenset[int], sheet: str | None) -> Spot:
    row = one.finding.row
    linked = one.finding.sheet == sheet and row in shown_rows
    return Spot(one.place, f"#row.{row}" if linked else None)


def rows_with_findings(all_told: Sequence[Told], checked: Checked) -> dict[int, list[Told]]:
    """Spreadsheet row of a product -> its findings."""
    positions = checked.validated.table.positions if checked.validated else {}
    rows: dict[int, list[Told]] = {}
    for one in all_told:
        row = one.finding.row
        if row is not None and row in positions and one.finding.sheet == checked.sheet:
            rows.setdefault(row, []).append(one)
    return rows


def groups_of(causes: Sequence[Cause]) -> Iterator[tuple[str, tuple[Cause, ...]]]:
    """The groups that have any cause, gravest first."""
    for group in SHOWN:
        found = tuple(cause for cause in causes if cause.group == group)
        if found:
            yield group, found
