"""Listings: figures and words as VOICE asks, safe HTML, schema.org data, paths, keys, the folder on disk."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catalog.render
import templates
from catalog.render import LANGS, Lang, known_pages, listing_words, page_key, render_site, slug, write_site
from catalog.render.accent import DARK_PAPER, DEFAULT_ACCENT, LIGHT_PAPER, accent_of, contrast
from catalog.render.contents import CARDS_A_PAGE
from catalog.render.figures import money, number, percent, style_of
from catalog.render.prose import prose, visible
from catalog.render.structured import structured_data
from catalog.render.words import words
from schemas.product import Brand, Origin, Product, from_record

DATA = json.loads((Path(__file__).parent / "data" / "render_products.json").read_text(encoding="utf-8"))
SCHEMA_ORG = json.loads((Path(__file__).parent / "data" / "schemaorg_listing_subset.json").read_text())["types"]
BRAND = Brand(**DATA["brands"]["CO"])
MEXICAN = Brand(**DATA["brands"]["MX"])
COLOMBIA = [from_record(record) for record in DATA["CO"]]
MEXICO = [from_record(record) for record in DATA["MX"]]
LOAN, PAYROLL, BARE, BUSINESS, INSURANCE, BARE_INSURANCE = COLOMBIA
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def plain(text: object) -> str:
    """As read: no tags, no hard spaces."""
    return re.sub(r"<[^>]*>", "", str(text)).replace("\u00a0", " ")


def facts(product: Product, lang: Lang = "es", brand: Brand = BRAND) -> dict[str, str]:
    return {fact.label: plain(fact.value) for fact in listing_words(product, brand, lang).facts}


def notes(product: Product, brand: Brand = BRAND) -> list[str]:
    return [plain(note) for fact in listing_words(product, brand, "es").facts for note in fact.notes]


def loan(**fields: Any) -> Product:
    return dataclasses.replace(LOAN, **fields)


def page(product: Product, lang: str = "es", brand: Brand = BRAND) -> str:
    path = f"{'' if lang == 'es' else 'en/'}{slug(product.code)}.html"
    content = render_site([product], brand).pages[path][1]
    assert content is not None
    return content.decode()


# figures


@pytest.mark.parametrize(
    ("lang", "country", "currency", "value", "shown"),
    [
        ("es", "CO", "COP", "1000000", "$1.000.000"),
        ("es", "CO", "COP", "1000000.5", "$1.000.000,50"),
        ("es", "MX", "MXN", "1000000", "$1,000,000.00"),
        ("en", "CO", "COP", "1000000", "COP 1,000,000"),
        ("en", "MX", "MXN", "5000", "MXN 5,000.00"),
        ("es", "CO", "MXN", "5000", "$5.000,00 MXN"),
        ("es", "MX", None, "5000", "$5,000.00"),
    ],
)
def test_money_is_written_the_markets_way(
    lang: Any, country: str, currency: str | None, value: str, shown: str
) -> None:
    """Colombian pesos have no cents, Mexican ones have; a currency that is not the country's own is named."""
    assert plain(money(Decimal(value), style_of(lang, country, currency))) == shown


def test_percentages_keep_two_decimals_and_what_the_lender_gave() -> None:
    """24.9 and 24.90 read the same; more decimals stay, to four, rounded half up."""
    colombian = style_of("es", "CO", "COP")
    given_ = [percent(Decimal(text), colombian) for text in ("24.9", "24.90", "1.8765", "1.87655", "0")]
    assert [plain(one) for one in given_] == ["24,90 %", "24,90 %", "1,8765 %", "1,8766 %", "0,00 %"]
    assert percent(Decimal("24.9"), style_of("es", "MX", "MXN")) == "24.90%"


@given(st.decimals(min_value=0, max_value=10**30, places=4, allow_nan=False))
def test_a_number_reads_back_as_itself(value: Decimal) -> None:
    """Separators never lose a digit, whatever the size."""
    text = number(value, style_of("es", "CO", "COP"))
    assert Decimal(text.replace(".", "").replace(",", ".")) == value


# the card's words


