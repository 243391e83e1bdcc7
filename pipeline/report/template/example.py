"""The template's example row: one loan of the market, whose payment and cost follow from its own figures. Pure."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from catalog import cost
from pipeline import own_template, reading
from pipeline.report.template.layout import grouped
from pipeline.report.template.words import YES_NO
from pipeline.workbook import Cell
from schemas.requirements import Field, Requirements
from schemas.settings import CURRENCY_OF

Shown = str | Decimal | date
"""A cell of the example row; percent as the stored fraction (0.249 is 24,9 %)."""
_SHOWN_TOO = (
    "rate_max", "example_amount", "example_term", "example_payment", "example_total", "accepts_negative_report",
    "requirements", "disbursement_hours", "terms_url",
)  # fmt: skip


def example_row(requirements: Requirements, *, lang: str, market: str) -> dict[str, Shown]:
    """Field -> what its cell of the example row holds."""
    loan = _loan(requirements, market)
    own = {
        **_calculated(loan),
        "code": own_template.EXAMPLE_CODE[lang],
        "name": own_template.EXAMPLE_NAME[lang].format(_text(requirements.fields["name"], lang, market)),
        "country": _label(requirements.fields["country"], market, lang),
        "currency": _label(requirements.fields["currency"], CURRENCY_OF[market], lang),
        "rate_basis": _label(requirements.fields["rate_basis"], loan.basis, lang),
    }
    groups = {group.key: group.fields for group in grouped(requirements, market)}
    fields = [*groups["documented"], *groups["all"], *groups["loan"]]
    fields += [requirements.fields[name] for name in _SHOWN_TOO]
    return {f.name: own[f.name] if f.name in own else _value(f, requirements, lang, market) for f in fields}


def _loan(requirements: Requirements, market: str) -> cost.Loan:
    fields = requirements.fields
    rate = reading.read_rate(Cell(_text(fields["rate_min"], "es", market)), country=market).value
    term = reading.read_term(Cell(_text(fields["example_term"], "es", market))).value
    assert rate
    assert rate.low
    assert rate.basis
    assert term
    assert term.low
    amount = Decimal(_text(fields["example_amount"], "es", market))
    return cost.Loan(amount=amount, rate=rate.low, basis=rate.basis, term=term.low, currency=CURRENCY_OF[market])


def _calculated(loan: cost.Loan) -> dict[str, Shown]:
    cents = Decimal("0.01") if loan.currency == "MXN" else Decimal(1)
    all_in = cost.apr(cost.flows(loan)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return {
        "rate_min": loan.rate / 100,
        "rate_max": loan.rate / 100,
        "total_cost_pct": all_in / 100,
        "example_payment": cost.payment(loan).quantize(cents, ROUND_HALF_UP),
        "example_total": cost.total_paid(loan),
    }


def _text(field: Field, lang: str, market: str) -> str:
    """The example as written; figures are the market's in either language."""
    figures = field.kind in ("money", "rate", "term", "day")
    return field.example["mx" if market == "MX" and (lang == "es" or figures) else "es" if figures else lang]


def _label(field: Field, value: str, lang: str) -> str:
    return next(choice.label[lang] for choice in field.choices if choice.value == value)


def _value(field: Field, requirements: Requirements, lang: str, market: str) -> Shown:
    text = _text(field, lang, market)
    if field.kind == "money":
        return Decimal(text)
    if field.kind == "day":
        return reading.read_day(Cell(text)).value or text
    if field.kind in ("choice", "choices"):
        return _label(field, requirements.choice(field.name, text) or "", lang)
    if field.kind == "term":
        return text.split()[0]
    if field.kind == "age":
        return Decimal(text)
    return YES_NO[lang][1] if field.kind == "yes_no" else text
