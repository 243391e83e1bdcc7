"""Cross-field rules that need no money mathematics. All are assumed; settings may change their severity.

Each judgement is a pure function of known values; its docstring names the rule of the requirements it keeps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from itertools import compress
from operator import itemgetter
from typing import Any

from pipeline.validate.judged import Circumstances, Facts, Rule
from schemas.requirements import Band, Field, load

DATA_DAYS = 90
SENTINEL_AGE = 99
TOTAL_COST_DAYS = 180
FILLERS = (Decimal(333333), Decimal(999999))
LOAN_FIELDS = (
    "amount_min", "amount_max", "rate_min", "rate_max", "rate_index", "term_min", "term_max", "total_cost_pct"
)  # fmt: skip
INSURANCE_FIELDS = ("premium", "sum_insured_min", "sum_insured_max", "coverages", "policy_term_months")
FOREIGN = {
    "INSURANCE": ("rate_min", "rate_index", "term_min", "term_max", "total_cost_pct"),
    "INDIVIDUAL": ("premium", "sum_insured_min", "sum_insured_max"),
    "BUSINESS": ("premium", "sum_insured_min", "sum_insured_max"),
}
CURRENCY_OF = {"CO": "COP", "MX": "MXN"}


def row_rules(around: Circumstances) -> tuple[Rule, ...]:
    """Every rule of this module, for the day of the check."""
    return (
        *(_ordered(prefix) for prefix in ("amount", "rate", "age", "sum_insured")),
        Rule("term.min_above_max", "term_min", ("term_min", "term_max"), terms_swapped, ("term_unit",)),
        Rule("currency.mismatch", "currency", ("currency", "country"), currency_mismatch),
        *(Rule(f"{_prefix(n)}.cents", n, (n, "currency"), cents) for n in _MONEY),
        *(Rule(f"{_prefix(n)}.too_precise", n, (n, "currency"), too_precise) for n in _MONEY),
        Rule("category.foreign_fields", "category", ("category",), foreign_fields, _ALL_FOREIGN),
        Rule("valid_to.before_start", "valid_to", ("valid_from", "valid_to"), before_start),
        Rule("valid_to.expired", "valid_to", ("valid_to",), partial(expired, as_of=around.as_of), ("valid_from",)),
        Rule("data_as_of.old", "data_as_of", ("data_as_of",), partial(old, as_of=around.as_of)),
        Rule("data_as_of.future", "data_as_of", ("data_as_of",), partial(future, as_of=around.as_of)),
        Rule("total_cost.old", "total_cost_date", ("total_cost_date",), partial(old_cost, as_of=around.as_of)),
        Rule("total_cost.future", "total_cost_date", ("total_cost_date",), partial(future, as_of=around.as_of)),
        Rule("amount.filler", "amount_min", ("amount_min",), filler_amount),
        Rule("rate.filler", "rate_min", ("rate_min",), filler_rate),
        Rule("age.filler", "age_min", ("age_min", "age_max"), filler_age),
        Rule("income_min.filler", "income_min", ("income_min",), filler_income),
        Rule("income_min.above_amount", "income_min", ("income_min", "amount_max"), income_above),
        Rule("rate.is_amount", "rate_min", ("rate_min",), rate_is_amount, ("amount_min", "amount_max")),
        Rule("age.beyond_85", "age_max", ("age_max", "term_max"), beyond_85, ("term_unit",)),
        Rule(
            "example.outside_range", "example_amount", ("example_amount",), example_amount, ("amount_min", "amount_max")
        ),
        Rule("example.outside_range", "example_term", ("example_term",), example_term, _TERMS),
        Rule("sum_insured.below_premium", "sum_insured_max", ("sum_insured_max", "premium"), below_premium),
        Rule("applicant_type.wrong_for_category", "applicant_type", ("category", "applicant_type"), applicant_type),
        Rule("rate_type.contradicts", "rate_type", ("rate_type", "rate_index"), fixed_with_index),
        Rule("registration_number.unreadable", "registration_number", ("registration_number", "country"), reca),
        Rule("rate_index.missing", "rate_type", ("rate_type",), variable_without_index, ("rate_index", "rate_min")),
        *(Rule("text.damaged", name, (name,), damaged) for name in _PROSE),
        Rule("name.all_caps", "name", ("name",), all_caps),
        *(Rule(f"{f.prefix}.unusual", f.name, (f.name,), partial(unusual, f), _BAND_OF) for f in _banded()),
    )


_TERMS = ("term_min", "term_max", "term_unit")
_MONEY = (
    "amount_min", "amount_max", "income_min", "example_amount", "example_payment", "example_total", "premium",
    "platform_fee_amount", "sum_insured_min", "sum_insured_max",
)  # fmt: skip
_PROSE = ("name", "description_short", "description_long", "legal_text", "insurer")
_ALL_FOREIGN = tuple(dict.fromkeys(name for names in FOREIGN.values() for name in names))
_AMONG = {category: itemgetter(*map(_ALL_FOREIGN.index, wrong)) for category, wrong in FOREIGN.items()}
_PREFIXES = {
    "example_payment": "payment", "example_total": "total", "example_amount": "example",
    "amount_min": "amount", "amount_max": "amount", "sum_insured_min": "sum_insured", "sum_insured_max": "sum_insured",
}  # fmt: skip


def _prefix(name: str) -> str:
    return _PREFIXES.get(name, name)


def _ordered(prefix: str) -> Rule:
    return Rule(f"{prefix}.min_above_max", f"{prefix}_min", (f"{prefix}_min", f"{prefix}_max"), min_above_max)


def min_above_max(low: Any, high: Any) -> Facts | None:
    """X01, X02, X03 and their kin: the lower end may not exceed the upper."""
    return {"low": low, "high": high} if low > high else None


def terms_swapped(low: int, high: int, unit: str | None) -> Facts | None:
    """X02: the same of terms, which are told in their unit."""
    return {"low": low, "high": high, **_in(unit)} if low > high else None


def _in(unit: str | None) -> Facts:
    return {"term_unit": unit} if unit else {}


def currency_mismatch(currency: str, country: str) -> Facts | None:
    """X12: pesos of the country."""
    wanted = CURRENCY_OF[country]
    return None if currency == wanted else {"currency": currency, "country": country, "expected": wanted}


def cents(value: Decimal, currency: str) -> Facts | None:
    """X13: Colombian pesos have no cents in practice."""
    return {"amount": value} if currency == "COP" and value != value.to_integral_value() else None


def too_precise(value: Decimal, currency: str) -> Facts | None:
    """X13: Mexican pesos have at most two decimals."""
    return {"amount": value} if currency == "MXN" and value != round(value, 2) else None


def foreign_fields(category: str, *values: Any) -> Facts | None:
    """X14: a loan has no premium, an insurance no rate, term or CAT."""
    wrong = _AMONG[category](values)
    if wrong.count(None) == len(wrong):
        return None
    return {"fields": tuple(compress(FOREIGN[category], (v is not None for v in wrong))), "category": category}


def before_start(valid_from: date, valid_to: date) -> Facts | None:
    """X16: validity ends after it begins."""
    return {"start": valid_from, "end": valid_to} if valid_to < valid_from else None


def expired(valid_to: date, valid_from: date | None, *, as_of: date) -> Facts | None:
    """X16: what has ended is not published; dates in the wrong order are another fault."""
    if valid_from is not None and valid_to < valid_from:
        return None
    return {"end": valid_to, "today": as_of} if valid_to < as_of else None


def old(day: date, *, as_of: date) -> Facts | None:
    """Data older than 90 days (assumed)."""
    days = (as_of - day).days
    return {"n": days, "limit": DATA_DAYS} if days > DATA_DAYS else None


def old_cost(day: date, *, as_of: date) -> Facts | None:
    """A CAT calculated more than 180 days ago (assumed)."""
    days = (as_of - day).days
    return {"n": days, "limit": TOTAL_COST_DAYS} if days > TOTAL_COST_DAYS else None


def future(day: date, *, as_of: date) -> Facts | None:
    """Data cannot be of a day to come."""
    return {"day": day, "today": as_of} if day > as_of else None


def filler_amount(value: Decimal) -> Facts | None:
    """X17: an amount of 0 or 1 is a placeholder."""
    return {"filler": value} if value in (0, 1) else None


def filler_rate(value: Decimal) -> Facts | None:
    """X17: a rate of 0 is a promotion or a placeholder; somebody should say which."""
    return {"filler": value} if value == 0 else None


def filler_age(low: int, high: int) -> Facts | None:
    """X17: ages 1 to 99 say nothing."""
    return {"filler": f"{low}–{high}"} if low <= 1 and high >= 99 else None


def filler_income(value: Decimal) -> Facts | None:
    """X17: 333333 and 999999 are typed to get past a form."""
    return {"filler": value} if value in FILLERS else None


def income_above(income: Decimal, high: Decimal) -> Facts | None:
    """A monthly income above the largest amount lent is unusual (assumed)."""
    return {"income": income, "high": high} if income > high else None


def rate_is_amount(rate: Decimal, low: Decimal | None, high: Decimal | None) -> Facts | None:
    """X18: a rate over 1000 that stands on the row as an amount too."""
    return {"rate": rate} if rate > 1000 and rate in (low, high) else None


def beyond_85(age: int, term: int, unit: str | None) -> Facts | None:
    """X25: the oldest applicant would be past 85 at the end of the longest term."""
    per_year = {"month": 12, "fortnight": 24, "week": 52, "day": 365, "year": 1}[unit or "month"]
    end = age + Decimal(term) / per_year
    if age >= SENTINEL_AGE:
        return None
    return {"age": age, "term": term, "end": int(end)} if end > 85 else None


def example_amount(value: Decimal, low: Decimal | None, high: Decimal | None) -> Facts | None:
    """The example lies inside the range it stands for."""
    return {"low": _or(low, value), "high": _or(high, value)} if _outside(value, low, high) else None


def example_term(value: int, low: int | None, high: int | None, unit: str | None) -> Facts | None:
    """The example's term lies inside the range it stands for."""
    return {"low": _or(low, value), "high": _or(high, value), **_in(unit)} if _outside(value, low, high) else None


