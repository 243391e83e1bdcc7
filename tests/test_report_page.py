"""The report page: counts, causes, products with their cards, nothing from outside, the same check the same bytes."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from catalog.ledger import Waiver
from pipeline import report
from pipeline.report.page import report_page
from pipeline.run.checking import Checked, check
from schemas.settings import load_settings
from tests import logos
from tests.checking import DAY, LOAN
from tests.command import vitrina
from tests.workbooks import build

MOMENT = datetime(2026, 3, 15, tzinfo=UTC)


def checked(folder: Path, *loans: dict[str, Any], marca: list[list[object]] | None = None) -> Checked:
    """The check of some loans, each a good one with cells changed."""
    rows = [{**LOAN, "Código": f"L-{i}", "Nombre": f"Crédito {i}", **cells} for i, cells in enumerate(loans or ({},))]
    header = list(dict.fromkeys(name for row in rows for name in row))
    sheets = {"Productos": [header, *([row.get(name) for name in header] for row in rows)]}
    sheets |= {"Marca": marca} if marca else {}
    path = build(folder / "productos.xlsx", sheets)
    settings = load_settings(environ={}, home=folder / "home", folder=folder)
    return check(path, settings, as_of=DAY)


def page_of(folder: Path, *loans: dict[str, Any], lang: Any = "es", **more: Any) -> str:
    return report_page(checked(folder, *loans, **more), lang).decode()


def seen(page: str) -> str:
    """The text of the page."""
    bare = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_first_words_are_those_of_the_terminal(tmp_path: Path, lang: Any) -> None:
    """How many are ready, how many held, what happens next: one sentence on every face."""
    found = checked(tmp_path, {}, {"Nombre": None})
    text = seen(report_page(found, lang).decode())
    title = "Revisión de productos.xlsx" if lang == "es" else "Review of productos.xlsx"
    assert report.ready_sentence(found, lang) in text
    assert text.index(title) < text.index(report.ready_sentence(found, lang)) < text.index("Productos!")


def test_a_cause_is_told_once_with_its_cells(tmp_path: Path) -> None:
    """Three cells, one message, one mend, an anchor by the finding's code."""
    page = page_of(tmp_path, {"Categoría": "X"}, {"Categoría": "X"}, {"Categoría": "X"})
    cause = page.split('id="category.unknown"')[1].split("</article>")[0]
    assert cause.count("<li><p>") == 1
    assert re.findall(r'<a href="#row\.(\d)">Productos!D\1</a>', cause) == ["2", "3", "4"]
    assert page.count('href="#category.unknown"') == 3


def test_every_link_of_the_page_leads_somewhere(tmp_path: Path) -> None:
    """Only links within the page, each to an id that is there once."""
    page = page_of(tmp_path, {"Nombre": None}, {"Código": "L-0"}, {"Tasa": "?"}, {}, {"Categoría": "SEGURO"})
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {target.removeprefix("#") for target in re.findall(r'href="([^"]*)"', page)} <= set(ids)


def test_products_without_findings_are_only_counted(tmp_path: Path) -> None:
    """Two quiet products and one with a finding: one block."""
    found = checked(tmp_path, {}, {}, {"Tasa": "?"})
    of_the_row = tuple(finding for finding in found.findings if finding.row in (None, 4))
    page = report_page(replace(found, findings=of_the_row), "es").decode()
    assert len(re.findall(r'<article class="block', page)) == 1
    assert "2 productos no tienen hallazgos propios y no se repiten aquí." in seen(page)


def test_a_held_product_shows_its_card_as_far_as_it_was_read(tmp_path: Path) -> None:
    """The rate nobody could read is said in words; nothing on the card can be followed."""
    page = page_of(tmp_path, {"Tasa": "según perfil del cliente"})
    block = page.split('id="row.2"')[1]
    assert '<article class="card"' in block
    assert "El prestamista no informó la tasa" in block
    assert '<span class="action">Solicitar Crédito 0</span>' in block
    assert ".html" not in block.split("<script>")[0]


def test_a_product_that_cannot_be_drawn_says_why(tmp_path: Path) -> None:
    """Without a name there is no card."""
    page = page_of(tmp_path, {"Nombre": None})
    assert '<article class="card"' not in page
    assert "La ficha no se puede dibujar todavía" in seen(page)


