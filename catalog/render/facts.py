"""The figures of the card: amount, rate, term; for insurance premium, cover, policy term. Pure.

Rates keep the basis the Lender published them in; the effective annual equivalent is the product's own field and is
never worked out here.
"""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup, escape

from catalog.render.figures import NBSP, Style, between, count, money, number, percent
from catalog.render.view import Fact
from catalog.render.words import Words
from schemas.product import Product


def loan_facts(product: Product, words: Words, style: Style) -> tuple[Fact, Fact, Fact]:
    """Amount, rate, term."""
    return _amount(product, words, style), _rate(product, words, style), _term(product, words)


def insurance_facts(product: Product, words: Words, style: Style) -> tuple[Fact, Fact, Fact]:
    """Premium, cover, policy term."""
    return _premium(product, words, style), _cover(product, words, style), _policy_term(product, words)


def _fact(kind: str, value: str | None, words: Words, *notes: Markup) -> Fact:
    if value is None:
        return Fact(words.say[kind], escape(words.say[f"{kind}_missing"]), notes, missing=True)
    return Fact(words.say[kind], escape(value), notes)


def _amount(product: Product, words: Words, style: Style) -> Fact:
    return _fact("amount", money_range(product.amount_min, product.amount_max, words, style), words)


def money_range(low: Decimal | None, high: Decimal | None, words: Words, style: Style) -> str | None:
    """`$1.000.000 – $50.000.000`, `COP 1,000,000 – 50,000,000`: a currency that has to be named is named once."""
    first = None if low is None else money(low, style)
    last = None if high is None else money(high, style)
    if first is not None and last is not None and first != last and len(style.prefix) > 1:
        last = last.removeprefix(style.prefix)
    return between(first, last, words)


def _term(product: Product, words: Words) -> Fact:
    low, high, unit = product.term_min, product.term_max, product.term_unit
    if unit is not None:
        ends = (None if low is None else count(low, unit, words), None if high is None else count(high, unit, words))
        if low is not None and high is not None and low != high:
            ends = (str(low), ends[1])  # `12 – 60 meses`: the unit once
        return _fact("term", between(*ends, words), words)
    value = between(None if low is None else str(low), None if high is None else str(high), words)
    notes = () if value is None else (escape(words.say["unit_missing"]),)
    return _fact("term", value, words, *notes)


def basis_mark(basis: str | None, words: Words) -> Markup:
    """The basis as an abbreviation that tells what it stands for; empty where the Lender gave none."""
    if basis is None:
        return Markup("")
    known = words.basis.get(basis)
    if known is None:
        return escape(NBSP + basis)
    return Markup(f'{NBSP}<abbr title="{known[1]}">{known[0]}</abbr>')  # noqa: S704 - our own words


def rate_value(product: Product, words: Words, style: Style) -> Markup | None:
    """`16,08 % – 24,34 % E.A.`; for an index alone `IBR + 10,51 puntos`; None where the Lender gave no rate."""
    low, high = product.rate_min, product.rate_max
    text = between(None if low is None else percent(low, style), None if high is None else percent(high, style), words)
    text = text if text is not None else index_value(product, words, style)
    return None if text is None else escape(text) + basis_mark(product.rate_basis, words)


def index_value(product: Product, words: Words, style: Style) -> str | None:
    """`IBR + 10,51 puntos`; None where the rate follows no index."""
    if product.rate_index is None:
        return None
    if product.rate_spread is None:
        return words.say["index_alone"].format(index=product.rate_index)
    size = abs(product.rate_spread)
    spread = words.say["point" if size == 1 else "points"].format(value=number(size, style))
    how = "index" if product.rate_spread >= 0 else "index_below"
    return words.say[how].format(index=product.rate_index, spread=spread.replace(" ", NBSP))


def equivalent(product: Product, words: Words, style: Style) -> Markup | None:
    """The effective annual equivalent, to two decimals; None where the rate is effective annual or none was derived.

    Colombia only: in Mexico the figure to compare by is the CAT.
    """
    low, high = product.rate_ea_min, product.rate_ea_max
    if product.rate_basis == "EA" or product.country == "MX" or (low is None and high is None):
        return None
    ends = (None if low is None else percent(low, style, 2), None if high is None else percent(high, style, 2))
    text = between(*ends, words) or ""
    return escape(text[:1].lower() + text[1:]) + basis_mark("EA", words)


def cost_label(product: Product, words: Words, market: str) -> Markup:
    """CAT in Mexico, total cost in Colombia, told in full in its title."""
    kind = "MX" if market == "MX" else "CO"
    short, long = words.say[f"cost_{kind}"], words.say[f"cost_{kind}_title"]
    return Markup(f'<abbr title="{long}">{short}</abbr>')  # noqa: S704 - our own words


def cost_value(product: Product, words: Words, style: Style, market: str) -> Markup | None:
    """`42,6 % sin IVA` in Mexico, where CAT is quoted before tax; `31,20 % E.A.` in Colombia."""
    if product.total_cost_pct is None:
        return None
    if market == "MX":
        value = number(product.total_cost_pct, style, least=1, most=2) + style.percent
        return escape(f"{value} {words.say['cost_untaxed']}")
    return escape(percent(product.total_cost_pct, style)) + basis_mark("EA", words)


def _rate(product: Product, words: Words, style: Style) -> Fact:
    value = rate_value(product, words, style)
    if value is None:
        return Fact(
            words.say["rate"], escape(words.say["rate_missing"]), _cost_notes(product, words, style), missing=True
        )
    return Fact(words.say["rate"], value, (*_rate_notes(product, words, style), *_cost_notes(product, words, style)))


def _rate_notes(product: Product, words: Words, style: Style) -> tuple[Markup, ...]:
    notes: list[Markup] = []
    percent_given = product.rate_min is not None or product.rate_max is not None
    index = index_value(product, words, style) if percent_given else None
    if index is not None:
        notes.append(escape(index))
    if percent_given and product.rate_basis is None:
        notes.append(escape(words.say["basis_missing"]))
    equal = equivalent(product, words, style)
    if equal is not None:
        notes.append(_filled(words.say["equals"], equal))
    return tuple(notes)


def _cost_notes(product: Product, words: Words, style: Style) -> tuple[Markup, ...]:
    market = "MX" if product.currency == "MXN" or product.country == "MX" else "CO"
    value = cost_value(product, words, style, market)
    return () if value is None else (cost_label(product, words, market) + " " + value,)


def _filled(sentence: str, value: Markup) -> Markup:
    """Our own sentence around a value that is safe HTML already."""
    return Markup(sentence.format(value=value))  # noqa: S704 - both are safe


def premium_value(product: Product, words: Words, style: Style) -> str | None:
    """`$12.900 al mes`; None where the Lender gave no premium."""
    if product.premium is None:
        return None
    how = words.premium_period.get(product.premium_period or "", "{value}")
    return how.format(value=money(product.premium, style))


def _premium(product: Product, words: Words, style: Style) -> Fact:
    value = premium_value(product, words, style)
    told = value is None or product.premium_period is not None
    notes = () if told else (escape(words.say["period_missing"]),)
    return _fact("premium", value, words, *notes)


def _cover(product: Product, words: Words, style: Style) -> Fact:
    insured = money_range(product.sum_insured_min, product.sum_insured_max, words, style)
    names = ", ".join(product.coverages)
    if insured is not None and names:
        return _fact("sum_insured", insured, words, escape(names))
    return _fact("sum_insured", insured or names or None, words)


def _policy_term(product: Product, words: Words) -> Fact:
    months = product.policy_term_months
    return _fact("policy_term", None if months is None else count(months, "month", words), words)
