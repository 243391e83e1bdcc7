"""The sentences, tables and lists of the detail page. Pure. The template tells what the Lender did not say."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup, escape

from catalog.render.facts import (
    basis_mark,
    cost_label,
    cost_value,
    equivalent,
    index_value,
    money_range,
    premium_value,
    rate_value,
)
from catalog.render.figures import Style, count, day, listed, money, percent
from catalog.render.view import Fee
from catalog.render.words import Words
from schemas.product import Product


def _say(words: Words, key: str, **blanks: Markup | str) -> Markup:
    """One of our sentences; a blank that is not safe HTML yet is escaped. A final `E.A.` closes the sentence itself."""
    safe = {name: escape(value) for name, value in blanks.items()}
    said = words.say[key].format(**safe).replace("..", ".").replace(".</abbr>.", ".</abbr>")
    return Markup(said)  # noqa: S704 - our sentence, escaped blanks


def rate_sentences(product: Product, words: Words, style: Style, market: str) -> tuple[Markup, ...]:
    """Rate, basis, equivalent, fixed or variable, payments, all-in cost, default rate: a sentence each."""
    found = (*_rate_itself(product, words, style), *_how_it_moves(product, words, style))
    return (*found, _cost(product, words, style, market), _default(product, words, style))


def _rate_itself(product: Product, words: Words, style: Style) -> list[Markup]:
    value = rate_value(product, words, style)
    if value is None:
        return [_say(words, "rate_missing") + "."]
    said = [_say(words, "rate_is", value=value)]
    known = words.basis.get(product.rate_basis or "")
    if known is not None:
        said.append(_say(words, "basis_is", abbr=known[0], title=known[1]))
    elif product.rate_index is None:
        said.append(_say(words, "basis_missing_sentence"))
    equal = equivalent(product, words, style)
    return said if equal is None else [*said, _say(words, "equals_sentence", value=equal)]


def _how_it_moves(product: Product, words: Words, style: Style) -> list[Markup]:
    kind = product.rate_type
    said = [_say(words, f"rate_{kind}" if kind in {"fixed", "variable", "mixed"} else "rate_type_missing")]
    index = index_value(product, words, style)
    if index is not None:
        said.append(_say(words, "rate_index_is", index=product.rate_index or ""))
    if product.payment_frequency:
        names = [words.frequency.get(one, one) for one in product.payment_frequency]
        said.append(_say(words, "frequency_is", frequency=listed(names, words)))
    return said


def _cost(product: Product, words: Words, style: Style, market: str) -> Markup:
    value = cost_value(product, words, style, market)
    if value is None:
        return _say(words, f"cost_missing_{'MX' if market == 'MX' else 'CO'}")
    label = cost_label(product, words, market)
    if product.total_cost_date is None:
        return _say(words, "cost_is_undated", label=label, value=value, tax="")
    return _say(words, "cost_is", label=label, value=value, tax="", date=day(product.total_cost_date, words))


def _default(product: Product, words: Words, style: Style) -> Markup:
    if product.default_rate is None:
        return _say(words, "default_rate_missing")
    value = escape(percent(product.default_rate, style)) + basis_mark(product.rate_basis, words)
    return _say(words, "default_rate_is", value=value)


def premium_sentences(product: Product, words: Words, style: Style) -> tuple[Markup, ...]:
    """Premium, sum insured, waiting period, those that the Lender gave."""
    insured = money_range(product.sum_insured_min, product.sum_insured_max, words, style)
    waiting = product.waiting_period_days
    told = (
        ("premium_is", premium_value(product, words, style)),
        ("sum_insured_is", insured),
        ("waiting_is", count(waiting, "day", words) if waiting else None),
    )
    said = [_say(words, key, value=value) for key, value in told if value is not None]
    return tuple([*said, _say(words, "waiting_none")] if waiting == 0 else said)


def fees(product: Product, words: Words, style: Style) -> tuple[Fee, ...]:
    """Charges beside the interest. Tax marks come from the product's one `tax_included`."""
    tax = words.say[{True: "tax_yes", False: "tax_no", None: "tax_unknown"}[product.tax_included]]
    rows = (
        ("fee_origination", _share(product.origination_fee_pct, "pct_of_amount", words, style)),
        ("fee_guarantee", _share(product.guarantee_fee_pct, "pct_of_disbursement", words, style)),
        ("fee_platform", None if product.platform_fee_amount is None else money(product.platform_fee_amount, style)),
        ("fee_insurance", _insurance(product, words, style)),
    )
    return tuple(Fee(words.say[key], value, tax) for key, value in rows if value is not None)


