"""What is live, held against the rules that change with the day: a listing can become unlawful without an upload."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from catalog import cost
from catalog.entry import Entry
from pipeline.validate.judged import Circumstances, Rule
from pipeline.validate.money import money_rules
from pipeline.validate.rates import DEFAULT_EA
from pipeline.validate.rules import row_rules
from schemas.findings import Finding
from schemas.product import Product
from schemas.requirements import Requirements

DAILY = frozenset(
    (
        "rate.above_usury", "default_rate.above_usury", "usury.cap_missing", "rate.near_cap", "total_cost.above_usury",
        "valid_to.expired", "data_as_of.old", "total_cost.old",
    )
)  # fmt: skip
"""Rules whose answer depends on the day or on the reference tables; the others were settled by the upload."""


def check_published(entries: Iterable[Entry], requirements: Requirements, around: Circumstances) -> tuple[Finding, ...]:
    """Findings of the live listings, each with the file's cell its value came from."""
    rules = [rule for rule in (*row_rules(around), *money_rules(around)) if rule.code in DAILY]
    return tuple(finding for entry in entries for finding in _judge(entry, rules, requirements))


def _judge(entry: Entry, rules: list[Rule], requirements: Requirements) -> Iterator[Finding]:
    product = entry.product
    for rule in rules:
        needed = [_value(product, name) for name in rule.needs]
        if any(value is None for value in needed):
            continue
        facts = rule.judge(*needed, *(_value(product, name) for name in rule.if_known))
        if facts is not None:
            yield _finding(entry, rule, requirements, facts)


def _value(product: Product, name: str) -> Any:
    if name != DEFAULT_EA:
        value = getattr(product, name)
        return None if value == () else value
    if product.default_rate is None or product.rate_basis is None:
        return None
    try:
        return cost.to_ea(product.default_rate, product.rate_basis)
    except cost.NoAnswer:
        return None


def _finding(entry: Entry, rule: Rule, requirements: Requirements, facts: Any) -> Finding:
    origin = entry.origins.get(rule.at)
    letters = "".join(c for c in origin.cell if c.isalpha()) if origin else None
    digits = "".join(c for c in origin.cell if c.isdigit()) if origin else ""
    return requirements.finding(
        rule.code,
        sheet=origin.sheet if origin else None,
        row=int(digits) if digits else None,
        column=letters,
        field=rule.at,
        product=entry.code,
        value=origin.raw if origin else None,
        facts=facts,
    )
