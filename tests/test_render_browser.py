"""Published pages in a real browser: reflow, accessibility, no outside request, no script from hostile texts."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.render import render_site, slug, write_site
from schemas.product import Brand, Origin, from_record

pytestmark = pytest.mark.browser

DATA = json.loads((Path(__file__).parent / "data" / "render_products.json").read_text(encoding="utf-8"))
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--no-first-run"]
HOSTILE = [
    "<script>window.hit=1</script>",
    "</script><script>window.hit=1</script>",
    "<!--<script>window.hit=1</script>-->",
    "<img src=x onerror=window.hit=1>",
    '"><img src=x onerror=window.hit=1>',
    "'><svg onload=window.hit=1>",
    "<svg><script>window.hit=1</script></svg>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<math><mtext><img src=x onerror=window.hit=1></mtext></math>",
    "<body onload=window.hit=1>",
    "<iframe src=javascript:parent.hit=1></iframe>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<a href=javascript:window.hit=1 autofocus onfocus=window.hit=1>x</a>",
    "<input autofocus onfocus=window.hit=1>",
    "<details open ontoggle=window.hit=1>x</details>",
    "<video><source onerror=window.hit=1></video>",
    "<audio src=x onerror=window.hit=1>",
    "<object data=javascript:window.hit=1></object>",
    "<embed src=javascript:window.hit=1>",
    "<form><button formaction=javascript:window.hit=1 autofocus onfocus=window.hit=1>x",
    "<style>@import 'x';*{animation:a}</style><p style=animation:a onanimationstart=window.hit=1>x",
    "<link rel=stylesheet href=javascript:window.hit=1>",
    "<meta http-equiv=refresh content='0;url=javascript:window.hit=1'>",
    "<base href=javascript:window.hit=1//>",
    "<p onmouseover=window.hit=1 onpointerenter=window.hit=1 style='position:fixed;inset:0'>x</p>",
    "<b onclick=window.hit=1 tabindex=0 autofocus onfocus=window.hit=1>x</b>",
    "<noscript><p title='</noscript><img src=x onerror=window.hit=1>'>",
    "<textarea></textarea><img src=x onerror=window.hit=1>",
    "<template><script>window.hit=1</script></template>",
    "<scr<script>ipt>window.hit=1</scr</script>ipt>",
    "&lt;img src=x onerror=window.hit=1&gt;",
    "&#60;script&#62;window.hit=1&#60;/script&#62;",
    "<\u0000script>window.hit=1</script>",
    "<ScRiPt\n>window.hit=1</sCrIpT\t>",
    "{{ 7*7 }}{% raw %}<script>window.hit=1</script>",
    "<plaintext onfocus=window.hit=1>",
    "<xss id=x tabindex=1 onfocus=window.hit=1 autofocus></xss>",
    "<svg><use href='data:image/svg+xml,<svg onload=window.hit=1>'></use></svg>",
    "]]><script>window.hit=1</script>",
    "\u2028</title><script>window.hit=1</script>",
]


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


def logo() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (10, 125, 84, 255)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Colombian lender's site with a logo, the Mexican one's in `mx/`, a preview in `preview/`."""
    folder = tmp_path_factory.mktemp("site")
    products = [from_record(record) for record in DATA["CO"]]
    brand = Brand(**DATA["brands"]["CO"], logo=logo())
    write_site(render_site(products, brand), folder)
    mexican = [from_record(record) for record in DATA["MX"]]
    write_site(render_site(mexican, Brand(**DATA["brands"]["MX"])), folder / "mx")
    origin = {"rate_min": Origin("Productos", "F5", "16,08% - 24,34% E.A."), "name": Origin("Productos", "B5", "x")}
    write_site(render_site(products, brand, lineage={"LIB-001": origin}), folder / "preview")
    return folder


def opened(chromium: Any, address: Path, **context: Any) -> Any:
    page = chromium.new_page(**context)
    page.goto(address.as_uri())
    return page


