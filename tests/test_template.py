"""`vitrina template`: the blank workbook, what it holds back from mistakes, and that what is filled in is read."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.report.template import grouped, template_workbook
from pipeline.report.template.words import YES_NO
from schemas.requirements import Requirements, load
from tests.checking import check_file, codes
from tests.command import vitrina

SHEET = {"es": "Productos", "en": "Products"}
CO_LOAN: dict[str, Any] = {
    "code": "00123", "name": "Crédito Andino", "description_short": "Para lo que necesite.", "category": "INDIVIDUAL",
    "amount_min": 1_000_000, "amount_max": 30_000_000, "rate_min": (0.249, "0.00%"), "rate_basis": "E.A.",
    "term_min": 12, "term_max": "48", "term_unit": "meses", "country": "CO (Colombia)", "status": "activo",
    "usury_modality": "consumo y ordinario", "payment_frequency": "mensual; quincenal", "age_min": 18, "age_max": 70,
    "valid_from": date(2026, 3, 1), "applicant_type": "persona natural",
}  # fmt: skip
MX_LOAN: dict[str, Any] = {
    "code": "NOM-7", "name": "Crédito de Nómina", "description_short": "Con su nómina.", "category": "INDIVIDUAL",
    "amount_min": 5000, "amount_max": 150000, "rate_min": (0.425, "0.00%"), "rate_basis": "anual simple",
    "term_min": "6", "term_max": "36", "term_unit": "meses", "country": "MX (México)",
    "currency": "MXN (pesos mexicanos)",
    "total_cost_pct": (0.519, "0.0%"), "total_cost_date": date(2026, 3, 1),
}  # fmt: skip
INSURANCE: dict[str, Any] = {
    "code": "SEG-1", "name": "Vida Tranquila", "description_short": "Seguro de vida.", "category": "INSURANCE",
    "insurer": "Seguros Ejemplo S.A.", "premium": 12_900, "premium_period": "mensual", "coverages": "Muerte; invalidez",
    "sum_insured_min": 5_000_000, "sum_insured_max": 50_000_000, "policy_term_months": "12",
    "exclusions": "Preexistencias",
}  # fmt: skip


def blank(folder: Path, *, lang: str = "es", market: str = "CO", known: Requirements | None = None) -> Path:
    path = folder / f"plantilla_{lang}_{market}.xlsx"
    path.write_bytes(template_workbook(known or load(), lang=lang, market=market))
    return path


def column_of(lang: str = "es", market: str = "CO") -> dict[str, int]:
    names = [field.name for group in grouped(load(), market) for field in group.fields]
    return {name: index for index, name in enumerate(names, start=1)}


CAMPAIGNS = {"es": "Campañas", "en": "Campaigns"}


def with_campaigns(path: Path, *rows: tuple[Any, ...], lang: str = "es") -> Path:
    """Rows typed into the sheet of campaigns, from its row 2."""
    book = openpyxl.load_workbook(path)
    for row, values in enumerate(rows, start=2):
        for column, value in enumerate(values, start=1):
            book[CAMPAIGNS[lang]].cell(row, column).value = value
    book.save(path)
    return path


def filled(path: Path, rows: dict[int, dict[str, Any]], *, lang: str = "es", market: str = "CO") -> Path:
    """The template with rows typed into it, as openpyxl leaves it."""
    book = openpyxl.load_workbook(path)
    columns = column_of(lang, market)
    for row, values in rows.items():
        for name, value in values.items():
            cell = book[SHEET[lang]].cell(row, columns[name])
            cell.value = value[0] if isinstance(value, tuple) else value
            if isinstance(value, tuple):
                cell.number_format = value[1]
    book.save(path)
    return path


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("market", ["CO", "MX"])
def test_the_blank_template_has_no_products_yet(tmp_path: Path, lang: str, market: str) -> None:
    """Unfilled, it is neither an error nor a product: the example row and the guide are passed over."""
    document = check_file(blank(tmp_path, lang=lang, market=market), market=market)
    assert (document["rows"], document["sheet"]) == (0, SHEET[lang])
    assert codes(document, "error") == set()
    assert not codes(document) & {"header.unknown", "sheet.hidden", "file.old_template", "row.skipped"}


@pytest.mark.parametrize(
    ("market", "row"), [("CO", CO_LOAN), ("MX", MX_LOAN), ("CO", INSURANCE)], ids=["loan CO", "loan MX", "insurance"]
)
def test_a_filled_template_passes(tmp_path: Path, market: str, row: dict[str, Any]) -> None:
    """What people type under the headers is one product, without errors or unknown columns, codes as text."""
    document = check_file(filled(blank(tmp_path, market=market), {3: row}, market=market), market=market)
    assert (codes(document, "error"), document["rows"]) == (set(), 1)
    (product,) = document["products"]
    assert product["code"] == row["code"]
    assert "header.unknown" not in codes(document)


@pytest.mark.full
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_a_template_saved_by_libreoffice_passes(tmp_path: Path, kind: str) -> None:
    """Opened and saved by another program, in its kind or in older ones: the same product, the example passed over."""
    path = filled(blank(tmp_path), {3: CO_LOAN, 4: INSURANCE})
    with_campaigns(path, ("00123", date(2026, 12, 1), date(2026, 12, 31), 50, 1000))
    profile, out = f"-env:UserInstallation=file://{tmp_path}/profile", tmp_path / "out"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    saved, own = check_file(out / f"{path.stem}.{kind}"), check_file(path)
    for product in (*saved["products"], *own["products"]):  # .ods tells no decimals: 24.9 for 24.90
        rates = {name: value for name, value in product.items() if name.startswith("rate_") and value}
        product.update({name: Decimal(value) for name, value in rates.items() if value[:1].isdigit()})
    assert saved["products"] == own["products"]
    assert (saved["rows"], codes(saved, "error")) == (2, set())


def test_figures_are_read_with_the_unit_of_their_column(tmp_path: Path) -> None:
    """Percent, pesos, months and choices come out as meant."""
    (product,) = check_file(filled(blank(tmp_path), {3: CO_LOAN}))["products"]
    assert (product["rate_min"], product["rate_basis"]) == ("24.90", "EA")
    assert (product["term_min"], product["term_max"], product["term_unit"]) == (12, 48, "month")
    assert product["payment_frequency"] == ["monthly", "fortnightly"]
    assert product["valid_from"] == "2026-03-01"


@pytest.mark.parametrize("lang", ["es", "en"])
def test_campaigns_typed_into_their_sheet_are_read(tmp_path: Path, lang: str) -> None:
    """Under either language's headings, with days, numbers, and what is left blank; the example beside is not read."""
    loan = {**CO_LOAN, "status": None, "usury_modality": None, "payment_frequency": None, "applicant_type": None}
    loan |= {"term_unit": {"es": "meses", "en": "months"}[lang]}
    path = filled(blank(tmp_path, lang=lang), {3: {name: v for name, v in loan.items() if v}}, lang=lang)
    rows = [("00123", date(2026, 12, 1), date(2026, 12, 31), 50, 1000), ("00123", date(2027, 1, 1))]
    document = check_file(with_campaigns(path, *rows, lang=lang))
    assert codes(document, "error") == set()
    assert not any("campaign" in code or "cap" in code for code in codes(document) - {"usury.cap_missing"})
    (product,) = document["products"]
    assert [(one["from"], one["to"], one["daily_cap"], one["total_cap"]) for one in product["campaigns"]] == [
        ("2026-12-01", "2026-12-31", 50, 1000), ("2027-01-01", None, None, None),
    ]  # fmt: skip


