"""Headers become fields by exact synonym; the right sheet and header row are found; near misses are only suggested."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.mapping import Mapped, map_workbook
from pipeline.workbook import Sheet, Workbook
from schemas.errors import WrongUse
from schemas.findings import Finding
from schemas.requirements import load, normalise

LOAN = ["Nombre", "Descripción", "Categoría", "Monto", "Tasa", "Plazo"]
ROW = ["Crédito", "Rápido.", "INDIVIDUAL", "$1.000.000", "24% E.A.", "12 meses"]


def page(rows: list[list[object]], name: str = "Productos", **evidence: object) -> Sheet:
    width = max(len(row) for row in rows)
    columns = tuple([row[j] if j < len(row) else None for row in rows] for j in range(width))
    return Sheet(name=name, hidden=bool(evidence.pop("hidden", False)), first_row=1, columns=columns, **evidence)  # type: ignore[arg-type]


def mapped(*sheets: Sheet, **asked: object) -> Mapped:
    found = map_workbook(Workbook("f.xlsx", "0", "xlsx", sheets), load(), **asked)  # type: ignore[arg-type]
    assert isinstance(found, Mapped), found
    return found


def refused(*sheets: Sheet) -> tuple[Finding, ...]:
    found = map_workbook(Workbook("f.xlsx", "0", "xlsx", sheets), load())
    assert not isinstance(found, Mapped)
    return found


def fields(found: Mapped) -> list[tuple[str, ...]]:
    return [column.word.fills for column in found.columns]


def test_headers_are_found_under_title_rows() -> None:
    """Titles, dates and blank rows above the table are passed over."""
    found = mapped(page([["Tarifas"], ["Vigente desde enero"], [], LOAN, ROW, [], ROW]))
    assert found.header_row == 4
    assert found.rows == (5, 7)
    assert fields(found)[0] == ("name",)


@pytest.mark.parametrize("header", ["TASA", " tasa ", "Tasa:", "tasa (%)", "Tasa de interés", "Interest rate", "RATE"])
def test_case_accents_spaces_and_units_do_not_matter(header: str) -> None:
    """Exact synonyms after normalising."""
    assert ("rate_min", "rate_max") in fields(mapped(page([["Nombre", "Descripción", "Categoría", header], ROW[:4]])))


def test_two_header_rows_are_read_together() -> None:
    """`Monto` merged over `Mínimo` and `Máximo`."""
    rows = [
        ["Nombre", "Categoría", "Monto", None, "Plazo (meses)", None],
        [None, None, "Mínimo", "Máximo", "Mínimo", "Máximo"],
    ]
    sheet = page(
        [*rows, ["Crédito", "INDIVIDUAL", 1000000.0, 5000000.0, 12.0, 60.0]], merged=((1, 2, 1, 3), (1, 4, 1, 5))
    )
    found = mapped(sheet)
    assert fields(found) == [("name",), ("category",), ("amount_min",), ("amount_max",), ("term_min",), ("term_max",)]
    assert found.header_row == 2


def test_an_unknown_column_is_said_with_a_suggestion() -> None:
    """Never used, only suggested; an empty unknown column is not worth a word."""
    found = mapped(page([[*LOAN, "Descripsion larga", "Vacía"], [*ROW, "texto", None]]))
    (note,) = (f for f in found.findings if f.code == "header.unknown")
    assert (note.column, note.severity) == ("G", "warning")
    assert "Descripción larga" in str(dict(note.facts)["suggestion"])
    assert ("description_long",) not in fields(found)


def test_the_same_header_twice_is_an_error_and_neither_is_read() -> None:
    """Which one is meant, nobody can tell."""
    found = mapped(page([[*LOAN, "Nombre"], [*ROW, "Otro"]]))
    (note,) = (f for f in found.findings if f.code == "header.duplicate")
    assert (note.severity, note.column) == ("error", "G")
    assert ("name",) not in fields(found)


def test_several_sheets_of_products_ask_which() -> None:
    """The finding names them; --sheet chooses."""
    sheets = (page([LOAN, ROW], "Personas"), page([LOAN, ROW], "Empresas"))
    (note,) = refused(*sheets)
    assert note.code == "sheet.ambiguous"
    assert dict(note.facts)["sheets"] == ("Personas", "Empresas")
    assert mapped(*sheets, sheet="Empresas").sheet.name == "Empresas"


def test_a_sheet_that_is_not_there_is_wrong_use() -> None:
    """The sentence names the sheets there are."""
    with pytest.raises(WrongUse, match="Productos"):
        mapped(page([LOAN, ROW]), sheet="Nada")


def test_a_workbook_without_a_table_says_so() -> None:
    """One file-level finding."""
    assert [f.code for f in refused(page([["Hola"], ["Mundo"]]))] == ["file.no_table"]


def test_hidden_sheets_with_data_are_said_and_not_read() -> None:
    """A hidden draft does not make the visible sheet ambiguous."""
    found = mapped(page([LOAN, ROW]), page([LOAN, ROW], "Borrador", hidden=True))
    assert [f.code for f in found.findings] == ["sheet.hidden"]


def test_footnotes_and_repeated_headers_are_no_products() -> None:
    """A lone remark below the table and a header printed again on page two are said, not validated."""
    found = mapped(page([LOAN, ROW, LOAN, ROW, ["* Tasas sujetas a estudio"]]))
    assert found.rows == (2, 4)
    assert [f.code for f in found.findings] == ["row.skipped", "row.skipped"]


def test_a_mapping_given_by_the_person_is_used() -> None:
    """--map "Interés cobrado al cliente=rate_min"."""
    rows = page([[*LOAN[:4], "Lo que cobramos", "Plazo"], ROW])
    found = mapped(rows, overrides={normalise("Lo que cobramos"): ("rate_min", "rate_max")})
    assert ("rate_min", "rate_max") in fields(found)


def test_the_values_decide_what_a_shared_header_means() -> None:
    """`Tipo de tasa` holds bases in some sheets and fija/variable in others."""
    basis = mapped(page([[*LOAN, "Tipo de tasa"], [*ROW, "E.A."]]))
    kind = mapped(page([[*LOAN, "Tipo de tasa"], [*ROW, "Fija"]]))
    assert (fields(basis)[-1], fields(kind)[-1]) == (("rate_basis",), ("rate_type",))


def test_a_sheet_of_a_million_blank_rows_is_quick(tmp_path: Path) -> None:
    """Only the rows held are walked."""
    found = mapped(page([LOAN, ROW, *([[None] * 6] * 5000), ROW]))
    assert found.rows == (2, 5003)
