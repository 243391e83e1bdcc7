"""Every page and act of the desk with who may ask for it: the one table the router, the tests and the docs read."""

from __future__ import annotations

from pipeline.desk import administration, home, packs, plans, previews, products, releases, settings, signing, uploads
from pipeline.desk.visit import Page

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *signing.PAGES,
    *uploads.PAGES,
    *plans.PAGES,
    *previews.PAGES,
    *releases.PAGES,
    *packs.PAGES,
    *products.PAGES,
    *settings.PAGES,
    *administration.PAGES,
)
