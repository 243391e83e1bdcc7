"""Cross-field rules that need the mathematics of credit: usury, all-in cost, representative example.

All are assumed except where a law is named in the requirements; each docstring names the rule it keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from typing import Any

from catalog import cost
from catalog.reference import MODALITIES, Tables, month_span
from pipeline.validate.judged import Circumstances, Facts, Rule
from pipeline.validate.rates import DEFAULT_EA

NEAR = Decimal("0.5")
HALF_PRINT = Decimal("0.05")
"""Half a unit of a CAT printed with one decimal."""
MONTHLY_BELOW = Decimal(10)
EXAMPLE = cost.Terms._fields
_NEEDED = EXAMPLE[:3]
"""Amount, term and lowest rate."""
_ALSO = EXAMPLE[len(_NEEDED) :]
_DATES = ("valid_from", "valid_to")
_OR_MODALITY = ("usury_modality", *_DATES)


def money_rules(around: Circumstances) -> tuple[Rule, ...]:
    """Every rule of this module, for the day and the reference tables of the check."""
    usury = ("usury_modality", "country")
    months = lru_cache(maxsize=4_096)(partial(_months, around.as_of, lru_cache(4_096)(partial(_Months, around.tables))))
    cap, effective = ("rate_ea_max", *usury), ("total_cost_pct", "rate_ea_min")
    often = ("rate_max", "country", "payment_frequency")
    return (
        Rule("rate.above_usury", "rate_max", cap, partial(above_usury, months), _DATES),
        Rule("rate.above_usury", "rate_max", ("rate_ea_max", "country"), partial(above_all, months), _OR_MODALITY),
        Rule("default_rate.above_usury", "default_rate", (DEFAULT_EA, *usury), partial(above_usury, months), _DATES),
        Rule("usury.cap_missing", "rate_max", cap, partial(cap_missing, months), _DATES),
        Rule("rate.near_cap", "rate_max", cap, partial(near_cap, months), _DATES),
        Rule("total_cost.below_rate", "total_cost_pct", effective, below_rate),
        Rule("total_cost.fees_ignored", "total_cost_pct", effective, fees_ignored, _FEES),
        Rule("rate.monthly_as_annual", "rate_max", often, monthly_as_annual, ("rate_basis", *_FEES)),
        Rule("payment.disagrees", "example_payment", ("example_payment", *_NEEDED), payment_disagrees, _ALSO),
        Rule("payment.wrong_scale", "example_payment", ("example_payment", *_NEEDED), payment_wrong_scale, _ALSO),
        Rule(
            "total.disagrees", "example_total", ("example_total", "example_payment", *_NEEDED), total_disagrees, _ALSO
        ),
        Rule(
            "total_cost.above_usury",
            "example_amount",
            ("usury_modality", *_NEEDED),
            partial(all_in_above, months),
            (*_ALSO, "example_payment", *_DATES),
        ),
    )


_FEES = ("origination_fee_pct", "guarantee_fee_pct", "platform_fee_amount", "insurance_cost")


class _Months:
    """The months a row must be lawful in: its month of publication, then those of its validity whose cap is known.

    Assumed: what was before the day of the check cannot be published any more; a row already expired is held
    against its own months.
    """

    def __init__(self, tables: Tables, publish: date, until: date | None) -> None:
        self._tables = tables
        self._caps: dict[str, list[tuple[date, Decimal]]] = {}
        self.publish = publish
        self.until = until

    def caps(self, modality: str) -> list[tuple[date, Decimal]]:
        """(month, cap) of each month with a certified cap."""
        if modality not in self._caps:
            self._caps[modality] = self._looked_up(modality)
        return self._caps[modality]

    @cached_property
    def highest(self) -> Decimal | None:
        """The highest certified cap of the month of publication, of all modalities; None where there is none."""
        found = [self.caps(name)[:1] for name in MODALITIES]
        return max((cap for caps in found for _, cap in caps), default=None)

    def _looked_up(self, modality: str) -> list[tuple[date, Decimal]]:
        last = self.until or self.publish
        found: list[tuple[date, Decimal]] = []
        month = self.publish
        while month <= last and len(found) < 36:
            cap = self._tables.cap_for(modality, month)
            if cap is None:
                break
            found.append((month, cap))
            month = _next(month)
        return found


def _months(
    as_of: date, between: Callable[[date, date | None], _Months], valid_from: date | None, valid_to: date | None
) -> _Months:
    """The months of a row valid from one day to another; rows of one span share them."""
    start = max(as_of, valid_from) if valid_from else as_of
    if valid_to and valid_to < start:
        start = valid_from if valid_from and valid_from <= valid_to else valid_to
    return between(start.replace(day=1), valid_to)


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def above_usury(
    months: Any, rate: Decimal, modality: str, country: str, start: date | None, end: date | None
) -> Facts | None:
    """X06 (law): no month's certified cap may be exceeded."""
    if country != "CO":
        return None
    for month, cap in months(start, end).caps(modality):
        if rate > cap:
            return {"rate": rate, "cap": cap, "month": month, "modality": modality}
    return None


