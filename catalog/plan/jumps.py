"""Figures that moved the way typing errors move them. Pure; every rule here is ours (assumed)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from catalog.plan.values import FieldChange, Jump
from schemas.product import Product

TENFOLD = 10
"""A figure ten or more times the live one, or a tenth of it or less, asks for a second look."""

_UNIT_OF = {
    **dict.fromkeys(("amount_min", "amount_max", "platform_fee_amount", "income_min", "annual_sales_min"), "currency"),
    **dict.fromkeys(("example_amount", "example_payment", "example_total"), "currency"),
    **dict.fromkeys(("sum_insured_min", "sum_insured_max"), "currency"),
    **dict.fromkeys(("rate_min", "rate_max"), "rate_basis"),
    **dict.fromkeys(("rate_ea_min", "rate_ea_max", "rate_spread", "default_rate", "total_cost_pct"), None),
    **dict.fromkeys(("origination_fee_pct", "guarantee_fee_pct"), None),
    **dict.fromkeys(("term_min", "term_max", "example_term"), "term_unit"),
    "insurance_cost": "insurance_unit",
    "premium": "premium_period",
    "policy_term_months": None,
}
"""Amounts, rates, fees and terms, each with the field whose change makes the two figures incomparable."""


def jumps_of(before: Product, after: Product, fields: Sequence[FieldChange]) -> tuple[Jump, ...]:
    """The jumps among the fields that changed, in field order."""
    found = (_jump(change) for change in fields if _comparable(change.field, before, after))
    return tuple(jump for jump in found if jump)


def _comparable(name: str, before: Product, after: Product) -> bool:
    if name not in _UNIT_OF:
        return False
    unit = _UNIT_OF[name]
    return unit is None or getattr(before, unit) == getattr(after, unit)


def _jump(change: FieldChange) -> Jump | None:
    if not isinstance(change.before, Decimal | int) or not isinstance(change.after, Decimal | int):
        return None
    old, new = Decimal(change.before), Decimal(change.after)
    if old <= 0 or new <= 0:
        return None
    if new >= TENFOLD * old:
        return Jump(change.field, "times", int(new / old))
    if old >= TENFOLD * new:
        return Jump(change.field, "part", int(old / new))
    return Jump(change.field, "digits") if swapped(old, new) else None


def swapped(old: Decimal, new: Decimal) -> bool:
    """Do two figures differ by two digits that changed places? 24.9 and 29.4, 1250000 and 2150000."""
    places = max(_places(old), _places(new), 0)
    one, other = f"{old:.{places}f}", f"{new:.{places}f}"
    if len(one) != len(other):
        return False
    apart = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) != 2:
        return False
    first, last = apart
    return one[first] == other[last] and one[last] == other[first]


def _places(value: Decimal) -> int:
    """How many decimals a figure needs."""
    return -int(value.normalize().as_tuple().exponent)
