"""`vitrina fix`: unambiguous repairs on a copy, each listed, nothing else touched, and nothing left to mend after."""

from __future__ import annotations

import csv
import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.copies.styles import Styles, blank_styles
from pipeline.fix.figures import NewCell
from pipeline.fix.writing import replaced
from pipeline.report.fixes import fix_document, fix_report
from pipeline.run.fixing import Fixed, fix_file
from schemas.errors import CannotRun, WrongUse
from schemas.settings import load_settings
from tests.checking import DAY, LOAN, check_file, codes
from tests.command import vitrina
from tests.workbooks import build


def book_of(folder: Path, name: str = "productos.xlsx", **cells: Any) -> Path:
    """One good loan with some cells changed, and a second sheet nobody touches."""
    row = {**LOAN, **{key.replace("__", " "): value for key, value in cells.items()}}
    return build(folder / name, {"Productos": [list(row), list(row.values())], "Notas": [["no tocar\u00a0"]]})


def mended(path: Path, out: str = "corregido.xlsx", *, market: str = "CO") -> Fixed:
    own = load_settings(environ={"VITRINA_MARKET": market}, home=path.parent / "home", folder=path.parent)
    return fix_file(path, path.parent / out, own, as_of=DAY)


def told(done: Fixed) -> list[tuple[str, str, str, str]]:
    return [(fix.cell, fix.before, fix.new.shown, fix.code) for fix in done.fixes]


def same_but_mended(before: dict[str, Any], after: dict[str, Any]) -> None:
    """The promise of a copy: the same products, no reading with a repair, no finding it did not have."""
    assert after["products"] == before["products"]
    known = {(f["code"], f["cell"]) for f in before["findings"]}
    assert {(f["code"], f["cell"]) for f in after["findings"]} == {key for key in known if "repaired" not in key[0]}


LAST_DAY = datetime(2026, 12, 31)  # noqa: DTZ001 - a day as openpyxl gives it
REPAIRS: list[tuple[str, object, object]] = [
    ("Monto mínimo", "$ 6.000.000)", 6_000_000),
    ("Monto mínimo", "6.000.000*", 6_000_000),
    ("Monto mínimo", "\u00a0$\u00a01.000.000", 1_000_000),
    ("Monto máximo", "$1.000.000.00", 1_000_000),
    ("Tasa", "20%% E.A.", "20 % E.A."),
    ("Tasa E.A.", "24,9%", 0.249),
    ("Tasa E.A.", "20%%", 0.2),
    ("Comisión por apertura", "3%*", 0.03),
    ("CAT", "45,30%", 0.453),
    ("Categoría", "Persona natural", "INDIVIDUAL"),
    ("Plazo", "12 a 60 meses*", "12 – 60 meses"),
    ("Plazo", "24 catorcenas", "48 semanas"),
    ("Edad", "mayor de edad", "desde 18 años"),
    ("Vigente desde", "12/31/2026", LAST_DAY),
    ("Vigente desde", "31/12/26", LAST_DAY),
    ("Seguro asociado", "0,05%", "0,05 % mensual"),
    ("Nombre", "  Crédito Uno\u00a0", "Crédito Uno"),
    ("Nombre", "Crédito\x07 Uno", "Crédito Uno"),
    ("Nombre", "Crédito\u202e Uno", "Crédito Uno"),
    ("Estado", "activo\u00a0", "activo"),
]


def rows_of(cases: list[tuple[str, object]]) -> list[list[object]]:
    """A good loan for each case with that one cell changed, under the headers of all of them."""
    rows = [
        {key: value for key, value in LOAN.items() if not header.startswith(key.split()[0])} | {header: value}
        for header, value in cases
    ]
    headers: list[str] = list(dict.fromkeys(header for row in (LOAN, *rows) for header in row))
    numbered = (
        {"Código": f"P-{n:03}", **row} | ({"Código": row["Código"]} if "Código" in row else {})
        for n, row in enumerate(rows)
    )
    return [[*headers], *([row.get(header) for header in headers] for row in numbered)]


