"""Base release + candidate rows -> plan. Pure.

Four rules carry the weight. Equal values are no change, however they were written (24.9 and 24.90): the published
bytes stay. A row with errors is held: what is published of it stays as it is. Absence is the most dangerous
instruction: a full upload that drops more products than the guard allows holds every removal until each is named. A
figure that moved as typing errors move it (`jumps`) holds its product until that is named.
(All are rules of ours; the marketplace documents none.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from catalog.brand import FIELDS as BRAND_FIELDS
from catalog.brand import BrandRecord
from catalog.entry import Content, Entry, canonical, digest_of
from catalog.plan.jumps import jumps_of
from catalog.plan.values import (
    WITHDRAWN,
    BrandChange,
    Change,
    FieldChange,
    Plan,
    Reason,
    Removal,
    Scheduled,
    Terms,
)
from schemas.product import FIELD_NAMES, Product, to_record

_KEPT = ("product_id", "listing_id", "campaigns")


@dataclass(slots=True)
class _Sorting:
    """The lists while they are filled; `doubts` is what the jumps come to, for the hash."""

    terms: Terms
    added: list[Entry] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    removed: list[Removal] = field(default_factory=list)
    scheduled: list[Scheduled] = field(default_factory=list)
    held_changes: list[Change] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    ending: list[str] = field(default_factory=list)
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def make_plan(
    base: Content | None, candidate: Sequence[Entry], held: Mapping[str, Iterable[str]], terms: Terms
) -> Plan:
    """Compare an upload with what is published.

    candidate: the rows without errors; held: code -> finding codes of the rows with errors.
    Raises ValueError on two candidates with one code (validation reports that as `code.duplicate` and holds both).
    The hash binds upload content, brand, look, base release, requirements version and what is held back. The day does
    not change it: whoever approves a row approves the dates in it. Nor does naming what is held back.
    """
    published = base.entries if base else {}
    rows = {entry.code: entry for entry in candidate}
    if len(rows) != len(candidate):
        raise ValueError("two candidates share one code")
    sorting = _Sorting(terms, held={code: tuple(reasons) for code, reasons in sorted(held.items())})
    for code in sorted(rows.keys() - held.keys()):
        _sort_row(sorting, rows[code], published.get(code))
    named = rows.keys() | held.keys()
    absent = [] if terms.partial else [Removal(published[c], "absent") for c in sorted(published.keys() - named)]
    dropped = 0 if terms.partial else len(terms.staged - named)
    kept_back, waiting = _sort_absent(sorting, absent, len(published), dropped)
    said = _bound(base, terms, kept_back, rows, held, absent)
    return Plan(
        base=base,
        added=tuple(sorting.added),
        changed=tuple(sorting.changed),
        removed=tuple(sorted(sorting.removed, key=lambda removal: removal.code)),
        held=dict(sorted(sorting.held.items())),
        unchanged=tuple(sorting.unchanged),
        held_removals=waiting,
        hash=digest_of((*said, *sorting.doubts)),
        held_changes=tuple(sorting.held_changes),
        scheduled=tuple(sorting.scheduled),
        ending=tuple(sorted(sorting.ending)),
        brand=_brand_change(base, terms.brand),
        candidate_brand=terms.brand or (base.brand if base else None),
    )


def _sort_absent(
    sorting: _Sorting, absent: Sequence[Removal], published: int, dropped: int
) -> tuple[bool, tuple[Removal, ...]]:
    """Did the guard trip, and what it keeps back. What has ended by itself is not missed.

    dropped: of what was live when the upload was staged. That some removals were named and published since makes the
    others no likelier to be meant.
    """
    today = sorting.terms.today
    sorting.ending += [removal.code for removal in absent if has_ended(removal.entry.product, today)]
    missed = [removal for removal in absent if removal.code not in sorting.ending]
    guard = sorting.terms.guard
    kept_back = guard.trips(len(missed), published) or guard.trips(dropped, len(sorting.terms.staged))
    waiting = tuple(removal for removal in missed if kept_back and removal.code not in sorting.terms.named)
    sorting.removed += [removal for removal in missed if removal not in waiting]
    return kept_back, waiting


def _bound(
    base: Content | None,
    terms: Terms,
    kept_back: bool,
    rows: Mapping[str, Entry],
    held: Mapping[str, Iterable[str]],
    absent: Sequence[Removal],
) -> Iterator[str]:
    yield canonical([base.release, base.digest] if base else None)
    yield canonical([terms.requirements, terms.partial, kept_back, terms.look])
    yield terms.brand.text() if terms.brand else ""
    for code in sorted(rows.keys() - held.keys()):
        yield ("withdrawn " if code in terms.withdrawn else "") + rows[code].record
    yield canonical([removal.code for removal in absent])
    yield canonical({code: list(held[code]) for code in sorted(held)})


def _sort_row(sorting: _Sorting, entry: Entry, before: Entry | None) -> None:
    """Put one row without errors where it belongs."""
    terms = sorting.terms
    leaving = _leaving(entry.product, terms.today)
    if entry.code in terms.withdrawn:
        sorting.held[entry.code] = (WITHDRAWN,)
    elif leaving and before:
        _sort_leaving(sorting, entry, before, leaving)
    elif leaving:
        # Never listed and not to be listed: nothing changes for anybody, and the person is told why it stays out.
        sorting.held[entry.code] = (leaving,)
    else:
        _sort_listed(sorting, with_assigned(entry, before), before)


def _sort_leaving(sorting: _Sorting, entry: Entry, before: Entry, reason: Reason) -> None:
    if reason == "expired" and has_ended(before.product, sorting.terms.today):
        sorting.ending.append(entry.code)
    else:
        sorting.removed.append(Removal(before, reason))


def _leaving(product: Product, today: date) -> Reason | None:
    if product.status == "paused":
        return "paused"
    if product.status == "retired":
        return "retired"
    return "expired" if has_ended(product, today) else None


def has_ended(product: Product, today: date) -> bool:
    """Is its last day over? The last day itself still counts."""
    return product.valid_to is not None and product.valid_to < today


def _sort_listed(sorting: _Sorting, entry: Entry, before: Entry | None) -> None:
    terms = sorting.terms
    fields = () if before is None or entry.record == before.record else field_changes(before.product, entry.product)
    jumps = jumps_of(before.product, entry.product, fields) if before else ()
    if jumps:
        sorting.doubts.append(canonical([entry.code, [[jump.field, jump.kind, jump.factor] for jump in jumps]]))
    approved = terms.waiting.get(entry.code)
    is_waiting = approved is not None and with_assigned(approved, before).product == entry.product
    starts = entry.product.valid_from
    ahead = starts if starts and (starts > terms.today or is_waiting) else None
    if before is not None and not fields:
        sorting.unchanged.append(entry.code)
    elif before is not None and jumps and not is_waiting and entry.code not in terms.named:
        sorting.held_changes.append(Change(before, entry, fields, jumps, ahead))
    elif ahead:
        sorting.scheduled.append(Scheduled(entry, before, fields, ahead, is_waiting))
    elif before is None:
        sorting.added.append(entry)
    else:
        sorting.changed.append(Change(before, entry, fields, jumps))


def with_assigned(entry: Entry, before: Entry | None) -> Entry:
    """The ids the marketplace assigned stay with their product: the Lender's sheet need not carry them.

    So do campaigns, where the workbook has no sheet of them: that caps vanish is never guessed from an absence.
    """
    if before is None or not any(f'"{name}":' in before.record for name in _KEPT):
        return entry
    known = to_record(before.product)
    record = to_record(entry.product)
    missing = {name: known[name] for name in _KEPT if name in known and name not in record}
    if not missing:
        return entry
    return Entry(entry.code, canonical({**record, **missing}), entry.lineage)


def field_changes(before: Product, after: Product) -> tuple[FieldChange, ...]:
    """The fields that differ in value, in field order; 24.9 and 24.90 do not differ."""
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in FIELD_NAMES]
    pairs.append(("campaigns", before.campaigns or (), after.campaigns or ()))
    return tuple(FieldChange(name, old, new) for name, old, new in pairs if old != new)


def _brand_change(base: Content | None, after: BrandRecord | None) -> BrandChange | None:
    """None too where nothing is live, or was published before releases recorded their brand."""
    if base is None or base.brand is None or after is None or base.brand.shown == after.shown:
        return None
    return BrandChange(base.brand, after, brand_fields(base.brand, after))


def brand_fields(before: BrandRecord, after: BrandRecord) -> tuple[FieldChange, ...]:
    """The data of the brand that differ, as texts; the logo as its digest."""
    pairs = ((name, before.shown.get(name), after.shown.get(name)) for name in BRAND_FIELDS)
    return tuple(FieldChange(name, old, new) for name, old, new in pairs if old != new)
