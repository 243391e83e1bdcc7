"""What the calendar does by itself: approved rows whose day has come, live products whose validity has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from catalog.entry import Entry
from catalog.plan import has_ended, with_assigned
from catalog.store import Waiting
from pipeline.run.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Due:
    """What is due today. entries: the catalogue after it; rows: those that begin; ended: codes that leave."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    rows: tuple[Waiting, ...] = ()
    ended: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.ended)

    @property
    def begun(self) -> tuple[str, ...]:
        """The codes that begin."""
        return tuple(row.code for row in self.rows)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code that begins or leaves."""
        return tuple(sorted({*self.begun, *self.ended}))


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A product that begins or leaves by itself on a day; by: who let it through (None: it is live already)."""

    code: str
    name: str
    day: date
    what: Literal["starts", "ends"]
    upload: int | None = None
    by: str | None = None


def due_on(shop: Workshop, entries: Mapping[str, Entry]) -> Due:
    """What today does to a catalogue. A product taken off the shelf by hand does not come back by date."""
    withdrawn = shop.store.decisions.withdrawn()
    ready = (row for row in shop.store.schedule.waiting().values() if row.starts <= shop.today)
    rows = tuple(row for row in ready if row.code not in withdrawn)
    after = {**entries, **{row.code: with_assigned(row.entry, entries.get(row.code)) for row in rows}}
    ended = tuple(sorted(code for code, entry in after.items() if _has_ended(entry, shop.today)))
    return Due({code: after[code] for code in sorted(after.keys() - set(ended))}, rows, ended)


def _has_ended(entry: Entry, today: date) -> bool:
    # A record that names no last day is not parsed: most of ten thousand name none.
    return '"valid_to":' in entry.record and has_ended(entry.product, today)


def upcoming(shop: Workshop, *, days: int = 30) -> tuple[Upcoming, ...]:
    """What begins (whatever the day) and what leaves within so many days, in order of day. A product whose validity
    ends on a day leaves the day after."""
    content = shop.store.releases.content()
    ends = shop.today + timedelta(days=days)
    coming = [
        Upcoming(row.code, row.entry.product.name, row.starts, "starts", row.upload, row.by)
        for row in shop.store.schedule.waiting().values()
    ]
    coming += [
        Upcoming(entry.code, entry.product.name, entry.product.valid_to + timedelta(days=1), "ends")
        for entry in (content.entries.values() if content else ())
        if '"valid_to":' in entry.record and entry.product.valid_to and entry.product.valid_to < ends
    ]
    return tuple(sorted(coming, key=lambda item: (item.day, item.code)))