PAGES = ["index.html", "lib-001.html", "min.html", "seg-vida.html"]
PAGES += ["en/index.html", "en/lib-001.html", "en/seg-vida.html"]
ALL_PAGES = [*PAGES, "mx/index.html", "mx/per-01.html", "preview/lib-001.html"]


@pytest.mark.parametrize(("scheme", "rules"), [("light", None), ("dark", ["color-contrast", "link-in-text-block"])])
def test_axe_finds_no_violation(chromium: Any, site: Path, scheme: str, rules: list[str] | None) -> None:
    """Index, cards, detail pages and a preview, es and en, folded parts opened; in dark what colours can change."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    page = chromium.new_page(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    found = {}
    for path in ALL_PAGES:
        page.goto((site / path).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        results = Axe().run(page, options={"runOnly": rules} if rules else {})
        found[path] = [violation["id"] for violation in results.response["violations"]]
    page.close()
    assert found == {path: [] for path in ALL_PAGES}


def test_axe_would_find_one(chromium: Any, site: Path) -> None:
    """The check can fail: an image without alternative is found."""
    from axe_playwright_python.sync_playwright import Axe

    page = opened(chromium, site / "index.html")
    page.evaluate("document.querySelector('img').removeAttribute('alt')")
    assert "image-alt" in {violation["id"] for violation in Axe().run(page).response["violations"]}
    page.close()


def test_no_page_scrolls_sideways(chromium: Any, site: Path) -> None:
    """Reflow from 320 px up."""
    page = chromium.new_page()
    for path in ALL_PAGES:
        page.goto((site / path).as_uri())
        for width in (320, 360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
    page.close()


def test_long_words_do_not_push_the_page_wide(chromium: Any, tmp_path: Path) -> None:
    """A name, a description, a chip and amounts without a place to break still fit 320 px."""
    long = "Superextraordinariamente" * 4
    record = DATA["CO"][0] | {
        "name": long[:100],
        "description_short": long,
        "description_long": f"<ul><li>{long}</li></ul>",
    }
    record |= {
        "requirements": ["Sin" + "x" * 25, long],
        "amount_max": "9" * 24,
        "code": "L",
        "platform_fee_amount": "9" * 9,
    }
    write_site(render_site([from_record(record)], Brand(name=long)), tmp_path)
    page = chromium.new_page(viewport={"width": 320, "height": 800})
    for path in ("index.html", "l.html"):
        page.goto((tmp_path / path).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_light_and_dark_are_drawn(chromium: Any, site: Path, width: int) -> None:
    """A screenshot of each scheme has its own paper, and the logo on it."""
    from PIL import Image

    shades = {}
    for scheme in ("light", "dark"):
        page = opened(chromium, site / "index.html", viewport={"width": width, "height": 800}, color_scheme=scheme)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shades[scheme] = shot.getpixel((2, 2))
        assert (10, 125, 84) in {colour for _, colour in shot.getcolors(1 << 20) or ()}
        page.close()
    assert shades == {"light": (246, 246, 244), "dark": (19, 20, 22)}


def test_pages_ask_nothing_of_other_hosts(chromium: Any, site: Path) -> None:
    """Every request is for a file of the site, and none fails."""
    page = chromium.new_page()
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.url))
    for path in ALL_PAGES:
        page.goto((site / path).as_uri())
    page.close()
    assert len(asked) > len(ALL_PAGES)
    assert [url for url in asked if not url.startswith(site.as_uri())] == []
    assert failed == []


def hostile_record(number: int, text: str) -> dict[str, Any]:
    """A loan or an insurance product, by turns, with `text` in every free text it has."""
    record = DATA["CO"][0 if number % 2 else 4] | {"name": text[:100], "code": f"H{number}"}
    free = ("description_short", "description_long", "legal_text", "collateral", "insurer", "registration_number")
    lists = ("requirements", "coverages", "exclusions", "coverage_area")
    record |= dict.fromkeys(free, text) | {name: [text] for name in lists}
    return dict(record | {"terms_url": f"https://x.example/{text}"})


def test_no_script_runs_from_hostile_texts(chromium: Any, tmp_path: Path) -> None:
    """Forty payloads in every free text, with the page's own CSP switched off."""
    products = [from_record(hostile_record(number, text)) for number, text in enumerate(HOSTILE)]
    hostile = '"><script>window.hit=1</script>'
    brand = Brand(name=hostile, legal_name=hostile, description=HOSTILE[3], supervisor=hostile, accent="red}*{}")
    lineage = {one.code: {"name": Origin(hostile, hostile, one.name, hostile)} for one in products}
    write_site(render_site(products, brand, lineage=lineage), tmp_path)
    page = chromium.new_context(bypass_csp=True).new_page()
    hits = []
    page.on("dialog", lambda dialog: hits.append(dialog.message))
    for path in ["index.html", "en/index.html", *(f"{slug(one.code)}.html" for one in products)]:
        page.goto((tmp_path / path).as_uri())
        page.mouse.move(180, 300)
        hits += [path] if page.evaluate("window.hit || document.querySelector('[onerror],[onload],[onfocus]')") else []
    page.close()
    assert hits == []


