"""What a publication would change: base release + candidate -> added / changed / removed / held / unchanged. Pure.

Three rules carry the weight. Equal values are no change, however they were written (24.9 and 24.90): the published
bytes stay. A row with errors is held: what is published of it stays as it is. Absence is the most dangerous
instruction: a full upload that drops more products than the guard allows holds every removal until each is named.
(All three are rules of ours; the marketplace documents none.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from catalog.entry import Content, Entry, canonical, digest_of
from schemas.product import FIELD_NAMES, Product, to_record

Reason = Literal["absent", "paused", "retired", "expired"]
"""Why a product leaves: not in a full upload; its row says paused or retired; its validity ended."""

SCHEDULED = "scheduled"
WITHDRAWN = "withdrawn"

_ASSIGNED = ("product_id", "listing_id")


@dataclass(frozen=True, slots=True)
class Guard:
    """Absent products are held once more than `count` and more than `share` (0.2: a fifth) of what is published."""

    count: int = 3
    share: Decimal = Decimal("0.2")

    def trips(self, absent: int, published: int) -> bool:
        """Are so many removals too many to believe?"""
        return absent > self.count and absent > self.share * published


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as values of Product (None or () where the Lender did not say)."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """A published product whose values change."""

    before: Entry
    after: Entry
    fields: tuple[FieldChange, ...]

    @property
    def code(self) -> str:
        """The Lender's product code."""
        return self.after.code


