"""schema.org data of one listing, as JSON that may stand inside a <script> element. Pure.

`LoanOrCredit` for credit, `FinancialProduct` for insurance. `annualPercentageRate` is the all-in cost alone, stated
or worked out for the example, never the bare rate. Numbers are the Decimal's own digits.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TypeAlias

from markupsafe import Markup

from catalog.render.prose import line, visible
from catalog.render.worked import all_in_cost
from schemas.product import Brand, Product, as_text

Json: TypeAlias = "str | Decimal | int | dict[str, Json]"

_UNIT_CODES = {"month": "MON", "week": "WEE", "day": "DAY", "year": "ANN"}
"""UN/CEFACT codes, as `unitCode` asks; a fortnight has none and goes by its name."""
_PAYMENTS_A_YEAR = {"weekly": 52, "biweekly14": 26, "fortnightly": 24, "monthly": 12}
_UNSAFE = tuple((char, f"\\u{ord(char):04x}") for char in "<>&\u2028\u2029")
_quoted = json.encoder.encode_basestring


def structured_data(product: Product, brand: Brand) -> Markup:
    """The document of one product, with nothing in it that could end a <script>."""
    document: dict[str, Json] = {"@context": "https://schema.org"}
    document.update(_insurance(product) if product.category == "INSURANCE" else _loan(product))
    document.update(_service(product, brand))
    text = to_json(document)
    for char, code in _UNSAFE:
        text = text.replace(char, code)
    return Markup(text)  # noqa: S704 - `<`, `>` and `&` are written as escapes


def to_json(value: Json) -> str:
    """JSON text in the order given; Decimals keep their digits, which json.dumps cannot do."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        return "{" + ",".join([f'"{key}":{to_json(item)}' for key, item in value.items()]) + "}"
    return _digits(value) if isinstance(value, Decimal) else str(value)


def _digits(value: Decimal) -> str:
    """All digits that count: 24.90 and 24.9 are one number and one text."""
    text = as_text(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _service(product: Product, brand: Brand) -> dict[str, Json]:
    provider: dict[str, Json] = {"@type": "Organization", "name": line(brand.name)}
    if brand.legal_name:
        provider["legalName"] = line(brand.legal_name)
    about: dict[str, Json] = {"name": line(product.name), "description": visible(product.description_short)}
    about |= {"identifier": line(product.code), "category": product.category, "provider": provider}
    if product.country:
        about["areaServed"] = product.country
    if product.terms_url:
        about["termsOfService"] = product.terms_url
    return about


def _loan(product: Product) -> dict[str, Json]:
    loan: dict[str, Json] = {"@type": "LoanOrCredit"}
    if product.currency:
        loan["currency"] = product.currency
    parts = {
        "amount": _money_range(product.amount_min, product.amount_max, product.currency),
        "interestRate": _rate(product),
        "annualPercentageRate": all_in_cost(product),
        "loanTerm": _term(product),
        "loanRepaymentForm": _repayment(product),
        "requiredCollateral": product.collateral if product.collateral != "none" else None,
    }
    return loan | {name: part for name, part in parts.items() if part is not None}


def _insurance(product: Product) -> dict[str, Json]:
    insurance: dict[str, Json] = {"@type": "FinancialProduct"}
    if product.premium is not None:
        price: dict[str, Json] = {"@type": "UnitPriceSpecification", "price": product.premium}
        if product.currency:
            price["priceCurrency"] = product.currency
        if product.premium_period in {"month", "year"}:
            price["unitCode"] = _UNIT_CODES[product.premium_period]
        insurance["offers"] = {"@type": "Offer", "priceSpecification": price}
    if product.insurer:
        insurance["brand"] = {"@type": "Organization", "name": line(product.insurer)}
    return insurance


def _ends(low: Decimal | int | None, high: Decimal | int | None) -> dict[str, Json] | None:
    if low is None and high is None:
        return None
    if low == high and low is not None:
        return {"value": low}
    ends = {"minValue": low, "maxValue": high}
    return {name: end for name, end in ends.items() if end is not None}


def _money_range(low: Decimal | None, high: Decimal | None, currency: str | None) -> Json | None:
    ends = _ends(low, high)
    if ends is None:
        return None
    amount: dict[str, Json] = {"@type": "MonetaryAmount"}
    if currency:
        amount["currency"] = currency
    return amount | ends


def _rate(product: Product) -> Json | None:
    ends = _ends(product.rate_min, product.rate_max)
    if ends is None:
        return None
    rate: dict[str, Json] = {"@type": "QuantitativeValue", "unitCode": "P1"}
    if product.rate_basis:
        rate["unitText"] = product.rate_basis
    return rate | ends


def _term(product: Product) -> Json | None:
    ends = _ends(product.term_min, product.term_max)
    if ends is None:
        return None
    term: dict[str, Json] = {"@type": "QuantitativeValue"}
    if product.term_unit in _UNIT_CODES:
        term["unitCode"] = _UNIT_CODES[product.term_unit]
    elif product.term_unit:
        term["unitText"] = product.term_unit
    return term | ends


def _repayment(product: Product) -> Json | None:
    """Only how often: what one payment is depends on the person."""
    if len(product.payment_frequency) != 1 or product.payment_frequency[0] not in _PAYMENTS_A_YEAR:
        return None
    a_year = _PAYMENTS_A_YEAR[product.payment_frequency[0]]
    return {"@type": "RepaymentSpecification", "loanPaymentFrequency": a_year}