def test_the_card_says_amount_rate_and_term() -> None:
    """The three facts of a loan, as VOICE_AND_LOOK writes them."""
    assert facts(LOAN) == {
        "Monto": "$1.000.000 – $50.000.000",
        "Tasa": "16,08 % – 24,34 % E.A.",
        "Plazo": "12 – 60 meses",
    }
    assert facts(LOAN, "en")["Amount"] == "COP 1,000,000 – 50,000,000"
    assert '<abbr title="efectiva anual">E.A.</abbr>' in listing_words(LOAN, BRAND, "es").facts[1].value


def test_insurance_says_premium_cover_and_term() -> None:
    """Insurance has its own three facts and its insurer; no loan word."""
    view = listing_words(INSURANCE, BRAND, "es")
    assert facts(INSURANCE) == {
        "Prima": "$12.900 al mes",
        "Cobertura": "$5.000.000 – $50.000.000",
        "Vigencia": "12 meses",
    }
    assert view.insurer == "Aseguradora: Aseguradora del Páramo S.A."
    assert view.example is None


@pytest.mark.parametrize("product", [BARE, BARE_INSURANCE])
@pytest.mark.parametrize("lang", LANGS)
def test_what_is_missing_is_said_in_words(product: Product, lang: Any) -> None:
    """A product of which nothing was told has sentences where figures would be, never a dash or a None."""
    view = listing_words(product, BRAND, lang)
    said = [fact.value for fact in view.facts]
    assert all(fact.missing and len(fact.value.split()) >= 5 for fact in view.facts)
    assert len(set(said)) == 3
    assert not re.search(r"None|>\s*[–—-]\s*<", page(product, lang))


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"rate_min": Decimal("24.34"), "rate_max": Decimal("24.34")}, "24,34 % E.A."),
        ({"rate_max": None}, "Desde 16,08 % E.A."),
        ({"rate_min": None}, "Hasta 24,34 % E.A."),
        ({"rate_basis": None}, "16,08 % – 24,34 %"),
        ({"rate_basis": "NAMV"}, "16,08 % – 24,34 % N.A.M.V."),
        ({"rate_basis": "SOMETHING <new>"}, "16,08 % – 24,34 % SOMETHING &lt;new&gt;"),
        ({"rate_min": None, "rate_max": None}, "El prestamista no informó la tasa"),
    ],
)
def test_rates_carry_their_basis_and_open_ends(fields: dict[str, Any], shown: str) -> None:
    """One rate, open ranges and each basis in words; a basis without words is shown as it came, escaped."""
    assert facts(loan(**fields))["Tasa"] == shown


def test_a_rate_without_a_basis_says_so() -> None:
    """A missing basis is told under the rate and explained on the page."""
    nameless = loan(rate_basis=None)
    assert "El prestamista no informó la base de la tasa" in notes(nameless)
    assert "pregunte si es efectiva anual o mensual" in page(nameless)


def test_a_monthly_rate_shows_its_annual_equivalent() -> None:
    """The effective annual equivalent comes from the product, to two decimals, and only where the basis differs."""
    assert "Equivale a 15,39 % – 24,60 % E.A." in notes(PAYROLL)
    assert not any("Equivale" in note for note in notes(LOAN))


@pytest.mark.parametrize(
    ("spread", "shown"),
    [
        ("10.51", "IBR + 10,51 puntos"),
        ("1", "IBR + 1 punto"),
        ("-0.5", "IBR − 0,5 puntos"),
        (None, "IBR más los puntos"),
    ],
)
def test_an_index_rate_reads_index_plus_points(spread: str | None, shown: str) -> None:
    """IBR + 10,51 puntos; a spread below the index has a minus; none is told in words."""
    points = None if spread is None else Decimal(spread)
    assert facts(dataclasses.replace(BUSINESS, rate_spread=points))["Tasa"].startswith(shown)


@pytest.mark.parametrize(
    ("low", "high", "unit", "shown"),
    [
        (12, 60, "month", "12 – 60 meses"),
        (1, 1, "month", "1 mes"),
        (36, 36, "month", "36 meses"),
        (None, 60, "month", "Hasta 60 meses"),
        (12, None, "week", "Desde 12 semanas"),
        (1, 5, "year", "1 – 5 años"),
        (6, 12, None, "6 – 12"),
    ],
)
def test_terms_say_their_unit_once(low: int | None, high: int | None, unit: str | None, shown: str) -> None:
    """Ranges, single values, open ends; singular and plural."""
    assert facts(loan(term_min=low, term_max=high, term_unit=unit))["Plazo"] == shown