def test_a_policy_allows_this_style_and_this_script_only(tmp_path: Path) -> None:
    """The digests are those of what is in the page; nothing else may load."""
    page = page_of(tmp_path, {"Nombre": None})
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1])  # type: ignore[index]
    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert f"'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r'(?:src|href)="(?!#|data:image/)', page)


def test_what_is_waived_stands_apart_and_is_not_counted(tmp_path: Path) -> None:
    """One of two equal warnings accepted: two causes of the same rule, who, until when and why, one warning less."""
    found = checked(tmp_path, {"Tasa": "24,5%"}, {"Tasa": "23,5%"})
    first = next(item for item in found.known if item.finding.code == "rate.basis_missing")
    waiver = Waiver(finding=first.id, by="Luis", at=MOMENT, reason="Promoción", until=date(2026, 4, 14))
    page = report_page(replace(found, waived={first.id: waiver}), "es").decode()
    apart = page.split('id="rate.basis_missing.waived"')[1].split("</article>")[0]
    assert "Lo aceptó Luis hasta el 14 de abril de 2026: Promoción." in unescape(apart)
    assert 'href="#row.2"' in apart
    assert 'href="#row.3"' not in apart
    warnings = sum(finding.severity == "warning" for finding in found.findings)
    tally = r'<div class="tally \w+"><dt>{}</dt><dd>(\d+)</dd></div>'
    told = {name: re.search(tally.format(name), page)[1] for name in ("Avisos", "Exonerados")}  # type: ignore[index]
    assert told == {"Avisos": str(warnings - 1), "Exonerados": "1"}


def test_no_local_path_is_in_the_page(tmp_path: Path) -> None:
    """The file's name, not where it lies; not where its logo lies."""
    (tmp_path / "logo.png").write_bytes(logos.photo())
    assert str(tmp_path) not in page_of(tmp_path, {"Nombre": None})


def test_the_same_check_gives_the_same_bytes(tmp_path: Path) -> None:
    """No clock, no chance."""
    found = checked(tmp_path, {"Nombre": None}, {"Tasa": "?"})
    assert report_page(found, "es") == report_page(found, "es")


def test_the_brand_is_shown_with_its_logo_and_the_copy_on_offer(tmp_path: Path) -> None:
    """On light and on dark; the faulty one and the corrected one; texts of the brand sheet."""
    (tmp_path / "logo.png").write_bytes(logos.saved(logos.picture(size=(90, 40))))
    page = page_of(
        tmp_path, marca=[["Nombre", "Crédito <Faro>"], ["Vigilado por", "SFC"], ["Acerca de", "<b>Claro</b>"]]
    )
    assert page.count('<figure class="tile light">') == page.count('<figure class="tile dark">') == 2
    assert "Crédito &lt;Faro&gt;" in page
    assert "Superintendencia Financiera" in page
    assert "<b>Claro</b>" in page
    assert page.count("data:image/png;base64,") == 5


def test_a_colour_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Text in a pale yellow would vanish: the page says which darker one is drawn instead."""
    (tmp_path / "vitrina.toml").write_text('[lender]\naccent = "#FE0"\n', "utf-8")
    text = seen(page_of(tmp_path))
    assert re.search(r"Color #fe0, que sobre blanco se lee mal: se dibuja como #[0-9a-f]{6}", text)
    (tmp_path / "vitrina.toml").write_text('[lender]\naccent = "0B5C6B"\n', "utf-8")
    assert "Color #0b5c6b " in seen(page_of(tmp_path))


def test_a_file_that_cannot_be_used_has_a_page_too(tmp_path: Path) -> None:
    """The one finding, no products, no brand."""
    path = tmp_path / "nada.xlsx"
    path.write_bytes(b"")
    settings = load_settings(environ={}, home=tmp_path / "home", folder=tmp_path)
    text = seen(report_page(check(path, settings, as_of=DAY), "es").decode())
    assert "No se pudo usar «nada.xlsx»; no cambia nada de lo publicado." in text
    assert "está vacío" in text


def test_a_long_report_draws_so_many_products(tmp_path: Path) -> None:
    """Of 667 products with findings the page shows the first 500 and says so; figures are the reader’s."""
    page = page_of(tmp_path, *({"Tasa": "?"} if i % 3 == 0 else {} for i in range(2_000)))
    assert len(re.findall(r'<article class="block', page)) == 500
    assert "Se muestran los primeros 500 productos con hallazgos, de 667;" in seen(page)
    assert "1.333 de 2.000 productos están listos." in seen(page)


def test_check_html_writes_the_page_and_never_over_the_workbook(tmp_path: Path) -> None:
    """The command, its exit code, its sentence; json stays one document; the workbook is spared."""
    build(tmp_path / "p.xlsx", {"Productos": [list(LOAN), [*list(LOAN.values())[:1], None, *list(LOAN.values())[2:]]]})
    done = vitrina("check", "p.xlsx", "--html", "informe.html", "--lang", "en", folder=tmp_path)
    assert done.code == 1
    assert "Report: informe.html" in done.out
    assert '<html lang="en">' in (tmp_path / "informe.html").read_text("utf-8")
    both = vitrina("check", "p.xlsx", "--html", "i.html", "--format", "json", folder=tmp_path)
    assert both.document["rows"] == 1
    assert (tmp_path / "i.html").exists()
    assert vitrina("check", "p.xlsx", "--html", "p.xlsx", folder=tmp_path).code == 2