def above_all(
    months: Any, rate: Decimal, country: str, modality: str | None, start: date | None, end: date | None
) -> Facts | None:
    """X06 (law): without a modality, a rate above every certified cap of the month is unlawful all the same."""
    if country != "CO" or modality is not None:
        return None
    own = months(start, end)
    highest = own.highest
    if highest is None or rate <= highest:
        return None
    return {"rate": rate, "cap": highest, "month": own.publish}


def cap_missing(
    months: Any, _rate: Decimal, modality: str, country: str, start: date | None, end: date | None
) -> Facts | None:
    """X07: without the cap of the month of publication nothing was compared."""
    if country != "CO":
        return None
    own = months(start, end)
    return None if own.caps(modality) else {"month": own.publish, "modality": modality}


def near_cap(
    months: Any, rate: Decimal, modality: str, country: str, start: date | None, end: date | None
) -> Facts | None:
    """X08: caps move every month; a rate this close may be unlawful in the next."""
    own = months(start, end)
    caps = own.caps(modality) if country == "CO" else []
    if not caps:
        return None
    month, cap = caps[-1]
    outlives = end is None or end > month_span(month)[1]
    return (
        {"rate": rate, "cap": cap, "gap": cap - rate, "month": month} if outlives and cap - NEAR < rate <= cap else None
    )


def below_rate(total: Decimal, effective: Decimal) -> Facts | None:
    """X09: an all-in cost is at least the effective annual rate, within its printed rounding."""
    low = 0 <= total < effective - HALF_PRINT  # a negative one is out of range, and told as that
    return {"total_cost": total, "rate": round(effective, 2)} if low else None


def fees_ignored(total: Decimal, effective: Decimal, *fees: Decimal | None) -> Facts | None:
    """X10: with fees, the all-in cost is more than the rate alone."""
    charged = any(fee is not None and fee > 0 for fee in fees)
    return (
        {"total_cost": total, "rate": round(effective, 2)} if charged and abs(total - effective) <= HALF_PRINT else None
    )


def monthly_as_annual(
    rate: Decimal, country: str, frequency: tuple[str, ...], basis: str | None, *fees: Decimal | None
) -> Facts | None:
    """X19: a Mexican annual rate under 10 % with weekly or fortnightly payments and no fees is likely a monthly one."""
    if country != "MX" or basis == "MV" or not 0 < rate < MONTHLY_BELOW:
        return None
    often = not _OFTEN.isdisjoint(frequency)
    if not often or any(fee is not None and fee > 0 for fee in fees):
        return None
    return {"rate": rate, "expected": rate * 12}


_OFTEN = frozenset(("weekly", "fortnightly", "biweekly14"))


@lru_cache(maxsize=65_536)
def _loans(values: tuple[Any, ...]) -> tuple[cost.Loan, cost.Loan] | None:
    return cost.example_loans(cost.Terms(*values))


@lru_cache(maxsize=65_536)
def _plain(values: tuple[Any, ...]) -> cost.Plain | None:
    return cost.plain_example(cost.Terms(*values))