def test_the_sheet_of_campaigns_says_what_to_write_and_holds_no_campaign(tmp_path: Path) -> None:
    """A message for each column, numbers and days only, an example no reader takes, and its lines in the guide."""
    book = openpyxl.load_workbook(blank(tmp_path))
    sheet, fields = book["Campañas"], list(load().campaign.values())
    assert [cell.value for cell in sheet[1][: len(fields)]] == [field.label["es"] for field in fields]
    assert all(sheet.cell(row, at).value is None for row in range(2, 10) for at in range(1, len(fields) + 1))
    rules = {next(iter(v.sqref.ranges)).min_col: v for v in sheet.data_validations.dataValidation}
    assert len(rules) == len(fields)
    assert all("Supuesto." in rule.prompt for rule in rules.values())
    assert "Obligatorio en cada fila." in rules[1].prompt
    assert [rules[at].type for at in range(2, 6)] == ["date", "date", "whole", "whole"]
    formats = [sheet.column_dimensions[letter].number_format for letter in "ABCDE"]
    assert formats == ["@", "dd/mm/yyyy", "dd/mm/yyyy", "0", "0"]
    assert [sheet.cell(row, 7).value for row in (1, 2, 5)] == [
        "Ejemplo (no se lee):", "Producto: LIB-001", "Tope diario: 50",
    ]  # fmt: skip
    guide = {row[0].value: row[1].value for row in book["Guía"].iter_rows() if row[0].value}
    assert guide["Tope total"] == "Hoja «Campañas»"
    document = check_file(with_campaigns(filled(blank(tmp_path), {3: CO_LOAN})))
    assert document["products"][0]["campaigns"] == []