@dataclass(frozen=True, slots=True)
class Removal:
    """A published product that leaves (or would leave, when held), and why."""

    entry: Entry
    reason: Reason

    @property
    def code(self) -> str:
        """The Lender's product code."""
        return self.entry.code


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing would do, each list in order of code. `hash` is what an approval is bound to.

    held: code -> reasons (finding codes, `scheduled`, `withdrawn`); what is published of it stays, or it stays out.
    held_removals: absent products kept until a person approves their removal by name.
    """

    base: Content | None
    added: tuple[Entry, ...]
    changed: tuple[Change, ...]
    removed: tuple[Removal, ...]
    held: Mapping[str, tuple[str, ...]]
    unchanged: tuple[str, ...]
    held_removals: tuple[Removal, ...]
    hash: str

    @property
    def is_empty(self) -> bool:
        """Would publishing leave every product as it is?"""
        return not (self.added or self.changed or self.removed)

    @property
    def codes(self) -> frozenset[str]:
        """Every code the plan would touch or that waits for a decision: what `approve --product` may name."""
        touched: tuple[Entry | Change | Removal, ...]
        touched = (*self.added, *self.changed, *self.removed, *self.held_removals)
        return frozenset(item.code for item in touched)

    def content(self, only: frozenset[str] | None = None) -> dict[str, Entry]:
        """The catalogue after the plan, code -> entry in order of code; `only` limits it to the codes approved."""
        entries = dict(self.base.entries) if self.base else {}
        entries.update((entry.code, entry) for entry in self.added if only is None or entry.code in only)
        entries.update((change.code, change.after) for change in self.changed if only is None or change.code in only)
        for removal in self.removed:
            if only is None or removal.code in only:
                del entries[removal.code]
        return dict(sorted(entries.items()))


@dataclass(slots=True)
class _Sorting:
    """The lists while they are filled; `marks` is what each row comes to, for the hash."""

    added: list[Entry] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    removed: list[Removal] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)


def make_plan(  # noqa: PLR0913 - every argument is a fact of one decision; a bundle would only hide that
    base: Content | None,
    candidate: Sequence[Entry],
    held: Mapping[str, Iterable[str]],
    *,
    partial: bool,
    guard: Guard,
    today: date,
    requirements: str,
    approved_removals: frozenset[str] = frozenset(),
    withdrawn: frozenset[str] = frozenset(),
) -> Plan:
    """Compare an upload with what is published.

    candidate: the rows without errors; held: code -> finding codes of the rows with errors; partial: the upload
    speaks only of the products it names; today: for validity dates; requirements: the version the upload was checked
    against; approved_removals: codes a person has named; withdrawn: codes kept out until they are reinstated.
    Raises ValueError on two candidates with one code (validation reports that as `code.duplicate` and holds both).
    The hash binds upload content, base release, requirements version and what each row comes to today; naming
    removals does not change it.
    """
    published = base.entries if base else {}
    rows = {entry.code: entry for entry in candidate}
    if len(rows) != len(candidate):
        raise ValueError("two candidates share one code")
    sorting = _Sorting(held={code: tuple(reasons) for code, reasons in sorted(held.items())})
    for code in sorted(rows.keys() - held.keys()):
        _sort_row(sorting, rows[code], published.get(code), today=today, withdrawn=withdrawn)
    named = rows.keys() | held.keys()
    absent = [] if partial else [Removal(published[c], "absent") for c in sorted(published.keys() - named)]
    kept_back = guard.trips(len(absent), len(published))
    going = [r for r in absent if not kept_back or r.code in approved_removals]
    waiting = [r for r in absent if kept_back and r.code not in approved_removals]
    removed = sorted((*sorting.removed, *going), key=lambda removal: removal.code)
    return Plan(
        base=base,
        added=tuple(sorting.added),
        changed=tuple(sorting.changed),
        removed=tuple(removed),
        held=dict(sorted(sorting.held.items())),
        unchanged=tuple(sorting.unchanged),
        held_removals=tuple(waiting),
        hash=digest_of(_bound(base, requirements, partial, kept_back, sorting, absent)),
    )


def _bound(
    base: Content | None,
    requirements: str,
    partial: bool,
    kept_back: bool,
    sorting: _Sorting,
    absent: Sequence[Removal],
) -> Iterator[str]:
    yield canonical([base.release, base.digest] if base else None)
    yield canonical([requirements, partial, kept_back])
    yield from sorting.marks
    yield canonical([removal.code for removal in absent])
    yield canonical({code: list(reasons) for code, reasons in sorted(sorting.held.items())})


def _sort_row(sorting: _Sorting, entry: Entry, before: Entry | None, *, today: date, withdrawn: frozenset[str]) -> None:
    """Put one row without errors where it belongs."""
    product = entry.product
    leaving = _leaving(product, today)
    sorting.marks.append(f"{leaving or 'listed'} {entry.record}")
    if entry.code in withdrawn:
        sorting.held[entry.code] = (WITHDRAWN,)
    elif leaving and before:
        sorting.removed.append(Removal(before, leaving))
    elif leaving:
        # Never listed and not to be listed: nothing changes for anybody, and the person is told why it stays out.
        sorting.held[entry.code] = (leaving,)
    elif product.valid_from and product.valid_from > today:
        sorting.held[entry.code] = (SCHEDULED,)
    else:
        _sort_listed(sorting, entry, before)


def _leaving(product: Product, today: date) -> Reason | None:
    if product.status == "paused":
        return "paused"
    if product.status == "retired":
        return "retired"
    return "expired" if product.valid_to and product.valid_to < today else None


def _sort_listed(sorting: _Sorting, entry: Entry, before: Entry | None) -> None:
    if before is None:
        sorting.added.append(entry)
        return
    entry = _with_assigned(entry, before)
    fields = () if entry.record == before.record else field_changes(before.product, entry.product)
    if fields:
        sorting.changed.append(Change(before, entry, fields))
    else:
        sorting.unchanged.append(entry.code)


def _with_assigned(entry: Entry, before: Entry) -> Entry:
    """The ids the marketplace assigned stay with their product: the Lender's sheet need not carry them."""
    if not any(f'"{name}":' in before.record for name in _ASSIGNED):
        return entry
    known = to_record(before.product)
    record = to_record(entry.product)
    missing = {name: known[name] for name in _ASSIGNED if name in known and name not in record}
    if not missing:
        return entry
    return Entry(entry.code, canonical({**record, **missing}), entry.lineage)


def field_changes(before: Product, after: Product) -> tuple[FieldChange, ...]:
    """The fields that differ in value, in field order; 24.9 and 24.90 do not differ."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in FIELD_NAMES)
    return tuple(FieldChange(name, old, new) for name, old, new in pairs if old != new)
