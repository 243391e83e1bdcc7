"""Hostile descriptions, as if every check had let them through, in a real browser with the policy switched off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.entry import Entry
from catalog.render import slug
from schemas.product import Origin
from tests.desk_acts import decide, publish
from tests.desks import Served, desk_at
from tests.hostile import ATTACKS, hostile_texts
from tests.publishing import product
from tests.shops import stage
from tests.test_desk_browser import chromium

pytestmark = pytest.mark.browser
__all__ = ["chromium"]
ALL, QUICK = 500, 8


@pytest.fixture(params=[QUICK, pytest.param(ALL, marks=pytest.mark.full)])
def texts(request: pytest.FixtureRequest) -> list[str]:
    """All of them, or some from everywhere among them."""
    return hostile_texts(ALL)[:: ALL // request.param]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    with desk_at(tmp_path) as served:
        yield served


def hostile_entry(number: int, text: str) -> Entry:
    """A product that says it everywhere a lender may write."""
    said = dict.fromkeys(("description_short", "description_long", "legal_text", "insurer", "collateral"), text)
    more = {"requirements": (text,), "coverage_area": (text,), "name": f"{number} {text}"}
    origin = {name: Origin("Productos", f"C{number}", text, text) for name in ("name", "description_long")}
    return Entry.of(product(f"H-{number}", **said, **more), origin, file=f"{text}.xlsx", sha256="ab" * 32)


def test_no_script_runs_and_no_request_leaves(chromium: Any, desk: Served, tmp_path: Path, texts: list[str]) -> None:
    """Names, descriptions, legal texts, requirements, raw cells, the file's name and a comment, each hostile: on every
    page of the desk that shows them, in the frames, and in the published files themselves."""
    entries = [hostile_entry(number, text) for number, text in enumerate(texts)]
    upload = stage(desk.desk.shop, entries, by="ulises", file=texts[0], source=texts[0]).info.id
    link = desk.client("nadia").get(f"/cargas/{upload}/vista").headers["location"]
    assert decide(desk, "rosa", upload, comentario=texts[1]).status_code == 303
    context = chromium.new_context(bypass_csp=True)
    context.add_cookies(desk.cookies_for("nadia"))
    context.add_init_script("window.alert = () => { window.hit = 1 }")
    page = context.new_page()
    asked: list[str] = []
    page.set_content(ATTACKS[2])
    page.wait_for_function("window.hit === 1")  # such a text does run where nothing keeps it from running
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/cargas", f"/cargas/{upload}?grupo=added", link):
        look(page, desk.address + path)
    publish(desk, upload)
    for path in ("/versiones/1", "/productos", f"/productos?q={texts[0][:20]}", "/ajustes/auditoria"):
        look(page, desk.address + path)
    site = tmp_path / "home" / "published" / "releases" / "1"
    for number in range(len(texts)):
        stem = slug(f"H-{number}")
        look(page, f"{desk.address}/productos/H-{number}")
        look(page, f"{desk.address}{link}/sistema/{stem}.card.html?contra=v1")
        look(page, f"{desk.address}{link}/oscuro/{stem}.html")
        look(page, (site / "en" / f"{stem}.html").as_uri())
    look(page, (site / "index.html").as_uri())
    assert [url for url in asked if not url.startswith((desk.address, "data:", site.as_uri()))] == []
    context.close()


def look(page: Any, address: str) -> None:
    """Open a page with all that is folded in it, and every frame: nothing of it ran."""
    page.goto(address)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    for frame in page.frames:
        assert frame.evaluate("window.hit") is None, (address, frame.url)