def test_a_repair_is_written_and_needs_no_further_one(tmp_path: Path) -> None:
    """The copy's cells hold the clean values; checked again, they give the same products and no repair."""
    rows = rows_of([(header, text) for header, text, _ in REPAIRS])
    path = build(tmp_path / "p.xlsx", {"Productos": rows})
    mended(path)
    sheet = openpyxl.load_workbook(tmp_path / "corregido.xlsx")["Productos"]
    at = {header: column for column, header in enumerate(rows[0], start=1)}
    found = [
        (header, text, sheet.cell(row, at[header]).value) for row, (header, text, _) in enumerate(REPAIRS, start=2)
    ]
    assert found == REPAIRS
    same_but_mended(check_file(path), check_file(tmp_path / "corregido.xlsx"))


UNTOUCHED: list[tuple[str, object]] = [
    ("Código", "00123"),
    ("Código", "1E5"),
    ("Tasa", "24,9% E.A."),
    ("Tasa", "0,249"),
    ("Tasa", "1,29% N.M.V."),
    ("Monto", "$5.000.000 a $1.000.000"),
    ("Monto", "$1.000.000 $5.000.000"),
    ("Plazo", "12"),
    ("Nombre", "Crédito\u00a0Uno"),
    ("Nombre", "1.000.000"),
    ("Estado", "Activa"),
    ("Monto mínimo", 0.5),
]


def test_what_is_not_sure_is_never_touched(tmp_path: Path) -> None:
    """Ambiguous, swapped, codes, synonyms read without a repair, blanks inside a name: no fix, no copy."""
    done = mended(build(tmp_path / "p.xlsx", {"Productos": rows_of(UNTOUCHED)}))
    assert (told(done), done.out) == ([], None)
    assert not (tmp_path / "corregido.xlsx").exists()


def test_decimals_stay_as_they_were_written(tmp_path: Path) -> None:
    """24,90% becomes a percent cell that still says 24.90."""
    row = {key: value for key, value in LOAN.items() if key != "Tasa"} | {"Tasa E.A.": "24,90%"}
    path = build(tmp_path / "p.xlsx", {"Productos": [list(row), list(row.values())]})
    mended(path)
    cell = openpyxl.load_workbook(tmp_path / "corregido.xlsx")["Productos"]["G2"]
    assert (cell.value, cell.number_format) == (0.249, "0.00%")
    assert check_file(tmp_path / "corregido.xlsx")["products"][0]["rate_min"] == "24.90"


def test_the_rest_of_the_workbook_keeps_its_bytes(tmp_path: Path) -> None:
    """Parts that need no change travel as they are; of the sheet, only the mended cell differs."""
    path = book_of(tmp_path, Monto__mínimo="$ 6.000.000)")
    mended(path)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "corregido.xlsx") as new:
        assert old.namelist() == new.namelist()
        assert new.testzip() is None
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml"}
    assert openpyxl.load_workbook(tmp_path / "corregido.xlsx")["Notas"]["A1"].value == "no tocar\u00a0"


def test_looks_survive(tmp_path: Path) -> None:
    """A mended cell keeps its font, fill, border and comments; only its number format follows the value."""
    book = openpyxl.load_workbook(book_of(tmp_path, Monto__mínimo="$ 6.000.000)"))
    cell = book["Productos"]["H2"]
    cell.font, cell.number_format = openpyxl.styles.Font(bold=True, color="FF0000"), "@"
    cell.fill = openpyxl.styles.PatternFill("solid", fgColor="00FF00")
    cell.comment = openpyxl.comments.Comment("revisado", "Ana")
    book["Productos"].conditional_formatting.add("A1:A9", openpyxl.formatting.rule.CellIsRule("equal", ["1"]))
    book.save(tmp_path / "con_estilo.xlsx")
    mended(tmp_path / "con_estilo.xlsx")
    after = openpyxl.load_workbook(tmp_path / "corregido.xlsx")["Productos"]
    assert (after["H2"].font.b, after["H2"].fill.fgColor.rgb) == (True, "0000FF00")
    assert (after["H2"].value, after["H2"].number_format, after["H2"].comment.text) == (6_000_000, "#,##0", "revisado")
    assert len(after.conditional_formatting) == 1


