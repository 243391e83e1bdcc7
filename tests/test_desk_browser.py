"""The desk in a real browser: axe, reflow, keyboard alone, live progress, without script, hostile cells."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.checking import LOAN
from tests.desk_acts import CARDS, live
from tests.desks import PASSWORD, Served, desk_at
from tests.test_desk_uploads import FAULTY, book
from tests.test_render_browser import HOSTILE, QUIET

pytestmark = pytest.mark.browser
PATHS = (
    "/", "/cargas", "/archivos/1", "/archivos/2", "/archivos/3", "/cargas/1", "/cargas/2", "/ajustes",
    "/ajustes/usuarios", "/ajustes/encabezados", "/ajustes/referencia", "/ajustes/fuentes", "/ajustes/auditoria",
    "/nada", "/cargas/4", "/cargas/4?grupo=dangerous", "/versiones/2?grupo=dangerous", "/cargas/4/vista",
    "/cargas/4/vista?ver=tarjeta&codigo=LIB-001&junto=1",
    "/versiones?comprobar=1", "/versiones/2", "/versiones/1/volver", "/versiones/comparar?de=1&a=2",
    "/versiones/2/vista?ver=ficha&tono=oscuro&pantalla=escritorio&junto=1", "/productos",
    "/productos/LIB-001?campo=rate_min&version=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed, and CI must run the browser tests")
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A desk with a file of every kind of finding, one that is fine, one that is interrupted, and two releases."""
    folder = tmp_path_factory.mktemp("desk")
    odd = {**LOAN, "Código": "LIB-003", "Nombre": "Crédito " + "Supercalifragilistico" * 4, "Precio del dinero": "x"}
    with desk_at(folder) as served:
        served.send("nadia", book(folder / "con_faltas.xlsx", LOAN, FAULTY, {**odd, "Tasa": "24,9%"}))
        served.send("nadia", book(folder / "bueno.xlsx", LOAN))
        stopped = served.desk.incoming.copy(served.store.arrivals.get(2), by="nadia")
        served.store.arrivals.interrupt()
        assert stopped == 3
        live(served, folder, LOAN, CARDS)
        live(served, folder, {**LOAN, "Tasa": "26% E.A."}, CARDS)
        yield served


