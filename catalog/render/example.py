"""The representative example in words. Pure.

Which published rate it was worked out at is not a field: the rate is named only when the payment follows from it.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache

from markupsafe import Markup, escape

from catalog.render.facts import basis_mark
from catalog.render.figures import Style, count, money, percent
from catalog.render.view import Example
from catalog.render.words import Words
from schemas.product import Product

_TOLERANCE = Decimal("0.005")
"""How far a payment may lie from the formula: 0.5 % (rule X11, assumed)."""
_SHORT = Context(prec=18)
_TWELFTH = Decimal(1) / 12
_PER_MONTH = {"fortnightly": 2, "monthly": 1}


def example_of(product: Product, words: Words, style: Style) -> Example | None:
    """None unless the Lender gave at least the amount and the term of one."""
    if product.example_amount is None or product.example_term is None:
        return None
    amount = money(product.example_amount, style)
    term = count(product.example_term, product.term_unit or "month", words)
    rate = _rate(product, words, style)
    payments = _payments(product, words, style)
    total = None if product.example_total is None else money(product.example_total, style)
    line = _line(words, words.say["example_terms"].format(amount=amount, term=term), rate, payments)
    return Example(line=line, amount=amount, term=term, rate=rate, payments=payments, total=total)


def _line(words: Words, terms: str, rate: Markup | None, payments: str | None) -> Markup:
    """`$5.000.000 a 36 meses: al 24,34 % E.A., 36 cuotas de $190.911`."""
    parts = [] if rate is None else [Markup(words.say["example_at"].format(rate=rate))]  # noqa: S704 - both are safe
    parts.append(escape(payments or words.say["example_no_payment"]))
    return escape(terms) + ": " + Markup(", ").join(parts)


def _payments(product: Product, words: Words, style: Style) -> str | None:
    if product.example_payment is None:
        return None
    payment = money(product.example_payment, style)
    if product.payment_frequency == ("bullet",):
        return words.say["example_bullet"].format(payment=payment)
    number = _payment_count(product)
    if number is None:
        return words.say["example_each"].format(payment=payment)
    return words.say["example_one_payment" if number == 1 else "example_payments"].format(count=number, payment=payment)


def _payment_count(product: Product) -> int | None:
    """One payment a unit of the term, or what the frequency makes of its months; None where that is uneven."""
    assert product.example_term is not None
    unit, frequency = product.term_unit or "month", product.payment_frequency
    if len(frequency) > 1:
        return None
    paid = frequency[0] if frequency else None
    if paid is None or (unit, paid) in {("week", "weekly"), ("fortnight", "fortnightly")}:
        return product.example_term
    months = {"month": 1, "year": 12}.get(unit)
    return None if months is None or paid not in _PER_MONTH else product.example_term * months * _PER_MONTH[paid]


def _rate(product: Product, words: Words, style: Style) -> Markup | None:
    """The published end (the higher first) that gives the example's payment."""
    for published, annual in ((product.rate_max, product.rate_ea_max), (product.rate_min, product.rate_ea_min)):
        effective = annual if annual is not None or product.rate_basis != "EA" else published
        if published is not None and effective is not None and _explains(product, effective):
            return escape(percent(published, style)) + basis_mark(product.rate_basis, words)
    return None


def _explains(product: Product, effective: Decimal) -> bool:
    """Does the monthly level payment at this effective annual rate agree with the printed one? Months only."""
    amount, term, payment = product.example_amount, product.example_term, product.example_payment
    monthly = product.term_unit == "month" and product.payment_frequency in ((), ("monthly",))
    if not monthly or amount is None or term is None or payment is None or effective <= 0:
        return False
    expected = amount * _factor(effective, term)
    return abs(expected - payment) <= payment * _TOLERANCE


@lru_cache(maxsize=4_096)
def _factor(effective: Decimal, months: int) -> Decimal:
    """Level payment for one peso."""
    growth = _SHORT.power(1 + effective / 100, _TWELFTH)
    return (growth - 1) / (1 - _SHORT.power(growth, -months))
