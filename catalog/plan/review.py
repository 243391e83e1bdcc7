"""What a reviewer reads of a plan, or of the difference of two releases: dangerous first, each thing once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from catalog.entry import Content, Entry
from catalog.plan.compare import brand_fields, field_changes
from catalog.plan.dangers import Danger, dangers_of
from catalog.plan.values import BRAND, BrandChange, Change, FieldChange, Jump, Plan, Removal, Scheduled
from schemas.product import Product

What = Literal["added", "changed", "removed", "scheduled", "ending", "brand", "held"]
Hold = Literal["removals", "jump", "row"]
"""Why something waits: too many removals, a jump (both until named), or what is wrong with or said of its row."""

_PAIRS = ("amount", "rate", "rate_ea", "term", "sum_insured", "age")


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field before and after. `field` is a pair's stem (`rate`) where both ends moved alike."""

    field: str
    before: object
    after: object
    danger: Danger | None = None
    jump: Jump | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One product of a plan. product: whose country and currency its figures are written in (None: the brand).

    reasons: why it leaves or is held (reasons of a plan, finding codes); hold: what keeps it back; starts: the day it
    goes live; waiting: approved, only the day is missing.
    """

    code: str
    what: What
    product: Product | None = None
    fields: tuple[FieldView, ...] = ()
    dangers: tuple[Danger, ...] = ()
    reasons: tuple[str, ...] = ()
    hold: Hold | None = None
    starts: date | None = None
    waiting: bool = False

    @property
    def name(self) -> str:
        """The product's name; empty where only its code is known."""
        return self.product.name if self.product else ""


@dataclass(frozen=True, slots=True)
class Review:
    """Every item once, each list in order of code. base: the release compared with; counts: by what happens.

    after: the release that is compared with it; None for a plan.
    """

    base: int | None
    after: int | None = None
    dangerous: tuple[Item, ...] = ()
    to_name: tuple[Item, ...] = ()
    others: tuple[Item, ...] = ()
    added: tuple[Item, ...] = ()
    scheduled: tuple[Item, ...] = ()
    held: tuple[Item, ...] = ()
    unchanged: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def review_of(plan: Plan) -> Review:
    """A plan as it is read."""
    touched = [
        *([_brand_item(plan.brand)] if plan.brand else ()),
        *(_removal(removal) for removal in plan.removed),
        *(_change(change) for change in plan.changed),
    ]
    return Review(
        base=plan.base.release if plan.base else None,
        dangerous=tuple(item for item in touched if item.dangers),
        to_name=(
            *(_change(change, hold="jump") for change in plan.held_changes),
            *(_removal(removal, hold="removals") for removal in plan.held_removals),
        ),
        others=tuple(item for item in touched if not item.dangers),
        added=tuple(Item(entry.code, "added", entry.product) for entry in plan.added),
        scheduled=(*(_ahead(item) for item in plan.scheduled), *_ending(plan)),
        held=tuple(Item(code, "held", reasons=why, hold="row") for code, why in plan.held.items()),
        unchanged=plan.unchanged,
        counts=counts_of(plan),
    )


def counts_of(plan: Plan) -> dict[str, int]:
    """How many products a plan adds, changes, removes, holds and leaves; `brand` is 1 where the brand changes."""
    return {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "removed": len(plan.removed),
        "held": len(plan.held),
        "held_removals": len(plan.held_removals),
        "held_changes": len(plan.held_changes),
        "scheduled": len(plan.scheduled),
        "ending": len(plan.ending),
        "brand": int(plan.brand is not None),
        "unchanged": len(plan.unchanged),
    }


def diff(before: Content | None, after: Content) -> Review:
    """What one release shows that another does not, as a plan would say it; `base` is the first one's number."""
    old = before.entries if before else {}
    changes = [_changed(old[code], after.entries[code]) for code in sorted(old.keys() & after.entries.keys())]
    moved = [change for change in changes if change.fields]
    brand = _brand_between(before, after)
    touched = [
        *([_brand_item(brand)] if brand else ()),
        *(Item(code, "removed", old[code].product, dangers=("removal",)) for code in _only_in(old, after.entries)),
        *(_change(change) for change in moved),
    ]
    added = tuple(Item(code, "added", after.entries[code].product) for code in _only_in(after.entries, old))
    still = tuple(change.code for change in changes if not change.fields)
    removed = len(touched) - len(moved) - int(brand is not None)
    counts = {"added": len(added), "changed": len(moved), "removed": removed, "unchanged": len(still)}
    return Review(
        base=before.release if before else None,
        after=after.release,
        dangerous=tuple(item for item in touched if item.dangers),
        others=tuple(item for item in touched if not item.dangers),
        added=added,
        unchanged=still,
        counts=counts | {"brand": int(brand is not None)},
    )