def opened(chromium: Any, desk: Served, path: str, **context: Any) -> Any:
    """A page of its own context, signed in as the user with every role."""
    context = chromium.new_context(**context)
    context.add_cookies(desk.cookies_for("nadia"))
    page = context.new_page()
    page.goto(desk.address + path)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(chromium: Any, desk: Served, scheme: str) -> None:
    """Every page and the door; in the dark the colours, which are all that differs."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    page = opened(chromium, desk, "/", color_scheme=scheme, bypass_csp=True)
    found = {}
    for path in (*PATHS, "/entrar"):
        if path == "/entrar":
            page.context.clear_cookies()
        page.goto(desk.address + path)
        for all_open in page.locator("details").all():
            all_open.evaluate("one => { one.open = true }")
        options = {"runOnly": ["color-contrast"]} if scheme == "dark" else None
        violations = Axe().run(page, options=options).response["violations"]
        found[path] = [(one["id"], [node["html"][:120] for node in one["nodes"]][:2]) for one in violations]
    page.context.close()
    assert {path: told for path, told in found.items() if told} == {}


def test_nothing_scrolls_sideways(chromium: Any, desk: Served) -> None:
    """Reflow from 320 px up, with words that have no place to break."""
    page = opened(chromium, desk, "/")
    wide = []
    for path in PATHS:
        page.goto(desk.address + path)
        for all_open in page.locator("details").all():
            all_open.evaluate("one => { one.open = true }")
        for width in (320, 360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((path, width))
    page.context.close()
    assert wide == []


def test_targets_can_be_hit(chromium: Any, desk: Served) -> None:
    """Links and controls are at least 24 px high."""
    page = opened(chromium, desk, "/", viewport={"width": 360, "height": 800})
    small = []
    for path in PATHS:
        page.goto(desk.address + path)
        found = page.locator("a:visible, button:visible, select:visible, summary:visible, input:visible")
        low = found.evaluate_all(
            "all => all.map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])"
        )
        small += [(path, what, height) for what, height in low if height < 24]
    page.context.close()
    assert small == []


def test_the_keyboard_alone_suffices(chromium: Any, desk: Served, tmp_path: Path) -> None:
    """In by Tab and Enter, past the menu by the skip link, a file chosen, ticked and sent, its copy reached."""
    page = chromium.new_context(accept_downloads=True).new_page()
    page.goto(desk.address + "/cargas")
    page.keyboard.type("nadia")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#archivo")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "archivo"
    page.set_input_files("#archivo", book(tmp_path / "teclado.xlsx", FAULTY))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.is_checked("#parcial")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Descargar la copia marcada", timeout=60_000)
    for _ in range(20):
        page.keyboard.press("Tab")
        if "Descargar" in page.evaluate("document.activeElement.textContent"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "teclado-revisado.xlsx"
    page.context.close()


def test_progress_is_shown_and_the_findings_follow(chromium: Any, desk: Served, tmp_path: Path) -> None:
    """Dropped, its steps seen, its page shown by itself; no complaint of the policy on the way."""
    page = opened(chromium, desk, "/cargas")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    path = book(tmp_path / "soltado.xlsx", LOAN)
    page.evaluate(
        """([name, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name));
            document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }""",
        [path.name, list(path.read_bytes())],
    )
    page.wait_for_url("**/archivos/*")
    page.wait_for_selector("text=El único producto está listo.", timeout=60_000)
    assert said == []
    page.context.close()


def test_paper_shows_what_is_read_and_no_controls(chromium: Any, desk: Served) -> None:
    """Findings, changes and decisions print; menus, buttons and fields do not."""
    page = opened(chromium, desk, "/cargas/1")
    page.emulate_media(media="print")
    assert page.locator(".change h3").first.is_visible()
    page.goto(desk.address + "/archivos/1")
    assert page.locator(".cause h3").first.is_visible()
    for path in ("/cargas/1", "/archivos/1", "/ajustes"):
        page.goto(desk.address + path)
        assert page.locator("button:visible, input:visible, nav:visible").count() == 0, path
    page.context.close()


def test_a_file_too_large_is_told_before_it_is_sent(chromium: Any, desk: Served) -> None:
    """The page knows the limit; nothing travels."""
    page = opened(chromium, desk, "/cargas")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(64000001)], "grande.xlsx"));
            document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }"""
    )
    page.wait_for_selector(".drop .fault")
    assert page.inner_text(".drop .fault") == "«grande.xlsx» pesa 64 MB; lo máximo es 64 MB. No se envió."
    assert asked == []
    page.context.close()


def test_everything_works_without_javascript(chromium: Any, desk: Served, tmp_path: Path) -> None:
    """A file is sent by the plain form, its page renews itself until the findings are there, the language changes."""
    page = opened(chromium, desk, "/cargas", java_script_enabled=False)
    page.set_input_files("#archivo", book(tmp_path / "sin_script.xlsx", FAULTY))
    page.click("text=Enviar y revisar")
    page.wait_for_selector("text=Descargar la copia marcada", timeout=60_000)
    page.click("text=English")
    page.wait_for_selector("text=Download the marked copy")
    page.context.close()


def test_no_script_runs_from_hostile_cells(chromium: Any, desk: Served, tmp_path: Path) -> None:
    """Payloads as names, texts, codes, rates, headers and the file's name: with the policy switched off nothing runs,
    nothing outside is asked."""
    clean = [text.replace("\x00", "") for text in HOSTILE]
    rows = [{**LOAN, "Código": text[:80], "Nombre": text, "Tasa": text, "Descripción": text} for text in clean]
    path = book(tmp_path / "x.xlsx", *[{**row, clean[1]: clean[3]} for row in rows])
    hostile = path.rename(tmp_path / "<img src=x onerror=window.hit=1>.xlsx")
    number = desk.send("nadia", hostile)
    page = opened(chromium, desk, "/", bypass_csp=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script("window.alert = () => { window.hit = 1 }")
    for place in (f"/archivos/{number}", "/cargas", "/", "/ajustes/auditoria"):
        page.goto(desk.address + place)
        for all_open in page.locator("details").all():
            all_open.evaluate("one => { one.open = true }")
        page.wait_for_timeout(50)
        assert page.evaluate("window.hit") is None, place
    assert [url for url in asked if not url.startswith((desk.address, "data:"))] == []
    page.context.close()