def test_a_formula_is_left_and_told(tmp_path: Path) -> None:
    """A value that a formula gives is not ours to write over."""
    row = {**LOAN, "Monto mínimo": None, "Nombre": " Crédito Uno"}
    rows = {"Productos": [list(row), list(row.values())]}
    done = mended(build(tmp_path / "p.xlsx", rows, formulas={"H2": ('="$ 6.000.000)"', "$ 6.000.000)")}))
    assert [fix.cell for fix in done.fixes] == ["B2"]
    assert [finding.cell for finding in done.left] == ["H2"]


def test_mending_a_mended_copy_does_nothing(tmp_path: Path) -> None:
    """Once is enough: nothing is left to mend, and no file is written."""
    mended(book_of(tmp_path, Categoría="PYME", Monto="$ 1.000.000) a $ 2.000.000)"))
    again = mended(tmp_path / "corregido.xlsx", "otra_vez.xlsx")
    assert (again.fixes, again.out) == ((), None)
    assert not (tmp_path / "otra_vez.xlsx").exists()


@pytest.mark.parametrize(
    ("encoding", "separator", "end"), [("utf-8-sig", ";", "\r\n"), ("cp1252", ";", "\n"), ("utf-16", "\t", "\r\n")]
)
def test_a_text_file_keeps_its_dialect(tmp_path: Path, encoding: str, separator: str, end: str) -> None:
    """Encoding, mark, separator, quotes and line ends stay; only the record with the fix is written anew."""
    row = {**LOAN, "Nombre": '"Crédito ""Uno"""', "Categoría": "Persona natural"}
    other = {**LOAN, "Código": "LIB-2", "Nombre": '"Otro"'}
    lines = [separator.join(map(str, one)) + end for one in (row, row.values(), other.values())]
    path = tmp_path / "p.csv"
    path.write_bytes("".join(lines).encode(encoding))
    done = mended(path, "corregido.csv")
    assert told(done) == [("D2", "Persona natural", "INDIVIDUAL", "category.repaired")]
    text = (tmp_path / "corregido.csv").read_bytes().decode(encoding)
    assert text == "".join(lines).replace("Persona natural", "INDIVIDUAL")
    same_but_mended(check_file(path), check_file(tmp_path / "corregido.csv"))


def test_a_text_file_may_become_a_workbook(tmp_path: Path) -> None:
    """To .xlsx, figures become numbers; codes stay text."""
    path = tmp_path / "p.csv"
    row = {key: value for key, value in LOAN.items() if key != "Tasa"}
    row |= {"Código": "00123", "Tasa E.A.": "24,90%", "Categoría": "personal"}
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(row), list(row.values())])
    mended(path)
    sheet = openpyxl.load_workbook(tmp_path / "corregido.xlsx").active
    assert (sheet["A2"].value, sheet["G2"].value) == ("00123", 0.249)
    assert check_file(tmp_path / "corregido.xlsx")["products"] == check_file(path)["products"]


