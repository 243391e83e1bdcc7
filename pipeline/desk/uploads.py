"""Cargas and the page of one file: is it right?"""

from __future__ import annotations

import mimetypes
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.responses import FileResponse, JSONResponse, Response

from catalog.ledger import Waiver
from catalog.store import Arrival
from pipeline.desk.draw import draw, go
from pipeline.desk.findings import Findings, codec
from pipeline.desk.incoming import MOST_BYTES, MOST_FILES
from pipeline.desk.visit import Visit, act, page
from pipeline.desk.words import words
from pipeline.desk.work import ANNOTATED, FINDINGS
from pipeline.report.ledger import accepted_words
from pipeline.run import ledger
from pipeline.run.headers import choices, fields_called
from schemas.errors import WrongUse
from schemas.requirements import normalise

_A_QUARTER = timedelta(days=90)
"""What the form offers as the end of a waiver; people change it."""
_STEPS = ("waiting", "checking", "writing")
_SHOWN = 50
_ENOUGH = 500
"""Arrivals among which the newest uploads are looked for."""


def uploads_page(visit: Visit) -> Response:
    """What arrived, newest first, and the place to send more."""
    return _uploads(visit)


def sorry_upload(visit: Visit, sentence: str, status: int) -> Response:
    """The same page with why nothing was taken."""
    return _uploads(visit, fault=sentence, status=status)


def _uploads(visit: Visit, *, fault: str | None = None, status: int = 200) -> Response:
    store = visit.shop.store
    asked = visit.asked("desde")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 0
    newest = store.arrivals.list(most=start + _ENOUGH)
    arrivals, ours = newest[start : start + _SHOWN + 1], {one.upload for one in newest}
    others = [one for one in store.uploads.list(most=_SHOWN) if one.id not in ours] if not start else []
    return draw(
        visit, "uploads.j2", title=words(visit.lang).uploads.title, status=status, fault=fault,
        arrivals=arrivals[:_SHOWN], older=start + _SHOWN if len(arrivals) > _SHOWN else None, start=start,
        others=others, **dropping(visit),
    )  # fmt: skip


def dropping(visit: Visit) -> dict[str, Any]:
    """What the form for files shows."""
    return {"may_send": visit.person.may({"uploader"}), "limit": MOST_BYTES, "most_files": MOST_FILES}


def file_page(visit: Visit) -> Response:
    """One file: how far it is, or what was found in it."""
    arrival = visit.shop.store.arrivals.get(visit.number("id"))
    found = _found(visit, arrival)
    causes = sorted(found.causes, key=lambda cause: _GROUPS.index(cause.group)) if found else []
    day = visit.shop.today
    return draw(
        visit, "file.j2", title=arrival.file, arrival=arrival, found=found, steps=_steps(arrival),
        groups=[(group, list(some)) for group, some in groupby(causes, key=lambda cause: cause.group)],
        waivers=_standing(visit), accepted=lambda waiver: accepted_words(waiver, visit.lang),
        annotated=_annotated(visit, arrival).exists(), fields=choices(visit.lang),
        may_waive=visit.person.may({"reviewer"}), may_map=visit.person.may({"uploader"}),
        today=day.isoformat(), in_a_quarter=(day + _A_QUARTER).isoformat(), **dropping(visit),
    )  # fmt: skip


_GROUPS = ("holds", "error", "warning", "info")


def _found(visit: Visit, arrival: Arrival) -> Findings | None:
    path = visit.desk.incoming.beside(arrival, FINDINGS.format(lang=visit.lang))
    if arrival.state != "done" or not path.exists():
        return None
    return codec().validate_json(path.read_bytes())


def _annotated(visit: Visit, arrival: Arrival) -> Path:
    return visit.desk.incoming.beside(arrival, ANNOTATED.format(lang=visit.lang))


def _standing(visit: Visit) -> dict[str, Waiver]:
    today = visit.shop.today
    return {id: waiver for id, waiver in visit.shop.store.waivers.list().items() if waiver.until >= today}


def _steps(arrival: Arrival) -> list[tuple[str, str]]:
    now = _STEPS.index(arrival.step or "waiting") if arrival.under_way else len(_STEPS)
    return [(step, "past" if at < now else "now" if at == now else "next") for at, step in enumerate(_STEPS)]


def progress(visit: Visit) -> Response:
    """How far a file is, for the page that waits for it."""
    arrival = visit.shop.store.arrivals.get(visit.number("id"))
    said = words(visit.lang).file
    now = next((step for step, state in _steps(arrival) if state == "now"), None)
    sentence = getattr(said, f"step_{now}") if now else ""
    return JSONResponse({"under_way": arrival.under_way, "steps": dict(_steps(arrival)), "sentence": sentence})


def annotated(visit: Visit) -> Response:
    """The user's own workbook with the findings marked in it."""
    arrival = visit.shop.store.arrivals.get(visit.number("id"))
    path = visit.desk.incoming.beside(arrival, ANNOTATED.format(lang=visit.lang))
    if not path.exists():
        raise WrongUse("There is no marked copy of this file.", es="No hay una copia marcada de este archivo.")
    stem, _, ending = arrival.file.rpartition(".")
    kept = ending.lower() in ("xlsx", "xlsm")
    name = f"{stem or arrival.file}-{'revisado' if visit.lang == 'es' else 'reviewed'}.{ending if kept else 'xlsx'}"
    return download(path, name)


def download(path: Path, name: str) -> Response:
    """A file to keep, never to be shown by the browser."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return FileResponse(path, media_type=kind, headers={"content-disposition": disposition})


def again(visit: Visit) -> Response:
    """Check a file whose check was interrupted or failed."""
    number = visit.number("id")
    visit.shop.store.arrivals.again(number)
    visit.desk.bench.add(number)
    return go(f"/archivos/{number}")


def waive(visit: Visit) -> Response:
    """Accept a warning for a time, and those that say the same where that is ticked."""
    finding, until = visit.form.text("hallazgo"), _day(visit.form.text("hasta"))
    for each in (finding, *visit.form.text("iguales").split()):
        ledger.waive(visit.shop, each, reason=visit.form.text("motivo"), until=until, by=visit.person.name)
    return go(f"/archivos/{visit.number('id')}#h-{finding[:10]}", said="waived")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse(
            f"«{text}» is no date; write it as 2026-11-22.", es=f"«{text}» no es una fecha; escríbala como 2026-11-22."
        ) from None


def remember_headers(visit: Visit) -> Response:
    """Keep what unknown headers mean, and check the file again."""
    arrival = visit.shop.store.arrivals.get(visit.number("id"))
    written, names = visit.form.all("encabezado"), visit.form.all("campo")
    chosen = {header: name for header, name in zip(written, names, strict=False) if name}
    if not chosen:
        raise WrongUse("Choose what one of the headers is.", es="Elija qué es al menos uno de los encabezados.")
    said = {normalise(header): fields_called(name) for header, name in chosen.items()}
    ledger.add_mappings(visit.shop, arrival.file, chosen, said, by=visit.person.name)
    number = visit.desk.incoming.copy(arrival, by=visit.person.name)
    visit.desk.bench.add(number)
    return go(f"/archivos/{number}", said="mapped")


PAGES = (
    page("/cargas", uploads_page),
    page("/archivos/{id}", file_page),
    page("/archivos/{id}/estado", progress),
    page("/archivos/{id}/anotado", annotated),
    act("/archivos/{id}/otra-vez", again, "uploader"),
    act("/archivos/{id}/exonerar", waive, "reviewer"),
    act("/archivos/{id}/encabezados", remember_headers, "uploader"),
)
