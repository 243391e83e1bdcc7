"""The default engine: it approves what lies inside the published range and the product's requirements. Pure.

A requirement that the applicant's data cannot be held against (no birth date, say) makes the answer a pre-approval
that names it; a breached one, a rejection. Products without a published rate, and insurance, are for a person (A).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from leads.decide.pricing import price, term_in
from leads.decide.values import Decision, Question, Reason
from schemas.product import Product
from schemas.wording.figures import money

VALID_FOR = timedelta(hours=24)
"""How long an offer can be taken, and at most to the end of the product's own validity (A)."""
_COMPANIES = ("natural_with_business", "legal")


class PublishedTerms:
    """The default engine."""

    def decide(self, question: Question, product: Product, /) -> Decision:
        """Approved, pre-approved, rejected with every reason, or left to a person."""
        against = tuple(_against(question, product))
        if against:
            return Decision("rejected", reasons=against)
        offer = None
        if product.category != "INSURANCE":
            until = _valid_until(question, product)
            offer = price(product, question.amount, question.term_months, valid_until=until)
        if offer is None:
            return Decision("review", reasons=(_FOR_A_PERSON,))
        open_points = tuple(_not_stated(question, product))
        return Decision("pre_approved" if open_points else "approved", (offer,), open_points)


def _valid_until(question: Question, product: Product) -> datetime:
    usual = question.asked_at + VALID_FOR
    if product.valid_to is None:
        return usual
    ends = datetime.combine(product.valid_to, time(), UTC) + timedelta(days=1)
    return min(usual, max(ends, question.asked_at + timedelta(hours=1)))


def _against(question: Question, product: Product) -> Iterator[Reason]:
    yield from _amount(question.amount, product)
    yield from _term(question.term_months, product)
    yield from _person(question, product)


def _amount(amount: Decimal, product: Product) -> Iterator[Reason]:
    low, high = product.amount_min, product.amount_max
    if product.category == "INSURANCE":
        low, high = product.sum_insured_min, product.sum_insured_max
    if low is not None and amount < low:
        yield _limit("amount_too_low", "El monto mínimo es", "The least amount is", low, product)
    if high is not None and amount > high:
        yield _limit("amount_too_high", "El monto máximo es", "The highest amount is", high, product)


def _limit(code: str, es: str, en: str, limit: Decimal, product: Product) -> Reason:
    said = {lang: money(limit, product.currency, lang, product.country) for lang in ("es", "en")}
    return Reason(code, f"{es} {said['es']}.", f"{en} {said['en']}.")


def _term(months: int, product: Product) -> Iterator[Reason]:
    """The term asked for in months against the published one in its own unit."""
    asked = term_in(product.term_unit, months)
    if product.term_min is not None and asked < product.term_min:
        yield _TERM_SHORT
    if product.term_max is not None and asked > product.term_max:
        yield _TERM_LONG


def _person(question: Question, product: Product) -> Iterator[Reason]:
    applicant = question.applicant
    taken = _takes(product)
    if taken and applicant.applicant_type is not None and applicant.applicant_type not in taken:
        yield _OTHER_TYPE
    if applicant.birth_date is not None and applicant.applicant_type != "legal":
        age = age_on(question.today, applicant.birth_date)
        if product.age_min is not None and age < product.age_min:
            yield _TOO_YOUNG
        if product.age_max is not None and age > product.age_max:
            yield _TOO_OLD
    income = applicant.monthly_income
    if product.income_min is not None and income is not None and income < product.income_min:
        yield _INCOME


def _not_stated(question: Question, product: Product) -> Iterator[Reason]:
    applicant = question.applicant
    aged = product.age_min is not None or product.age_max is not None
    if _takes(product) and applicant.applicant_type is None and product.applicant_type != ("natural",):
        yield _SAY_TYPE
    if aged and applicant.birth_date is None and applicant.applicant_type != "legal":
        yield _SAY_BIRTH
    if product.income_min is not None and applicant.monthly_income is None:
        yield _SAY_INCOME


def _takes(product: Product) -> tuple[str, ...]:
    """Who may apply; a business product that does not say takes those with a business (A)."""
    return product.applicant_type or (_COMPANIES if product.category == "BUSINESS" else ())


def age_on(today: date, born: date) -> int:
    """Full years; who was born on 29 February has their birthday on 1 March of a common year."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


_FOR_A_PERSON = Reason(
    "needs_review", "Una persona revisará la solicitud.", "A person will look at the request."
)  # fmt: skip
_TERM_SHORT = Reason(
    "term_too_short",
    "El plazo es menor que el mínimo de este producto.",
    "The term is shorter than this product's shortest.",
)
_TERM_LONG = Reason(
    "term_too_long",
    "El plazo es mayor que el máximo de este producto.",
    "The term is longer than this product's longest.",
)
_OTHER_TYPE = Reason(
    "applicant_type", "Este producto es para otro tipo de persona.", "This product is for another type of applicant."
)
_TOO_YOUNG = Reason("age_too_low", "No alcanza la edad mínima.", "The minimum age is not reached.")
_TOO_OLD = Reason("age_too_high", "Supera la edad máxima.", "The maximum age is exceeded.")
_INCOME = Reason(
    "income_too_low",
    "Los ingresos no alcanzan el mínimo de este producto.",
    "The income is below this product's minimum.",
)
_SAY_TYPE = Reason(
    "applicant_type_not_stated", "Falta confirmar el tipo de persona.", "The type of applicant has yet to be confirmed."
)
_SAY_BIRTH = Reason(
    "birth_date_not_stated", "Falta confirmar la fecha de nacimiento.", "The date of birth has yet to be confirmed."
)
_SAY_INCOME = Reason("income_not_stated", "Falta confirmar los ingresos.", "The income has yet to be confirmed.")