def _share(value: Decimal | None, of: str, words: Words, style: Style) -> str | None:
    return None if value is None else words.say[of].format(value=percent(value, style))


def _insurance(product: Product, words: Words, style: Style) -> str | None:
    cost, unit = product.insurance_cost, product.insurance_unit
    if cost is None:
        return None
    value = percent(cost, style) if unit == "pct_month" else money(cost, style)
    return words.say.get(f"insurance_{unit}", "{value}").format(value=value)


def who(product: Product, words: Words, style: Style, market: str) -> tuple[str, ...]:
    """Conditions on the person or business, those that the Lender gave."""
    names = words.applicant["MX" if market == "MX" else "CO"]
    kinds = [names.get(kind, kind) for kind in product.applicant_type]
    areas = [words.area.get(code, code) for code in product.coverage_area]
    negative = product.accepts_negative_report
    told = (
        words.say["who_kinds"].format(value=listed(kinds, words)) if kinds else None,
        _ages(product, words),
        _worth(product.income_min, "who_income", words, style),
        _business_age(product, words),
        _worth(product.annual_sales_min, "who_sales", words, style),
        _collateral(product, words),
        words.say["who_area"].format(value=listed(areas, words)) if areas else None,
        None if negative is None else words.say["who_negative_yes" if negative else "who_negative_no"],
    )
    return tuple(line for line in told if line)


def _ages(product: Product, words: Words) -> str | None:
    low, high = product.age_min, product.age_max
    if low is not None and high is not None:
        return words.say["who_ages"].format(min=low, max=high)
    if low is not None:
        return words.say["who_age_from"].format(min=low)
    return None if high is None else words.say["who_age_to"].format(max=high)


def _worth(value: Decimal | None, key: str, words: Words, style: Style) -> str | None:
    return None if value is None else words.say[key].format(value=money(value, style))


def _business_age(product: Product, words: Words) -> str | None:
    months = product.business_age_min
    return None if months is None else words.say["who_business_age"].format(value=count(months, "month", words))


def _collateral(product: Product, words: Words) -> str | None:
    kind = product.collateral
    return None if kind is None else words.say["collateral_is"].format(value=words.collateral.get(kind, kind))


def disbursed(product: Product, words: Words) -> str | None:
    """How long the money takes; whole days are said in days."""
    hours = product.disbursement_hours
    if hours is None:
        return None
    return words.say["disbursed_in"].format(value=waiting_time(hours, words)) if hours else words.say["disbursed_now"]


def waiting_time(hours: int, words: Words) -> str:
    """`24 horas`, `3 días`."""
    return count(hours // 24, "day", words) if hours > 48 and hours % 24 == 0 else count(hours, "hour", words)


def validity(product: Product, words: Words) -> str:
    """From when until when the offer stands, as far as the Lender said."""
    start = None if product.valid_from is None else day(product.valid_from, words)
    end = None if product.valid_to is None else day(product.valid_to, words)
    kind = {(True, True): "valid_both", (True, False): "valid_from", (False, True): "valid_to"}
    key = kind.get((start is not None, end is not None), "valid_missing")
    return words.say[key].format(start=start, end=end)
