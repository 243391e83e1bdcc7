"""Claims of a product's texts held against its fields. Pure; at most one contradiction a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog import cost
from pipeline.validate.claims.said import Said

Row = Mapping[str, Any]
"""Known values by field name; what is absent or could not be read is None."""

CLAIM_FIELDS = (
    "category", "amount_min", "amount_max", "amount_unit", "term_min", "term_max", "term_unit", "rate_min", "rate_max",
    "rate_basis", "rate_ea_min", "rate_ea_max", "rate_type", "default_rate", "total_cost_pct", "payment_frequency",
    "origination_fee_pct", "guarantee_fee_pct", "platform_fee_amount", "insurance_cost", "accepts_negative_report",
    "age_min", "age_max",
)  # fmt: skip
"""What a row must give."""
_NEAR = Decimal("0.005")
"""Amounts in prose are rounded: `hasta $50 millones` for 49.900.000 is no contradiction (assumed)."""
_UNEVEN = Decimal("0.03")
"""Units that do not divide: `hasta 360 días` for 12 months (assumed)."""
_EXACT_UNITS = frozenset(("month", "year", "fortnight"))
_PERCENTS = (
    "default_rate", "total_cost_pct", "origination_fee_pct", "guarantee_fee_pct", "rate_ea_min", "rate_ea_max",
    "rate_min", "rate_max", "insurance_cost",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A claim that a field denies."""

    field: str
    said: Said


def contradicted(claims: Sequence[Said], row: Row) -> tuple[Contradiction, ...]:
    """The first contradiction of each field, in order of the text. Unknown fields deny nothing."""
    found: dict[str, Contradiction] = {}
    for one in (*_figures(claims, row), *_promises(claims, row)):
        found.setdefault(one.field, one)
    return tuple(found.values())


def _figures(claims: Sequence[Said], row: Row) -> Iterator[Contradiction]:
    kinds: dict[str, list[Said]] = {}
    for claim in claims:
        kinds.setdefault(claim.kind, []).append(claim)
    for claim in kinds.get("rate", ()):
        yield from _rate(claim, row)
    for claim in kinds.get("total_cost", ()):
        yield from _total_cost(claim, row)
    if row.get("amount_unit") in (None, "currency"):
        yield from _ends(kinds.get("amount", ()), row, "amount", _money)
    yield from _ends(kinds.get("term", ()), row, "term", _term)
    yield from _ends(kinds.get("age", ()), row, "age", _age)


def _money(value: Decimal, _claim: Said, stated: Any, _row: Row) -> int:
    """-1, 0, 1: below, equal to, above what the field says, within the rounding of prose."""
    return _compare(value, stated, _NEAR)


def _age(value: Decimal, _claim: Said, stated: Any, _row: Row) -> int:
    """`menores de 70` and a maximum of 69 are one age."""
    return 0 if abs(value - stated) <= 1 else _compare(value, Decimal(stated), Decimal(0))


def _term(value: Decimal, claim: Said, stated: Any, row: Row) -> int:
    unit = row.get("term_unit")
    if unit is None or claim.unit is None:
        return 0
    if unit == claim.unit:
        return _compare(value, Decimal(stated), Decimal(0))
    ours, theirs = (cost.TERM_YEARS[one] for one in (claim.unit, unit))
    in_their_unit = value * (ours / theirs).numerator / (ours / theirs).denominator
    exact = {unit, claim.unit} <= _EXACT_UNITS
    return _compare(in_their_unit, Decimal(stated), Decimal(0) if exact else _UNEVEN)


def _compare(value: Decimal, stated: Decimal, share: Decimal) -> int:
    if abs(value - stated) <= abs(stated) * share:
        return 0
    return 1 if value > stated else -1


def _ends(claims: Iterable[Said], row: Row, prefix: str, compare: Any) -> Iterator[Contradiction]:
    """The widest ends the texts name are the product's; narrower ones beside them are its steps.

    A lone figure (`plazo de 36 meses`) names no end: it only has to lie inside.
    """
    known = list(claims)
    lowest = min((c for c in known if c.low is not None and c.low != c.high), key=_low, default=None)
    highest = max((c for c in known if c.high is not None and c.low != c.high), key=_high, default=None)
    low, high = row.get(f"{prefix}_min"), row.get(f"{prefix}_max")
    if highest is not None and high is not None and compare(highest.high, highest, high, row):
        yield Contradiction(f"{prefix}_max", highest)
    if lowest is not None and low is not None and compare(lowest.low, lowest, low, row):
        yield Contradiction(f"{prefix}_min", lowest)
    for claim in (c for c in known if c.low == c.high):
        if low is not None and compare(claim.low, claim, low, row) < 0:
            yield Contradiction(f"{prefix}_min", claim)
        elif high is not None and compare(claim.high, claim, high, row) > 0:
            yield Contradiction(f"{prefix}_max", claim)