def test_mexican_cards_show_the_cat_before_tax() -> None:
    """CAT with one decimal, `sin IVA`; the page gives its date."""
    assert "CAT 42.6% sin IVA" in notes(MEXICO[0], MEXICAN)
    assert "42.6% sin IVA, calculado al 31 de octubre de 2026" in plain(page(MEXICO[0], brand=MEXICAN))


def test_legal_facts_are_on_the_page() -> None:
    """Registration, supervisor in full, legal text and validity."""
    made = plain(page(MEXICO[0], brand=MEXICAN))
    assert "Registro: 1864-140-012599/04-09190-1115." in made
    assert "Vigilado por la CONDUSEF." in made
    assert "Vigilado por la Superintendencia Financiera de Colombia (SFC)." in plain(page(LOAN))
    assert "Oferta válida del 1 de noviembre de 2026 al 30 de noviembre de 2026." in page(LOAN)


def test_who_can_apply_reads_as_words() -> None:
    """Kinds of person, places and guarantee by their names in the market; an unknown place as it came."""
    told = plain(page(dataclasses.replace(BUSINESS, coverage_area=("CO-DC", "CO-ANT", "Sabana"))))
    for sentence in (
        "Dirigido a: persona natural con negocio y empresa (persona jurídica)",
        "Disponible en: Bogotá D.C., Antioquia y Sabana",
        "Garantía: fondo de garantías",
        "Ventas mínimas: $120.000.000 al año",
        "Antigüedad del negocio: 12 meses o más",
    ):
        assert sentence in told
    assert "Dirigido a: persona moral" in plain(page(MEXICO[1], brand=MEXICAN))


def test_fees_carry_their_tax_mark() -> None:
    """Each charge with its unit and whether IVA is in it."""
    rows = [(fee.label, plain(fee.value), fee.tax) for fee in listing_words(LOAN, BRAND, "es").fees]
    assert rows == [
        ("Comisión por apertura o estudio", "1,50 % del monto", "No incluido"),
        ("Administración o plataforma", "$15.000", "No incluido"),
        ("Seguro asociado al crédito", "$1.500 por millón al mes", "No incluido"),
    ]
    assert "El prestamista no informó otros cobros." in page(BARE)


def test_the_date_of_the_data_is_the_lenders() -> None:
    """From data_as_of; absent, it is said in words."""
    assert listing_words(LOAN, BRAND, "es").as_of == "Datos al 20 de noviembre de 2026"
    assert listing_words(loan(data_as_of=date(2026, 3, 1)), BRAND, "en").as_of == "Data as of 1 March 2026"
    assert listing_words(BARE, BRAND, "es").as_of == "El prestamista no informó la fecha de los datos"


# the example


def example_line(**fields: Any) -> str | None:
    example = listing_words(loan(**fields), BRAND, "es").example
    return None if example is None else plain(example.line)


def test_the_example_is_one_line() -> None:
    """Amount, term, the rate that gives the payment, payments."""
    assert example_line() == "$5.000.000 a 36 meses: al 24,34 % E.A., 36 cuotas de $190.911"


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"example_payment": Decimal(173694)}, "$5.000.000 a 36 meses: al 16,08 % E.A., 36 cuotas de $173.694"),
        ({"example_payment": Decimal(186000)}, "$5.000.000 a 36 meses: 36 cuotas de $186.000"),
        ({"example_payment": None}, "$5.000.000 a 36 meses: el prestamista no informó la cuota"),
        ({"payment_frequency": ("fortnightly",)}, "$5.000.000 a 36 meses: 72 cuotas de $190.911"),
        ({"payment_frequency": ("weekly",)}, "$5.000.000 a 36 meses: cuotas de $190.911"),
        ({"payment_frequency": ("bullet",)}, "$5.000.000 a 36 meses: un solo pago de $190.911"),
        ({"example_amount": None}, None),
    ],
)
def test_the_example_claims_only_what_is_known(fields: dict[str, Any], shown: str | None) -> None:
    """The rate is named only if the payment follows from it; payments are counted only if they come out even."""
    assert example_line(**fields) == shown


def test_a_page_without_example_says_so() -> None:
    """In words, on card and page."""
    assert "El prestamista no dio un ejemplo" in page(BARE)