@lru_cache(maxsize=65_536)
def _judged(payment: Decimal, values: tuple[Any, ...]) -> cost.Judgement | None:
    """What is to be said of a stated payment; None also where it clearly agrees."""
    plain = _plain(values)
    if plain and cost.surely_agrees(payment, plain):
        return None
    try:
        loans = _loans(values)
        return cost.judge_payment(payment, loans) if loans else None
    except cost.NoAnswer:
        return None


def _example_facts(payment: Decimal, values: tuple[Any, ...], judgement: cost.Judgement) -> Facts:
    loans = _loans(values)
    currency = loans[0].currency if loans else None
    facts: dict[str, Any] = {
        "payment": payment,
        "expected": cost.rounded(judgement.expected, currency),
        "amount": values[0],
        "term": values[1],
        "rate": loans[1].rate if loans else values[2],
        "basis": loans[1].basis if loans else "",
        "term_unit": loans[0].term_unit if loans else "month",
    }
    return facts | ({"times": judgement.scale} if judgement.scale else {})


def payment_disagrees(payment: Decimal, *values: Any) -> Facts | None:
    """X11: the example's payment follows from amount, rate and term, insurance included, within 0.5 %."""
    judgement = _judged(payment, values)
    wrong = judgement is not None and judgement.verdict == "disagrees"
    return _example_facts(payment, values, judgement) if wrong and judgement else None


def payment_wrong_scale(payment: Decimal, *values: Any) -> Facts | None:
    """X11: a payment about 10, 100 or 1000 times off is a slip of units."""
    judgement = _judged(payment, values)
    wrong = judgement is not None and judgement.verdict == "wrong_scale"
    return _example_facts(payment, values, judgement) if wrong and judgement else None


def total_disagrees(total: Decimal, payment: Decimal, *values: Any) -> Facts | None:
    """The example's total is its payments and fees, within a peso a payment."""
    plain = _plain(values)
    if plain and cost.surely_adds_up(total, payment, plain):
        return None
    loans = _loans(values)
    if not loans:
        return None
    try:
        judgement = cost.judge_total(total, payment, loans[1])
    except cost.NoAnswer:
        return None
    if judgement.verdict == "agrees":
        return None
    return {"total": total, "expected": cost.rounded(judgement.expected, loans[0].currency)}


def all_in_above(months: Any, modality: str, *values: Any) -> Facts | None:
    """X26: with aval, fees and insurance, the all-in annual cost of the example exceeds the usury cap (Colombia)."""
    *terms, payment, start, end = values
    example = tuple(terms)
    if not _charged(example):
        return None
    caps = months(start, end).caps(modality)
    total = _all_in_beyond(caps[0][1], example, payment) if caps else None
    if total is None or total <= caps[0][1]:
        return None
    return {"total_cost": total, "cap": caps[0][1], "month": caps[0][0]}


def _charged(example: tuple[Any, ...]) -> bool:
    """Does an example in Colombian pesos cost more than its interest?"""
    if example[_CURRENCY] == "MXN":
        return False
    if plain := _plain(example):
        return bool(plain.fees or plain.insurance)
    loans = _loans(example)
    return loans is not None and bool(loans[1].fees or loans[1].insurance_cost)


_CURRENCY = EXAMPLE.index("currency")


@lru_cache(maxsize=65_536)
def _all_in_beyond(cap: Decimal, example: tuple[Any, ...], payment: Decimal | None) -> Decimal | None:
    """The all-in annual cost to two decimals; None where it has no answer or lies clearly under the cap."""
    plain = _plain(example)
    if plain is None:
        return _all_in(example, payment)
    each = plain.high if payment is None else payment
    if cost.surely_costs_less(cap, each, plain):
        return None
    found = cost.all_in_to(each, plain, _PLACES)
    return _all_in(example, payment) if found is None else found


_PLACES = 2


def _all_in(example: tuple[Any, ...], payment: Decimal | None) -> Decimal | None:
    loans = _loans(example)
    try:
        return cost.apr_to(cost.flows(loans[1], stated_payment=payment), _PLACES) if loans else None
    except cost.NoAnswer:
        return None
