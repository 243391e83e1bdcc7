"""Which changes deserve to be read first, and why. Pure; the list is ours (assumed), the marketplace has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Literal

from catalog.plan.values import FieldChange
from schemas.product import Product

Danger = Literal[
    "removal",
    "brand",
    "currency",
    "country",
    "category",
    "basis",
    "rate_up",
    "fee_new",
    "fee_up",
    "cost_up",
    "limit",
    "term_shorter",
    "cover_less",
]
LIMIT_SHARE = Decimal("0.2")
"""A limit that moves by more than this share of the live one (or disappears) is dangerous: a fifth, assumed."""

_RATES = ("rate_min", "rate_max", "rate_ea_min", "rate_ea_max", "rate_spread", "default_rate")
_FEES = ("origination_fee_pct", "guarantee_fee_pct", "platform_fee_amount")
_COSTS = ("total_cost_pct", "insurance_cost", "premium", "example_payment", "example_total")
_LIMITS = ("amount_min", "amount_max", "income_min", "sum_insured_min", "sum_insured_max", "annual_sales_min")
_PLAIN: dict[str, Danger] = {
    "currency": "currency",
    "country": "country",
    "category": "category",
    "rate_basis": "basis",
    "rate_type": "basis",
    "rate_index": "basis",
    "insurance_unit": "basis",
    "premium_period": "basis",
}


def dangers_of(before: Product, after: Product, fields: Sequence[FieldChange]) -> dict[str, Danger]:
    """Field -> why its change is dangerous, for the fields among those that changed where it is."""
    return {change.field: danger for change in fields for danger in _danger(change, before, after)}


def _danger(change: FieldChange, before: Product, after: Product) -> Iterator[Danger]:
    name, old, new = change.field, change.before, change.after
    if name in _PLAIN and old is not None:
        yield _PLAIN[name]
    for names, danger, holds in _RULES:
        if name in names and holds(old, new):
            yield danger
    if name == "term_max" and before.term_unit == after.term_unit and _less(old, new):
        yield "term_shorter"
    if name == "tax_included" and old is True and new is not True:
        yield "cost_up"


def _more(old: object, new: object) -> bool:
    return isinstance(old, Decimal) and isinstance(new, Decimal) and new > old


def _less(old: object, new: object) -> bool:
    return isinstance(old, int) and isinstance(new, int) and new < old


def _new_fee(old: object, new: object) -> bool:
    return not old and isinstance(new, Decimal) and new > 0


def _higher_fee(old: object, new: object) -> bool:
    return bool(old) and _more(old, new)


def _moved_far(old: object, new: object) -> bool:
    if not isinstance(old, Decimal):
        return False
    return not isinstance(new, Decimal) or abs(new - old) > LIMIT_SHARE * old


def _fewer(old: object, new: object) -> bool:
    return isinstance(old, tuple) and isinstance(new, tuple) and bool(set(old) - set(new))


_RULES: tuple[tuple[tuple[str, ...], Danger, Callable[[object, object], bool]], ...] = (
    (_RATES, "rate_up", _more),
    (_FEES, "fee_new", _new_fee),
    (_FEES, "fee_up", _higher_fee),
    (_COSTS, "cost_up", _more),
    (_LIMITS, "limit", _moved_far),
    (("coverages",), "cover_less", _fewer),
    (("exclusions",), "cover_less", lambda old, new: _fewer(new, old)),
)
