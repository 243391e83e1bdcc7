"""A product's card on the report page: the very card of the catalogue, with its links made plain text."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from catalog.render.listing import listing_words
from catalog.render.look import look_of
from catalog.render.press import Press, press_for
from catalog.render.words import Lang
from schemas.product import FIELD_NAMES, Brand, Product

if TYPE_CHECKING:
    from pipeline.validate.table import Table

_LINK = re.compile(r'<a(?: class="(action)")? href="card-\d+\.html(?:#apply)?">(.*?)</a>', re.DOTALL)
_WITHOUT_THESE = ("code", "name", "description_short", "category")
_CATEGORIES = frozenset(("INDIVIDUAL", "BUSINESS", "INSURANCE"))


def data_address(content: bytes, kind: str | None) -> str:
    """The picture itself as an address, so that nothing is asked for."""
    return f"data:image/{'jpeg' if kind == 'jpg' else 'png'};base64,{b64encode(content).decode()}"


def card_press(brand: Brand, lang: Lang) -> Press:
    """The catalogue's press, its logo taken from the one drawing of it on the page."""
    look = look_of(brand)
    press = press_for(lang, look, preview=False)
    if look.logo_path is None:
        return press
    name = escape(look.name)
    drawn = f'<svg class="logo" role="img" aria-label="{name}"><use href="#lender-logo"/></svg>'
    lender = f'<div class="lender">{drawn}<span class="lender-name">{name}</span></div>'
    return replace(press, lender=Markup(lender))  # noqa: S704 - the name is escaped


def card(press: Press, product: Product, brand: Brand, row: int) -> Markup:
    """The card of the product in a row. Nothing is published yet: its links would lead nowhere."""
    listing = replace(listing_words(product, brand, press.words.lang), slug=f"card-{row}")
    return Markup(_LINK.sub(_plain, press.card(press.entry(listing))))  # noqa: S704 - drawn with autoescape


def _plain(link: re.Match[str]) -> str:
    return f'<span class="action">{link[2]}</span>' if link[1] else link[2]


def as_far_as_read(table: Table, i: int) -> Product | None:
    """A held row as a product, with what could be read of it; None without what every card needs."""
    known: dict[str, Any] = {name: table.given(name, i) for name in FIELD_NAMES if name in table.values}
    known = {name: value for name, value in known.items() if value is not None}
    if any(name not in known for name in _WITHOUT_THESE) or known["category"] not in _CATEGORIES:
        return None
    return Product(**{"country": table.countries[i], **known})
