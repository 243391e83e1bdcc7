"""Cells become products and findings: every problem in one pass, unknown never passes and never multiplies."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.checking import LOAN, NO_BRAND, check_loan, check_rows, codes, finding, product


def with_cells(**cells: object) -> dict[str, object]:
    return {name.replace("__", " "): value for name, value in cells.items()}


def test_a_sheet_with_only_documented_columns_passes(tmp_path: Path) -> None:
    """nombre, descripción, categoría, amount, rate and term are enough: at most warnings."""
    row = ["Crédito Libre", "Rápido.", "INDIVIDUAL", "$1.000.000 a $50.000.000", "24,9% E.A.", "12 a 60 meses"]
    document = check_rows(tmp_path, [["nombre", "descripción", "categoría", "Monto", "Tasa", "Plazo"], row])
    assert document["counts"]["error"] == 0
    assert document["valid"] == document["rows"] == 1
    found = product(document)
    assert (found["amount_min"], found["amount_max"]) == ("1000000", "50000000")
    assert (found["rate_min"], found["rate_basis"], found["rate_ea_max"]) == ("24.9", "EA", "24.9")
    assert (found["term_min"], found["term_max"], found["term_unit"]) == (12, 60, "month")
    assert found["code"] == "CREDITO-LIBRE"


@pytest.mark.parametrize("code", ["00123", "1E5", "NA", "NaN", "TRUE", "12.50", "2026-01-02"])
def test_codes_stay_text(tmp_path: Path, code: str) -> None:
    """A code is never a number, a missing value, a truth value or a date."""
    assert product(check_loan(tmp_path, Código=code))["code"] == code


def test_a_number_as_code_keeps_the_zeros_its_format_shows(tmp_path: Path) -> None:
    """123 shown as 00123 is the code 00123."""
    assert product(check_loan(tmp_path, Código=123, formats={"A2": "00000"}))["code"] == "00123"


def test_a_percent_cell_and_a_text_are_the_same_rate(tmp_path: Path) -> None:
    """0.249 formatted 0.0% is 24,9% E.A."""
    cell = product(check_loan(tmp_path, **{"Tasa": None, "Tasa E.A.": 0.249}, formats={"H2": "0.0%"}))
    text = product(check_loan(tmp_path, Tasa="24,9% E.A."))
    assert cell["rate_min"] == text["rate_min"] == "24.9"
    assert cell["rate_basis"] == text["rate_basis"] == "EA"


def test_a_bare_fraction_is_asked_about(tmp_path: Path) -> None:
    """0.249 without a percent format may be 0,249 % or 24,9 %: both are shown and none is taken."""
    document = check_loan(tmp_path, Tasa=0.249)
    found = finding(document, "rate.ambiguous")
    assert (found["cell"], found["severity"], found["effect"]) == ("F2", "error", "holds_listing")
    assert "24,9" in found["message"]
    assert "0,249" in found["message"]
    assert document["products"] == []


def test_an_unreadable_cell_is_one_finding(tmp_path: Path) -> None:
    """What needs the cell is unknown: no rule passes on it and none adds a finding."""
    document = check_loan(tmp_path, Monto="Capacidad de pago")
    assert codes(document, "error") == {"amount.unreadable"}


def test_every_problem_of_a_row_is_found_in_one_pass(tmp_path: Path) -> None:
    """Five faults, five findings, in the order of the sheet."""
    document = check_loan(
        tmp_path,
        Nombre=None,
        Descripción="x" * 501,
        Categoría="Hipotecario",
        Monto="$9.000.000 a $1.000.000",
        Plazo="60 a 12 meses",
    )
    errors = [f["code"] for f in document["findings"] if f["severity"] == "error"]
    assert errors == [
        "name.missing",
        "description_short.too_long",
        "category.unknown",
        "amount.min_above_max",
        "term.min_above_max",
    ]


def test_findings_name_the_cell_the_person_sees(tmp_path: Path) -> None:
    """Title rows and blank rows count: the address is the spreadsheet's own."""
    rows = [["Tarifas 2026"], [], list(LOAN), [], [*list(LOAN.values())[:4], "nada", *list(LOAN.values())[5:]]]
    found = finding(check_rows(tmp_path, rows), "amount.unreadable")
    assert (found["sheet"], found["cell"], found["row"], found["column"]) == ("Productos", "E5", 5, "E")
    assert (found["product"], found["value"], found["field"]) == ("LIB-001", "nada", "amount_min")


