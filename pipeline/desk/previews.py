"""Vista previa: how will it look? Pages of an upload or a release in a frame; a preview's link never changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.responses import Response

from catalog import publish as publishing
from catalog.release.read import FileRef
from catalog.store import Preview
from pipeline.desk.draw import draw, go
from pipeline.desk.plans import drawn
from pipeline.desk.sites import TONES, Shown, Site, card_path, index_path, page_path, products_of, served
from pipeline.desk.visit import Visit, page
from pipeline.desk.words import LANGS, words
from schemas.errors import WrongUse

KEY = 12
"""Digits of a plan's hash that its preview's link carries."""
_PAGES = ("indice", "tarjeta", "ficha")
_SCREENS = ("telefono", "escritorio")
_AGAINST = re.compile(r"v(\d{1,9})|c(\d{1,9})-([0-9a-f]{12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Look:
    """What the reader chose to see; it is all in the address."""

    ver: str = "indice"
    codigo: str = ""
    pantalla: str = "telefono"
    idioma: str = "es"
    tono: str = "sistema"
    junto: str = ""

    def query(self, **otherwise: str) -> str:
        """The address's query with something chosen otherwise; what is as usual is left out, but for the language,
        which is each reader's own."""
        changed, usual = replace(self, **otherwise), Look()
        said = {name: getattr(changed, name) for name in self.__slots__}
        return "?" + urlencode(
            {name: value for name, value in said.items() if value != getattr(usual, name) or name == "idioma"}
        )

    @property
    def path(self) -> str:
        """The page of a site that is looked at."""
        if self.ver == "indice":
            return index_path(self.idioma)
        return (card_path if self.ver == "tarjeta" else page_path)(self.codigo, self.idioma)

    def frame(self, site: Site, beside: Site | None = None) -> str:
        """The address of that page for a frame."""
        against = f"?contra={beside.name}" if beside and self.ver == "tarjeta" else ""
        return f"{site.root}/{self.tono}/{self.path}{against}"


def look_asked(visit: Visit, codes: Mapping[str, Shown]) -> Look:
    """What the address asks for; what it does not say, or says wrongly, is as usual."""
    known = {"ver": _PAGES, "pantalla": _SCREENS, "idioma": LANGS, "tono": TONES, "junto": ("", "1")}
    said = {name: visit.asked(name) for name in known}
    usual = Look(idioma=visit.lang, codigo=visit.asked("codigo"))
    look = replace(usual, **{name: said[name] for name, values in known.items() if said[name] in values and said[name]})
    if look.codigo not in codes:
        look = replace(look, codigo=next(iter(codes), ""))
    return look if look.codigo else replace(look, ver="indice")


def to_newest(visit: Visit) -> Response:
    """On to the fixed link of the plan as it is now; its pages are drawn when first asked for."""
    number = visit.number("id")
    kept = drawn(visit.desk, visit.desk.standings.of(visit.shop, number))
    asked = visit.request.url.query
    return go(f"{_root(number, kept.plan)}{'?' if asked else ''}{asked}")


def _root(upload: int, plan: str) -> str:
    return f"/cargas/{upload}/vista/{plan[:KEY]}"


def preview_page(visit: Visit) -> Response:
    """An upload's pages as they were shown, whatever was published or decided since."""
    kept = _preview(visit, visit.number("id"), str(visit.request.path_params["key"]))
    site = _site(visit, kept)
    now = visit.desk.standings.of(visit.shop, kept.upload).standing.plan.hash
    return show(visit, site, about=kept, is_now=now == kept.plan)


def show(visit: Visit, site: Site, *, about: Preview | None, is_now: bool) -> Response:
    """The page around a site's pages: what to look at and how, and beside it what is live.

    about: the preview it is; is_now: is it that of the plan as it is today?
    """
    codes = visit.desk.standings.once(visit.shop, ("products", site.root), lambda: products_of(visit, site))
    look = look_asked(visit, codes)
    live = live_site(visit)
    live_codes = visit.desk.standings.once(visit.shop, "products", lambda: products_of(visit, live)) if live else {}
    return draw(
        visit, "preview.j2", title=site.title, site=site, look=look, live=live, codes=codes,
        is_live=look.ver == "indice" or look.codigo in live_codes, changed=_changed(codes, live_codes),
        pages=_PAGES, screens=_SCREENS, tones=TONES, langs=LANGS, about=about, is_now=is_now,
    )  # fmt: skip


def _changed(codes: Mapping[str, Shown], live: Mapping[str, Shown]) -> frozenset[str]:
    """The codes whose pages are other bytes than those that are live, or are not live at all."""
    return frozenset(code for code, one in codes.items() if code not in live or live[code].digests != one.digests)


def _preview(visit: Visit, number: int, key: str) -> Preview:
    """The preview of an upload that a link names. WrongUse: it is no longer kept, or never was."""
    store = visit.shop.store.previews

    def find() -> Preview:
        plan = next((plan for upload, plan in store.names() if upload == number and plan[:KEY] == key), None)
        kept = store.get(number, plan) if plan else None
        if kept is None:
            raise WrongUse(
                f"That preview of upload {number} is no longer kept.",
                es=f"Esa vista previa de la carga {number} ya no se guarda.",
            )
        return kept

    found: Preview = visit.desk.standings.once(visit.shop, ("preview", number, key), find)
    return found


def _site(visit: Visit, kept: Preview) -> Site:
    title = words(visit.lang).preview.title.format(n=kept.upload)
    return Site(_root(kept.upload, kept.plan), f"c{kept.upload}-{kept.plan[:KEY]}", title, kept.files)


def live_site(visit: Visit) -> Site | None:
    """What is live; None before the first release."""
    current = visit.shop.store.releases.current()
    return release_site(visit, current.number) if current else None


def release_site(visit: Visit, number: int) -> Site:
    """The pages of a release. WrongUse: there is no such release. Refused: its contents are no longer kept."""
    releases = visit.shop.store.releases

    def find() -> Mapping[str, FileRef]:
        info, files = releases.get(number), releases.files(number)
        publishing.refuse_forgotten(visit.shop.place, info, files)
        return files

    files = visit.desk.standings.once(visit.shop, ("files", number), find)
    title = words(visit.lang).preview.release.format(n=number)
    return Site(f"/versiones/{number}/vista", f"v{number}", title, files)


def release_page(visit: Visit) -> Response:
    """A release's pages as they were published."""
    return show(visit, release_site(visit, visit.number("id")), about=None, is_now=True)


def preview_file(visit: Visit) -> Response:
    """One file of a preview."""
    kept = _preview(visit, visit.number("id"), str(visit.request.path_params["key"]))
    return served(visit, _site(visit, kept), _beside(visit))


def release_file(visit: Visit) -> Response:
    """One file of a release."""
    return served(visit, release_site(visit, visit.number("id")), _beside(visit))


def _beside(visit: Visit) -> Site | None:
    """The site that `contra` names, by a release's number or an upload's and the key of its preview."""
    named = _AGAINST.fullmatch(visit.asked("contra"))
    if named is None:
        return None
    release, upload, key = named.groups()
    return release_site(visit, int(release)) if release else _site(visit, _preview(visit, int(upload), key))


PAGES = (
    page("/cargas/{id}/vista", to_newest),
    page("/cargas/{id}/vista/{key}", preview_page),
    page("/cargas/{id}/vista/{key}/{tone}/{path:path}", preview_file),
    page("/versiones/{id}/vista", release_page),
    page("/versiones/{id}/vista/{tone}/{path:path}", release_file),
)