def test_a_campaign_of_a_product_the_workbook_has_not_is_told(tmp_path: Path) -> None:
    """At its cell in the template."""
    path = with_campaigns(filled(blank(tmp_path), {3: CO_LOAN}), ("LIB-001", date(2026, 12, 1)))
    found = [f for f in check_file(path)["findings"] if f["code"] == "campaign_product.unknown"]
    assert [(f["sheet"], f["cell"]) for f in found] == [("Campañas", "A2")]


def test_a_product_over_the_example_row_counts(tmp_path: Path) -> None:
    """Row 2 is the example only while its code and name say so."""
    document = check_file(filled(blank(tmp_path), {2: {"code": "LIB-1"}, 3: CO_LOAN}))
    assert document["rows"] == 2
    document = check_file(filled(blank(tmp_path), {2: {"name": "Crédito Propio"}}))
    assert document["rows"] == 1


@pytest.mark.parametrize("market", ["CO", "MX"])
def test_the_example_row_would_pass(tmp_path: Path, market: str) -> None:
    """It shows a product whose own figures agree: payment, total and CAT follow from rate, amount and term."""
    path = filled(blank(tmp_path, market=market), {2: {"code": "LIB-1"}}, market=market)
    document = check_file(path, market=market, as_of=date(2026, 11, 22))
    assert codes(document, "error") == set()
    assert not codes(document) & {"payment.disagrees", "total.disagrees", "total_cost.fees_ignored"}


def test_a_csv_of_the_template_says_that_the_example_was_passed_over(tmp_path: Path) -> None:
    """Without the guide nothing proves the template: the row is left out all the same, and that is told."""
    sheet = openpyxl.load_workbook(blank(tmp_path))["Productos"]
    held = io.StringIO()
    csv.writer(held).writerows([["" if c.value is None else c.value for c in row] for row in sheet.iter_rows()])
    path = tmp_path / "productos.csv"
    path.write_text(held.getvalue(), "utf-8")
    document = check_file(path)
    assert (document["rows"], codes(document, "info")) == (0, {"row.skipped"})


def test_an_old_template_is_told_and_still_read(tmp_path: Path) -> None:
    """The version it was made from is in the guide; another one is a warning."""
    path = filled(blank(tmp_path), {3: CO_LOAN})
    book = openpyxl.load_workbook(path)
    guide = book["Guía"]
    guide["A2"] = guide["A2"].value.replace(load().version, "2025-01-01+1")
    book.save(path)
    document = check_file(path)
    assert "file.old_template" in codes(document, "warning")
    assert len(document["products"]) == 1


def test_the_same_call_gives_the_same_bytes() -> None:
    """Nothing in it tells the hour or the machine."""
    assert template_workbook(load()) == template_workbook(load())


def test_headers_are_locked_and_data_cells_are_not(tmp_path: Path) -> None:
    """The sheet is protected; row 1 cannot be changed, every cell below can, and the pane is frozen."""
    book = openpyxl.load_workbook(blank(tmp_path))
    sheet = book["Productos"]
    assert sheet.protection.sheet
    assert sheet.freeze_panes == "B2"
    assert all(cell.protection.locked for cell in sheet[1])
    assert not any(cell.protection.locked for cell in sheet[2] if cell.value is not None)
    with zipfile.ZipFile(tmp_path / "plantilla_es_CO.xlsx") as package:
        styles = {int(c.get("style")) for c in _columns(package.read("xl/worksheets/sheet1.xml"))}
    assert not any(book._cell_styles[n].protectionId == 0 for n in styles)


def _columns(xml: bytes) -> list[Any]:
    from xml.etree import ElementTree

    return [e for e in ElementTree.fromstring(xml).iter() if e.tag.endswith("}col")]