def test_a_rate_without_basis_keeps_its_value(tmp_path: Path) -> None:
    """Kept, rate_basis null, warning."""
    document = check_loan(tmp_path, Tasa="24,5%")
    found = product(document)
    assert (found["rate_min"], found["rate_basis"]) == ("24.5", None)
    assert finding(document, "rate.basis_missing")["severity"] == "warning"


def test_an_open_end_is_null_with_a_warning(tmp_path: Path) -> None:
    """`hasta X` leaves the lower end unsaid."""
    document = check_loan(tmp_path, Monto="hasta $50 millones")
    found = product(document)
    assert (found["amount_min"], found["amount_max"]) == (None, "50000000")
    assert finding(document, "amount.open_range")["severity"] == "warning"


def test_a_bare_term_is_read_in_months_with_a_warning(tmp_path: Path) -> None:
    """36 without a unit anywhere: kept, unit month assumed."""
    document = check_loan(tmp_path, Plazo=36)
    found = product(document)
    assert (found["term_min"], found["term_max"], found["term_unit"]) == (36, 36, "month")
    assert finding(document, "term.unit_assumed")["severity"] == "warning"


def test_an_index_rate_has_a_spread_and_no_rate(tmp_path: Path) -> None:
    """IBR + 10,51."""
    found = product(check_loan(tmp_path, Tasa="IBR + 10,51"))
    assert (found["rate_index"], found["rate_spread"], found["rate_min"]) == ("IBR", "10.51", None)


def test_two_rate_columns_are_compared_and_the_effective_one_kept(tmp_path: Path) -> None:
    """In Colombia rate_min and rate_basis hold the E.A."""
    agree = check_loan(tmp_path, **{"Tasa": None, "Tasa M.V.": "1,87%", "Tasa E.A.": "24,9%"})
    assert (product(agree)["rate_min"], product(agree)["rate_basis"]) == ("24.9", "EA")
    differ = check_loan(tmp_path, **{"Tasa": None, "Tasa M.V.": "1,87%", "Tasa E.A.": "22,0%"})
    assert codes(differ, "error") == {"rate.bases_disagree"}


def test_an_effective_rate_decides_what_nmv_means(tmp_path: Path) -> None:
    """N.M.V. alone is two things; beside an E.A. it is the one that agrees."""
    alone = check_loan(tmp_path, Tasa="1,29% N.M.V.")
    assert codes(alone, "error") == {"rate.ambiguous"}
    beside = check_loan(tmp_path, **{"Tasa": None, "Tasa N.M.V.": "1,29%", "Tasa E.A.": "16,63%"})
    assert product(beside)["rate_min"] == "16.63"
    nominal = check_loan(tmp_path, **{"Tasa": None, "Tasa N.M.V.": "22,00%", "Tasa E.A.": "24,36%"})
    assert product(nominal)["rate_min"] == "24.36"


def test_min_and_max_columns_are_two_ends(tmp_path: Path) -> None:
    """Separate columns fill their own end; in those, `hasta` says nothing new."""
    cells = with_cells(Monto=None, Tasa=None, Plazo=None, Monto__mínimo=1000000, Monto__máximo="hasta $50.000.000")
    cells |= {
        "Tasa desde": "16,08% E.A.",
        "Tasa hasta": "24,34% E.A.",
        "Plazo mínimo (meses)": 12,
        "Plazo máximo (meses)": 60,
    }
    document = check_loan(tmp_path, **cells)
    found = product(document)
    assert (found["amount_min"], found["amount_max"]) == ("1000000", "50000000")
    assert (found["rate_min"], found["rate_max"], found["rate_basis"]) == ("16.08", "24.34", "EA")
    assert (found["term_min"], found["term_max"]) == (12, 60)
    assert codes(document) - NO_BRAND <= {"header.absent", "description_long.missing"}