# prose


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Uno.\n\nDos.\nTres.", "<p>Uno.</p><p>Dos.<br>\nTres.</p>"),
        ("Menos de <5 días & ya", "<p>Menos de &lt;5 días &amp; ya</p>"),
        ("Café &amp; té", "<p>Café &amp; té</p>"),
        ("<p>Ya <b onclick='x()'>está</b></p>", "<p>Ya <b>está</b></p>"),
        ("<ul><li class=x>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("a<script>alert(1)</script>b", "ab"),
        ("<a href='https://x.example'>ver</a>", "ver"),
    ],
)
def test_lender_text_becomes_safe_html(text: str, html: str) -> None:
    """Plain text is escaped into paragraphs; simple HTML keeps its tags and loses attributes and all else."""
    assert prose(text) == html


def test_cards_show_what_html_reads_as() -> None:
    """The one-line description has no tag, and words of neighbouring blocks stay apart."""
    assert visible("<p>Se descuenta.</p><ul><li>Sin estudio</li></ul>") == "Se descuenta. Sin estudio"
    assert visible("1 &lt; 2 &amp; ya") == "1 < 2 & ya"


HOSTILE = st.text(alphabet=st.sampled_from("<>\"'&/= \nabipscrtone&#;\u2028{}%"), max_size=60)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, attrs))


@given(HOSTILE)
def test_no_text_yields_a_tag_outside_the_list(text: str) -> None:
    """Whatever is written, only the simple tags come out, without attributes."""
    parser = _Tags()
    parser.feed(str(prose(text)))
    assert all(
        tag in {"p", "br", "b", "strong", "i", "em", "ul", "ol", "li"} and not attrs for tag, attrs in parser.found
    )


@settings(max_examples=40, deadline=None)
@given(HOSTILE)
def test_hostile_fields_never_change_the_page_structure(text: str) -> None:
    """A product whose every text is hostile has the tags of the same product with harmless texts, and no script."""
    hostile: dict[str, Any] = {"name": text or "x", "insurer": text, "coverages": (text,), "exclusions": (text,)}
    drawn, harmless = _Tags(), _Tags()
    drawn.feed(page(dataclasses.replace(INSURANCE, **hostile, code="H", registration_number=text)))
    tame = hostile | {"name": "x", "insurer": "x"}
    harmless.feed(page(dataclasses.replace(INSURANCE, **tame, code="H", registration_number="x")))
    assert [tag for tag, _ in drawn.found] == [tag for tag, _ in harmless.found]


# schema.org


def document(product: Product, brand: Brand = BRAND) -> dict[str, Any]:
    return dict(json.loads(str(structured_data(product, brand)), parse_float=Decimal, parse_int=Decimal))


def _range_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(SCHEMA_ORG[value["@type"]]["supers"])
    if isinstance(value, Decimal):
        return {"Number"}
    return {"Text", "URL"} if isinstance(value, str) and value.startswith("https://") else {"Text"}


def faults(node: dict[str, Any]) -> list[str]:
    """Properties the type does not have, and values outside a property's range."""
    known = SCHEMA_ORG[node["@type"]]["properties"]
    found = []
    for name, value in node.items():
        if not name.startswith("@"):
            found += [name] if name not in known or not _range_of(value) & set(known[name]) else []
            found += faults(value) if isinstance(value, dict) else []
    return found


@pytest.mark.parametrize("product", [*COLOMBIA, *MEXICO], ids=lambda product: str(product.code))
def test_structured_data_uses_the_vocabulary_only(product: Product) -> None:
    """Every property exists on its type or a supertype, and its value is of the property's range."""
    assert faults(document(product)) == []


def test_the_vocabulary_check_can_fail() -> None:
    """A made-up property and a value of the wrong kind are found."""
    assert faults({"@type": "LoanOrCredit", "rate": "x", "amount": "mucho"}) == ["rate", "amount"]


def test_annual_percentage_rate_is_the_all_in_cost() -> None:
    """The bare rate is interestRate; annualPercentageRate appears only with a stated total cost."""
    told = document(LOAN)
    assert (told["annualPercentageRate"], told["interestRate"]["maxValue"]) == (Decimal("27.9"), Decimal("24.34"))
    assert "annualPercentageRate" not in document(PAYROLL)
    assert document(INSURANCE)["@type"] == "FinancialProduct"


def test_structured_numbers_keep_their_digits() -> None:
    """Decimals are written as they are, where a float would round."""
    exact = "123456789012345678.12"
    assert f'"maxValue":{exact}' in structured_data(loan(amount_max=Decimal(exact)), BRAND)