def test_an_old_workbook_is_made_anew(tmp_path: Path) -> None:
    """.xls becomes .xlsx with its values, formats, dates and other sheets."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Productos")
    row = {**LOAN, "Categoría": "Persona natural", "Vigente desde": date(2026, 3, 1)}
    style = xlwt.easyxf(num_format_str="dd/mm/yyyy")
    for column, (header, value) in enumerate(row.items()):
        sheet.write(0, column, header)
        sheet.write(1, column, value, style) if isinstance(value, date) else sheet.write(1, column, value)
    book.add_sheet("Notas").write(0, 0, "hola")
    book.save(str(tmp_path / "p.xls"))
    mended(tmp_path / "p.xls")
    assert openpyxl.load_workbook(tmp_path / "corregido.xlsx").sheetnames == ["Productos", "Notas"]
    same_but_mended(check_file(tmp_path / "p.xls"), check_file(tmp_path / "corregido.xlsx"))


def test_dates_follow_the_calendar_of_the_workbook(tmp_path: Path) -> None:
    """A workbook that counts days from 1904 gets them so."""
    row = {**LOAN, "Vigente desde": "12/31/2026"}
    path = build(tmp_path / "p.xlsx", {"Productos": [list(row), list(row.values())]}, date_1904=True)
    mended(path)
    assert openpyxl.load_workbook(tmp_path / "corregido.xlsx")["Productos"]["H2"].value == LAST_DAY


STRANGE = (
    b'<x:worksheet xmlns:x="m"><x:sheetData><!-- c --><x:row><x:c t="s" s=\'3\'><x:v>0</x:v></x:c><x:c/>'
    b'<x:c r="D1" vm="1" t="str"  ><x:v><![CDATA[</x:c>]]></x:v></x:c></x:row><x:row r="7"/><x:row><x:c/></x:row>'
    b"</x:sheetData></x:worksheet>"
)


def test_a_cell_is_found_however_it_is_written() -> None:
    """Prefixes, missing addresses, single quotes, comments, CDATA: only the cell's own bytes change."""
    changes = {(1, 0): NewCell("a<b"), (1, 3): NewCell("x"), (8, 0): NewCell(date(2026, 12, 31), "dd/mm/yyyy")}
    done = replaced(STRANGE, changes, Styles(blank_styles("m")), from_1904=False)
    assert b'<x:c t="inlineStr" s="3"><x:is><x:t xml:space="preserve">a&lt;b</x:t></x:is></x:c><x:c/>' in done
    assert b'<x:c r="D1" t="inlineStr"  ><x:is><x:t xml:space="preserve">x</x:t></x:is></x:c></x:row>' in done
    assert b'<x:c s="1"><x:v>46387</x:v></x:c></x:row></x:sheetData></x:worksheet>' in done


ROW = st.tuples(
        st.sampled_from(["INDIVIDUAL", "Persona natural", "pyme", "Empresas", " BUSINESS\u00a0"]),
        st.sampled_from(
            ["$1.000.000 a $50.000.000", "$ 1.000.000) a $ 5.000.000)", "Desde $1'000.000*", "$ 6.000.000)",
             "$9.000.000", "$ 5.000.000 a $ 1.000.000*", "Hasta 50 millones *", "10 SMMLV*", "12.345",
             "1.000.000 COP)", "nada"]
        ),
        st.sampled_from(
            ["24,9% E.A.", "20%% E.A.", "24,90%", "0,249", "Desde 15% hasta 24,9% E.A.*", "1,29% N.M.V.*",
             "IBR + 10,5%*", "24,9% E.A. (1,87% M.V.)*", "Hasta 24%*", 0.249, 24.9]
        ),
        st.sampled_from(
            ["12 a 60 meses", "12, 24, 36 meses", "24 catorcenas", "2 años*", "12", "6-12", "De 361 a 720 días*", 36]
        ),
        st.sampled_from(["3%*", "3%", "3%%", "Entre 3% y 5% + IVA*", "0,03", None, "sin costo*"]),
        st.sampled_from(["0,05%", "$1.500 por millón*", "$ 1.500)", "0,391", None]),
        st.sampled_from(["12/31/2026", "31/12/26", "31/12/2026", "vigente", None, "2026-12-31*"]),
        st.sampled_from(["mayor de edad", "18 a 75 años*", "18 – 75", None]),
)  # fmt: skip
HEADERS = ["Código", "Nombre", "Descripción", "Categoría", "Monto", "Tasa", "Plazo", "Comisión por apertura",
           "Seguro asociado", "Vigente desde", "Edad"]  # fmt: skip


def _holds(folder: Path, rows: list[tuple[object, ...]], market: str) -> None:
    table = [[f"00{n}", f" Crédito {n}", "Uno.", *row] for n, row in enumerate(rows)]
    path = build(folder / f"p_{market}.xlsx", {"Productos": [HEADERS, *table]})
    out = folder / f"corregido_{market}.xlsx"
    out.unlink(missing_ok=True)
    assert mended(path, out.name, market=market).left == ()
    same_but_mended(check_file(path, market=market), check_file(out, market=market))
    assert mended(out, "otra_vez.xlsx", market=market).fixes == ()