def test_every_column_says_what_to_write(tmp_path: Path) -> None:
    """An input message for each, lists for closed fields, lengths where limited, formats that carry the unit."""
    sheet = openpyxl.load_workbook(blank(tmp_path))["Productos"]
    rules = {next(iter(v.sqref.ranges)).min_col: v for v in sheet.data_validations.dataValidation}
    columns = column_of()
    assert set(rules) == set(columns.values())
    assert all(rule.prompt and ("Documentado." in rule.prompt or "Supuesto." in rule.prompt) for rule in rules.values())
    assert rules[columns["name"]].formula1 == "100"
    assert rules[columns["description_short"]].formula1 == "500"
    assert rules[columns["category"]].formula1 == '"INDIVIDUAL,BUSINESS,INSURANCE"'
    assert rules[columns["product_subtype"]].type == "list"
    formats = {name: sheet.cell(2, column).number_format for name, column in columns.items()}
    assert (formats["rate_min"], formats["code"], formats["term_min"]) == ("0.00%", "@", "@")
    assert formats["valid_from"] == "dd/mm/yyyy"


@pytest.mark.parametrize("lang", ["es", "en"])
def test_every_choice_of_a_dropdown_is_understood(tmp_path: Path, lang: str) -> None:
    """One product for each label a dropdown offers: no cell holds a word its own field does not know."""
    offered = [
        (field, label)
        for group in grouped(load(), "CO")
        for field in group.fields
        for label in ([choice.label[lang] for choice in field.choices] or YES_NO[lang])
        if field.kind in ("choice", "choices", "yes_no")
    ]
    rows = {
        at: {"code": f"P-{at}", "name": f"Crédito {at}", "category": "INDIVIDUAL", field.name: label}
        for at, (field, label) in enumerate(offered, start=3)
    }
    document = check_file(filled(blank(tmp_path, lang=lang), rows, lang=lang))
    known = {field.prefix for field, _ in offered}
    assert document["rows"] == len(offered)
    assert not codes(document) & {f"{name}.{fault}" for name in known for fault in ("unknown", "unreadable")}


@pytest.mark.parametrize("lang", ["es", "en"])
def test_dropdowns_fit_into_the_sheet(lang: str) -> None:
    """A list inside a sheet holds 255 characters and splits at commas: every field's labels fit."""
    for field in load().fields.values():
        labels = [choice.label[lang] for choice in field.choices]
        assert len(",".join(labels)) <= 255
        assert not any("," in label for label in labels)


def test_every_header_is_the_field_it_stands_for() -> None:
    """Labels in both languages map back to their own field; what the marketplace assigns is not asked for."""
    names = [field for group in grouped(load(), "CO") for field in group.fields]
    for field in names:
        for label in field.label.values():
            word = load().header(label)
            assert word is not None
            assert word.fills == (field.name,)
    assert not {"product_id", "listing_id"} & {field.name for field in names}
    assert next(group.key for group in grouped(load(), "CO")) == "documented"


def test_the_command_never_overwrites_work(tmp_path: Path) -> None:
    """Written once, again is fine while it is untouched; a filled one is refused with a sentence."""
    done = vitrina("template", folder=tmp_path)
    assert (done.code, done.out) == (0, "Plantilla: plantilla_productos.xlsx\n")
    assert vitrina("template", folder=tmp_path).code == 0
    filled(tmp_path / "plantilla_productos.xlsx", {3: CO_LOAN})
    refused = vitrina("template", folder=tmp_path)
    assert (refused.code, "ya existe" in refused.err) == (2, True)


def test_the_command_speaks_the_language_and_market_asked_for(tmp_path: Path) -> None:
    """--lang en and a Mexican lender: English headers, Mexican currency."""
    done = vitrina("template", "p.xlsx", "--lang", "en", "--format", "json", folder=tmp_path, VITRINA_MARKET="MX")
    assert done.document == {"template": "p.xlsx", "requirements": load().version}
    sheet = openpyxl.load_workbook(tmp_path / "p.xlsx")["Products"]
    values = {sheet.cell(1, c).value: sheet.cell(2, c).value for c in range(1, sheet.max_column + 1)}
    assert values["Currency"] == "MXN (Mexican pesos)"
    assert values["Minimum amount"] == 5000