@pytest.mark.parametrize("ends", [("Tasa desde", "Tasa hasta"), ("Tasa hasta", "Tasa desde")])
def test_each_end_of_a_rate_keeps_its_own_cell(tmp_path: Path, ends: tuple[str, str]) -> None:
    """What is found about the higher rate stands at the cell that says it, whichever column comes first."""
    said = {"Tasa desde": "16,08% E.A.", "Tasa hasta": "124,34% E.A."}
    cells: dict[str, object] = {
        "Monto": None,
        "Plazo": None,
        "Tasa": None,
        "Modalidad de crédito": "consumo y ordinario",
    }
    document = check_loan(tmp_path, **cells, **{header: said[header] for header in ends})
    found = finding(document, "rate.above_usury")
    assert (found["field"], found["value"]) == ("rate_max", "124,34% E.A.")


def test_a_unit_column_gives_the_unit(tmp_path: Path) -> None:
    """Years become months; quincenas stay quincenas."""
    years = product(check_loan(tmp_path, **{"Plazo": "1 a 5", "Unidad del plazo": "años"}))
    assert (years["term_min"], years["term_max"], years["term_unit"]) == (12, 60, "month")
    two = {"Plazo": None, "Plazo mínimo": "1", "Plazo máximo": "5", "Unidad del plazo": "años"}
    apart = product(check_loan(tmp_path, **two))
    assert (apart["term_min"], apart["term_max"], apart["term_unit"]) == (12, 60, "month")
    halves = product(check_loan(tmp_path, **{"Plazo": "6 a 24", "Unidad del plazo": "quincenas"}))
    assert (halves["term_min"], halves["term_unit"]) == (6, "fortnight")


def test_a_basis_column_gives_the_basis(tmp_path: Path) -> None:
    """The text of the cell would win; a bare figure takes the column's word."""
    found = product(check_loan(tmp_path, **{"Tasa": "1,87%", "Base de la tasa": "M.V."}))
    assert (found["rate_min"], found["rate_basis"]) == ("1.87", "MV")
    assert found["rate_ea_min"].startswith("24.89")


def test_a_code_twice_holds_both_and_names_the_first_row(tmp_path: Path) -> None:
    """Which of the two is meant, nobody can tell."""
    other = {**LOAN, "Nombre": "Otro crédito"}
    document = check_rows(tmp_path, [list(LOAN), list(LOAN.values()), list(other.values())])
    found = finding(document, "code.duplicate")
    assert found["cell"] == "A3"
    assert "2" in found["message"]
    assert document["valid"] == 0


def test_hidden_rows_and_columns_with_data_are_said(tmp_path: Path) -> None:
    """X22: nobody saw what would be published."""
    rows = [list(LOAN), list(LOAN.values())]
    assert "cell.hidden" in codes(check_rows(tmp_path, rows, hidden_rows=[2]), "error")
    assert "cell.hidden" in codes(check_rows(tmp_path, rows, hidden_columns=["F"]), "error")


def test_formulas_without_value_and_error_cells_are_said(tmp_path: Path) -> None:
    """X23: an empty result is not an empty cell."""
    rows = [list(LOAN), list(LOAN.values())]
    never = check_rows(tmp_path, rows, formulas={"F2": ("=A1*2", "")})
    assert codes(never, "error") == {"cell.no_cached_value"}
    broken = check_rows(tmp_path, rows, formulas={"E2": ("=1/0", "#DIV/0!")})
    assert codes(broken, "error") == {"cell.error_value"}