_ANY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


@settings(_ANY, max_examples=3)
@given(rows=st.lists(ROW, min_size=1, max_size=8), market=st.sampled_from(["CO", "MX"]))
def test_any_mix_of_repairs_keeps_the_products(tmp_path: Path, rows: list[tuple[object, ...]], market: str) -> None:
    """Whatever is mended together: the same products, no new finding, no repair left, nothing more to do."""
    _holds(tmp_path, rows, market)


@pytest.mark.full
@settings(_ANY, max_examples=40)
@given(rows=st.lists(ROW, min_size=20, max_size=60), market=st.sampled_from(["CO", "MX"]))
def test_many_mixes_of_repairs_keep_the_products(tmp_path: Path, rows: list[tuple[object, ...]], market: str) -> None:
    """The same, many more times."""
    _holds(tmp_path, rows, market)


def test_the_command_lists_each_cell(tmp_path: Path) -> None:
    """Spanish by default, each cell with what it held and holds; the original keeps its bytes."""
    path = book_of(tmp_path, Categoría="Persona natural", Monto="$ 6.000.000)")
    content = path.read_bytes()
    done = vitrina("fix", path, "--out", "c.xlsx", "--as-of", "2026-03-15", folder=tmp_path)
    assert (done.code, path.read_bytes()) == (0, content)
    first, *cells = done.out.splitlines()
    assert first == "Se arreglaron 2 celdas en «c.xlsx»; «productos.xlsx» no cambió."
    assert cells[0] == "  Productos!D2 · Categoría · «Persona natural» → «INDIVIDUAL»"
    assert cells[1] == "  Productos!E2 · Monto · «$ 6.000.000)» → «6.000.000»"
    again = vitrina("fix", "c.xlsx", "--out", "d.xlsx", "--as-of", "2026-03-15", folder=tmp_path)
    assert (again.code, again.out.startswith("No había nada que arreglar")) == (0, True)


def test_the_same_repair_is_told_once_with_all_its_cells(tmp_path: Path) -> None:
    """Cells below one another as one range; none is left out, and the document has each."""
    words = ("pyme", "pyme", "pyme", "personal", "pyme", "INDIVIDUAL", "pyme")
    rows = [{**LOAN, "Código": f"P-{n}", "Nombre": f"Uno {n}", "Categoría": word} for n, word in enumerate(words)]
    path = build(tmp_path / "p.xlsx", {"Productos": [list(LOAN), *(list(one.values()) for one in rows)]})
    done = mended(path)
    assert fix_report(done, "es").splitlines()[1:3] == [
        "  Productos!D2:D4, D6, D8 · Categoría · «pyme» → «BUSINESS»",
        "  Productos!D5 · Categoría · «personal» → «INDIVIDUAL»",
    ]
    assert [one["cell"] for one in fix_document(done, "es")["fixes"]] == ["D2", "D3", "D4", "D5", "D6", "D8"]


def test_cells_that_only_change_their_form_are_named_in_one_line(tmp_path: Path) -> None:
    """A figure kept as text and stray blanks change nothing anybody reads: no before and after for each of them."""
    row = {key: value for key, value in LOAN.items() if key != "Tasa"} | {"Tasa E.A.": "24,9%"}
    others = [{**row, "Código": f"P-{n}", "Nombre": f" Crédito {n}"} for n in range(10)]
    rows = [{**row, "Categoría": "pyme"}, *others]
    path = build(tmp_path / "p.xlsx", {"Productos": [list(row), *(list(one.values()) for one in rows)]})
    done = mended(path)
    repair, numbers, blanks = fix_report(done, "es").splitlines()[1:4]
    assert repair == "  Productos!D2 · Categoría · «pyme» → «BUSINESS»"
    assert numbers.startswith("  Estaban como texto y quedan como número, con el mismo valor: Productos!G2, G3, ")
    assert numbers.endswith("G9 y 3 más.")
    assert blanks == "  Tenían espacios de más: Productos!B3, B4, B5, B6, B7, B8, B9, B10 y 2 más."
    assert len(fix_document(done, "es")["fixes"]) == 22


