"""The Lender's look: brand, logo, accent, and the digest of everything but the product that a page depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from operator import attrgetter

from markupsafe import Markup

from catalog.render.accent import Accent, accent_of
from catalog.render.prose import line, prose
from catalog.render.words import LANGS, Lang, words
from schemas.product import FIELD_NAMES, Brand, Lineage, Product

_PNG, _JPG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_TEMPLATES = (
    "shell.j2",
    "card_parts.j2",
    "card.j2",
    "detail.j2",
    "index.j2",
    "style.css.j2",
    "listing_es.toml",
    "listing_en.toml",
    "areas.toml",
)


@dataclass(frozen=True, slots=True)
class Look:
    """What all pages of one Lender share. `digest` changes with brand, templates, words or this code."""

    name: str
    legal_name: str | None
    about: Markup | None
    supervised: Mapping[Lang, str] | None
    monogram: str
    logo_path: str | None
    accent: Accent
    digest: str


@lru_cache(maxsize=8)
def look_of(brand: Brand) -> Look:
    """The look of a brand. A logo that is neither PNG nor JPG is left out; a monogram stands in."""
    return Look(
        name=line(brand.name),
        legal_name=line(brand.legal_name) if brand.legal_name else None,
        about=prose(brand.description) if brand.description else None,
        supervised=_supervised(brand.supervisor),
        monogram=_monogram(brand.name),
        logo_path=_logo_path(brand.logo),
        accent=accent_of(brand.accent),
        digest=_digest(code_digest(), repr(brand)),
    )


def _supervised(supervisor: str | None) -> Mapping[Lang, str] | None:
    if supervisor is None or supervisor == "none":
        return None
    name = line(supervisor)
    return {
        lang: words(lang).say["supervised"].format(supervisor=words(lang).supervisor.get(name, name)) for lang in LANGS
    }


def _logo_path(logo: bytes | None) -> str | None:
    if logo is None:
        return None
    if logo.startswith(_PNG):
        return "assets/logo.png"
    return "assets/logo.jpg" if logo.startswith(_JPG) else None


def _monogram(name: str) -> str:
    """The initials of the first two words."""
    initials = [word[0] for word in line(name).split() if word[0].isalnum()]
    return "".join(initials[:2]).upper() or "·"


def _digest(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@cache
def code_digest() -> str:
    """Of templates, words, this package and what it draws with: another version never passes for the same page."""
    from importlib.metadata import version

    found = sha256(repr((FIELD_NAMES, version("jinja2"), version("nh3"), version("markupsafe"))).encode())
    for name in _TEMPLATES:
        found.update(files("templates").joinpath(name).read_bytes())
    for source in sorted(files("catalog.render").iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".py"):
            found.update(source.read_bytes())
    return found.hexdigest()[:32]


_all_fields = attrgetter(*FIELD_NAMES)


def record_digest(product: Product, lineage: Lineage | None = None) -> str:
    """Of one product's whole record (and lineage, in previews): taken once, shared by its pages in every language."""
    # The text of the field values, made in C, costs a third of the canonical JSON record and tells as much.
    text = repr(_all_fields(product))
    return _digest(text) if lineage is None else _digest(text, repr(sorted(lineage.items())))


def key_of(record: str, look: Look, lang: Lang) -> str:
    """The key of one page from the digests of what it shows."""
    return sha256(f"{record}{look.digest}{lang}".encode()).hexdigest()[:32]


def page_key(product: Product, brand: Brand, lang: Lang, *, lineage: Lineage | None = None) -> str:
    """Digest of everything a product's detail page depends on: the same key means the same bytes."""
    return key_of(record_digest(product, lineage), look_of(brand), lang)