def _outside(value: Any, low: Any, high: Any) -> bool:
    """Of a range whose ends are swapped, which is a fault of its own, nothing lies outside."""
    if low is not None and high is not None and low > high:
        return False
    return (low is not None and value < low) or (high is not None and value > high)


def _or(end: Any, value: Any) -> Any:
    return value if end is None else end


def below_premium(insured: Decimal, premium: Decimal) -> Facts | None:
    """Nobody pays more than what is insured."""
    return {"insured": insured, "premium": premium} if insured <= premium else None


def applicant_type(category: str, kinds: tuple[str, ...]) -> Facts | None:
    """BUSINESS must include a business."""
    if category != "BUSINESS" or set(kinds) & {"natural_with_business", "legal"}:
        return None
    return {"category": category}


def fixed_with_index(kind: str, index: str) -> Facts | None:
    """A rate that follows an index is not fixed."""
    return {"other": index} if kind == "fixed" else None


_RECA = re.compile(r"\d{3,4}-\d{3}-\d{6}/\d{2}-\d{5}-\d{4}\Z")


def reca(number: str, country: str) -> Facts | None:
    """The form of a Mexican RECA number, as CONDUSEF prints it (assumed from its data)."""
    return {} if country == "MX" and not _RECA.match(number) else None


def variable_without_index(kind: str, index: str | None, _rate: Decimal | None) -> Facts | None:
    """A variable rate names what it follows."""
    return {} if kind == "variable" and not index else None


