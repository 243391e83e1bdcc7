"""Which columns the template has, in which order, and how a cell of each is formatted and checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from schemas.requirements import Field, Requirements

Key = Literal["documented", "all", "loan", "insurance", "optional"]
_KEYS: tuple[Key, ...] = ("documented", "all", "loan", "insurance", "optional")
_NOT_ASKED = frozenset(("product_id", "listing_id", "rate_ea_min", "rate_ea_max"))
"""Assigned by the marketplace, or calculated by us."""
_NEEDED: Mapping[str, Key] = {"code": "all", "rate_basis": "loan", "term_unit": "loan"}
"""Not required by themselves, but what is required cannot be read or told apart without them."""


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that stand together: what the marketplace documents, what each category needs, the rest."""

    key: Key
    fields: tuple[Field, ...]


def grouped(requirements: Requirements, market: str) -> tuple[Group, ...]:
    """The template's columns for a lender of `market` (CO, MX); a field only the other country asks for is optional."""
    asked = [f for name, f in requirements.fields.items() if name not in _NOT_ASKED and not name.startswith("lender.")]
    return tuple(Group(key, tuple(f for f in asked if _key(f, market) == key)) for key in _KEYS)


def _key(field: Field, market: str) -> Key:
    if field.source == "documented":
        return "documented"
    if field.name in _NEEDED:
        return _NEEDED[field.name]
    if not field.required or (field.countries and market not in field.countries):
        return "optional"
    if "INSURANCE" in field.required:
        return "insurance" if len(field.required) == 1 else "all"
    return "loan"


def number_format(field: Field, market: str) -> str:
    """The format that gives a typed figure its unit: 24,9 typed under `0.00%` is 24,9 %. `@` keeps text as typed."""
    if field.kind == "money":
        return '"$"#,##0' if market == "CO" else '"$"#,##0.00'
    return _FORMATS.get(field.kind, "@")


_FORMATS = {
    "rate": "0.00%",
    "percent": "0.00%",
    "total_cost": "0.0%",
    "spread": "0.00",
    "day": "dd/mm/yyyy",
    "age": "0",
    "insurance": "General",
}
_WIDTHS = {"html": 42, "list": 34, "text": 30, "url": 30, "code": 16, "money": 19, "choice": 19, "choices": 21}


def width(field: Field) -> int:
    """Characters a column is wide."""
    return _WIDTHS.get(field.kind, 15)