@pytest.mark.parametrize("text", ["</script><script>x()</script>", "<!--<script>", "]]>", 'a"b\\', "\u2028\x00\ud800"])
def test_nothing_breaks_out_of_structured_data(text: str) -> None:
    """Angle brackets are escapes, quotes are quoted, and the value reads back."""
    made = str(structured_data(loan(description_short=text, name=text or "x"), BRAND))
    assert not re.search(r"[<>&\u2028]", made)
    assert json.loads(made)["name"] == text.replace("\x00", "")


# paths


@pytest.mark.parametrize(
    ("code", "path"),
    [("LIB-001", "lib-001"), ("00123", "00123"), ("PYME_2", "pyme_2")],
)
def test_plain_codes_name_their_page(code: str, path: str) -> None:
    """Capitals and digits: the page is called like the product."""
    assert slug(code) == path


def test_codes_never_share_or_leave_their_folder() -> None:
    """Case twins, separators, device names, our own page names and look-alike digests all get their own safe file."""
    codes = [
        "LIB-1",
        "lib-1",
        "Lib-1",
        "a/b",
        "a-b",
        "A-B",
        "..",
        "../x",
        "/",
        "",
        " ",
        "INDEX",
        "INDEX-2",
        "EN",
        "CON",
        "Ñ",
    ]
    codes += ["x" * 300, "x" * 301, slug("lib-1").upper(), "A.", "A"]
    slugs = [slug(code) for code in codes]
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,60}", one) for one in slugs)
    assert len(set(slugs)) == len(codes)
    assert not {"index", "index-2", "con"} & set(slugs)


@given(st.sets(st.text(max_size=12), max_size=20))
def test_any_codes_get_different_files(codes: set[str]) -> None:
    """On a disk that ignores case too."""
    assert len({slug(code).casefold() for code in codes}) == len(codes)


# the site


def test_a_site_has_its_pages_in_both_languages() -> None:
    """Index and one page a product, es at the root and en below, style and logo."""
    brand = dataclasses.replace(BRAND, logo=PNG)
    paths = set(render_site([LOAN, INSURANCE], brand).pages)
    names = {"index.html", "lib-001.html", "seg-vida.html"}
    assert paths == names | {f"en/{name}" for name in names} | {"assets/style.css", "assets/logo.png"}


def test_same_content_is_same_bytes() -> None:
    """Nothing of today, of chance or of the machine goes into a page."""
    assert render_site(COLOMBIA, BRAND) == render_site(COLOMBIA, BRAND)


def test_equal_decimals_draw_equal_pages() -> None:
    """24.34 and 24.340 are one rate."""
    assert page(LOAN) == page(loan(rate_max=Decimal("24.340"), amount_min=Decimal("1000000.00")))


def test_two_products_with_one_code_are_refused() -> None:
    """Such a catalogue would lose one of them silently."""
    with pytest.raises(ValueError, match="one code"):
        render_site([LOAN, LOAN], BRAND)


def test_an_empty_catalogue_says_so() -> None:
    """One index page, in words."""
    content = render_site([], BRAND).pages["index.html"][1]
    assert content is not None
    assert "Todavía no hay productos publicados." in content.decode()


def test_a_large_index_is_paged_and_linked() -> None:
    """Cards spread over pages; every link leads to a page of the site and an anchor that is there."""
    many = [loan(code=f"L{n}") for n in range(CARDS_A_PAGE + 1)] + [INSURANCE]
    pages = {path: (content or b"").decode() for path, (_, content) in render_site(many, BRAND).pages.items()}
    assert pages["index.html"].count("<article") == CARDS_A_PAGE
    assert pages["index-2.html"].count("<article") == 2
    for href, anchor in re.findall(
        r'href="([\w.-]+\.html)(?:#([\w-]+))?"', pages["index.html"] + pages["index-2.html"]
    ):
        assert href in pages
        assert not anchor or f'id="{anchor}"' in pages[href]


def test_previews_show_cells_and_published_pages_do_not() -> None:
    """Sheet, cell, text and reading stand behind the figure, in previews only."""
    lineage = {LOAN.code: {"rate_min": Origin("Productos", "F5", "16,08% <b>", "percent from text")}}
    drawn = render_site([LOAN], BRAND, lineage=lineage).pages["lib-001.html"][1]
    assert drawn is not None
    for told in ("Productos!F5", "16,08% &lt;b&gt;", "percent from text", "Vista previa"):
        assert told in drawn.decode()
        assert told not in page(LOAN)


