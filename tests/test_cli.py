"""The command line as others rely on it: exit codes, one JSON document, one sentence for whatever goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import bad_files
from tests.checking import LOAN
from tests.command import vitrina
from tests.workbooks import build

EXAMPLES = Path(__file__).resolve().parent.parent / "data" / "examples"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return build(tmp_path / "bien.xlsx", {"Productos": [list(LOAN), list(LOAN.values())]})


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    row = {**LOAN, "Monto": "nada"}
    return build(tmp_path / "mal.xlsx", {"Productos": [list(LOAN), list(row.values())]})


def test_exit_codes_tell_programs_what_happened(good: Path, faulty: Path, tmp_path: Path) -> None:
    """0 done, 1 errors in the data, 2 wrong use, 3 could not run."""
    assert vitrina("check", good, folder=tmp_path).code == 0
    assert vitrina("check", faulty, folder=tmp_path).code == 1
    assert vitrina("check", "nada.xlsx", folder=tmp_path).code == 2
    assert vitrina("check", good, "--sheet", "Otra", folder=tmp_path).code == 2
    assert vitrina("chek", good, folder=tmp_path).code == 2
    assert vitrina("check", good, folder=tmp_path, VITRINA_HOEM="x").code == 2
    (tmp_path / "file").write_text("")
    assert vitrina("--home", "file/home", "sync", good, folder=tmp_path).code == 3


def test_json_is_exactly_one_document(good: Path, tmp_path: Path) -> None:
    """Whatever happens, and wherever --format stands."""
    for words in (("check", good), ("plan",), ("releases",), ("requirements",), ("check", "nada.xlsx"), ("sync", good)):
        before = vitrina("--format", "json", *words, folder=tmp_path)
        after = vitrina(*words, "--format", "json", folder=tmp_path)
        assert isinstance(before.document, dict)
        assert before.document.keys() == after.document.keys()


def test_check_json_has_the_shape_of_the_contract(faulty: Path, tmp_path: Path) -> None:
    """Every key, decimal strings, findings in the order of the sheet."""
    document = vitrina("check", faulty, "--format", "json", folder=tmp_path).document
    assert list(document) == [
        "file", "sha256", "requirements", "sheet", "rows", "valid", "counts", "findings", "products"
    ]  # fmt: skip
    assert document["counts"].keys() == {"error", "warning", "info"}
    found = next(f for f in document["findings"] if f["severity"] == "error")
    assert list(found) == [
        "code", "severity", "effect", "sheet", "cell", "row", "column", "field", "product", "value", "message", "fix",
        "source",
    ]  # fmt: skip
    assert found["effect"] == "holds_listing"


def test_errors_speak_both_languages(tmp_path: Path) -> None:
    """Spanish by default, English on demand, before and after the command."""
    assert "No existe" in vitrina("check", "nada.xlsx", folder=tmp_path).err
    assert "There is no file" in vitrina("check", "nada.xlsx", "--lang", "en", folder=tmp_path).err
    assert "There is no file" in vitrina("--lang", "en", "check", "nada.xlsx", folder=tmp_path).err


def test_check_touches_no_state(good: Path, tmp_path: Path) -> None:
    """Nothing is written, not even the home."""
    vitrina("check", good, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bien.xlsx"]


def _nothing(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _page(path: Path) -> Path:
    path.write_text("<!doctype html><html><body><table><tr><td>Nombre</td></tr></table></body></html>")
    return path


def _image(path: Path) -> Path:
    shutil.copy(EXAMPLES / "logo.png", path)
    return path


def _truncated(path: Path) -> Path:
    whole = (EXAMPLES / "productos.xlsx").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def _protected(path: Path) -> Path:
    return bad_files.protected_xlsx(path, EXAMPLES / "productos.xlsx")


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("protegido.xlsx", _protected, "file.encrypted"),
        ("cortado.xlsx", _truncated, "file.unreadable"),
        ("imagen.xlsx", _image, "file.not_a_spreadsheet"),
        ("bomba.xlsx", bad_files.bomb, "file.too_large"),
        ("lejos.xlsx", bad_files.far_cell, "file.too_large"),
        ("pagina.xls", _page, "file.not_a_spreadsheet"),
        ("logo.png", _image, "file.not_a_spreadsheet"),
        ("vacio.xlsx", _nothing, "file.empty"),
    ],
)
def test_a_bad_file_ends_in_one_clear_finding(
    tmp_path: Path, name: str, make: Callable[[Path], Path], code: str
) -> None:
    """Exit 1, within 20 s of work and 1 GiB, no traceback, nothing written, whatever the file is."""
    bad = make(tmp_path / name)
    done = vitrina("sync", bad, "--no-review", "--format", "json", folder=tmp_path)
    (found,) = done.document["sources"][0]["check"]["findings"]
    assert (done.code, found["code"], found["effect"], found["cell"]) == (1, code, "rejects_file", None)
    assert done.seconds < 20
    assert done.peak_mib < 1024
    assert not (tmp_path / "var" / "published").exists()


def test_the_figures_are_given_at_full_precision(tmp_path: Path) -> None:
    """`cost … --format json`: percent as percent, decimal strings."""
    cap = vitrina(
        "cost", "cap", "--modality", "consumo_y_ordinario", "--month", "2026-03", "--format", "json", folder=tmp_path
    )
    assert cap.document == {"cap": "25.52"}
    rate = vitrina("cost", "rate", "1.9", "--from", "MV", "--to", "EA", "--format", "json", folder=tmp_path)
    assert rate.document["rate"].startswith("25.340149415")
    flows = tmp_path / "flows.json"
    flows.write_text('{"t0": 200, "regular": [], "extra": [{"t_years": 0.08333333333333333, "amount": 350}]}')
    apr = vitrina("cost", "apr", "--flows", flows, "--format", "json", folder=tmp_path)
    assert apr.document["apr"].startswith("82400.5006")


def test_a_question_without_answer_says_why(tmp_path: Path) -> None:
    """Zero and negative roots, months without a cap, no number at all: exit 2 and a sentence."""
    flows = tmp_path / "flows.json"
    flows.write_text('{"t0": 200, "regular": [], "extra": [{"t_years": 1, "amount": 200}]}')
    zero = vitrina("cost", "apr", "--flows", flows, folder=tmp_path)
    assert (zero.code, "exactamente lo recibido" in zero.err) == (2, True)
    cap = vitrina("cost", "cap", "--modality", "consumo_ordinario", "--month", "2035-01", folder=tmp_path)
    assert (cap.code, "vitrina reference import" in cap.err) == (2, True)
    assert vitrina("cost", "rate", "abc", "--from", "MV", "--to", "EA", folder=tmp_path).code == 2


def test_reference_values_are_added_and_never_overwritten(tmp_path: Path) -> None:
    """All or nothing, line by line; what is loaded is compared at once."""
    table = tmp_path / "ibc.csv"
    head = "modalidad,interes_bancario_corriente,vigencia_desde,vigencia_hasta,resolucion,fecha_resolucion\n"
    table.write_text(head + "CONSUMO Y ORDINARIO,20.00%,2026-11-01,2026-11-30,R1,2026-10-30\n")
    assert vitrina("reference", "import", table, folder=tmp_path).code == 0
    month = ("cost", "cap", "--modality", "consumo_ordinario", "--month", "2026-11", "--format", "json")
    assert vitrina(*month, folder=tmp_path).document == {"cap": "30.00"}
    table.write_text(head + "CONSUMO Y ORDINARIO,21.00%,2026-11-01,2026-11-30,R2,2026-10-31\n")
    assert vitrina("reference", "import", table, folder=tmp_path).code == 1
    assert vitrina(*month, folder=tmp_path).document == {"cap": "30.00"}


def test_an_output_that_cannot_write_our_letters_gets_escapes(good: Path, tmp_path: Path) -> None:
    """PYTHONIOENCODING=ascii, latin-1, cp1252: the same document, no crash, the right exit code."""
    plain = vitrina("check", good, "--format", "json", folder=tmp_path).document
    for encoding in ("ascii", "latin-1", "cp1252"):
        done = vitrina("check", good, "--format", "json", folder=tmp_path, PYTHONIOENCODING=encoding)
        assert (done.code, done.document) == (0, plain)
        assert vitrina("check", good, folder=tmp_path, PYTHONIOENCODING=encoding).code == 0


@pytest.mark.parametrize("text", ['lender = "x"', 'targets = "x"', "review = 3", "[lender]\nname = 5"])
def test_settings_of_the_wrong_shape_are_wrong_use(good: Path, tmp_path: Path, text: str) -> None:
    """A sentence that names the key, with and without a variable for the same table."""
    (tmp_path / "vitrina.toml").write_text(text)
    assert vitrina("check", good, folder=tmp_path).code == 2
    assert vitrina("check", good, folder=tmp_path, VITRINA_MARKET="CO").code == 2


def test_a_preview_never_overwrites_a_strange_folder(good: Path, tmp_path: Path) -> None:
    """Only a new or empty folder, or one with a preview of ours."""
    out = tmp_path / "sitio"
    out.mkdir()
    (out / "index.html").write_text("mío")
    assert vitrina("preview", good, "--out", out, folder=tmp_path).code == 2
    assert (out / "index.html").read_text() == "mío"
    assert vitrina("preview", good, "--out", tmp_path / "otro", folder=tmp_path).code == 0
    assert vitrina("preview", good, "--out", tmp_path / "otro", folder=tmp_path).code == 0


def test_only_sync_reads_addresses(tmp_path: Path) -> None:
    """The others want a file; a slash must not get lost on the way to the message."""
    done = vitrina("submit", "https://x.example/p.xlsx", folder=tmp_path)
    assert (done.code, "direcciones" in done.err) == (2, True)
    done = vitrina("sync", "http://x.example/p.xlsx", "--no-review", folder=tmp_path)
    assert (done.code, "http://x.example/p.xlsx" in done.err, "https" in done.err) == (3, True, True)


def test_a_folder_is_no_file_but_may_be_a_source(good: Path, tmp_path: Path) -> None:
    """Empty it is bad data; with a workbook in it, its newest is read."""
    folder = tmp_path / "hojas"
    folder.mkdir()
    assert vitrina("check", folder, folder=tmp_path).code == 1
    assert vitrina("sync", folder, "--no-review", folder=tmp_path).code == 1
    good.rename(folder / good.name)
    assert vitrina("sync", folder, "--no-review", folder=tmp_path).code == 0


@pytest.mark.parametrize(
    ("option", "out"),
    [
        ("--annotated", ""),
        ("--annotated", "x.pdf"),
        ("--html", "otro.xlsx"),
        ("--fix-logo", "otro.xlsx"),
        ("--html", "d.html"),
    ],
)
def test_an_output_of_another_kind_is_refused_before_anything_is_read(
    good: Path, tmp_path: Path, option: str, out: str
) -> None:
    """Another workbook, a folder, no name at all: wrong use in one sentence, and what lies there stays."""
    (tmp_path / "otro.xlsx").write_bytes(b"trabajo")
    (tmp_path / "d.html").mkdir()
    done = vitrina("check", good, option, out, folder=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{option} {out}")
    assert (tmp_path / "otro.xlsx").read_bytes() == b"trabajo"


def test_an_output_that_cannot_be_written_is_the_one_document(good: Path, tmp_path: Path) -> None:
    """Json stays one document, which says what went wrong with the file as it was named, and no spare file is left."""
    (tmp_path / "file").write_text("")
    done = vitrina("check", good, "--format", "json", "--html", "file/i.html", folder=tmp_path)
    assert done.code == 3
    assert list(done.document) == ["error"]
    over = vitrina("check", good, "--format", "json", "--annotated", good.name, folder=tmp_path)
    assert (over.code, list(over.document)) == (2, ["error"])
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".new")]


def test_a_figure_beyond_every_loan_is_refused(tmp_path: Path) -> None:
    """Eleven letters may ask for a thousand million digits."""
    for amount in ("1e999999999", "1e-999999999"):
        done = vitrina(
            "cost", "payment", "--amount", amount, "--rate", "1", "--basis", "EA", "--term", "12", folder=tmp_path
        )
        assert (done.code, done.out) == (2, "")
        assert amount in done.err


def test_a_look_at_what_is_live_speaks_of_what_is_live(good: Path, tmp_path: Path) -> None:
    """Before the first release and after it, in the words of a catalogue and not of a file."""
    assert vitrina("check", "--published", folder=tmp_path).out == "Todavía no hay productos publicados.\n"
    assert vitrina("sync", good, "--no-review", folder=tmp_path).code == 0
    live = vitrina("check", "--published", folder=tmp_path).out.splitlines()
    assert live[0] == "El único producto publicado cumple."


def test_an_error_outside_products_and_brand_is_not_laid_on_the_brand(tmp_path: Path) -> None:
    """A campaign of a product that is not there holds nothing, and is no fault of the brand."""
    campaigns: list[list[object]] = [["Producto", "Desde", "Hasta"], ["OTRO", None, None]]
    file = build(tmp_path / "p.xlsx", {"Productos": [list(LOAN), list(LOAN.values())], "Campañas": campaigns})
    done = vitrina("check", file, folder=tmp_path)
    assert done.code == 1
    assert done.out.startswith("El único producto está listo. Además hay 1 error que no retiene productos.")