def test_a_copy_that_does_not_read_as_meant_is_taken_away(tmp_path: Path) -> None:
    """A sheet that holds the same cell twice: only one of them can be mended, so there is no copy, and that is said."""
    path = book_of(tmp_path, Monto__mínimo="$ 6.000.000)")
    with zipfile.ZipFile(path) as archive:
        held = {part: archive.read(part) for part in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    held[sheet] = re.sub(rb'(<c r="H2".*?</c>)', rb"\1\1", held[sheet])
    with zipfile.ZipFile(path, "w") as archive:
        for part, body in held.items():
            archive.writestr(part, body)
    with pytest.raises(CannotRun, match="without losing"):
        mended(path)
    assert not (tmp_path / "corregido.xlsx").exists()


def test_a_header_answered_once_is_known_here_too(tmp_path: Path) -> None:
    """What `mappings add` remembers of files of this name holds for their mending."""
    row = {("Precio del dinero" if key == "Tasa" else key): value for key, value in LOAN.items()}
    row |= {"Precio del dinero": "20%% E.A."}
    path = build(tmp_path / "p.xlsx", {"Productos": [list(row), list(row.values())]})
    vitrina("mappings", "add", "p.xlsx", "Precio del dinero=rate", "--home", "home", folder=tmp_path)
    assert [fix.cell for fix in mended(path).fixes] == ["F2"]


def test_the_document(tmp_path: Path) -> None:
    """--format json: the file, the copy, and each fix with its cell, field, product and code."""
    path = book_of(tmp_path, Categoría="Persona natural")
    done = vitrina("fix", path, "--out", "c.xlsx", "--format", "json", folder=tmp_path)
    fix = {
        "cell": "D2", "field": "category", "product": "LIB-001", "before": "Persona natural", "after": "INDIVIDUAL",
        "code": "category.repaired",
    }  # fmt: skip
    assert done.document == {"file": "productos.xlsx", "out": "c.xlsx", "fixes": [fix]}


def test_no_file_is_ever_written_over(tmp_path: Path) -> None:
    """Neither the input nor anything that is there; and a copy cannot end in what it is not."""
    path = book_of(tmp_path, Categoría="Persona natural")
    (tmp_path / "hay.xlsx").write_text("mío")
    for out in ("productos.xlsx", "hay.xlsx", "copia.xls", "copia.csv"):
        with pytest.raises(WrongUse):
            mended(path, out)
    assert (tmp_path / "hay.xlsx").read_text() == "mío"
    assert vitrina("fix", path, "--out", "hay.xlsx", folder=tmp_path).code == 2


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """Exit 1 with the reason, and no copy."""
    path = tmp_path / "roto.xlsx"
    path.write_bytes(b"PK\x03\x04 roto")
    done = vitrina("fix", path, "--out", "c.xlsx", folder=tmp_path)
    assert (done.code, (tmp_path / "c.xlsx").exists()) == (1, False)
    assert "roto.xlsx" in done.out


def test_a_fix_of_one_row_is_not_held_up_by_another(tmp_path: Path) -> None:
    """A row with errors is mended where it can be; the errors stay as they were."""
    first, second = {**LOAN, "Monto": "$5.000.000 a $1.000.000*"}, {**LOAN, "Código": "B", "Categoría": "pyme"}
    path = build(tmp_path / "p.xlsx", {"Productos": [list(LOAN), list(first.values()), list(second.values())]})
    done = mended(path)
    assert [fix.cell for fix in done.fixes] == ["E2", "D3"]
    document = check_file(tmp_path / "corregido.xlsx")
    assert codes(document, "error") == codes(check_file(path), "error") == {"amount.min_above_max"}
