"""Product -> listing card, detail page, schema.org data: a static site in Spanish and English, simple HTML sanitised.

site = render_site(products, brand, known=known_pages(out_dir))
write_site(site, out_dir)
"""

from catalog.render.folder import known_pages, write_site
from catalog.render.listing import listing_words
from catalog.render.look import Look, look_of, page_key
from catalog.render.paths import slug
from catalog.render.site import Site, render_site
from catalog.render.view import Example, Listing
from catalog.render.words import LANGS, Lang

__all__ = [
    "LANGS",
    "Example",
    "Lang",
    "Listing",
    "Look",
    "Site",
    "known_pages",
    "listing_words",
    "look_of",
    "page_key",
    "render_site",
    "slug",
    "write_site",
]
