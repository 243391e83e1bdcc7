"""The frozen Product and Brand: what is validated, previewed, published and offered. Standard library only.

Units: rates, fees and CAT in percent (24.9 is 24.9 %); money in units of `currency`; ages in years;
terms in `term_unit`.
Which fields the marketplace documents and which we assume is said field by field in `product_data.toml`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, get_type_hints


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One loan or insurance product of a Lender. None (or an empty tuple) means: the Lender did not say."""

    code: str
    name: str
    description_short: str
    category: str
    description_long: str | None = None
    product_subtype: str | None = None
    country: str | None = None
    currency: str | None = None
    status: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    data_as_of: date | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    rate_basis: str | None = None
    rate_min: Decimal | None = None
    rate_max: Decimal | None = None
    rate_ea_min: Decimal | None = None
    rate_ea_max: Decimal | None = None
    usury_modality: str | None = None
    rate_type: str | None = None
    rate_index: str | None = None
    rate_spread: Decimal | None = None
    default_rate: Decimal | None = None
    total_cost_pct: Decimal | None = None
    total_cost_date: date | None = None
    term_min: int | None = None
    term_max: int | None = None
    term_unit: str | None = None
    payment_frequency: tuple[str, ...] = ()
    origination_fee_pct: Decimal | None = None
    guarantee_fee_pct: Decimal | None = None
    platform_fee_amount: Decimal | None = None
    insurance_cost: Decimal | None = None
    insurance_unit: str | None = None
    tax_included: bool | None = None
    example_amount: Decimal | None = None
    example_term: int | None = None
    example_payment: Decimal | None = None
    example_total: Decimal | None = None
    age_min: int | None = None
    age_max: int | None = None
    income_min: Decimal | None = None
    accepts_negative_report: bool | None = None
    applicant_type: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    coverage_area: tuple[str, ...] = ()
    disbursement_hours: int | None = None
    business_age_min: int | None = None
    annual_sales_min: Decimal | None = None
    collateral: str | None = None
    insurer: str | None = None
    premium: Decimal | None = None
    premium_period: str | None = None
    sum_insured_min: Decimal | None = None
    sum_insured_max: Decimal | None = None
    coverages: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    policy_term_months: int | None = None
    waiting_period_days: int | None = None
    registration_number: str | None = None
    legal_text: str | None = None
    terms_url: str | None = None
    product_id: str | None = None
    listing_id: str | None = None
    campaigns: tuple[Campaign, ...] | None = None
    """None: the workbook has no sheet of campaigns. Read from that sheet, so no field of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """Once per Lender: how it is called and what it looks like. `logo`: the file's bytes, None while there is none."""

    name: str
    legal_name: str | None = None
    description: str | None = None
    supervisor: str | None = None
    market: str = "CO"
    accent: str | None = None
    logo: bytes | None = None
    logo_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """When a product is offered and how many leads it takes: days inclusive, caps in leads; None: no limit.

    A product without campaigns is offered without limits, one with campaigns only within one of them. daily_cap
    counts the leads of a day, total_cap those of the window. The marketplace names campaigns; the rest is assumed.
    """

    product: str
    start: date | None = None
    end: date | None = None
    daily_cap: int | None = None
    total_cap: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a published value came from: sheet, cell, the text as written, how it was read (an English note)."""

    sheet: str
    cell: str
    raw: str
    reading: str | None = None


Lineage = Mapping[str, Origin]
"""Field name of `Product` -> where its value came from."""


FIELD_NAMES: tuple[str, ...] = tuple(f.name for f in dataclasses.fields(Product) if f.name != "campaigns")
"""What a row of the product sheet may say."""
_every_field = attrgetter(*FIELD_NAMES)
_AS_IS = frozenset((str, int, bool))


def as_text(value: Decimal) -> str:
    """A decimal as JSON carries it: plain digits, never an exponent."""
    text = str(value)
    return format(value, "f") if "E" in text else text


def _out(value: Any) -> Any:
    if isinstance(value, Decimal):
        return as_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def to_record(product: Product) -> dict[str, Any]:
    """Canonical JSON-ready form, in field order; what the Lender did not say is left out."""
    record = {
        name: value if value.__class__ in _AS_IS else _out(value)
        for name, value in zip(FIELD_NAMES, _every_field(product), strict=True)
        if value is not None and value != ()
    }
    if product.campaigns is not None:
        record["campaigns"] = [to_campaign_record(campaign) for campaign in product.campaigns]
    return record


@cache
def _kinds() -> dict[str, str]:
    return {name: str(hint) for name, hint in get_type_hints(Product).items()}


def _in(kind: str, value: Any) -> Any:
    if "Campaign" in kind:
        return tuple(from_campaign_record(record) for record in value)
    if "Decimal" in kind:
        return Decimal(value)
    if "date" in kind:
        return date.fromisoformat(value)
    return tuple(value) if kind.startswith("tuple") else value


def to_campaign_record(campaign: Campaign) -> dict[str, Any]:
    """`{"product", "from", "to", "daily_cap", "total_cap"}`, as catalog.json carries it; null: no limit."""
    return {
        "product": campaign.product,
        "from": campaign.start and campaign.start.isoformat(),
        "to": campaign.end and campaign.end.isoformat(),
        "daily_cap": campaign.daily_cap,
        "total_cap": campaign.total_cap,
    }


def from_campaign_record(record: Mapping[str, Any]) -> Campaign:
    """The campaign a record was made of; KeyError where a member lacks."""
    start, end = (date.fromisoformat(day) if (day := record[name]) else None for name in ("from", "to"))
    return Campaign(
        product=record["product"],
        start=start,
        end=end,
        daily_cap=record["daily_cap"],
        total_cap=record["total_cap"],
    )


def from_record(record: Mapping[str, Any]) -> Product:
    """The product a record was made of; raises TypeError on a name that is no field of Product."""
    kinds = _kinds()
    return Product(**{name: _in(kinds.get(name, ""), value) for name, value in record.items()})