def test_the_hostile_check_would_see_a_script(chromium: Any, tmp_path: Path) -> None:
    """The same look at a page that does run one finds it."""
    (tmp_path / "bad.html").write_text(f"<p>{HOSTILE[0]}</p>")
    page = opened(chromium, tmp_path / "bad.html")
    assert page.evaluate("window.hit") == 1
    page.close()


def test_everything_is_read_without_javascript(chromium: Any, site: Path) -> None:
    """Heading, facts and action are there with scripts off."""
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto((site / "lib-001.html").as_uri())
    assert page.get_by_role("heading", level=1).inner_text() == "Libre Inversión"
    assert page.get_by_role("link", name="Solicitar Libre Inversión").is_visible()
    page.close()


def test_the_card_cuts_its_description_at_two_lines(chromium: Any, site: Path) -> None:
    """Two lines are seen, the whole text is there for assistive technology."""
    page = opened(chromium, site / "index.html", viewport={"width": 360, "height": 800})
    summary = page.locator(".summary").first
    height, line = summary.evaluate("one => [one.clientHeight, parseFloat(getComputedStyle(one).lineHeight)]")
    assert height == pytest.approx(2 * line, abs=1)
    assert summary.text_content() == DATA["CO"][0]["description_short"]
    page.close()


def test_the_keyboard_reaches_content_and_action(chromium: Any, site: Path) -> None:
    """The skip link comes first and shows; the action leads to how to apply; targets are at least 24 px high."""
    page = opened(chromium, site / "index.html", viewport={"width": 360, "height": 800})
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    assert min(page.locator("a").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")) >= 24
    page.get_by_role("link", name="Solicitar Libre Inversión").click()
    assert page.url.endswith("lib-001.html#apply")
    assert page.get_by_role("heading", name="Cómo solicitarlo").is_visible()
    page.close()


def test_languages_lead_to_each_other(chromium: Any, site: Path) -> None:
    """The same product in the other language, and back."""
    page = opened(chromium, site / "seg-vida.html")
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/en/seg-vida.html")
    page.get_by_role("link", name="Español").click()
    assert page.url == (site / "seg-vida.html").as_uri()
    page.close()


def test_print_leaves_out_what_paper_cannot_do(chromium: Any, site: Path) -> None:
    """No button and no navigation on paper; the facts stay."""
    page = opened(chromium, site / "lib-001.html")
    page.emulate_media(media="print")
    assert not page.locator(".action").is_visible()
    assert not page.locator(".top").is_visible()
    assert page.locator(".facts").is_visible()
    page.close()


def test_previews_open_the_cell_behind_a_figure(chromium: Any, site: Path) -> None:
    """A folded origin under the rate opens to sheet, cell and text."""
    page = opened(chromium, site / "preview" / "lib-001.html", viewport={"width": 360, "height": 800})
    page.locator("dl.facts summary").first.click()
    assert "Productos!F5" in page.locator("dl.facts details").first.inner_text()
    assert "16,08% - 24,34% E.A." in page.locator("dl.facts details q").first.inner_text()
    page.close()