def test_pages_need_nothing_from_outside_and_run_nothing() -> None:
    """No inline style or script but data, no address of another host but the Lender's own terms."""
    made = page(LOAN) + page(LOAN, "en")
    assert re.findall(r"<script[^>]*>", made) == ['<script type="application/ld+json">'] * 2
    assert not re.search(r"style=|<style|\son\w+=|javascript:", made)
    assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', made)) == {LOAN.terms_url}


def test_a_link_must_be_https() -> None:
    """Whatever the field holds, only https becomes a link."""
    for address in ("javascript:alert(1)", "http://x.example", "data:text/html,x"):
        assert "nofollow" not in page(loan(terms_url=address))


def test_the_lenders_words_are_marked_as_spanish_in_english() -> None:
    """lang is right for each text."""
    english = page(LOAN, "en")
    assert '<html lang="en">' in english
    assert '<h1 lang="es">Libre Inversión</h1>' in english
    assert ' lang="es"' not in page(LOAN).replace('<html lang="es">', "")


@pytest.mark.parametrize("logo", [None, b"", b"GIF89a", PNG, b"\xff\xd8\xff\xe0"])
def test_the_logo_is_shown_or_a_monogram_is(logo: bytes | None) -> None:
    """PNG and JPEG are shown with the lender's name as their alternative; anything else is a quiet monogram."""
    made = page(LOAN, brand=dataclasses.replace(BRAND, logo=logo))
    known = logo in {PNG, b"\xff\xd8\xff\xe0"}
    assert ('alt="Crédito Alameda"' in made) is known
    assert ('aria-hidden="true">CA</span>' in made) is not known


# accent


@pytest.mark.parametrize("text", ["#ffd400", "#FFF", "000000", "#0a7d54", "#808080", "#00f", "#ff0000"])
def test_any_accent_can_be_read(text: str) -> None:
    """At least 4.5 to 1 on both papers and under its own text, in light and dark."""
    accent = accent_of(text)
    pairs = [(accent.light, paper) for paper in (*LIGHT_PAPER, accent.on_light)]
    pairs += [(accent.dark, paper) for paper in (*DARK_PAPER, accent.on_dark)]
    assert all(contrast(*pair) >= 4.5 for pair in pairs)


@pytest.mark.parametrize("text", [None, "", "verde", "#12", "#12345g", "red;}body{display:none", "#0a7d54\n;x"])
def test_a_wrong_accent_is_the_default(text: str | None) -> None:
    """Nothing but a colour reaches the style sheet."""
    assert accent_of(text) == accent_of(DEFAULT_ACCENT)


# keys


