"""The brand: what is said of a logo and of the brand's texts, where they are looked for, the corrected copy."""

from __future__ import annotations

import os
import random
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline import report
from pipeline.brand import Logo, brand_of, examine, offer, usable
from pipeline.brand.places import is_plain_name
from pipeline.run.checking import check
from schemas.settings import LenderSettings, load_settings
from tests import logos
from tests.checking import DAY, LOAN, check_file, codes, finding, product
from tests.command import vitrina
from tests.workbooks import build

NOISE = random.Random(7).randbytes
NOISY = Image.frombytes("RGBA", (512, 512), NOISE(512 * 512 * 4))
CASES: list[tuple[str, bytes, str, set[str]]] = [
    ("good", logos.good(), "logo.png", set()),
    ("opaque", logos.saved(logos.picture("RGB")), "logo.png", {"no_transparency"}),
    ("opaque alpha", logos.saved(logos.picture("RGB").convert("RGBA")), "logo.png", {"no_transparency"}),
    ("palette with one clear colour", logos.saved(logos.picture().quantize(16)), "logo.png", set()),
    ("jpg", logos.saved(logos.picture("RGB"), "JPEG"), "LOGO.JPEG", {"no_transparency"}),
    ("progressive jpg", logos.saved(logos.picture("RGB"), "JPEG", progressive=True), "l.jpg", {"no_transparency"}),
    ("small", logos.saved(logos.picture(size=(511, 512))), "logo.png", {"wrong_size"}),
    ("heavy", logos.saved(NOISY), "logo.png", {"too_heavy"}),
    ("blank", logos.saved(Image.new("RGBA", (512, 512))), "logo.png", {"all_transparent"}),
    ("print", logos.saved(logos.picture("CMYK"), "JPEG"), "l.jpg", {"colour_mode", "no_transparency"}),
    ("sixteen bits", logos.sixteen_bits(), "logo.png", {"colour_mode", "no_transparency"}),
    ("moving", logos.moving(), "logo.png", {"animated"}),
    ("several", logos.several(), "logo.jpg", {"animated", "no_transparency"}),
    ("a page behind it", logos.good() + b"<script>1</script>", "logo.png", {"extra_bytes"}),
    ("an archive behind it", logos.photo() + b"PK\x03\x04", "l.jpg", {"extra_bytes", "no_transparency"}),
    ("a jpg named png", logos.photo(), "logo.png", {"wrong_extension", "no_transparency"}),
    ("no ending", logos.good(), "logo", {"wrong_extension"}),
    ("place", logos.photo(latitude=True), "logo.jpg", {"location", "no_transparency"}),
    ("lying", logos.photo(orientation=6), "logo.jpg", {"rotated", "no_transparency"}),
    ("cut off", logos.good()[:-20], "logo.png", {"unreadable"}),
    ("jpg cut off", logos.photo()[:-400], "logo.jpg", {"unreadable"}),
    ("flipped bit", logos.good()[:200] + b"\x00\x01" + logos.good()[202:], "logo.png", {"unreadable"}),
    ("no pixels", logos.png(512, 512, data=b"x"), "logo.png", {"unreadable"}),
    ("bomb", logos.png(30_000, 30_000, data=b"\x00" * 9_000_000), "logo.png", {"wrong_size", "unreadable"}),
    ("empty", b"", "logo.png", {"unreadable"}),
    ("gif", b"GIF89a" + b"\x00" * 40, "logo.png", {"wrong_type"}),
    ("svg", b"<svg xmlns='x'><script>1</script></svg>", "logo.png", {"wrong_type"}),
    ("webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "logo.png", {"wrong_type"}),
    ("text", b"not an image", "logo.png", {"wrong_type"}),
    ("enormous", logos.good() + b"\x00" * 5_000_000, "logo.png", {"too_heavy"}),
]


@pytest.mark.parametrize(("content", "name", "faults"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_said_of_a_logo(content: bytes, name: str, faults: set[str]) -> None:
    """Exactly these faults, no more."""
    assert {code.removeprefix("logo.") for code, _ in examine(content, name)} == faults


@pytest.mark.parametrize(("content", "name"), [case[1:3] for case in CASES], ids=[case[0] for case in CASES])
def test_an_offered_copy_passes_the_same_checks(content: bytes, name: str) -> None:
    """Whatever it was made of, only the advice about transparency may be left."""
    made = offer(Logo(name, content, examine(content, name)))
    if made is not None:
        assert {code for code, _ in made.faults} <= {"logo.no_transparency"}
        image = Image.open(BytesIO(made.content))
        assert image.info.keys() <= {"transparency"}
        assert len(made.content) <= 500_000


def test_a_copy_is_offered_where_one_can_be() -> None:
    """Wrong measures, weight, colours, movement and remarks can be mended; what is broken or blank cannot."""
    mended = {name for name, content, file, _ in CASES if offer(Logo(file, content, examine(content, file)))}
    lost = {"cut off", "jpg cut off", "flipped bit", "no pixels", "bomb", "empty", "gif", "svg", "webp", "text"}
    assert mended == {case[0] for case in CASES} - lost - {"blank"}


def test_an_offered_copy_keeps_shape_and_transparency() -> None:
    """A wide logo is fitted whole, centred, clear above and below."""
    made = offer(Logo("l.png", logos.saved(logos.picture(size=(800, 200))), ()))
    assert made is not None
    image = Image.open(BytesIO(made.content)).convert("RGBA")
    assert image.size == (512, 512)
    assert image.getpixel((256, 256)) == (10, 125, 84, 255)
    assert image.getpixel((256, 10))[3] == 0  # type: ignore[index]


def test_an_offered_copy_stands_upright_and_keeps_its_greys() -> None:
    """The orientation mark is obeyed once and dropped; sixteen bits are scaled, not cut."""
    turned = Image.new("RGB", (400, 400), "white")
    turned.paste("black", (0, 0, 400, 200))
    exif = Image.Exif()
    exif[0x0112] = 3
    made = offer(Logo("l.jpg", logos.saved(turned, "JPEG", exif=exif), ()))
    grey = offer(Logo("l.png", logos.sixteen_bits(), ()))
    assert made is not None
    assert grey is not None
    assert max(Image.open(BytesIO(made.content)).convert("RGB").getpixel((256, 500))) < 20  # type: ignore[type-var, arg-type]
    assert abs(Image.open(BytesIO(grey.content)).convert("L").getpixel((9, 9)) - 128) <= 1  # type: ignore[operator]


def test_what_is_published_is_the_picture_alone() -> None:
    """Place, comments and what hides behind the image are left out; the pixels stay."""
    for content, name in ((logos.photo(latitude=True), "l.jpg"), (logos.good() + b"<script>", "l.png")):
        shown, kind = usable(Logo(name, content, examine(content, name)))
        assert shown is not None
        assert kind == name[2:]
        assert Image.open(BytesIO(shown)).tobytes() == Image.open(BytesIO(content)).tobytes()
        assert not {code for code, _ in examine(shown, name)} & {"logo.location", "logo.extra_bytes"}


def test_a_logo_nobody_should_see_is_left_out(tmp_path: Path) -> None:
    """Broken, blank, moving or too heavy: initials stand in."""
    for fault, content in {name: content for name, content, _, _ in CASES}.items():
        (tmp_path / "logo.png").write_bytes(content)
        shown = brand_of(LenderSettings(name="Crédito Ejemplo", logo=tmp_path / "logo.png")).logo
        hidden = {"heavy", "blank", "print", "sixteen bits", "moving", "several", "cut off", "jpg cut off", "enormous"}
        hidden |= {"flipped bit", "no pixels", "bomb", "empty", "gif", "svg", "webp", "text"}
        assert (shown is None) == (fault in hidden), fault


def test_damaged_logos_end_in_findings() -> None:
    """A thousand flipped bytes: every outcome is a finding or none, never an exception."""
    dice = random.Random(11)
    for content in (logos.saved(logos.picture().resize((48, 48))), logos.photo(latitude=True)):
        for _ in range(300):
            damaged = bytearray(content)
            for _ in range(dice.randint(1, 6)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            faults = examine(bytes(damaged), "logo.png")
            assert all(code.startswith("logo.") for code, _ in faults)


def checked(folder: Path, marca: list[list[object]] | None = None, **options: Any) -> dict[str, Any]:
    sheets = {"Productos": [list(LOAN), list(LOAN.values())]} | ({"Marca": marca} if marca else {})
    return check_file(build(folder / "productos.xlsx", sheets, **options))


def test_a_missing_brand_is_a_warning(tmp_path: Path) -> None:
    """Neither logo nor legal name: two warnings about the file, the product goes on."""
    document = checked(tmp_path)
    assert {"logo.missing", "legal_name.missing"} <= codes(document, "warning")
    assert codes(document, "error") == set()
    assert finding(document, "logo.missing")["severity"] == "warning"
    assert finding(document, "logo.missing")["cell"] is None
    assert product(document)["code"] == "LIB-001"


def test_a_wrong_logo_holds_no_product(tmp_path: Path) -> None:
    """It is the error it is, and the product is as ready as before."""
    (tmp_path / "logo.png").write_bytes(logos.saved(logos.picture(size=(90, 90))))
    document = checked(tmp_path)
    assert finding(document, "logo.wrong_size") | {"severity": "error", "effect": "none", "sheet": None} == finding(
        document, "logo.wrong_size"
    )
    assert document["valid"] == document["rows"] == 1


def test_the_sheet_goes_before_the_file_and_the_file_before_the_settings(tmp_path: Path) -> None:
    """Each is used where the ones before it say nothing."""
    sizes = {"settings.png": 90, "logo.png": 80, "otro.png": 70}
    for name, side in sizes.items():
        (tmp_path / name).write_bytes(logos.saved(logos.picture(size=(side, side))))
    (tmp_path / "vitrina.toml").write_text('[lender]\nlogo = "settings.png"\nlegal_name = "Ajustes S.A."\n', "utf-8")
    assert "70 × 70" in finding(checked(tmp_path, [["Logo", "otro.png"]]), "logo.wrong_size")["message"]
    assert "80 × 80" in finding(checked(tmp_path), "logo.wrong_size")["message"]
    (tmp_path / "logo.png").unlink()
    assert "90 × 90" in finding(checked(tmp_path), "logo.wrong_size")["message"]


@pytest.mark.parametrize("name", ["logo.png", "Logo.JPG", "faro.png"])
def test_the_folder_marca_is_looked_into(tmp_path: Path, name: str) -> None:
    """`logo` by any usual ending, or the only picture in it."""
    (tmp_path / "marca").mkdir()
    (tmp_path / "marca" / name).write_bytes(logos.photo())
    assert "logo.missing" not in codes(checked(tmp_path))


def test_the_brand_sheet_is_read(tmp_path: Path) -> None:
    """Names in Spanish or English, a header row, a title above; the findings point at its cells."""
    rows = [["Datos de la marca"], ["Campo", "Valor"], ["Razón social:", "Faro S.A.S."], ["Vigilado por", "Marte"]]
    rows += [["Descripción de marca", "x" * 501], ["Eslogan", "Claro"], ["Legal name", "Otra"], ["Nombre", "Faro"]]
    document = checked(tmp_path, rows)
    found = {f["code"]: f["cell"] for f in document["findings"] if f["sheet"] == "Marca"}
    assert found == {
        "supervisor.unknown": "B4",
        "brand_description.too_long": "B5",
        "brand.unknown": "A6",
        "brand.repeated": "A7",
    }
    assert document["valid"] == 1
    assert "legal_name.missing" not in codes(document)


def test_what_is_missing_names_the_cell_or_the_file_it_belongs_in(tmp_path: Path) -> None:
    """Beside its own name where the sheet has it, else in the row after the last; without a sheet, the settings."""
    document = checked(tmp_path, [["Dato", "Valor"], ["Nombre comercial", "Faro"], ["Razón social", None], ["Logo"]])
    found = {f["code"]: (f["cell"], f["fix"]) for f in document["findings"] if f["code"].endswith(".missing")}
    assert {code: cell for code, (cell, _) in found.items() if cell and code.partition(".")[0] in BRAND} == {
        "legal_name.missing": "B3", "logo.missing": "B4", "supervisor.missing": "B5",
    }  # fmt: skip
    assert "en la celda B5, con «Vigilado por» a su izquierda" in found["supervisor.missing"][1]
    assert "en la carpeta del libro «productos.xlsx»" in found["logo.missing"][1]
    bare = finding(checked(tmp_path), "legal_name.missing")
    assert bare["cell"] is None
    assert "«legal_name», en la sección «lender» de vitrina.toml, o en una hoja «Marca»" in bare["fix"]


BRAND = ("legal_name", "logo", "supervisor")


def test_a_fault_of_the_settings_or_of_a_file_says_which(tmp_path: Path) -> None:
    """No sheet has it: the report names the key, and the picture."""
    (tmp_path / "faro.png").write_bytes(logos.saved(logos.picture(size=(90, 90))))
    (tmp_path / "vitrina.toml").write_text('[lender]\nlogo = "faro.png"\nbrand_description = "<script>"\n', "utf-8")
    path = build(tmp_path / "productos.xlsx", {"Productos": [list(LOAN), list(LOAN.values())]})
    settings = load_settings(environ={}, home=tmp_path / "home", folder=tmp_path)
    said = report.check_report(check(path, settings, as_of=DAY), "es")
    assert "vitrina.toml, [lender] brand_description · Descripción de marca: trae HTML" in said
    assert "    faro.png · El logo mide 90 × 90" in said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<p>Créditos <b>claros</b>.</p>", None),
        ("Créditos <script>1</script>", "brand_description.html_not_allowed"),
        ('<p onclick="x">Créditos</p>', "brand_description.html_not_allowed"),
        ("x" * 500, None),
        ("<b>" + "x" * 494 + "</b>", "brand_description.too_long"),
        ("<ñ>dato</ñ> y más", "brand_description.text_lost"),
    ],
)
def test_the_brand_description_follows_the_rules_of_descriptions(tmp_path: Path, text: str, code: str | None) -> None:
    """At most 500 characters as written, simple HTML without attributes, nothing lost on the way."""
    found = {one for one in codes(checked(tmp_path, [["Acerca de", text]])) if one.startswith("brand_description")}
    assert found == ({code} if code else set())


@pytest.mark.parametrize(
    "name", ["../logo.png", "/etc/logo.png", "C:\\logo.png", "a/../../logo.png", ".logo.png", ".."]
)
def test_a_workbook_reaches_no_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    """Only a plain name is opened; anything else is an error that says so."""
    (tmp_path / "logo.png").write_bytes(logos.good())
    folder = tmp_path / "dentro"
    folder.mkdir()
    assert not is_plain_name(name)
    assert finding(checked(folder, [["Logo", name]]), "logo.outside")["cell"] == "B1"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A named logo that is a link to elsewhere counts as not there."""
    (tmp_path / "secreto.png").write_bytes(logos.good())
    folder = tmp_path / "dentro"
    folder.mkdir()
    (folder / "l.png").symlink_to(tmp_path / "secreto.png")
    assert finding(checked(folder, [["Logo", "l.png"]]), "logo.missing")["cell"] == "B1"


def test_a_pipe_or_folder_for_a_logo_does_not_hang(tmp_path: Path) -> None:
    """What is no regular file is an unreadable logo, at once."""
    os.mkfifo(tmp_path / "tubo.png")
    for path in (tmp_path / "tubo.png", tmp_path):
        (tmp_path / "vitrina.toml").write_text(f'[lender]\nlogo = "{path}"\n', "utf-8")
        assert finding(checked(tmp_path), "logo.unreadable")["severity"] == "error"


def test_error_cells_of_the_brand_sheet_are_told(tmp_path: Path) -> None:
    """#N/A is no legal name, and holds nothing."""
    document = checked(tmp_path, [["Razón social", "x"]], formulas={"Marca!B1": ("=NA()", "#N/A")})
    assert finding(document, "cell.error_value")["effect"] == "none"
    assert document["valid"] == 1


def test_a_faulty_logo_is_an_error_that_every_face_tells_alike(tmp_path: Path) -> None:
    """Present and wrong: the first line says so beside the products that are ready, the counts and exit code agree."""
    build(tmp_path / "p.xlsx", {"Productos": [list(LOAN), list(LOAN.values())]})
    assert vitrina("check", "p.xlsx", "--as-of", "2026-03-15", folder=tmp_path).code == 0
    (tmp_path / "logo.png").write_bytes(logos.saved(logos.picture(size=(90, 40))))
    done = vitrina("check", "p.xlsx", "--as-of", "2026-03-15", folder=tmp_path)
    first = "El único producto está listo. Además hay 1 error en la marca, que no retiene productos."
    assert (done.code, done.out.splitlines()[0]) == (1, first)
    told = vitrina("check", "p.xlsx", "--as-of", "2026-03-15", "--format", "json", folder=tmp_path)
    assert (told.code, told.document["counts"]["error"], told.document["valid"]) == (1, 1, 1)
    assert finding(told.document, "logo.wrong_size")["effect"] == "none"


def test_fix_logo_writes_a_copy_and_spares_the_original(tmp_path: Path) -> None:
    """The copy is 512 x 512; the logo that was checked is never written over."""
    build(tmp_path / "p.xlsx", {"Productos": [list(LOAN), list(LOAN.values())]})
    original = logos.saved(logos.picture(size=(90, 40)))
    (tmp_path / "logo.png").write_bytes(original)
    done = vitrina("check", "p.xlsx", "--fix-logo", "nuevo.png", folder=tmp_path)
    assert "nuevo.png (PNG de 512 × 512" in done.out
    assert Image.open(BytesIO((tmp_path / "nuevo.png").read_bytes())).size == (512, 512)
    assert vitrina("check", "p.xlsx", "--fix-logo", "logo.png", folder=tmp_path).code == 2
    assert (tmp_path / "logo.png").read_bytes() == original


def test_pillow_is_left_alone_without_a_logo(tmp_path: Path) -> None:
    """A check that meets no logo does not pay for images."""
    import subprocess
    import sys

    build(tmp_path / "p.xlsx", {"Productos": [list(LOAN), list(LOAN.values())]})
    script = (
        "import sys; from datetime import date; from pathlib import Path; from pipeline.run.checking import check; "
        "from schemas.settings import CatalogSettings; "
        "check(Path('p.xlsx'), CatalogSettings(), as_of=date(2026, 3, 15)); sys.exit('PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False).returncode == 0
