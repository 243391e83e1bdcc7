"""Inicio: what needs me?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from starlette.responses import Response

from catalog.store import Upload, UploadInfo
from pipeline import report
from pipeline.desk.draw import draw
from pipeline.desk.plans import drawn
from pipeline.desk.products import rows_of
from pipeline.desk.releases import moves_up_to, review_between
from pipeline.desk.standings import Looked
from pipeline.desk.uploads import dropping
from pipeline.desk.visit import Desk, Visit, page
from pipeline.desk.words import words
from pipeline.report.plans import headline
from pipeline.report.receipts import late_sentence
from pipeline.run.delivering import late_receipts
from pipeline.run.workshop import Workshop

TEMPLATE_NAME = {"es": "plantilla_productos.xlsx", "en": "product_template.xlsx"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LOOKED_AT = 5
"""Uploads that could still be published and are looked into: more of them is a heap nobody reviews."""


_SOON = 20


@dataclass(frozen=True, slots=True)
class Review:
    """An upload somebody has to look at. sentence: its plan in one line; held: does it hold anything back?

    approved: all of it is, and it waits to be published.
    """

    upload: UploadInfo
    sentence: str
    held: bool
    approved: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What the newest upload could not take on. file: the arrival whose page shows why."""

    sentence: str
    file: int | None


def home(visit: Visit) -> Response:
    """What waits, what is held, what comes and goes soon, what is live."""
    shop, store, lang = visit.shop, visit.shop.store, visit.lang
    looked = [visit.desk.standings.of(shop, info.id) for info in _candidates(shop)]
    live = store.releases.current()
    return draw(
        visit, "home.j2", title=words(lang).home.title, live=live,
        reviews=[review for one in looked if (review := _review(visit, one))],
        held=_held(visit, looked[0].standing.upload) if looked else None, upcoming=visit.desk.standings.upcoming(shop),
        late=[late_sentence(one, lang) for one in late_receipts(shop)],
        troubles=[notice.spanish if lang == "es" else notice.english for notice in store.sync.troubles().values()],
        last_run=store.sync.last_run(), nothing=live is None and not looked and not store.arrivals.list(most=1),
        most_soon=_SOON, **dropping(visit),
    )  # fmt: skip


def get_ready(desk: Desk) -> None:
    """Make the plans that people look at next as soon as something was written, so that no reader waits for them."""
    shop = desk.shop
    desk.standings.upcoming(shop)
    for info in _candidates(shop):
        desk.standings.of(shop, info.id)


def draw_ahead(desk: Desk) -> None:
    """The same for what is looked at a moment later: the list of products, the history, the pages of a plan."""
    rows_of(desk)
    shop = desk.shop
    live = shop.store.releases.current()
    if live is not None:
        moves_up_to(desk, live.number)
        review_between(desk, live.base, live.number)
    for info in _candidates(shop):
        drawn(desk, desk.standings.of(shop, info.id))


def _candidates(shop: Workshop) -> list[UploadInfo]:
    """The newest uploads, down to the newest that speaks for the whole catalogue: it takes the place of older ones."""
    found: list[UploadInfo] = []
    for info in shop.store.uploads.list(most=_LOOKED_AT):
        found.append(info)
        if not info.partial:
            break
    return found


def _review(visit: Visit, looked: Looked) -> Review | None:
    now = looked.standing
    left = looked.codes - now.scope.refused
    if not left or now.scope.rejected:
        return None
    approved = left <= looked.through - looked.kept_back
    return Review(now.upload.info, headline(looked.review, visit.lang), bool(looked.kept_back), approved)


def _held(visit: Visit, upload: Upload) -> Held | None:
    if not upload.held:
        return None
    causes = {code for codes in upload.held.values() for code in codes}
    arrival = visit.shop.store.arrivals.of_upload(upload.info.id)
    sentence = report.held_sentence(len(upload.held), len(causes), visit.lang)
    return Held(sentence, arrival.id if arrival else None)


def template(visit: Visit) -> Response:
    """The blank workbook, in the reader's language, for the Lender's market."""
    disposition = f'attachment; filename="{TEMPLATE_NAME[visit.lang]}"'
    body = _blank(visit.lang, visit.market)
    return Response(body, media_type=_XLSX, headers={"content-disposition": disposition})


@cache
def _blank(lang: str, market: str) -> bytes:
    from pipeline.report.template import template_workbook
    from schemas.requirements import load

    return template_workbook(load(), lang=lang, market=market)


PAGES = (page("/", home), page("/plantilla", template))
