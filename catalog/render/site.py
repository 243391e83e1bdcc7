"""A whole site: cards on index pages, a detail page a product, es and en, style and logo. No clock, disk or network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from markupsafe import Markup

from catalog.render.contents import Contents, contents_of, index_page
from catalog.render.listing import listing_words
from catalog.render.look import Look, key_of, look_of, record_digest
from catalog.render.paths import STYLE, folder, index_name, slug
from catalog.render.press import Entry, Press, press_for, style_sheet
from catalog.render.structured import structured_data
from catalog.render.words import LANGS
from schemas.product import Brand, Lineage, Product

Page = tuple[str, bytes | None]
Known = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """path -> (key, bytes); bytes None: the page at that path already has that key."""

    pages: Mapping[str, Page]


@dataclass(frozen=True, slots=True)
class _Job:
    """What one call works on. records: code -> digest of the product's record (and lineage)."""

    brand: Brand
    look: Look
    contents: Contents
    lineage: Mapping[str, Lineage] | None
    known: Known
    records: Mapping[str, str]

    def origin(self, product: Product) -> Lineage | None:
        return None if self.lineage is None else self.lineage.get(product.code, {})


@dataclass(slots=True)
class _Sheet:
    """The words of one index page's products in one language, made when first asked for: card and page share them."""

    job: _Job
    press: Press
    made: dict[str, Entry] = field(default_factory=dict)

    def entry(self, product: Product) -> Entry:
        found = self.made.get(product.code)
        if found is None:
            lang, origin = self.press.words.lang, self.job.origin(product)
            listing = listing_words(product, self.job.brand, lang, lineage=origin)
            found = self.made[product.code] = self.press.entry(listing)
        return found

    def card(self, product: Product) -> Markup:
        return self.press.card(self.entry(product))


def render_site(
    products: Sequence[Product],
    brand: Brand,
    *,
    lineage: Mapping[str, Lineage] | None = None,
    known: Known | None = None,
) -> Site:
    """Every page of the catalogue; those whose key `known` holds at their path come without their bytes.

    `lineage` (code -> field -> origin) makes it a preview that shows where each figure came from. Cards keep the order
    of `products` within their category. Raises ValueError when two products share a code.
    """
    job = _job(products, brand, lineage, known or {})
    presses = [press_for(lang, job.look, preview=lineage is not None) for lang in LANGS]
    pages = dict(_assets(job))
    # One index page of products at a time: their words are shared by card and page, and let go before the next.
    for number in range(1, job.contents.last + 1):
        sheets = [_Sheet(job, press) for press in presses]
        pages.update(_index(number, sheet) for sheet in sheets)
        for product in job.contents.on(number):
            pages.update(_details(product, sheets))
    return Site(pages)


def _job(products: Sequence[Product], brand: Brand, lineage: Mapping[str, Lineage] | None, known: Known) -> _Job:
    records = {
        product.code: record_digest(product, None if lineage is None else lineage.get(product.code, {}))
        for product in products
    }
    if len(records) < len(products):
        raise ValueError("two products with one code cannot both be published")
    return _Job(brand, look_of(brand), contents_of(products), lineage, known, records)


def _assets(job: _Job) -> Iterator[tuple[str, Page]]:
    files = [(STYLE, style_sheet(job.look.accent))]
    if job.look.logo_path and job.brand.logo:
        files.append((job.look.logo_path, job.brand.logo))
    for path, content in files:
        key = sha256(content).hexdigest()[:32]
        yield path, (key, None if job.known.get(path) == key else content)


def _index(number: int, sheet: _Sheet) -> tuple[str, Page]:
    job, words = sheet.job, sheet.press.words
    contents = job.contents
    path = folder(words.lang) + index_name(number)
    around = f"{number} {len(contents.products)} {contents.starts} {sheet.press.preview}"
    key = key_of(around + "".join(job.records[one.code] for one in contents.on(number)), job.look, words.lang)
    if job.known.get(path) == key:
        return path, (key, None)
    page = index_page(contents, number, words, lender=job.look.name, card=sheet.card)
    return path, (key, sheet.press.index(page))


def _details(product: Product, sheets: Sequence[_Sheet]) -> Iterator[tuple[str, Page]]:
    """The product's page in each language; its schema.org data is the same in all."""
    structured: Markup | None = None
    for sheet in sheets:
        job, lang = sheet.job, sheet.press.words.lang
        path = f"{folder(lang)}{slug(product.code)}.html"
        key = key_of(job.records[product.code], job.look, lang)
        if job.known.get(path) == key:
            yield path, (key, None)
            continue
        structured = structured or structured_data(product, job.brand)
        yield path, (key, sheet.press.detail(sheet.entry(product), structured))