def test_a_date_in_the_term_column_is_not_a_term(tmp_path: Path) -> None:
    """X24: what a spreadsheet makes of `6-12`."""
    document = check_loan(tmp_path, Plazo=date(2026, 12, 6), formats={"G2": "dd/mm/yyyy"})
    assert codes(document, "error") == {"term.is_a_date"}


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Nombre": "x" * 101}, "name.too_long"),
        ({"Nombre": "<b>Libre</b>"}, "name.html_not_allowed"),
        ({"Descripción": "Vea <a href='https://x.example'>esto</a>"}, "description_short.html_not_allowed"),
        ({"Descripción": '<p onclick="x()">Hola</p>'}, "description_short.html_not_allowed"),
        ({"País": "CO", "Moneda": "MXN"}, "currency.mismatch"),
        ({"País": "Perú"}, "country.unknown"),
        ({"Edad mínima": 16}, "age.out_of_range"),
        ({"Edad mínima": 70, "Edad máxima": 20}, "age.min_above_max"),
        ({"Prima": 12900}, "category.foreign_fields"),
        ({"Vigente desde": date(2026, 5, 1), "Vigente hasta": date(2026, 4, 1)}, "valid_to.before_start"),
        ({"Vigente hasta": date(2026, 1, 1)}, "valid_to.expired"),
        ({"Términos y condiciones": "http://x.example/t"}, "terms_url.not_https"),
        ({"Categoría": "BUSINESS", "Tipo de persona": "Persona natural"}, "applicant_type.wrong_for_category"),
        ({"Ejemplo: monto": 90000000, "Ejemplo: plazo": 36}, "example.outside_range"),
        ({"Monto": "$1 500 SMMLV"}, "amount.two_values"),
        ({"Seguro de vida": 0.391}, "insurance.unit_missing"),
        ({"Tasa": "10.000.000%", "Monto": "$1.000.000 a $10.000.000"}, "rate.is_amount"),
        ({"Código": "A B"}, "code.unreadable"),
    ],
)
def test_faults_hold_the_listing(tmp_path: Path, cells: dict[str, object], code: str) -> None:
    """A present value that is unreadable, contradictory or out of bounds is an error, assumed field or not."""
    document = check_loan(tmp_path, **cells)
    assert code in codes(document, "error")
    assert document["products"] == []


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Monto": "$1 a $50.000.000"}, "amount.filler"),
        ({"Nombre": "CrÃ©dito"}, "text.damaged"),
        ({"Edad mínima": 18, "Edad máxima": 84}, "age.beyond_85"),
        ({"Fecha de los datos": date(2025, 10, 1)}, "data_as_of.old"),
        ({"Subtipo": "Cosmético"}, "product_subtype.unknown"),
        ({"Notas internas": "ojo"}, "header.unknown"),
        ({"Monto": "$1.000.000,50 a $50.000.000"}, "amount.cents"),
    ],
)
def test_doubts_are_warnings_and_hold_nothing(tmp_path: Path, cells: dict[str, object], code: str) -> None:
    """The product goes on; the person is told."""
    document = check_loan(tmp_path, **cells)
    assert code in codes(document, "warning")
    assert len(document["products"]) == 1


def test_simple_html_and_comparison_signs_pass(tmp_path: Path) -> None:
    """Allowed tags, entities and a lone < are no faults."""
    for text in (
        "<p>Hola <strong>ya</strong></p><ul><li>uno</li></ul>",
        "Tasa < 20 % & fija",
        "R&amp;D<br>ok",
        "A &lt; B",
    ):
        assert codes(check_loan(tmp_path, Descripción=text), "error") == set()


def test_html_length_counts_markup_and_shows_both(tmp_path: Path) -> None:
    """The raw length is the limit; what the reader sees is said too."""
    document = check_loan(tmp_path, Descripción="<p>" + "x" * 498 + "</p>")
    message = finding(document, "description_short.too_long")["message"]
    assert "505" in message
    assert "498" in message


def test_absent_assumed_fields_are_one_warning(tmp_path: Path) -> None:
    """Columns that are not there are said once, not row by row."""
    document = check_loan(tmp_path)
    assert codes(document) - NO_BRAND == {"header.absent"}
    assert document["counts"]["error"] == 0


def test_an_absent_documented_column_is_an_error(tmp_path: Path) -> None:
    """Without a category nothing of the sheet can be listed; each column is named."""
    rows = [["Nombre", "Descripción", "Monto", "Tasa"], ["Crédito", "Bueno", "$1.000.000 a $2.000.000", "24% E.A."]]
    document = check_rows(tmp_path, rows)
    named = {f["field"] for f in document["findings"] if f["code"] == "header.missing"}
    assert {"category"} <= named
    assert document["valid"] == 0


