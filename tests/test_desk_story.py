"""The whole story of a workbook in real browsers: three people, each with their own, from faults to a rollback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.checking import LOAN
from tests.desk_acts import CARDS
from tests.desks import PASSWORD, Served, desk_at
from tests.test_desk_browser import chromium
from tests.test_desk_uploads import book

pytestmark = pytest.mark.browser
__all__ = ["chromium"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    with desk_at(tmp_path) as served:
        yield served


def enter(chromium: Any, desk: Served, name: str) -> Any:
    """Somebody's own browser, in by the door."""
    page = chromium.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900}).new_page()
    page.goto(desk.address)
    page.fill("#nombre", name)
    page.fill("#clave", PASSWORD)
    page.press("#clave", "Enter")
    page.wait_for_selector("nav.menu")
    return page


def send(page: Any, desk: Served, path: Path) -> str:
    """Choose a file, send it, wait for its findings; what the page says first."""
    page.goto(f"{desk.address}/cargas")
    page.set_input_files("#archivo", path)
    page.click("text=Enviar y revisar")
    page.wait_for_selector(".tallies", timeout=60_000)
    return str(page.inner_text(".sentence"))


def test_from_a_faulty_workbook_to_a_rollback(chromium: Any, desk: Served, tmp_path: Path) -> None:
    """Ulises sends a faulty book, downloads his marked copy, mends that very copy and sends it; Rosa reads the plan,
    looks at the preview and approves with a comment; Pablo publishes. A dearer book follows the same way, and Pablo,
    who sees what would change, goes back. Every step says what was done, and by whom."""
    ulises, rosa, pablo = (enter(chromium, desk, name) for name in ("ulises", "rosa", "pablo"))
    faulty = book(tmp_path / "libro.xlsx", LOAN, {**CARDS, "Tasa": "según perfil"})
    assert send(ulises, desk, faulty).startswith("1 de 2 productos está listo.")
    with ulises.expect_download() as download:
        ulises.click("text=Descargar la copia marcada")
    copy = tmp_path / "copia" / "libro.xlsx"
    copy.parent.mkdir()
    download.value.save_as(copy)
    _mend(copy, "según perfil", "22% E.A.")
    assert send(ulises, desk, copy) == "Los 2 productos están listos."
    ulises.click("text=Ver qué cambiaría")
    assert ulises.locator("button:has-text('Aprobar')").count() == 0

    _approve(rosa, desk, "Tasas confirmadas")
    assert _publish(pablo, desk).startswith("Se publicó la versión 1")

    send(ulises, desk, book(tmp_path / "libro.xlsx", {**LOAN, "Tasa": "26% E.A."}, {**CARDS, "Tasa": "22% E.A."}))
    _approve(rosa, desk, "Sube por la junta")
    assert _publish(pablo, desk).startswith("Se publicó la versión 2")

    pablo.click("nav.menu >> text=Versiones")
    assert "De la versión 1 a la 2: 1 cambia, 1 sin cambios." in pablo.inner_text("main")
    pablo.select_option("#de", "1")
    pablo.select_option("#a", "2")
    pablo.click("button:has-text('Comparar')")
    row = pablo.inner_text("tr.hot")
    assert "24,9 %" in row
    assert "26 %" in row
    assert "sube la tasa" in row

    pablo.goto(f"{desk.address}/versiones/1")
    pablo.click("text=Volver a esta versión")
    assert "26 %" in pablo.inner_text("main")
    pablo.fill("#comentario", "La junta lo aplazó")
    pablo.click("button:has-text('Volver a la versión 1')")
    pablo.wait_for_selector(".done")
    assert pablo.inner_text("h1") == "Versión 3"
    releases = desk.store.releases
    assert releases.get(3).content == releases.get(1).content
    assert releases.get(3).by == "pablo"

    rosa.goto(f"{desk.address}/productos/LIB-001")
    rosa.click("summary:has-text('Tasa desde')")
    assert "«24,9% E.A.»" in rosa.inner_text("#origen-rate_min")
    assert "Tasas confirmadas" in rosa.inner_text("main")
    for page in (ulises, rosa, pablo):
        page.context.close()


def _mend(path: Path, fault: str, right: str) -> None:
    """What a person does in their own program with the cell that is marked."""
    book = openpyxl.load_workbook(path)
    (cell,) = (cell for row in book["Productos"].iter_rows() for cell in row if cell.value == fault)
    cell.value = right
    book.save(path)


def _approve(page: Any, desk: Served, comment: str) -> None:
    """From Inicio to the plan, a look at the preview, and the word."""
    page.goto(desk.address)
    page.click("a.button:has-text('Revisar')")
    page.click("text=Ver cómo quedaría")
    frame = page.frame_locator("iframe").locator(".card").first
    frame.wait_for()
    page.click(".trail a")
    page.fill("#comentario", comment)
    page.click("button:has-text('Aprobar')")
    page.wait_for_selector(".done")


def _publish(page: Any, desk: Served) -> str:
    """Publish the newest upload; what the desk says became of it."""
    page.goto(f"{desk.address}/cargas/{desk.store.uploads.list()[0].id}")
    page.click("button:has-text('Publicar lo aprobado')")
    page.wait_for_selector(".done")
    return str(page.inner_text(".done >> nth=0")).strip()


def test_a_preview_is_read_by_keyboard_alone(chromium: Any, desk: Served, tmp_path: Path) -> None:
    """Past the menu, along the choices, a product chosen by its letters, the frame reached and scrolled."""
    from tests.desk_acts import live

    live(desk, tmp_path, LOAN, CARDS)
    page = enter(chromium, desk, "rosa")
    page.goto(f"{desk.address}/versiones/1/vista")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    seen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.tagName"))
        if seen[-1] == "SELECT":
            break
    page.keyboard.type("LIB-002")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**codigo=LIB-002**")
    assert seen.count("A") >= 8
    shown = page.frame_locator("iframe").locator("h1")
    assert shown.inner_text() == "Compra de cartera"
    page.focus("iframe")
    assert page.evaluate("document.activeElement.tagName") == "IFRAME"
    page.context.close()
