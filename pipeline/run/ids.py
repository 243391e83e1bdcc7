"""ids import: a file of the ids the marketplace assigned -> findings, and a release that carries them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catalog import publish as publishing
from catalog import upkeep
from catalog.ids import KINDS, Assignment, Kind, Known, fault_of, ids_in, renew
from pipeline import ingest, mapping, reading
from pipeline.mapping import Mapped
from pipeline.run.planning import brand_shown, draft_of
from pipeline.run.workshop import Workshop
from pipeline.workbook import Cell
from schemas.findings import Fact, Finding, column_letter, in_sheet_order
from schemas.requirements import Requirements, load

_MOST_BYTES = 20_000_000
"""Of a JSON file; larger ones hold something else (assumed)."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A file of ids as it was taken. given: ids newly attached; findings: what was refused, with its cell.

    outcome: the release that carries them (None: nothing to carry).
    """

    given: tuple[Assignment, ...]
    findings: tuple[Finding, ...]
    outcome: publishing.Outcome | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A live product and its ids."""

    code: str
    name: str
    ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the file: code, ids by kind, and where each stands (kind or `code` -> column)."""

    code: str | None
    ids: dict[Kind, str]
    row: int
    sheet: str | None = None
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Said:
    """One id of one row."""

    row: _Row
    assignment: Assignment


def ids_of(shop: Workshop) -> tuple[Listed, ...]:
    """Every live product with its ids, in order of code."""
    content = shop.store.releases.content()
    entries = content.entries.values() if content else ()
    return tuple(Listed(entry.code, entry.product.name, ids_in(entry.record)) for entry in entries)


def import_ids(shop: Workshop, path: Path, *, by: str, replacing: bool = False) -> Imported:
    """Attach the ids in a file (CSV, workbook or JSON) and publish them; what cannot be attached is a finding.

    The rest goes on. Importing the same file again changes nothing. replacing: a product's id may be replaced.
    StalePlan: something was published meanwhile; nothing is lost, import again.
    """
    rows, findings = _read(path, load())
    if any(finding.effect == "rejects_file" for finding in findings):
        return Imported((), tuple(findings))
    known = shop.store.ids.known()
    accepted, refused = _judged(rows, known, load(), replacing=replacing)
    new = tuple(dict.fromkeys(one for one in accepted if known.current.get(one.code, {}).get(one.kind) != one.value))
    shop.store.ids.assign(new, by=by)
    return Imported(new, in_sheet_order((*findings, *refused)), _publish(shop, accepted, by, path.name))


def _publish(shop: Workshop, accepted: Sequence[Assignment], by: str, file: str) -> publishing.Outcome | None:
    """The live release with the ids; None where no live product gets one. file: noted with the release."""
    base = shop.store.releases.content()
    ids: dict[str, dict[str, str]] = {}
    for one in accepted:
        ids.setdefault(one.code, {})[one.kind] = one.value
    if base is None or not ids.keys() & base.entries.keys():
        return None
    entries = {code: renew(e, ids[code]) if code in ids else e for code, e in base.entries.items()}
    order = publishing.Order(
        draft=draft_of(shop, entries, brand_shown(shop, base.brand), base),
        base=base.release,
        requirements=load().version,
        by=by,
        kind="ids",
        comment=file,
        brand=base.brand,
    )
    outcome = publishing.publish(shop.place, order)
    if outcome.minted:
        upkeep.prune_behind(shop.place, shop.settings.releases.keep)
    return outcome


def _judged(
    rows: Sequence[_Row], known: Known, requirements: Requirements, *, replacing: bool
) -> tuple[list[Assignment], list[Finding]]:
    said = [_Said(row, Assignment(kind, row.ids[kind], row.code)) for row in rows if row.code for kind in row.ids]
    clashes = _clashes(said)
    clashing = {id(one) for _, group in clashes for one in group}
    findings = [*_blanks(rows, requirements), *(_clash(requirements, code, group) for code, group in clashes)]
    accepted = []
    for one in said:
        fault = fault_of(one.assignment, known, replace=replacing)
        if fault:
            findings.append(_finding(requirements, fault[0], one, fault[1]))
        elif id(one) not in clashing:
            accepted.append(one.assignment)
    return accepted, findings


def _blanks(rows: Iterable[_Row], requirements: Requirements) -> Iterator[Finding]:
    for row in rows:
        place = _Said(row, Assignment(KINDS[0], "", row.code or ""))
        if not row.code:
            yield _finding(requirements, "ids.no_code", place, {}, column=row.columns.get("code"))
        elif not row.ids:
            yield _finding(requirements, "ids.blank", place, {})


def _clashes(said: Sequence[_Said]) -> list[tuple[str, list[_Said]]]:
    """One id for several codes, or several ids of a kind for one code: nobody can tell which is meant.

    Each as its finding code and all that takes part in it: it is told once.
    """
    by_id: dict[tuple[Kind, str], list[_Said]] = {}
    by_code: dict[tuple[Kind, str], list[_Said]] = {}
    for one in said:
        new = one.assignment
        by_id.setdefault((new.kind, new.value), []).append(one)
        by_code.setdefault((new.kind, new.code), []).append(one)
    shared = [group for group in by_id.values() if len({one.assignment.code for one in group}) > 1]
    doubled = [group for group in by_code.values() if len({one.assignment.value for one in group}) > 1]
    return [*(("ids.repeated", group) for group in shared), *(("ids.contradicts", group) for group in doubled)]


def _clash(requirements: Requirements, code: str, group: Sequence[_Said]) -> Finding:
    """A clash, told where it came about: at the last of its rows."""
    last, new = group[-1], group[-1].assignment
    facts: dict[str, Fact] = {"kind": new.kind}
    if code == "ids.repeated":
        facts["codes"] = ", ".join(sorted({one.assignment.code for one in group}))
    else:
        facts |= {"code": new.code, "values": tuple(dict.fromkeys(one.assignment.value for one in group))}
    return _finding(requirements, code, last, facts)


def _finding(
    requirements: Requirements, code: str, one: _Said, facts: Mapping[str, Fact], *, column: str | None = None
) -> Finding:
    row, new = one.row, one.assignment
    made = requirements.finding(
        code,
        sheet=row.sheet,
        row=row.row,
        column=column or row.columns.get("code" if code == "ids.unknown_code" else new.kind),
        field=new.kind,
        product=row.code or None,
        value=new.value or None,
        facts=facts,
    )
    return replace(made, effect="none")


def _read(path: Path, requirements: Requirements) -> tuple[list[_Row], list[Finding]]:
    if path.suffix.lower() == ".json":
        rows = _from_json(path)
        return (rows, []) if rows is not None else ([], [_unreadable(path, requirements)])
    workbook = ingest.start(path, only_sheet=None).workbook()
    if not workbook.sheets:
        return [], list(workbook.findings)
    mapped = mapping.map_workbook(workbook, requirements)
    names = {name for column in mapped.columns for name in column.word.fills} if isinstance(mapped, Mapped) else set()
    if not isinstance(mapped, Mapped) or "code" not in names or not names & {*KINDS}:
        return [], [_unreadable(path, requirements)]
    return list(_from_sheet(mapped)), []


def _unreadable(path: Path, requirements: Requirements) -> Finding:
    facts: dict[str, Fact] = {"file": path.name}
    return requirements.finding("ids.unreadable", facts=facts)


def _from_sheet(mapped: Mapped) -> Iterator[_Row]:
    page = mapped.sheet
    places = {c.word.fills[0]: c.index for c in mapped.columns if c.word.fills[0] in ("code", *KINDS)}
    columns = {name: column_letter(index) for name, index in places.items()}
    for row in mapped.rows:
        cells = {
            name: reading.read_text(
                Cell(page.columns[index][row - page.first_row], page.formats.get(index, {}).get(row))
            ).value
            for name, index in places.items()
        }
        if any(cells.values()):
            ids: dict[Kind, str] = {kind: said for kind in KINDS if (said := cells.get(kind))}
            yield _Row(cells.get("code"), ids, row, page.name, columns)


def _from_json(path: Path) -> list[_Row] | None:
    """`[{"code", "product_id", "listing_id"}, …]`, alone or as `products` of an object; None: it is something else."""
    if not path.is_file():  # what is no file may never end
        return None
    try:
        with path.open("rb") as file:
            said: Any = json.loads(file.read(_MOST_BYTES + 1)[:_MOST_BYTES])
    except (ValueError, RecursionError):
        return None
    listed = said.get("products") if isinstance(said, dict) else said
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        return None
    return [_Row(_text(one.get("code")), _ids(one), at) for at, one in enumerate(listed, start=1)]


def _ids(said: dict[str, Any]) -> dict[Kind, str]:
    return {kind: text for kind in KINDS if (text := _text(said.get(kind)))}


def _text(value: Any) -> str | None:
    """A text, or a whole number as its digits; anything else says nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None
