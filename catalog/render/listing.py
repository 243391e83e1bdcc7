"""A Product as a person reads it in one language: every figure formatted, every sentence said. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from markupsafe import Markup

from catalog.render import sections
from catalog.render.example import example_of
from catalog.render.facts import insurance_facts, loan_facts
from catalog.render.figures import Style, day, style_of
from catalog.render.paths import slug
from catalog.render.prose import line, prose, visible
from catalog.render.view import Fact, Listing, Source
from catalog.render.words import Lang, Words, words
from schemas.product import Brand, Lineage, Product

_SHORT_CHIP = 28
_MOST_CHIPS = 2
_FACT_FIELDS: tuple[tuple[str, ...], ...] = (
    ("amount_min", "amount_max"),
    ("rate_min", "rate_max", "rate_basis", "rate_index", "rate_spread", "total_cost_pct"),
    ("term_min", "term_max", "term_unit"),
)
_INSURANCE_FACT_FIELDS: tuple[tuple[str, ...], ...] = (
    ("premium", "premium_period"),
    ("sum_insured_min", "sum_insured_max", "coverages"),
    ("policy_term_months",),
)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads: a language, its words, the market's figures."""

    words: Words
    style: Style
    market: str


@lru_cache(maxsize=64)
def _reader(lang: Lang, country: str, currency: str | None) -> _Reader:
    return _Reader(words(lang), style_of(lang, country, currency), country)


def listing_words(product: Product, brand: Brand, lang: Lang, *, lineage: Lineage | None = None) -> Listing:
    """Card and detail page of one product in words. `lineage` (previews only) adds where each figure came from."""
    reader = _reader(lang, product.country or brand.market, product.currency)
    listing = _listing(product, reader)
    if lineage is None:
        return listing
    fields = _INSURANCE_FACT_FIELDS if listing.insured else _FACT_FIELDS
    facts = tuple(_sourced(fact, names, lineage) for fact, names in zip(listing.facts, fields, strict=True))
    return replace(listing, facts=facts, sources=_sources(tuple(lineage), lineage))


def _listing(product: Product, reader: _Reader) -> Listing:
    say, style = reader.words, reader.style
    insured = product.category == "INSURANCE"
    name = line(product.name)
    return Listing(
        code=line(product.code),
        slug=slug(product.code),
        name=name,
        category=product.category,
        category_label=say.say.get(f"category_{product.category}", product.category),
        summary=visible(product.description_short),
        lead=prose(product.description_short),
        long=prose(product.description_long) if product.description_long else None,
        facts=(insurance_facts if insured else loan_facts)(product, say, style),
        insured=insured,
        insurer=_insurer(product, say) if insured else None,
        example=None if insured else example_of(product, say, style),
        example_missing=say.say["example_missing"],
        chips=_chips(product, say),
        own_chips=_own_chips(product),
        as_of=_as_of(product, say),
        action=say.say["action"].format(name=name),
        rate_sentences=_sentences(product, reader),
        fees=() if insured else sections.fees(product, say, style),
        who=sections.who(product, say, style, reader.market),
        documents=tuple(map(line, product.requirements)),
        covers=tuple(map(line, product.coverages)),
        excludes=tuple(map(line, product.exclusions)),
        apply_here=say.say["apply_here"].format(name=name, code=line(product.code)),
        disbursed=sections.disbursed(product, say),
        terms_url=_web_address(product.terms_url),
        legal=prose(product.legal_text) if product.legal_text else None,
        registration=_registration(product, say),
        validity=sections.validity(product, say),
        sources=(),
    )


def _sentences(product: Product, reader: _Reader) -> tuple[Markup, ...]:
    if product.category == "INSURANCE":
        return sections.premium_sentences(product, reader.words, reader.style)
    return sections.rate_sentences(product, reader.words, reader.style, reader.market)


def _insurer(product: Product, say: Words) -> str:
    if product.insurer is None:
        return say.say["insurer_missing"]
    return say.say["insured_by"].format(insurer=line(product.insurer))


def _registration(product: Product, say: Words) -> str | None:
    number = product.registration_number
    return None if number is None else say.say["registration_is"].format(value=line(number))


def _as_of(product: Product, say: Words) -> str:
    if product.data_as_of is None:
        return say.say["as_of_missing"]
    return say.say["as_of"].format(date=day(product.data_as_of, say))


def _chips(product: Product, say: Words) -> tuple[str, ...]:
    """Our own words for what sorts a product from its neighbours."""
    hours = product.disbursement_hours
    found = (
        say.subtype.get(product.product_subtype or ""),
        say.say["chip_hours"].format(value=sections.waiting_time(hours, say)) if hours else None,
        say.say["chip_negative_yes"] if product.accepts_negative_report else None,
    )
    return tuple(chip for chip in found if chip)


def _own_chips(product: Product) -> tuple[str, ...]:
    """The Lender's shortest requirements, what is not asked ("Sin codeudor") first."""
    short = [line(item) for item in product.requirements if len(item) <= _SHORT_CHIP]
    return tuple(sorted(short, key=lambda item: not item.lower().startswith("sin "))[:_MOST_CHIPS])


def _web_address(url: str | None) -> str | None:
    """Only https goes into a link, whatever the field holds."""
    return url if url is not None and url.startswith("https://") else None


def _sourced(fact: Fact, names: tuple[str, ...], lineage: Lineage) -> Fact:
    return replace(fact, sources=_sources(tuple(name for name in names if name in lineage), lineage))


def _sources(names: tuple[str, ...], lineage: Lineage) -> tuple[Source, ...]:
    pairs = ((name, lineage[name]) for name in names)
    return tuple(Source(name, f"{o.sheet}!{o.cell}", line(o.raw), o.reading) for name, o in pairs)
