"""Dated reference values: what was in force on a day. Nothing is extrapolated beyond the dates a source gives."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType

from catalog.cost import cap
from schemas.errors import WrongUse

IBC = "IBC"
MODALITIES = (
    "consumo_ordinario",
    "consumo_bajo_monto",
    "productivo_mayor_monto",
    "productivo_rural",
    "productivo_urbano",
    "popular_productivo_rural",
    "popular_productivo_urbano",
)
BOUNDS: Mapping[str, tuple[Decimal, Decimal]] = MappingProxyType(
    {
        IBC: (Decimal(5), Decimal(150)),
        "SMMLV": (Decimal(100_000), Decimal(20_000_000)),
        "UVT": (Decimal(10_000), Decimal(500_000)),
        "UVR": (Decimal(100), Decimal(5_000)),
        "UDI": (Decimal(1), Decimal(50)),
        "UMA": (Decimal(50), Decimal(1_000)),
        "IBR": (Decimal("0.1"), Decimal(60)),
        "DTF": (Decimal("0.1"), Decimal(60)),
        "TIIE": (Decimal("0.1"), Decimal(120)),
    }
)
"""The kinds we keep and the values they can have (assumed: wide enough for history, narrow enough to catch a slip).

IBC, IBR, DTF and TIIE in percent; SMMLV, UVT and UVR in Colombian pesos; UDI and UMA (a day) in Mexican pesos.
"""
LONGEST = timedelta(days=400)
"""No source gives a value for longer than a year; a longer validity is a slip or an open end."""

_FILLERS = {"credito", "creditos", "modalidad", "de", "del", "y", "e", "el", "la"}
_MONTH = re.compile(r"(\d{4})-(\d{2})")

Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One value and the days it is in force, both included; `modality` for IBC only."""

    kind: str
    modality: str | None
    valid_from: date
    valid_to: date
    value: Decimal
    source: str = ""

    @property
    def key(self) -> Key:
        """What the value is of."""
        return self.kind, self.modality

    @property
    def span(self) -> tuple[date, date]:
        """First and last day."""
        return self.valid_from, self.valid_to


@dataclass(frozen=True, slots=True)
class Tables:
    """All values we hold, by what they are of and the day they begin. Made by `tables`."""

    by_key: Mapping[Key, tuple[Entry, ...]]

    def cap_for(self, modality: str, month: date | str) -> Decimal | None:
        """The usury cap, percent E.A., of a month (any day of it, or `2026-03`); None where it is not certified to us.

        Where the certified interest changed within the month, the lowest cap. Raises WrongUse on what is no month.
        """
        first, last = month_span(month)
        entries = [entry for entry in self._of(IBC, modality_of(modality)) if _touch(entry, first, last)]
        if not _cover(entries, first, last):
            return None
        return cap(min(entry.value for entry in entries))

    def cap_on(self, modality: str, day: date) -> Decimal | None:
        """The usury cap, percent E.A., of one day."""
        ibc = self._on(day, IBC, modality_of(modality))
        return None if ibc is None else cap(ibc)

    def value_for(self, kind: str, day: date) -> Decimal | None:
        """The value of `kind` in force on a day, in the unit of `BOUNDS`; None where we hold none for that day."""
        return self._on(day, kind.upper(), None)

    def last_day(self, kind: str, modality: str | None = None) -> date | None:
        """The last day we hold a value for; None where we hold none at all."""
        entries = self._of(kind.upper(), modality_of(modality) if modality else None)
        return max((entry.valid_to for entry in entries), default=None)

    def entries(self) -> tuple[Entry, ...]:
        """Every value, in order."""
        return tuple(entry for key in sorted(self.by_key, key=_key_order) for entry in self.by_key[key])

    def _of(self, kind: str, modality: str | None) -> tuple[Entry, ...]:
        return self.by_key.get((kind, modality), ())

    def _on(self, day: date, kind: str, modality: str | None) -> Decimal | None:
        entries = self._of(kind, modality)
        at = bisect_right(entries, day, key=lambda entry: entry.valid_from)
        for entry in reversed(entries[:at]):
            if entry.valid_to >= day:
                return entry.value
            if day - entry.valid_from > LONGEST:
                break
        return None


def tables(entries: Iterable[Entry]) -> Tables:
    """The tables these entries make; of identical ones, one."""
    unique = {(entry.key, entry.span, entry.value): entry for entry in entries}
    ordered = in_order(unique.values())
    return Tables(MappingProxyType({key: tuple(group) for key, group in groupby(ordered, key=lambda one: one.key)}))


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """By what they are of, then by first day."""
    return sorted(entries, key=lambda entry: (_key_order(entry.key), entry.span))


def _key_order(key: Key) -> tuple[str, str]:
    return key[0], key[1] or ""


def contradictions(entries: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """Pairs that give one day two values. One pass over the sorted entries: only the one reaching furthest matters."""
    found = []
    for _, group in groupby(in_order(entries), key=lambda one: one.key):
        furthest: Entry | None = None
        for entry in group:
            if furthest and entry.valid_from <= furthest.valid_to and entry.value != furthest.value:
                found.append((furthest, entry))
            if furthest is None or entry.valid_to > furthest.valid_to:
                furthest = entry
    return found


def modality_of(text: str | None) -> str | None:
    """The canonical modality a text means (`Consumo y Ordinario`, `crédito productivo de mayor monto`), or None."""
    words = [word for word in normalised(text or "").split("_") if word not in _FILLERS]
    name = "_".join(words)
    return name if name in MODALITIES else None


def normalised(text: str) -> str:
    """Lower case without accents, everything else between letters and digits one underscore."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def month_span(month: date | str) -> tuple[date, date]:
    """First and last day of a month given as any of its days or as `2026-03`. Raises WrongUse."""
    first = month.replace(day=1) if isinstance(month, date) else _first_of(month)
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first, following - timedelta(days=1)


def _first_of(text: str) -> date:
    match = _MONTH.fullmatch(text.strip())
    if match and 1950 <= int(match[1]) <= 2100 and 1 <= int(match[2]) <= 12:
        return date(int(match[1]), int(match[2]), 1)
    raise WrongUse(f"«{text}» is no month: write it as 2026-03.", es=f"«{text}» no es un mes: escríbalo como 2026-03.")


def _touch(entry: Entry, first: date, last: date) -> bool:
    return entry.valid_from <= last and entry.valid_to >= first


def _cover(entries: list[Entry], first: date, last: date) -> bool:
    """Do these entries, in order, leave no day of the span without a value?"""
    if not entries or entries[0].valid_from > first or max(entry.valid_to for entry in entries) < last:
        return False
    reached = first - timedelta(days=1)
    for entry in entries:
        if entry.valid_from > reached + timedelta(days=1):
            return False
        reached = max(reached, entry.valid_to)
    return True