def test_the_key_follows_everything_the_page_shows() -> None:
    """Product, brand, language, lineage: each changes it, and equal ones give it again."""
    lineage = {"name": Origin("Hoja", "A1", "x")}
    keys = [
        page_key(LOAN, BRAND, "es"),
        page_key(LOAN, BRAND, "en"),
        page_key(loan(term_max=61), BRAND, "es"),
        page_key(LOAN, dataclasses.replace(BRAND, accent="#000"), "es"),
        page_key(LOAN, BRAND, "es", lineage=lineage),
        page_key(LOAN, BRAND, "es", lineage={}),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == page_key(from_record(DATA["CO"][0]), Brand(**DATA["brands"]["CO"]), "es")
    assert render_site([LOAN], BRAND).pages["lib-001.html"][0] == keys[0]


def test_known_pages_are_not_drawn_again() -> None:
    """A changed product redraws its pages and the index, nothing else."""
    known = {path: key for path, (key, _) in render_site(COLOMBIA, BRAND).pages.items()}
    again = render_site([loan(term_max=72), *COLOMBIA[1:]], BRAND, known=known).pages
    drawn = {path for path, (_, content) in again.items() if content is not None}
    assert drawn == {"index.html", "lib-001.html", "en/index.html", "en/lib-001.html"}


# on disk


def files_in(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if not path.name.startswith(".")}


def update(folder: Path, products: list[Product]) -> set[str]:
    """Renders into the folder as callers do; gives the paths that were drawn."""
    site = render_site(products, BRAND, known=known_pages(folder))
    write_site(site, folder)
    return {path for path, (_, content) in site.pages.items() if content is not None}


def test_a_second_run_touches_nothing(tmp_path: Path) -> None:
    """Same content: no page drawn, no file written, the memory included."""
    update(tmp_path, COLOMBIA)
    before = {path: path.stat() for path in tmp_path.rglob("*")}
    assert update(tmp_path, COLOMBIA) == set()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == {
        p: s.st_mtime_ns for p, s in before.items()
    }


def test_pages_that_left_are_removed(tmp_path: Path) -> None:
    """Only ours: a file somebody else put there stays."""
    update(tmp_path, COLOMBIA)
    (tmp_path / "CNAME").write_text("x")
    update(tmp_path, COLOMBIA[1:])
    assert not (tmp_path / "lib-001.html").exists()
    assert not (tmp_path / "en" / "lib-001.html").exists()
    assert (tmp_path / "CNAME").exists()


def test_missing_and_altered_pages_are_written_again(tmp_path: Path) -> None:
    """Also when the altered page has the length it had."""
    update(tmp_path, COLOMBIA)
    whole = files_in(tmp_path)
    (tmp_path / "seg-vida.html").unlink()
    (tmp_path / "index.html").write_bytes(whole["index.html"].replace(b"Libre", b"Preso"))
    assert update(tmp_path, COLOMBIA) == {"seg-vida.html", "index.html"}
    assert files_in(tmp_path) == whole


STRANGERS = b'{"../x": ["", "", 0, 0, 0], "CNAME": ["", "", 0, 0, 0], "\\u0000": [], "en/../../x": ["", "", 0, 0, 0]}'


@pytest.mark.parametrize("memory", [b"", b"{", b"[]", b'{"index.html": 3}', STRANGERS, b"\xff", None])
def test_a_damaged_memory_costs_time_only(tmp_path: Path, memory: bytes | None) -> None:
    """Without it everything is drawn again, and nothing outside the folder is ever touched."""
    folder, outside = tmp_path / "site", tmp_path / "x"
    update(folder, COLOMBIA)
    outside.write_text("mine")
    whole = files_in(folder)
    (folder / ".vitrina-pages.json").unlink() if memory is None else (folder / ".vitrina-pages.json").write_bytes(
        memory
    )
    assert "index.html" in update(folder, COLOMBIA)
    assert files_in(folder) == whole
    assert outside.read_text() == "mine"


def test_a_restored_copy_is_known_by_its_content(tmp_path: Path) -> None:
    """New times and equal bytes: nothing is drawn."""
    update(tmp_path, COLOMBIA)
    content = (tmp_path / "index.html").read_bytes()
    (tmp_path / "index.html").unlink()
    (tmp_path / "index.html").write_bytes(content)
    assert update(tmp_path, COLOMBIA) == set()


# words


def test_every_word_is_used() -> None:
    """No text is kept that no page says."""
    root = Path(catalog.render.__file__).parent
    code = "".join(path.read_text() for path in root.glob("*.py"))
    pages = "".join(path.read_text() for path in Path(templates.__file__).parent.glob("*.j2")) + code
    said = {key for key in words("es").say if not re.match(r"(category|group|cost|insurance|rate)_|\w+_missing$", key)}
    assert {key for key in said if not re.search(rf"[\"']{key}[\"']", code)} == set()
    assert {key for key in vars(words("es").page) if not re.search(rf"\b(w|page)\.{key}\b", pages)} == set()


def test_importing_costs_nothing_heavy() -> None:
    """Templates and sanitiser are loaded when the first page is drawn, not before."""
    seen = "import sys, catalog.render; print(sorted({'jinja2', 'nh3', 'PIL', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_both_languages_have_the_same_words() -> None:
    """Nothing is said in one language only, and the blanks are the same."""
    spanish, english = words("es"), words("en")
    assert vars(spanish.page).keys() == vars(english.page).keys()
    for table in ("say", "basis", "unit", "frequency", "premium_period", "collateral", "subtype", "supervisor"):
        one, other = getattr(spanish, table), getattr(english, table)
        assert {key: set(re.findall(r"{\w+}", str(text))) for key, text in one.items()} == {
            key: set(re.findall(r"{\w+}", str(text))) for key, text in other.items()
        }