def test_insurance_needs_its_own_fields_only(tmp_path: Path) -> None:
    """A policy has no rate or term; its premium, insurer and coverage are asked for."""
    row = {
        "Código": "SEG-1",
        "Nombre": "Vida",
        "Descripción": "Cubre su crédito.",
        "Categoría": "Seguro",
        "Aseguradora": "Ejemplo S.A.",
        "Prima": 12900,
        "Periodicidad de la prima": "Mensual",
        "Valor asegurado máximo": 50000000,
        "Coberturas": "Muerte; ITP",
        "Vigencia de la póliza": 12,
    }
    found = product(check_rows(tmp_path, [list(row), list(row.values())]))
    assert (found["category"], found["premium"], found["premium_period"]) == ("INSURANCE", "12900", "month")
    assert found["coverages"] == ["Muerte", "ITP"]


def test_mexican_figures_are_read_and_compared_their_way(tmp_path: Path) -> None:
    """Comma thousands, MXN, a simple annual rate and its CAT."""
    cells = {
        "Monto": "$3,000 – $150,000 MXN", "Tasa": "42% anual simple", "Plazo": "6 a 36 meses", "País": "México",
        "CAT sin IVA": "52.1%", "Fecha de cálculo": date(2026, 3, 1),
    }  # fmt: skip
    found = product(check_loan(tmp_path, market="MX", **cells))
    assert (found["country"], found["currency"], found["rate_basis"]) == ("MX", "MXN", "NA_SIMPLE")
    assert found["rate_ea_min"] == "51.1069"
    low = check_loan(tmp_path, market="MX", **{**cells, "CAT sin IVA": "40%"})
    assert "total_cost.below_rate" in codes(low, "error")


def test_usury_is_held_against_the_month(tmp_path: Path) -> None:
    """March 2026: 25,52 for consumo ordinario; a month without a cap is a warning that names the command."""
    over = check_loan(tmp_path, **{"Tasa": "25,60% E.A.", "Modalidad de crédito": "consumo y ordinario"})
    found = finding(over, "rate.above_usury")
    assert "25,52" in found["message"]
    assert "marzo de 2026" in found["message"]
    at = check_loan(tmp_path, **{"Tasa": "25,52% E.A.", "Modalidad de crédito": "consumo_ordinario"})
    assert codes(at, "error") == set()
    later = check_loan(
        tmp_path,
        **{"Tasa": "25% E.A.", "Modalidad de crédito": "consumo_ordinario", "Vigente desde": date(2026, 11, 1)},
    )
    assert "vitrina reference import" in finding(later, "usury.cap_missing")["fix"]


def test_the_example_must_follow_from_its_own_terms(tmp_path: Path) -> None:
    """5.000.000 over 36 months at 24,9 % E.A. is 192.096: 181.234 is doubted, 1.920.960 is a slip of units."""
    example = {"Ejemplo: monto": 5000000, "Ejemplo: plazo": "36 meses"}
    assert codes(check_loan(tmp_path, **example, **{"Ejemplo: cuota": 192096})) - NO_BRAND == {"header.absent"}
    doubted = finding(check_loan(tmp_path, **example, **{"Ejemplo: cuota": 181234}), "payment.disagrees")
    assert doubted["severity"] == "warning"
    assert "192.096" in doubted["message"]
    slip = finding(check_loan(tmp_path, **example, **{"Ejemplo: cuota": 1920960}), "payment.wrong_scale")
    assert slip["severity"] == "error"


def test_amounts_in_minimum_wages_become_money(tmp_path: Path) -> None:
    """1 SMMLV is what it is worth on the day; a unit without a value is said, never guessed."""
    found = product(check_loan(tmp_path, Monto="1 SMMLV a 10 SMMLV"))
    assert (found["amount_min"], found["amount_max"]) == ("1750905", "17509050")
    assert codes(check_loan(tmp_path, Monto="100 UDI a 500 UDI", País="CO"), "error") == {"amount.unit_missing"}


def test_unusual_figures_are_kept_and_asked_about(tmp_path: Path) -> None:
    """An amount of 1.000 pesos is below what is usual in Colombia."""
    document = check_loan(tmp_path, Monto="$10.000 a $50.000.000")
    assert "50.000" in finding(document, "amount.unusual")["message"]
    assert len(document["products"]) == 1
