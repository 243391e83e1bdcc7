"""The report page in a real browser: accessible, no script from hostile cells, no request, filters, keyboard, print."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.page import report_page
from schemas.product import Brand
from tests import logos
from tests.test_render_browser import HOSTILE, QUIET
from tests.test_report_page import checked

pytestmark = pytest.mark.browser
BAD = ({"Nombre": None}, {"Tasa": "según perfil"}, {"Categoría": "X"}, {"Categoría": "X"}, {"Plazo": "12"}, {})
WORDS = "Supercalifragilistico" * 8


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
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report with findings of every severity and a faulty logo, in both languages; one with nothing to mend."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "logo.png").write_bytes(logos.saved(logos.picture(size=(300, 90))))
    found = checked(folder, *BAD, {"Nombre": WORDS[:90], "Tasa": WORDS}, marca=[["Nombre", "Crédito Ejemplo"]])
    good = replace(found, findings=(), rows=len(found.products))
    made = {"es": report_page(found, "es"), "en": report_page(found, "en"), "good": report_page(good, "es")}
    for name, page in made.items():
        (folder / f"{name}.html").write_bytes(page)
    return {name: folder / f"{name}.html" for name in made}


def opened(chromium: Any, address: Path, **context: Any) -> Any:
    page = chromium.new_page(**context)
    page.goto(address.as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["es", "en", "good"])
def test_axe_finds_no_violation(chromium: Any, pages: dict[str, Path], name: str, scheme: str) -> None:
    """Spanish and English, light and dark."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    page = opened(chromium, pages[name], color_scheme=scheme, bypass_csp=True)
    found = Axe().run(page).response["violations"]
    page.close()
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.parametrize("name", ["es", "en", "good"])
def test_nothing_scrolls_sideways(chromium: Any, pages: dict[str, Path], name: str) -> None:
    """Reflow from 320 px up, with words that have no place to break."""
    page = opened(chromium, pages[name])
    for width in (320, 360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_the_page_works_under_its_own_policy_and_asks_for_nothing(chromium: Any, pages: dict[str, Path]) -> None:
    """Style and script run, pictures show, no request but the page itself, no complaint."""
    page = chromium.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(pages["es"].as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [pages["es"].as_uri()]
    assert said == []
    assert page.locator("#filters").is_visible()
    assert page.locator(".tile img").first.evaluate("one => one.naturalWidth") == 300
    page.close()


def hostile(folder: Path) -> Path:
    """Forty payloads as names, texts, codes, categories and rates; in the brand and in the file's name too."""
    rows = [{"Nombre": text[:100], "Descripción": text, "Tasa": text, "Categoría": text} for text in HOSTILE]
    rows += [{"Nombre": text[:100], "Descripción": text, "Código": text, "Plazo": text} for text in HOSTILE]
    clean = [{name: value.replace("\x00", "") for name, value in row.items()} for row in rows]
    found = checked(folder, *clean, marca=[["Nombre", HOSTILE[1]], ["Acerca de", HOSTILE[3]], [HOSTILE[4], HOSTILE[5]]])
    assert found.brand is not None
    brand = Brand(name=HOSTILE[4], legal_name=HOSTILE[1], description=HOSTILE[3], accent="red}*{}")
    found = replace(found, brand=replace(found.brand, brand=brand), file="</title><script>window.hit=1</script>.xlsx")
    (folder / "r.html").write_bytes(report_page(found, "es"))
    return folder / "r.html"


def test_no_script_runs_from_hostile_cells(chromium: Any, tmp_path: Path) -> None:
    """With the page's policy switched off, filters used and every target visited: nothing runs, nothing is asked."""
    address = hostile(tmp_path)
    page = chromium.new_context(bypass_csp=True).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address.as_uri())
    page.locator("#by-product").fill(HOSTILE[3])
    page.get_by_role("button", name="Quitar filtros").click()
    page.mouse.move(200, 400)
    assert page.locator("article.block").count() > 40
    assert (
        page.evaluate("window.hit || !!document.querySelector('[onerror],[onload],[onfocus],iframe,object')") is False
    )
    assert [url for url in asked if not url.startswith("data:")] == [address.as_uri()]
    page.close()


def test_the_policy_stops_a_script_that_got_in(chromium: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    """The same page with a script planted: it runs without the policy, and not with it."""
    planted = pages["es"].read_text("utf-8").replace("</main>", "<script>window.hit=1</script></main>")
    (tmp_path / "r.html").write_text(planted, "utf-8")
    guarded = opened(chromium, tmp_path / "r.html")
    bare = chromium.new_context(bypass_csp=True).new_page()
    bare.goto((tmp_path / "r.html").as_uri())
    assert (guarded.evaluate("window.hit"), bare.evaluate("window.hit")) == (None, 1)
    guarded.close()
    bare.close()


def test_filters_by_severity_cause_and_product(chromium: Any, pages: dict[str, Path]) -> None:
    """Each narrows what is seen and says how much is; a link to something hidden brings it back."""
    page = opened(chromium, pages["es"])
    blocks = page.locator("article.block:visible")
    everything = blocks.count()
    page.locator("#by-cause").select_option("category.unknown")
    assert blocks.count() == 2
    assert page.get_by_role("status").inner_text().startswith("Se ven 2 de ")
    page.get_by_role("button", name="Quitar filtros").click()
    page.locator("#by-product").fill("CREDITO 1")
    page.wait_for_function("document.querySelectorAll('article.block:not([data-away])').length == 1")
    page.locator("#by-product").fill("no hay tal")
    assert page.get_by_role("status").inner_text() == "Ningún hallazgo coincide con el filtro."
    page.evaluate("location.hash = '#category.unknown'")
    page.wait_for_function("!document.querySelector('article.block[data-away]')")
    assert blocks.count() == everything
    page.close()


def test_everything_is_there_without_javascript(chromium: Any, pages: dict[str, Path]) -> None:
    """No dead controls, every cause and product."""
    with_script = opened(chromium, pages["es"])
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(pages["es"].as_uri())
    assert not page.locator("#filters").is_visible()
    for what in ("article.block", "article.cause"):
        assert page.locator(f"{what}:visible").count() == with_script.locator(what).count() > 0
    page.close()
    with_script.close()


def test_the_keyboard_reaches_everything(chromium: Any, pages: dict[str, Path]) -> None:
    """Skip link first, then the parts of the page, then the filters; targets are at least 24 px high."""
    page = opened(chromium, pages["es"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    names = []
    for _ in range(7):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert names == ["Por causa", "Por producto", "Marca", "by-severity", "by-cause", "by-product", "Quitar filtros"]
    heights = page.locator("main a:visible, button, select, input").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24
    page.close()


def test_paper_shows_the_findings_and_no_controls(chromium: Any, pages: dict[str, Path]) -> None:
    """Filters and buttons stay off paper; no product is torn from its card at the end of a page."""
    page = opened(chromium, pages["es"])
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert page.locator(".action:visible").count() == 0
    assert page.locator("article.cause").first.is_visible()
    inside = "one => getComputedStyle(one).breakInside"
    assert page.locator("article.block").first.evaluate(inside) == "avoid"
    assert page.locator("section").first.evaluate(inside) == "auto"
    page.close()