_MOJIBAKE = ("Ã©", "Ã¡", "Ã­", "Ã³", "Ãº", "Ã±", "Ã‘", "Ã“", "Â¿", "Â¡", "Â°", "â€", "ï¿½", "�", "Ã")
_SIGNS = ("Ã", "Â", "â", "ï", "\ufffd", "N/A")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Every damaged text has one of these signs or characters: the slow look is for those."""


_SOUND = bytes(code for code in range(256) if not _CONTROL.match(chr(code)) and chr(code) not in _SIGNS)


def _is_sound(text: str) -> bool:
    """Nothing left of a text once all characters of sound ones are taken out: so much is seen in one pass of bytes."""
    try:
        return not text.encode("latin-1").translate(None, _SOUND) and "N/A" not in text
    except UnicodeEncodeError:
        return False


def damaged(text: str) -> Facts | None:
    """X21: mojibake, replacement characters, `N/A` inside a word, a name all in capitals is left to taste."""
    if _is_sound(text) or not (_CONTROL.search(text) or any(map(text.__contains__, _SIGNS))):
        return None
    for sign in _MOJIBAKE:
        if sign in text:
            return {"sample": _around(text, sign)}
    broken = next((word for word in text.split() if "N/A" in word and word.strip(".,;:()") != "N/A"), None)
    if broken:
        return {"sample": broken}
    control = next((c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\r\t"), None)
    return {"sample": _around(text, control)} if control else None


def all_caps(name: str) -> Facts | None:
    """X21: a name in capitals only; short ones may be an acronym."""
    if name.upper() != name:
        return None
    return {} if sum(map(str.isalpha, name)) > 5 else None


_BAND_OF = ("country", "category", "term_unit")


def _banded() -> Iterator[Field]:
    return (field for field in load().fields.values() if field.usual)


def unusual(
    field: Field, value: Decimal | int, country: str | None, category: str | None, unit: str | None
) -> Facts | None:
    """A figure outside what is usual for its country and category (assumed bands): kept, and asked about."""
    band = _band(field.name, country, category)
    if band is None:
        return None
    measured = _in_months(value, unit) if field.kind == "term" and unit not in _MONTHLY else value
    if _within(band, measured) or _beyond_limits(field, value) or (field.kind == "money" and value in (0, 1)):
        return None
    facts: dict[str, Decimal] = {n: end for n, end in (("low", band.low), ("high", band.high)) if end is not None}
    perhaps = _slipped(measured, band)
    return facts if perhaps is None else {**facts, "perhaps": perhaps}


_MONTHLY = (None, "month")


@lru_cache(maxsize=256)
def _band(name: str, country: str | None, category: str | None) -> Band | None:
    return load().fields[name].band(country, category)


def _within(band: Band, value: Decimal | int) -> bool:
    return (band.low is None or value >= band.low) and (band.high is None or value <= band.high)


def _slipped(value: Decimal | int, band: Band) -> Decimal | None:
    """The figure ten, a hundred or a thousand times smaller, where that would be usual: a slip of the separator."""
    shrunk = (Decimal(value) / scale for scale in (10, 100, 1000))
    return next((n for n in shrunk if band.high is not None and (band.low or Decimal(1)) <= n <= band.high), None)


def _beyond_limits(field: Field, value: Decimal | int) -> bool:
    return (field.low is not None and value < field.low) or (field.high is not None and value > field.high)


def _in_months(value: Decimal | int, unit: str | None) -> Decimal:
    per_month: dict[str, Decimal | int] = {
        "month": 1,
        "fortnight": 2,
        "week": Decimal("4.345"),
        "day": Decimal("30.42"),
        "year": Decimal(1) / 12,
    }
    return Decimal(value) / per_month[unit or "month"]


def _around(text: str, sign: str) -> str:
    at = text.index(sign)
    start = text.rfind(" ", 0, max(0, at - 8)) + 1
    end = text.find(" ", at + 8)
    piece = text[start : end if 0 <= end < at + 30 else at + 30]
    return "".join(c if c.isprintable() else "·" for c in piece)
