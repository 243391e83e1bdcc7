"""The main job end to end: a workbook becomes a published catalogue that can be trusted and undone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from catalog.release import read_current
from tests.checking import LOAN
from tests.command import vitrina
from tests.workbooks import build

EXAMPLES = Path(__file__).resolve().parent.parent / "data" / "examples"


def write(folder: Path, rows: Iterable[dict[str, Any]], name: str = "productos.xlsx") -> Path:
    listed = list(rows)
    return build(folder / name, {"Productos": [list(listed[0]), *(list(row.values()) for row in listed)]})


def loans(count: int, **changes: object) -> list[dict[str, Any]]:
    return [{**LOAN, "Código": f"P-{n:03}", "Nombre": f"Crédito {n}", **changes} for n in range(count)]


def live(folder: Path) -> dict[str, Any]:
    current = json.loads((folder / "var/published/current.json").read_text())
    catalog = folder / "var/published/releases" / str(current["release"]) / "catalog.json"
    return {"release": current["release"], **json.loads(catalog.read_text("utf-8"))}


def sync(folder: Path, file: Path, *words: str) -> Any:
    return vitrina("sync", file, "--no-review", "--format", "json", *words, folder=folder)


def test_the_examples_become_a_catalogue(tmp_path: Path) -> None:
    """Twelve products and more, two countries, three categories, a page each in two languages."""
    done = vitrina(
        "--config", EXAMPLES / "vitrina.toml", "--home", tmp_path / "var",
        "sync", EXAMPLES / "productos.xlsx", "--no-review",
        folder=tmp_path,
    )  # fmt: skip
    assert done.code == 0
    assert str(tmp_path / "var/published/releases/1/index.html") in done.out
    products = live(tmp_path)["products"]
    assert len(products) >= 12
    assert {p["country"] for p in products} == {"CO", "MX"}
    assert {p["category"] for p in products} == {"INDIVIDUAL", "BUSINESS", "INSURANCE"}
    assert {"00123", "1E5"} <= {p["code"] for p in products}
    tree = tmp_path / "var/published/releases/1"
    assert len(list(tree.glob("*.html"))) == len(list((tree / "en").glob("*.html"))) == len(products) + 1


def test_the_faulty_example_holds_at_least_25_faults(tmp_path: Path) -> None:
    """Each is found in one pass, and the good rows still go on."""
    done = sync(tmp_path, EXAMPLES / "productos_con_errores.xlsx")
    check = done.document["sources"][0]["check"]
    assert done.code == 1
    assert len({f["code"] for f in check["findings"] if f["severity"] == "error"}) >= 25
    assert len(live(tmp_path)["products"]) == check["valid"] > 0


def test_the_csv_example_is_read_as_its_program_wrote_it(tmp_path: Path) -> None:
    """Semicolons, cp1252, decimal commas."""
    check = vitrina("check", EXAMPLES / "productos.csv", "--format", "json", folder=tmp_path).document
    assert (check["valid"], check["counts"]["error"]) == (3, 0)
    assert check["products"][1]["name"] == "Crédito de Libre Inversión"
    assert check["products"][0]["rate_min"] == "20.16"


def test_nothing_changed_makes_no_release(tmp_path: Path) -> None:
    """The same products in another file, at another time, are the same release."""
    sync(tmp_path, write(tmp_path, loans(3)))
    again = sync(tmp_path, write(tmp_path, loans(3), "copia.xlsx"))
    assert again.code == 0
    assert again.document["sources"][0]["published"]["minted"] is False
    assert live(tmp_path)["release"] == 1


def test_a_held_product_keeps_its_published_version(tmp_path: Path) -> None:
    """An error in a row changes nothing of what is live of it; the others go on."""
    sync(tmp_path, write(tmp_path, loans(3)))
    rows = loans(3, Descripción="Texto nuevo.")
    rows[1]["Tasa"] = "la mejor"
    assert sync(tmp_path, write(tmp_path, rows)).code == 1
    texts = {p["code"]: p["description_short"] for p in live(tmp_path)["products"]}
    assert texts == {"P-000": "Texto nuevo.", "P-001": LOAN["Descripción"], "P-002": "Texto nuevo."}


def test_strict_holds_everything_while_anything_is_wrong(tmp_path: Path) -> None:
    """Nothing is staged and nothing is published."""
    rows = loans(2)
    rows[1]["Tasa"] = "la mejor"
    assert sync(tmp_path, write(tmp_path, rows), "--strict").code == 1
    assert not (tmp_path / "var/published/current.json").exists()


def test_absence_is_guarded(tmp_path: Path) -> None:
    """A sheet that lost most of its rows removes nothing until somebody names the products; changes still apply."""
    sync(tmp_path, write(tmp_path, loans(10)))
    done = sync(tmp_path, write(tmp_path, loans(2, Descripción="Otro texto.")))
    plan = done.document["sources"][0]["plan"]
    assert len(plan["held_removals"]) == 8
    products = live(tmp_path)["products"]
    assert len(products) == 10
    assert sum(p["description_short"] == "Otro texto." for p in products) == 2


def test_few_removals_apply_and_partial_uploads_remove_nothing(tmp_path: Path) -> None:
    """One product less is believed; with --partial, absence says nothing."""
    sync(tmp_path, write(tmp_path, loans(10)))
    sync(tmp_path, write(tmp_path, loans(9)))
    assert len(live(tmp_path)["products"]) == 9
    sync(tmp_path, write(tmp_path, loans(1, Descripción="Solo este.")), "--partial")
    assert len(live(tmp_path)["products"]) == 9


def test_rollback_mints_a_new_release_with_old_content(tmp_path: Path) -> None:
    """Release 3 shows what release 1 showed, byte for byte; the history keeps all three."""
    sync(tmp_path, write(tmp_path, loans(3)))
    first = (tmp_path / "var/published/releases/1/catalog.json").read_bytes()
    sync(tmp_path, write(tmp_path, loans(3, Descripción="Otro texto.")))
    assert vitrina("rollback", folder=tmp_path).code == 0
    assert live(tmp_path)["release"] == 3
    assert (tmp_path / "var/published/releases/3/catalog.json").read_bytes() == first
    history = vitrina("releases", "--format", "json", folder=tmp_path).document["releases"]
    assert [(r["release"], r["kind"]) for r in history] == [(3, "rollback"), (2, "publish"), (1, "publish")]


def test_review_is_required_unless_said_otherwise(tmp_path: Path) -> None:
    """Without an approval nothing goes live; nobody approves their own upload."""
    file = write(tmp_path, loans(2))
    assert vitrina("sync", file, "--by", "ana", folder=tmp_path).code == 0
    assert not (tmp_path / "var/published/current.json").exists()
    for same in ("ana", "ANA", " ana ", ""):
        assert vitrina("approve", "1", "--by", same, folder=tmp_path).code == 2
    assert vitrina("approve", "1", "--by", "luis", folder=tmp_path).code == 0
    assert vitrina("publish", "--by", "ana", folder=tmp_path).code == 0
    assert len(live(tmp_path)["products"]) == 2


def test_a_plan_somebody_overtook_cannot_be_approved_unseen(tmp_path: Path) -> None:
    """After another release the approval no longer counts: the plan is another one."""
    first, second = write(tmp_path, loans(2)), write(tmp_path, loans(2, Descripción="Otro."), "b.xlsx")
    vitrina("submit", first, "--by", "ana", folder=tmp_path)
    vitrina("approve", "1", "--by", "luis", folder=tmp_path)
    sync(tmp_path, second)
    waiting = vitrina("publish", "1", "--by", "ana", "--format", "json", folder=tmp_path).document
    assert waiting["waiting"] is True
    assert "ya no es este" in vitrina("publish", "1", "--by", "ana", folder=tmp_path).out
    assert live(tmp_path)["release"] == 1


def test_every_published_value_leads_back_to_its_cell(tmp_path: Path) -> None:
    """The manifest names file, sheet, cell and raw text, and the digest of every file is true."""
    sync(tmp_path, write(tmp_path, loans(2)))
    tree = tmp_path / "var/published/releases/1"
    manifest = json.loads((tree / "manifest.json").read_text("utf-8"))
    rate = manifest["lineage"]["P-001"]["values"]["rate_min"]
    assert (rate["sheet"], rate["cell"], rate["raw"]) == ("Productos", "F3", "24,9% E.A.")
    assert manifest["lineage"]["P-001"]["file"] == "productos.xlsx"
    for path, ref in manifest["files"].items():
        assert hashlib.sha256((tree / path).read_bytes()).hexdigest() == ref["sha256"]


def test_a_damaged_target_is_found_and_mended(tmp_path: Path) -> None:
    """`releases --verify` names the file; the next publish puts it back."""
    sync(tmp_path, write(tmp_path, loans(2)))
    page = tmp_path / "var/published/releases/1/index.html"
    page.chmod(0o644)
    page.unlink()
    page.write_text("otra cosa")
    found = vitrina("releases", "--verify", "--format", "json", folder=tmp_path)
    assert found.code == 3
    assert any(problem["path"].endswith("index.html") for problem in found.document["problems"])


def test_readers_resolve_the_pointer_once(tmp_path: Path) -> None:
    """`read_current` gives the products of the live release, verified."""
    sync(tmp_path, write(tmp_path, loans(2)))
    release = read_current(tmp_path / "var/published")
    assert list(release.products) == ["P-000", "P-001"]


def test_preview_renders_the_valid_rows_and_tells_their_cells(tmp_path: Path) -> None:
    """A static site; no state; each figure with its origin."""
    done = vitrina("preview", write(tmp_path, loans(2)), "--out", tmp_path / "sitio", folder=tmp_path)
    assert done.code == 0
    page = (tmp_path / "sitio/p-000.html").read_text("utf-8")
    assert "Productos!E2" in page or "E2" in page
    assert not (tmp_path / "var").exists()


def test_what_stays_out_is_told(tmp_path: Path) -> None:
    """Paused and retired rows of a first upload are not published, and the plan says why."""
    rows = loans(3, Estado="Activo")
    rows[1]["Estado"], rows[2]["Estado"] = "En pausa", "Retirado"
    plan = sync(tmp_path, write(tmp_path, rows)).document["sources"][0]["plan"]
    assert (plan["added"], plan["held"]) == (["P-000"], {"P-001": ["paused"], "P-002": ["retired"]})


def test_a_plan_that_changes_nothing_needs_no_decision(tmp_path: Path) -> None:
    """Approving or rejecting what is already live is refused in a sentence."""
    sync(tmp_path, write(tmp_path, loans(2)))
    done = vitrina("reject", "1", "--by", "luis", folder=tmp_path)
    assert (done.code, "no cambia nada" in done.err) == (2, True)
