"""A plan as values: what publishing an upload would do, product by product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from catalog.brand import BrandRecord
from catalog.entry import Content, Entry

Reason = Literal["absent", "paused", "retired", "expired"]
"""Why a product leaves: not in a full upload; its row says paused or retired; its validity ended."""

WITHDRAWN = "withdrawn"
BRAND = "@marca"
"""What stands for the brand where decisions name products."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Absent products are held once more than `count` and more than `share` (0.2: a fifth) of what is published."""

    count: int = 3
    share: Decimal = Decimal("0.2")

    def trips(self, absent: int, published: int) -> bool:
        """Are so many removals too many to believe?"""
        return absent > self.count and absent > self.share * published


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a plan is made under, besides what is live and what was read.

    partial: the upload speaks only of the products it names; today: for validity dates; requirements: the version the
    upload was checked against; look: digest of everything but the product that a page depends on; brand: the brand
    the upload would publish. named: codes a person has approved by name; withdrawn: codes kept out until reinstated;
    waiting: rows approved earlier whose day is still to come (or has just come). staged: codes that were live when the
    upload was staged, where another release is by now: what it drops is counted against them too.
    """

    today: date
    requirements: str
    partial: bool = False
    guard: Guard = Guard()
    look: str = ""
    brand: BrandRecord | None = None
    named: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    waiting: Mapping[str, Entry] = field(default_factory=dict)
    staged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as values of Product (None or () where the Lender did not say)."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Jump:
    """A figure that moved as typing errors do: `times` or `part` by `factor`, or two `digits` that changed places."""

    field: str
    kind: Literal["times", "part", "digits"]
    factor: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A published product whose values change; starts: the day, where that lies ahead."""

    before: Entry
    after: Entry
    fields: tuple[FieldChange, ...]
    jumps: tuple[Jump, ...] = ()
    starts: date | None = None

    @property
    def code(self) -> str:
        """The Lender's product code."""
        return self.after.code


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A row that goes live by itself on a day, once approved. before: what is live till then; waiting: approved."""

    entry: Entry
    before: Entry | None
    fields: tuple[FieldChange, ...]
    starts: date
    waiting: bool = False

    @property
    def code(self) -> str:
        """The Lender's product code."""
        return self.entry.code


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
class BrandChange:
    """The Lender's brand before and after; every page shows it."""

    before: BrandRecord
    after: BrandRecord
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing would do, each list in order of code. `hash` is what an approval is bound to.

    held: code -> reasons (finding codes, `withdrawn`, why it may not be listed); what is published of it stays, or it
    stays out. held_removals, held_changes: kept back until a person approves them by name. scheduled: rows whose day
    lies ahead. ending: live products whose own validity has ended; they leave without a decision.
    """

    base: Content | None
    added: tuple[Entry, ...]
    changed: tuple[Change, ...]
    removed: tuple[Removal, ...]
    held: Mapping[str, tuple[str, ...]]
    unchanged: tuple[str, ...]
    held_removals: tuple[Removal, ...]
    hash: str
    held_changes: tuple[Change, ...] = ()
    scheduled: tuple[Scheduled, ...] = ()
    ending: tuple[str, ...] = ()
    brand: BrandChange | None = None
    candidate_brand: BrandRecord | None = None

    @property
    def is_empty(self) -> bool:
        """Would publishing leave every product, and the brand, as they are?"""
        return not (self.added or self.changed or self.removed or self.brand)

    @property
    def needs_decision(self) -> bool:
        """Is there anything a person may approve or reject?"""
        return bool(self.codes)

    @property
    def codes(self) -> frozenset[str]:
        """Every code the plan would touch or that waits for a decision: what `approve --product` may name."""
        touched: tuple[Entry | Change | Removal | Scheduled, ...]
        touched = (*self.added, *self.changed, *self.removed, *self.held_removals, *self.held_changes)
        ahead = (item.code for item in self.scheduled if not item.waiting)
        return frozenset((*(item.code for item in touched), *ahead, *((BRAND,) if self.brand else ())))

    def content(self, only: frozenset[str] | None = None) -> dict[str, Entry]:
        """The catalogue after the plan, code -> entry in order of code; `only` limits it to the codes approved."""
        entries = dict(self.base.entries) if self.base else {}
        entries.update((entry.code, entry) for entry in self.added if only is None or entry.code in only)
        entries.update((change.code, change.after) for change in self.changed if only is None or change.code in only)
        for removal in self.removed:
            if only is None or removal.code in only:
                del entries[removal.code]
        return dict(sorted(entries.items()))

    def proposal(self) -> dict[str, Entry]:
        """The catalogue with everything let through, whatever its day: what a preview shows."""
        entries = self.content()
        entries.update((change.code, change.after) for change in self.held_changes)
        entries.update((item.code, item.entry) for item in self.scheduled)
        return dict(sorted(entries.items()))

    def brand_after(self, only: frozenset[str] | None = None) -> BrandRecord | None:
        """The brand after the plan; None where no release has recorded one and the upload brings none."""
        if self.brand and only is not None and BRAND not in only:
            return self.brand.before
        return self.candidate_brand
