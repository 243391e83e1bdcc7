"""The brand travels with the upload into the plan and the release."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from catalog.release import read_current
from pipeline.run.deciding import decide
from pipeline.run.publishing import publish, rollback
from pipeline.run.submitting import submit
from pipeline.run.workshop import Workshop
from schemas.product import Brand
from tests.checking import DAY, LOAN
from tests.logos import good, picture, saved
from tests.publishing import entry
from tests.shops import shop_at, shown
from tests.workbooks import build

SHEET = [
    ["Nombre comercial", "Crédito Ejemplo"],
    ["Razón social", "Crédito Ejemplo S.A.S."],
    ["Vigilado por", "SFC"],
    ["Descripción de marca", "Prestamos en línea."],
]
OURS = Brand(name="De los ajustes", legal_name="Ajustes S.A.S.", accent="#004488")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return shop_at(tmp_path, today=DAY, brand=OURS)


def send(
    shop: Workshop, folder: Path, brand: Sequence[Sequence[object]] | None = None, *, by: str = "ana", **details: Any
) -> int:
    """Submit one good loan with a brand sheet, from a folder; the number of the upload."""
    sheets: dict[str, Sequence[Sequence[object]]] = {"Productos": [list(LOAN), list(LOAN.values())]}
    if brand is not None:
        sheets["Marca"] = brand
    folder.mkdir(exist_ok=True)
    done = submit(shop, build(folder / "productos.xlsx", sheets), by=by, source="productos.xlsx", **details)
    assert done.upload is not None
    return done.upload.id


def brand_live(shop: Workshop) -> dict[str, str]:
    content = shop.store.releases.content()
    assert content is not None
    assert content.brand is not None
    return dict(content.brand.shown)


def test_a_brand_sheet_is_published_with_its_upload(shop: Workshop, tmp_path: Path) -> None:
    """What it says, and the settings for the rest."""
    publish(shop, send(shop, tmp_path / "a", SHEET), by="pat", reviewed=False)
    lender = read_current(tmp_path / "published").lender
    assert lender == {
        "name": "Crédito Ejemplo",
        "legal_name": "Crédito Ejemplo S.A.S.",
        "supervisor": "SFC",
        "description": "Prestamos en línea.",
    }
    assert brand_live(shop)["accent"] == "#004488"


def test_without_a_brand_sheet_the_settings_brand_is_used(shop: Workshop, tmp_path: Path) -> None:
    """As it was before."""
    publish(shop, send(shop, tmp_path / "a"), by="pat", reviewed=False)
    assert read_current(tmp_path / "published").lender == {"name": "De los ajustes", "legal_name": "Ajustes S.A.S."}


def test_another_brand_is_a_change_to_approve(shop: Workshop, tmp_path: Path) -> None:
    """Before and after by datum; nothing of it is live until then."""
    publish(shop, send(shop, tmp_path / "a"), by="pat", reviewed=False)
    number = send(shop, tmp_path / "b", SHEET)
    assert publish(shop, number, by="pat", reviewed=True).waiting
    assert brand_live(shop)["name"] == "De los ajustes"
    plan = decide(shop, "approve", number, by="luis")
    assert plan.brand is not None
    assert [(f.field, f.before, f.after) for f in plan.brand.fields][:2] == [
        ("name", "De los ajustes", "Crédito Ejemplo"),
        ("legal_name", "Ajustes S.A.S.", "Crédito Ejemplo S.A.S."),
    ]
    publish(shop, number, by="pat", reviewed=True)
    assert brand_live(shop)["name"] == "Crédito Ejemplo"


def test_a_change_in_the_settings_is_in_the_plan_too(shop: Workshop, tmp_path: Path) -> None:
    """Nobody changes what the Consumer sees past the review."""
    number = send(shop, tmp_path / "a")
    publish(shop, number, by="pat", reviewed=False)
    renamed = replace(shop, brand=replace(OURS, name="Otro nombre"))
    assert publish(renamed, number, by="pat", reviewed=True).waiting
    assert brand_live(shop)["name"] == "De los ajustes"


def test_a_partial_upload_without_a_brand_leaves_it_as_it_is(shop: Workshop, tmp_path: Path) -> None:
    """It speaks of its rows only; a full one without says the settings' brand."""
    publish(shop, send(shop, tmp_path / "a", SHEET), by="pat", reviewed=False)
    rows = [entry("Z")]
    publish(shop, shown(shop, rows, partial=True).upload.info.id, by="pat", reviewed=False)
    assert brand_live(shop)["name"] == "Crédito Ejemplo"
    publish(shop, shown(shop, rows).upload.info.id, by="pat", reviewed=False)
    assert brand_live(shop)["name"] == "De los ajustes"


def test_the_logo_beside_the_workbook_is_what_is_previewed_and_published(shop: Workshop, tmp_path: Path) -> None:
    """By digest; it is kept by the catalogue, and needed no longer beside the workbook."""
    (tmp_path / "a").mkdir()
    picture = tmp_path / "a" / "logo.png"
    picture.write_bytes(good())
    number = send(shop, tmp_path / "a")
    digest = shop.store.uploads.get(number).brand["logo"]
    picture.unlink()
    preview = shop.store.previews.get(number)
    assert preview is not None
    assert preview.files["assets/logo.png"].sha256 == digest
    decide(shop, "approve", number, by="luis")
    publish(shop, number, by="pat", reviewed=True)
    published = (tmp_path / "published" / "releases" / "1" / "assets" / "logo.png").read_bytes()
    assert sha256(published).hexdigest() == digest == brand_live(shop)["logo"]


def test_another_logo_is_another_upload_and_another_plan(shop: Workshop, tmp_path: Path) -> None:
    """The same workbook with another picture beside it."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "logo.png").write_bytes(good())
    first = send(shop, tmp_path / "a")
    publish(shop, first, by="pat", reviewed=False)
    (tmp_path / "a" / "logo.png").write_bytes(saved(picture().rotate(90)))
    second = send(shop, tmp_path / "a")
    assert second != first
    plan = decide(shop, "approve", second, by="luis")
    assert plan.brand is not None
    assert [change.field for change in plan.brand.fields] == ["logo"]


def test_going_back_brings_the_brand_back(shop: Workshop, tmp_path: Path) -> None:
    """Release 3 shows what release 1 showed."""
    publish(shop, send(shop, tmp_path / "a"), by="pat", reviewed=False)
    publish(shop, send(shop, tmp_path / "b", SHEET), by="pat", reviewed=False)
    rollback(shop, None, by="pat")
    assert brand_live(shop)["name"] == "De los ajustes"
    current = json.loads((tmp_path / "published" / "current.json").read_text())
    assert current["release"] == 3
