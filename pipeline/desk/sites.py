"""The catalogue's own pages inside the desk: the bytes of a preview or a release, by digest, for a sandboxed frame.

Nothing is drawn here. Two things are cut to fit the frame: the style sheet where a tone is forced, and a card alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from catalog import publish as publishing
from catalog.release.read import CATALOG, FileRef
from catalog.render import LANGS, slug
from catalog.render.paths import STYLE, folder, index_name
from pipeline.desk.gate import FRAMED
from pipeline.desk.marks import marked
from pipeline.desk.visit import Visit
from schemas.errors import WrongUse

TONES = ("sistema", "claro", "oscuro")
_FORCED = {"claro": b"@media not all", "oscuro": b"@media all"}
_BY_THE_SYSTEM = b"@media (prefers-color-scheme: dark)"
_SCHEME = {"claro": b"color-scheme: light;", "oscuro": b"color-scheme: dark;"}
_CARD = ".card.html"
_KINDS = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "png": "image/png", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Site:
    """A catalogue as it would be, or was, published.

    root: where its files hang in the desk; name: how an address names it in short; title: what it is.
    """

    root: str
    name: str
    title: str
    files: Mapping[str, FileRef]


@dataclass(frozen=True, slots=True)
class Shown:
    """One product of a site. digests: of its pages in every language."""

    code: str
    name: str
    digests: tuple[str, ...]


def page_path(code: str, lang: str) -> str:
    """Where a product's page lies in a site."""
    return f"{_folder(lang)}{slug(code)}.html"


def card_path(code: str, lang: str) -> str:
    """Where its card alone lies."""
    return f"{_folder(lang)}{slug(code)}{_CARD}"


def index_path(lang: str) -> str:
    """Where the first page of the index lies."""
    return f"{_folder(lang)}{index_name(1)}"


def _folder(lang: str) -> str:
    return next(folder(known) for known in LANGS if known == lang)


def products_of(visit: Visit, site: Site) -> Mapping[str, Shown]:
    """Code -> product of a site, as its `catalog.json` lists them."""
    ref = site.files.get(CATALOG)
    said = json.loads(_body(visit, ref))["products"] if ref else ()
    return {one["code"]: Shown(one["code"], one["name"], _digests(site, one["code"])) for one in said}


def _digests(site: Site, code: str) -> tuple[str, ...]:
    refs = (site.files.get(page_path(code, lang)) for lang in LANGS)
    return tuple(ref.sha256 for ref in refs if ref)


def _body(visit: Visit, ref: FileRef) -> bytes:
    return publishing.body(visit.shop.place, ref.sha256)


def served(visit: Visit, site: Site, beside: Site | None = None) -> Response:
    """One file of a site for a frame, by the path's `tone` and `path`.

    beside: mark in a card what it says otherwise than the same card there. WrongUse: there is no such file.
    """
    tone, path = visit.request.path_params["tone"], visit.request.path_params["path"]
    if tone not in TONES:
        raise _lost(path)
    if path.endswith(_CARD):
        return _framed(_card_page(visit, site, path, beside), "html")
    kind = path.rpartition(".")[2]
    ref = site.files.get(path)
    if ref is None or kind not in _KINDS:
        raise _lost(path)
    body = _body(visit, ref)
    return _framed(_toned(body, tone) if path == STYLE else body, kind)


def _framed(body: bytes, kind: str) -> Response:
    return Response(body, media_type=_KINDS[kind], headers={"content-security-policy": FRAMED})


def _lost(path: str) -> WrongUse:
    return WrongUse(f"There is no page «{path}» here.", es=f"Aquí no hay ninguna página «{path}».")


def _toned(style: bytes, tone: str) -> bytes:
    """The style sheet light or dark, whatever the reader's system prefers."""
    if tone not in _FORCED:
        return style
    style = style.replace(_BY_THE_SYSTEM, _FORCED[tone])
    return style.replace(b"color-scheme: light dark;", _SCHEME[tone])


def _card_page(visit: Visit, site: Site, path: str, beside: Site | None) -> bytes:
    """A card cut out of its index page, under that page's own head."""
    home, card = _card(visit, site, path)
    if beside is not None:
        with_it = _card_or_none(visit, beside, path)
        card = marked(card.decode(), with_it.decode()).encode() if with_it is not None else card
    head = home[: home.index(b"<body>")] + b"<body>\n"
    return head + b"<main>\n" + card + b"\n</main>\n</body>\n</html>\n"


def _card_or_none(visit: Visit, site: Site, path: str) -> bytes | None:
    try:
        return _card(visit, site, path)[1]
    except WrongUse:
        return None


def _card(visit: Visit, site: Site, path: str) -> tuple[bytes, bytes]:
    """(the index page it stands on, the card). WrongUse: no index page has it."""
    below, _, name = path.rpartition("/")
    stem = re.escape(name.removesuffix(_CARD).encode())
    wanted = re.compile(rb'<article class="card" aria-labelledby="' + stem + rb'">.*?</article>', re.DOTALL)
    number = 1
    while ref := site.files.get(f"{below}/{index_name(number)}".lstrip("/")):
        page = _body(visit, ref)
        if found := wanted.search(page):
            return page, found[0]
        number += 1
    raise _lost(path)
