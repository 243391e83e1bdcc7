"""What people do at the desk again and again: send a book, approve its plan, publish it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx

from pipeline.run.submitting import submit
from tests.checking import LOAN
from tests.desks import Served
from tests.test_desk_uploads import book

CARDS = {**LOAN, "Código": "LIB-002", "Nombre": "Compra de cartera", "Monto": "$2.000.000 a $20.000.000"}


def send(desk: Served, folder: Path, *loans: dict[str, Any], by: str = "ulises", partial: bool = False) -> int:
    """The number of the upload that a book with these rows became, handed in as from the command line: the desk's own
    way takes a process a file."""
    path = book(folder / "libro.xlsx", *loans)
    submitted = submit(desk.desk.shop, path, by=by, source=path.name, partial=partial)
    assert submitted.upload is not None
    return submitted.upload.id


def plan_shown(desk: Served, by: str, upload: int) -> str:
    """The hash of the plan on the page somebody looks at."""
    page = desk.client(by).get(f"/cargas/{upload}")
    return re.findall(r'name="plan" value="(\w{64})"', page.text)[0]


def decide(desk: Served, by: str, upload: int, plan: str | None = None, *products: str, **form: str) -> httpx.Response:
    """Approve (or `accion="rechazar"`) what the page showed, or the products named of it."""
    said = {"plan": plan or plan_shown(desk, by, upload), "accion": "aprobar"}
    said |= {"alcance": "marcados" if products else "todo", **form}
    return desk.client(by).post(f"/cargas/{upload}/decision", data={**said, "producto": list(products)})


def publish(desk: Served, upload: int, by: str = "pablo") -> httpx.Response:
    """Publish what is approved of an upload."""
    return desk.client(by).post(f"/cargas/{upload}/publicar")


def live(desk: Served, folder: Path, *loans: dict[str, Any]) -> int:
    """A book sent, approved and published by three people; the number of the release."""
    upload = send(desk, folder, *loans)
    assert decide(desk, "rosa", upload, comentario="Revisado con Tesorería").status_code == 303
    assert publish(desk, upload).status_code in (200, 303)
    current = desk.store.releases.current()
    assert current is not None
    return current.number
