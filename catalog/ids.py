"""The ids the marketplace assigns, `product_id` and `listing_id`, attached to our product codes. Pure.

An id once given to one code never goes to another, even when it was replaced or its product left: leads of the past
are still told under it. (The ids are documented; what may become of them is assumed.)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from catalog.entry import Entry, canonical
from schemas.product import FIELD_NAMES

Kind = Literal["product_id", "listing_id"]
KINDS: tuple[Kind, ...] = ("product_id", "listing_id")
LONGEST = 100
"""Characters of an id (assumed)."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One id for one product."""

    kind: Kind
    value: str
    code: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue knows of ids.

    owners: every id ever -> its code; current: code -> its ids today; codes: every product ever published.
    """

    owners: Mapping[tuple[str, str], str]
    current: Mapping[str, Mapping[str, str]]
    codes: frozenset[str]


def ids_in(record: str) -> dict[str, str]:
    """The ids in a product's record (its JSON text)."""
    if not any(f'"{kind}":' in record for kind in KINDS):
        return {}
    values = json.loads(record)
    return {kind: str(values[kind]) for kind in KINDS if kind in values}


def attach(entry: Entry, ids: Mapping[str, str]) -> Entry:
    """The entry with the ids it lacks; what its sheet says of ids itself stays."""
    missing = {kind: value for kind, value in ids.items() if kind not in ids_in(entry.record)}
    return renew(entry, missing) if missing else entry


def renew(entry: Entry, ids: Mapping[str, str]) -> Entry:
    """The entry with these ids, over any it has."""
    values = {**json.loads(entry.record), **ids}
    record = canonical({name: values[name] for name in (*FIELD_NAMES, "campaigns") if name in values})
    return Entry(entry.code, record, entry.lineage)


def clashing(entries: Iterable[Entry], owners: Mapping[tuple[str, str], str]) -> dict[str, tuple[str, ...]]:
    """Code -> finding codes, for rows whose sheet gives them an id that is another product's, or gives it twice."""
    said = [(entry.code, pair) for entry in entries for pair in ids_in(entry.record).items()]
    codes: dict[tuple[str, str], set[str]] = {}
    for code, pair in said:
        codes.setdefault(pair, set()).add(code)
    found: dict[str, tuple[str, ...]] = {}
    for code, pair in said:
        if owners.get(pair, code) != code:
            found[code] = ("ids.taken",)
        elif pair not in owners and len(codes[pair]) > 1:
            found[code] = ("ids.repeated",)
    return found


def fault_of(new: Assignment, known: Known, *, replace: bool) -> tuple[str, dict[str, str]] | None:
    """Why an id cannot be attached, as finding code and facts; None: it can (or is already).

    replace: the product's own id may be replaced by another.
    """
    if new.code not in known.codes:
        return "ids.unknown_code", {"code": new.code}
    if len(new.value) > LONGEST or " " in new.value or not new.value.isprintable():
        return "ids.malformed", {"kind": new.kind}
    owner = known.owners.get((new.kind, new.value), new.code)
    if owner != new.code:
        return "ids.taken", {"kind": new.kind, "other": owner}
    has = known.current.get(new.code, {}).get(new.kind, new.value)
    if has != new.value and not replace:
        return "ids.changed", {"kind": new.kind, "has": has, "code": new.code}
    return None
