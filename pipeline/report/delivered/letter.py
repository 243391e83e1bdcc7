"""The covering letter to the Partnerships contact, es or en, from `templates/delivery_*.j2`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pipeline.report.delivered.changes import Changes, count_words
from schemas import wording
from schemas.product import Brand

if TYPE_CHECKING:
    from jinja2 import Template

MOST_NAMED = 20
"""Codes named in the letter; the workbook has them all."""
_MARKETS = {"CO": {"es": "Colombia", "en": "Colombia"}, "MX": {"es": "México", "en": "Mexico"}}
_WHAT = {
    "logo": {"es": "el logo", "en": "the logo"},
    "descripcion-de-marca": {"es": "la descripción de la marca", "en": "the brand description"},
}


@dataclass(frozen=True, slots=True)
class Cover:
    """What a letter speaks of. file: the attachment's name; inside: the names in the pack; without_ids: codes."""

    changes: Changes
    brand: Brand
    count: int
    file: str
    inside: Sequence[str]
    without_ids: Sequence[str]


def letter_subject(cover: Cover, lang: str) -> str:
    """`Catálogo de Crédito Ejemplo: versión 3`."""
    lender, number = cover.brand.name, cover.changes.release
    return f"Catálogo de {lender}: versión {number}" if lang == "es" else f"Catalogue of {lender}: release {number}"


def letter_text(cover: Cover, lang: str) -> str:
    """The letter as plain text, a paragraph a line."""
    changes = cover.changes
    removed = (item for item in (*changes.review.dangerous, *changes.review.others) if item.what == "removed")
    return _template(lang).render(
        lender=cover.brand.name,
        legal_name=cover.brand.legal_name,
        market=_MARKETS[cover.brand.market][lang],
        release=changes.release,
        day=wording.day(changes.day, lang),
        since=changes.since,
        sent_on=changes.sent_on and wording.day(changes.sent_on, lang),
        changes=count_words(changes.review, lang),
        leaving=[f"{item.code} ({item.name})" for item in removed],
        count=cover.count,
        file=cover.file,
        pictures=[(name, what[lang]) for stem, what in _WHAT.items() for name in cover.inside if name.startswith(stem)],
        without_ids=list(cover.without_ids),
        most=MOST_NAMED,
    )


@cache
def _template(lang: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    # Plain text: nothing in it is markup, so nothing is escaped.
    plain = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    return plain.from_string(files("templates").joinpath(f"delivery_{lang}.j2").read_text(encoding="utf-8"))