def differing(one: Plan, other: Plan) -> tuple[str, ...]:
    """The codes that the two plans do not treat alike."""
    first, second = _treatment(one), _treatment(other)
    return tuple(sorted(code for code in first.keys() | second.keys() if first.get(code) != second.get(code)))


def _treatment(plan: Plan) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {entry.code: ("added", entry.record) for entry in plan.added}
    found |= {c.code: ("changed", c.before.record, c.after.record) for c in (*plan.changed, *plan.held_changes)}
    found |= {r.code: ("removed", r.entry.record) for r in (*plan.removed, *plan.held_removals)}
    found |= {s.code: ("scheduled", s.before.record if s.before else "", s.entry.record) for s in plan.scheduled}
    return found | ({BRAND: (plan.brand.before.text(), plan.brand.after.text())} if plan.brand else {})


def _only_in(one: Mapping[str, Entry], other: Mapping[str, Entry]) -> list[str]:
    return sorted(one.keys() - other.keys())


def _changed(before: Entry, after: Entry) -> Change:
    same = before is after or before.record == after.record
    return Change(before, after, () if same else field_changes(before.product, after.product))


def _brand_between(before: Content | None, after: Content) -> BrandChange | None:
    if before is None or before.brand is None or after.brand is None or before.brand.shown == after.brand.shown:
        return None
    return BrandChange(before.brand, after.brand, brand_fields(before.brand, after.brand))


def _brand_item(change: BrandChange) -> Item:
    fields = tuple(FieldView(f"brand.{one.field}", one.before, one.after) for one in change.fields)
    return Item(BRAND, "brand", fields=fields, dangers=("brand",))


def _removal(removal: Removal, *, hold: Hold | None = None) -> Item:
    product = removal.entry.product
    return Item(removal.code, "removed", product, dangers=("removal",), reasons=(removal.reason,), hold=hold)


def _change(change: Change, *, hold: Hold | None = None) -> Item:
    before, after = change.before.product, change.after.product
    fields = _views(before, after, change.fields, change.jumps)
    return Item(
        change.code, "changed", after, fields, _dangers(fields), hold=hold, starts=change.starts
    )  # fmt: skip


def _ahead(item: Scheduled) -> Item:
    product = item.entry.product
    fields = _views(item.before.product, product, item.fields, ()) if item.before else ()
    return Item(
        item.code, "scheduled", product, fields, _dangers(fields), starts=item.starts, waiting=item.waiting
    )  # fmt: skip


def _ending(plan: Plan) -> Iterator[Item]:
    for code in plan.ending:
        product = plan.base.entries[code].product if plan.base else None
        yield Item(code, "ending", product, reasons=("expired",))


def _dangers(fields: Iterable[FieldView]) -> tuple[Danger, ...]:
    return tuple(dict.fromkeys(view.danger for view in fields if view.danger))


def _views(
    before: Product, after: Product, fields: Sequence[FieldChange], jumps: Sequence[Jump]
) -> tuple[FieldView, ...]:
    """The fields to be read, dangerous ones first; a pair that moved as one is told once, and so is a derived rate."""
    dangers = dangers_of(before, after, fields)
    jumped = {jump.field: jump for jump in jumps}
    views = {
        change.field: FieldView(
            change.field, change.before, change.after, dangers.get(change.field), jumped.get(change.field)
        )
        for change in fields
    }
    for stem in _PAIRS:
        _fold(views, stem)
    for derived, own in (("rate_ea", "rate"), ("rate_ea_min", "rate_min"), ("rate_ea_max", "rate_max")):
        if derived in views and own in views and _alike(views[derived], views[own]):
            del views[derived]
    return tuple(sorted(views.values(), key=lambda view: view.danger is None and view.jump is None))


def _fold(views: dict[str, FieldView], stem: str) -> None:
    low, high = views.get(f"{stem}_min"), views.get(f"{stem}_max")
    if low and high and _alike(low, high):
        folded = FieldView(stem, low.before, low.after, low.danger or high.danger, low.jump or high.jump)
        kept = {name: view for name, view in views.items() if name != f"{stem}_max"}
        views.clear()
        views.update((stem if name == f"{stem}_min" else name, kept[name]) for name in kept)
        views[stem] = folded


def _alike(one: FieldView, other: FieldView) -> bool:
    return (one.before, one.after) == (other.before, other.after)
