"""What goes to the marketplace by hand, from the page of a release: the pack, its letter, and what became of them."""

from __future__ import annotations

from datetime import date

from starlette.responses import FileResponse, Response

from catalog.receipts import STATES, State
from pipeline.desk.draw import go
from pipeline.desk.releases import sorry_release
from pipeline.desk.visit import Visit, act, page
from pipeline.run.delivering import PACKS, enter_receipt, pack
from schemas.errors import Refused, WrongUse

_FILES = {"paquete": ("zip", "application/zip"), "carta": ("eml", "message/rfc822")}


def make_pack(visit: Visit) -> Response:
    """Make the pack of a release; the first time it is entered as drafted."""
    number = visit.number("id")
    try:
        pack(visit.shop, number, by=visit.person.name)
    except Refused as fault:
        return sorry_release(visit, number, fault.say(visit.lang))
    return go(f"/versiones/{number}", said="packed")


def download(visit: Visit) -> Response:
    """The pack, or its letter, as it was made. WrongUse: it was not, or is no longer there."""
    number, what = visit.number("id"), visit.request.path_params["what"]
    ending, kind = _FILES.get(what, ("", ""))
    path = visit.shop.home / PACKS / f"vitrina-v{number}.{ending}"
    if not ending or not path.is_file():
        raise WrongUse(
            f"The pack of release {number} is not here; make it again.",
            es=f"El paquete de la versión {number} no está aquí; prepárelo otra vez.",
        )
    return FileResponse(path, media_type=kind, filename=path.name)


def enter(visit: Visit) -> Response:
    """What became of a release at the marketplace, on a day."""
    number, state = visit.number("id"), visit.form.text("estado")
    try:
        enter_receipt(
            visit.shop, number, _state(state), by=visit.person.name, day=_day(visit.form.text("dia")),
            note=visit.form.text("nota") or None,
        )  # fmt: skip
    except Refused as fault:
        return sorry_release(visit, number, fault.say(visit.lang))
    return go(f"/versiones/{number}", said="receipt")


def _state(text: str) -> State:
    for state in STATES:
        if state == text and state != "drafted":
            return state
    raise WrongUse("Say what became of it.", es="Indique qué pasó con la versión.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("Give the day it happened.", es="Indique el día en que ocurrió.") from None


PAGES = (
    act("/versiones/{id}/paquete", make_pack, "publisher"),
    act("/versiones/{id}/acuse", enter, "publisher"),
    page("/versiones/{id}/archivo/{what}", download, "publisher"),
)
