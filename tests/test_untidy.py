"""Sheets as product teams keep them: what a careful person would read, or ask about, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.checking import LOAN, NO_BRAND, check_file, check_loan, check_rows, codes, finding, product
from tests.workbooks import build


def test_minimum_wages_in_a_column_for_one_end(tmp_path: Path) -> None:
    """`1 SMMLV` and `50 SMMLV` in their own columns, an income in SMMLV, yearly sales in SMMLV: money, and no crash."""
    cells = {
        "Monto": None, "Monto mínimo": "1 SMMLV", "Monto máximo": "50 SMMLV", "Ingreso mínimo": "1 SMMLV",
        "Ventas anuales mínimas": "100 SMMLV",
    }  # fmt: skip
    found = product(check_loan(tmp_path, **cells))
    assert (found["amount_min"], found["amount_max"]) == ("1750905", "87545250")
    assert (found["income_min"], found["annual_sales_min"]) == ("1750905", "175090500")


def test_every_header_twice_is_said_and_nothing_crashes(tmp_path: Path) -> None:
    """Two tables side by side: which one is meant, nobody can tell."""
    document = check_rows(tmp_path, [[*LOAN, *LOAN], [*LOAN.values(), *LOAN.values()]])
    assert codes(document, "error") == {"header.duplicate"}
    assert document["valid"] == 0


def test_a_spread_column_is_no_rate(tmp_path: Path) -> None:
    """Índice = IBR and Spread = 10,51: index plus spread, and no rate at all."""
    for spread in ("10,51", 10.51, "1.051 pbs"):
        document = check_loan(tmp_path, **{"Tasa": None, "Índice": "IBR", "Spread": spread})
        found = product(document)
        assert (found["rate_index"], found["rate_spread"]) == ("IBR", "10.51"), spread
        assert (found["rate_min"], found["rate_max"]) == (None, None)
        assert not any(code.endswith("basis_missing") for code in codes(document))


def test_group_titles_reach_over_their_columns_unmerged(tmp_path: Path) -> None:
    """`Monto`, blank, `Tasa E.A.`, blank, `Plazo`, blank over `Desde` and `Hasta`."""
    rows = [
        ["Código", "Nombre", "Descripción", "Categoría", "Monto", None, "Tasa E.A.", None, "Plazo (meses)", None],
        [None, None, None, None, "Desde", "Hasta", "Desde", "Hasta", "Desde", "Hasta"],
        ["A1", "Crédito", "Rápido.", "INDIVIDUAL", 1000000, 50000000, "16,5%", "24,9%", 12, 60],
    ]
    document = check_rows(tmp_path, rows)
    found = product(document)
    assert (found["amount_min"], found["amount_max"]) == ("1000000", "50000000")
    assert (found["rate_min"], found["rate_max"], found["term_min"], found["term_max"]) == ("16.5", "24.9", 12, 60)
    assert document["rows"] == 1


@pytest.mark.parametrize(
    ("rate", "code", "severity"),
    [
        ("10.000.000% E.A.", "rate.out_of_range", "error"),
        ("249% E.A.", "rate.unusual", "warning"),
        ("24,9% M.V.", "rate.unusual", "warning"),
        ("2490% E.A.", "rate.unusual", "warning"),
        ("95% E.A.", "rate.above_usury", "error"),
    ],
)
def test_absurd_rates_are_asked_about(tmp_path: Path, rate: str, code: str, severity: str) -> None:
    """¿24,9 o 2,49?: a rate nobody charges is said, modality or not."""
    assert finding(check_loan(tmp_path, Tasa=rate), code)["severity"] == severity


def test_a_header_that_leaves_the_basis_open_is_asked_about(tmp_path: Path) -> None:
    """`Tasa N.M.V.` or a basis column that says N.M.V.: both readings are shown once, and no value is taken."""
    for cells in ({"Tasa": None, "Tasa N.M.V.": "1,29%"}, {"Tasa": "1,29%", "Base de la tasa": "N.M.V."}):
        document = check_loan(tmp_path, **cells)
        assert codes(document, "error") == {"rate.ambiguous"}
        assert "N.A.M.V." in finding(document, "rate.ambiguous")["message"]


def test_effective_columns_settle_the_open_ones(tmp_path: Path) -> None:
    """E.A. and N.M.V., each with its minimum and maximum: nothing is left to ask."""
    cells = {
        "Tasa": None, "Tasa E.A. mínima": "16,08%", "Tasa E.A. máxima": "24,34%",
        "Tasa N.M.V. mínima": "1,25%", "Tasa N.M.V. máxima": "1,83%",
    }  # fmt: skip
    document = check_loan(tmp_path, **cells)
    assert codes(document) <= {"header.absent", *NO_BRAND}
    assert product(document)["rate_max"] == "24.34"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Monto mínimo": 2000000, "Monto máximo": 60000000}, "amount.contradicts"),
        ({"Tasa": "24,9% E.A.", "Base de la tasa": "M.V."}, "rate.contradicts"),
        ({"Tasa": None, "Tasa E.A.": "1,9% M.V."}, "rate.contradicts"),
        ({"Plazo": None, "Plazo (meses)": "12 a 60 días"}, "term.contradicts"),
        ({"Tasa": "IBR + 5", "Fija o variable": "Fija"}, "rate_type.contradicts"),
        ({"Moneda": "COP", "Monto": "$5,000 – $50,000 MXN"}, "currency.contradicts"),
    ],
)
def test_two_places_that_disagree_are_an_error(tmp_path: Path, cells: dict[str, object], code: str) -> None:
    """Present and contradictory: nothing is chosen in silence."""
    document = check_loan(tmp_path, **cells)
    assert code in codes(document, "error")
    assert document["products"] == []


def test_a_country_taken_from_the_currency_is_said(tmp_path: Path) -> None:
    """MXN in a Colombian market without a country column."""
    document = check_loan(tmp_path, Monto="$5,000 – $50,000 MXN", Moneda="MXN")
    assert finding(document, "country.derived")["severity"] == "info"
    assert product(document)["country"] == "MX"


def test_one_end_of_a_single_figure_is_said(tmp_path: Path) -> None:
    """A fee `1% a 3%` is kept at its upper end and told; `hasta 3%` is told as an open range."""
    ranged = check_loan(tmp_path, **{"Comisión por apertura": "1% a 3%"})
    assert product(ranged)["origination_fee_pct"] == "3"
    assert "origination_fee_pct.repaired" in codes(ranged, "info")
    assert "origination_fee_pct.open_range" in codes(
        check_loan(tmp_path, **{"Comisión por apertura": "hasta 3%"}), "warning"
    )


def test_a_bare_default_rate_is_in_the_basis_of_the_rate(tmp_path: Path) -> None:
    """Requirements: percent, same basis; it is held against usury too."""
    cells = {"Tasa de mora": "35%", "Modalidad de crédito": "consumo ordinario"}
    document = check_loan(tmp_path, Tasa="24,9% E.A.", **cells)
    assert codes(document, "error") == {"default_rate.above_usury"}
    assert "default_rate.basis_missing" not in codes(document)


def test_a_glossary_beside_the_products_is_no_second_sheet(tmp_path: Path) -> None:
    """Names and descriptions alone do not make products."""
    sheets = {
        "Productos": [list(LOAN), list(LOAN.values())],
        "Glosario": [["Nombre", "Descripción"], ["E.A.", "Efectiva anual"]],
    }
    document = check_file(build(tmp_path / "p.xlsx", sheets))
    assert (document["sheet"], document["valid"]) == ("Productos", 1)


def test_merged_cells_say_their_value_in_every_row(tmp_path: Path) -> None:
    """A category merged over two products is the category of both; the merge is told."""
    rows = [
        [*LOAN],
        list(LOAN.values()),
        list({**LOAN, "Código": "LIB-002", "Nombre": "Otro", "Categoría": None}.values()),
    ]
    document = check_rows(tmp_path, rows, merged={"D2:D3": "INDIVIDUAL"})
    assert codes(document, "error") == set()
    assert [p["category"] for p in document["products"]] == ["INDIVIDUAL", "INDIVIDUAL"]
    assert "cell.merged" in codes(document)


@pytest.mark.parametrize(
    ("header", "value", "name", "expected"),
    [
        ("Aval", "5%", "guarantee_fee_pct", "5"),
        ("Aval", "10% + IVA", "guarantee_fee_pct", "10"),
        ("Tope", "$80.000.000", "amount_max", "80000000"),
        ("Vigencia", "31/12/2030", None, None),
    ],
)
def test_values_decide_what_a_shared_header_means(
    tmp_path: Path, header: str, value: str, name: str | None, expected: str | None
) -> None:
    """A percentage, money, a date: where only one candidate fits, it is that one; else the header is asked about."""
    cells = {header: value} | ({"Monto": None, "Monto mínimo": 1000000} if name == "amount_max" else {})
    document = check_loan(tmp_path, **cells)
    if name:
        assert product(document)[name] == expected
    else:
        assert "header.ambiguous" in codes(document, "warning")


def test_section_titles_totals_and_notes_are_no_products(tmp_path: Path) -> None:
    """They are passed over and said; the count of products is true."""
    rows = [
        list(LOAN),
        ["CRÉDITOS DE CONSUMO"],
        list(LOAN.values()),
        ["TOTAL", None, None, None, "$50.000.000"],
        ["* Sujeto a estudio"],
    ]
    document = check_rows(tmp_path, rows)
    assert (document["rows"], document["valid"]) == (1, 1)
    assert sum(f["code"] == "row.skipped" for f in document["findings"]) == 3


def test_a_second_table_is_not_taken_for_products(tmp_path: Path) -> None:
    """Its header row is an error of its own."""
    rows = [list(LOAN), list(LOAN.values()), [], ["Aseguradora", "Prima", "Coberturas", "Vigencia de la póliza"]]
    document = check_rows(tmp_path, rows)
    assert codes(document, "error") == {"sheet.second_table"}
    assert document["valid"] == 1


def test_a_term_in_days_is_judged_in_months(tmp_path: Path) -> None:
    """361 to 720 days are two years, nothing unusual."""
    assert "term.unusual" not in codes(check_loan(tmp_path, Plazo="De 361 a 720 días (2 años)"))


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Monto": "$5.000"}, "amount.unusual"),
        ({"Monto": "$1.000.000,50"}, "amount.cents"),
        ({"Plazo": "0 meses"}, "term.out_of_range"),
    ],
)
def test_one_cell_has_one_finding_a_rule(tmp_path: Path, cells: dict[str, object], code: str) -> None:
    """A single figure fills both ends, and is one fault."""
    assert finding(check_loan(tmp_path, **cells), code)


@pytest.mark.parametrize("text", ["-", "N/A", "—", "n.d."])
def test_a_placeholder_is_no_name(tmp_path: Path, text: str) -> None:
    """What people type to get past an empty cell is missing."""
    assert "name.missing" in codes(check_loan(tmp_path, Nombre=text), "error")
    assert "description_short.missing" in codes(check_loan(tmp_path, Descripción=text), "error")


def test_a_date_is_no_name(tmp_path: Path) -> None:
    """Excel made one of something else."""
    assert "name.is_a_date" in codes(check_loan(tmp_path, Nombre=date(2026, 1, 2)), "error")


def test_only_the_product_sheet_hidden_is_read_and_said(tmp_path: Path) -> None:
    """Never silence: it is found, and its hiding is an error."""
    sheets = {"Notas": [["hola"]], "Productos": [list(LOAN), list(LOAN.values())]}
    document = check_file(build(tmp_path / "p.xlsx", sheets, hidden_sheets=["Productos"]))
    assert "cell.hidden" in codes(document, "error")
    assert document["sheet"] == "Productos"


def test_invisible_signs_in_a_header_do_not_hide_it(tmp_path: Path) -> None:
    """A zero-width space pasted from a web page."""
    row = {("Có\u200bdigo" if name == "Código" else name): value for name, value in LOAN.items()}
    assert product(check_rows(tmp_path, [list(row), list(row.values())]))["code"] == "LIB-001"


def test_the_dates_in_the_wrong_order_are_one_fault(tmp_path: Path) -> None:
    """And not expired as well."""
    cells = {"Vigente desde": date(2026, 3, 1), "Vigente hasta": date(2026, 2, 1)}
    assert codes(check_loan(tmp_path, **cells), "error") == {"valid_to.before_start"}


@pytest.mark.parametrize("text", ["PF, PFAE", "Natural y jurídica", "persona natural / persona natural con negocio"])
def test_lists_of_known_words_are_split(tmp_path: Path, text: str) -> None:
    """Commas, slashes and `y` part two words we know."""
    document = check_loan(tmp_path, **{"Tipo de persona": text})
    assert len(product(document)["applicant_type"]) == 2


def test_a_period_said_in_the_cell_is_taken_or_contradicted(tmp_path: Path) -> None:
    """`$12.900 mensual` says the period; beside a column that says another, it is an error."""
    row = {
        "Código": "S1", "Nombre": "Vida", "Descripción": "Cubre.", "Categoría": "INSURANCE",
        "Aseguradora": "Ejemplo S.A.", "Prima": "$12.900 mensual", "Coberturas": "Muerte", "Vigencia de la póliza": 12,
    }  # fmt: skip
    assert product(check_rows(tmp_path, [list(row), list(row.values())]))["premium_period"] == "month"
    other = {**row, "Periodicidad de la prima": "Anual"}
    assert "premium_period.contradicts" in codes(check_rows(tmp_path, [list(other), list(other.values())]), "error")