_YEARS_OF = {unit: Decimal(share.numerator) / share.denominator for unit, share in cost.TERM_YEARS.items()}


def _low(claim: Said) -> Decimal:
    return (claim.low or Decimal(0)) * _YEARS_OF.get(claim.unit or "", Decimal(1))


def _high(claim: Said) -> Decimal:
    return (claim.high or Decimal(0)) * _YEARS_OF.get(claim.unit or "", Decimal(1))


def _rate(claim: Said, row: Row) -> Iterator[Contradiction]:
    """Outside the product's range in every basis the words allow, and no other percent of the row either."""
    for value in dict.fromkeys(one for one in (claim.low, claim.high) if one is not None):
        if _is_some_percent(value, claim, row):
            continue
        sides = {_side(value, basis, claim.places, row) for basis in claim.bases}
        if 0 not in sides and len(sides) == 1:
            yield Contradiction("rate_max" if sides.pop() > 0 else "rate_min", claim)


def _is_some_percent(value: Decimal, claim: Said, row: Row) -> bool:
    """A figure that the row has somewhere; of one with a basis only the rates that could share it."""
    names = _PERCENTS if len(claim.bases) > 1 else ("default_rate",)
    return any(row.get(name) is not None and abs(row[name] - value) <= _half(claim.places) for name in names)


def _side(value: Decimal, basis: str, places: int, row: Row) -> int:
    """-1 below the product's lowest rate, 1 above its highest, 0 inside or not to be told."""
    lowest, highest = _span(row, "rate_min", "rate_ea_min", basis), _span(row, "rate_max", "rate_ea_max", basis)
    if lowest is not None and value + _half(places) < lowest[0]:
        return -1
    return 1 if highest is not None and value - _half(places) > highest[1] else 0


def _half(places: int) -> Decimal:
    """Half a unit of the last digit printed: a figure in prose is taken as rounded, however few its digits."""
    return Decimal(5).scaleb(-places - 1)


def _span(row: Row, name: str, effective: str, basis: str) -> tuple[Decimal, Decimal] | None:
    """What an end of the rate may be in another basis, given its own rounding; None where nobody can tell."""
    quoted = [(row.get(name), row.get("rate_basis")), (row.get(effective), "EA")]
    frequency = row.get("payment_frequency")
    periods = cost.PER_YEAR.get(frequency[0]) if frequency else None
    ends: list[Decimal] = []
    for value, own in quoted:
        if value is not None and own is not None:
            ends += _printed(cost.Printed(value, own, periods=periods), basis)
    return (min(ends), max(ends)) if ends else None


def _printed(rate: cost.Printed, basis: str) -> tuple[Decimal, ...]:
    try:
        found = cost.agree(rate, cost.Printed(rate.value, basis))
    except cost.NoAnswer:
        return ()
    return found.low, found.high


def _total_cost(claim: Said, row: Row) -> Iterator[Contradiction]:
    stated = row.get("total_cost_pct")
    if stated is None or claim.low is None:
        return
    if abs(claim.low - stated) > _half(claim.places) + _half(min(cost.places_of(stated), 1)):
        yield Contradiction("total_cost_pct", claim)


_CHARGES = {
    "fees": ("origination_fee_pct", "platform_fee_amount"),
    "origination": ("origination_fee_pct",),
    "guarantee": ("guarantee_fee_pct",),
    "insurance": ("insurance_cost",),
}
_DENIED = {
    "rate_fixed": ("rate_type", "variable"),
    "rate_variable": ("rate_type", "fixed"),
    "reported": ("accepts_negative_report", False),
    "not_reported": ("accepts_negative_report", True),
}


def _promises(claims: Sequence[Said], row: Row) -> Iterator[Contradiction]:
    for claim in claims:
        charged = next((name for name in _CHARGES.get(claim.kind, ()) if (row.get(name) or 0) > 0), None)
        if charged is not None:
            yield Contradiction(charged, claim)
        name, denied = _DENIED.get(claim.kind, ("", None))
        if name and row.get(name) is not None and row[name] == denied:
            yield Contradiction(name, claim)
