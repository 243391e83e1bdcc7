"""Campaigns: read from their own sheet, held with their product, planned, published, and offered by dates and caps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.release import read_current
from pipeline.report.delivered import Delivered, delivered_workbook
from pipeline.report.plans import plan_report
from pipeline.report.plans.values import campaign_words
from pipeline.run.checking import Checked, check
from pipeline.run.planning import plan_of
from pipeline.run.publishing import publish
from pipeline.run.submitting import submit
from pipeline.run.workshop import Workshop
from schemas.product import Brand, Campaign, Product
from schemas.requirements import load
from schemas.settings import load_settings
from tests.checking import LOAN, check_file
from tests.publishing import product
from tests.test_pack import TERMS, shop_in
from tests.workbooks import build

TODAY = date(2026, 11, 22)
HEAD = ["Producto", "Desde", "Hasta", "Tope diario", "Tope total"]
DECEMBER = ["LIB-001", date(2026, 12, 1), date(2026, 12, 31), 50, "1.000"]
IN_DECEMBER = Campaign(product="LIB-001", start=date(2026, 12, 1), end=date(2026, 12, 31), daily_cap=50, total_cap=1000)


def book(folder: Path, *rows: Sequence[object], sheet: str = "Campañas", head: Sequence[object] = HEAD) -> Path:
    """Two products, and a sheet of campaigns with these rows (without rows: the header alone)."""
    products = [list(LOAN), list(LOAN.values()), list({**LOAN, "Código": "B", "Nombre": "Otro crédito"}.values())]
    return build(folder / "productos.xlsx", {"Productos": products, sheet: [head, *rows]})


def without_sheet(folder: Path) -> Path:
    return build(
        folder / "productos.xlsx",
        {
            "Productos": [
                list(LOAN),
                list(LOAN.values()),
                list({**LOAN, "Código": "B", "Nombre": "Otro crédito"}.values()),
            ]
        },
    )


def checked(path: Path) -> Checked:
    settings = load_settings(environ={}, home=path.parent / "home", folder=path.parent)
    return check(path, settings, as_of=TODAY)


def products(found: Checked) -> dict[str, Product]:
    return {row.product.code: row.product for row in found.products}


def told(folder: Path, *rows: Sequence[object], head: Sequence[object] = HEAD) -> list[tuple[str, str | None]]:
    """The findings about campaigns, with their cells."""
    found = check_file(book(folder, *rows, head=head), as_of=TODAY)["findings"]
    return [(f["code"], f["cell"]) for f in found if f["sheet"] == "Campañas"]


def test_campaigns_come_with_their_product(tmp_path: Path) -> None:
    """Days, caps however they are written; a product without one has none."""
    found = products(checked(book(tmp_path, DECEMBER)))
    assert found["LIB-001"].campaigns == (IN_DECEMBER,)
    assert found["B"].campaigns == ()


def test_a_workbook_without_the_sheet_says_nothing_of_campaigns(tmp_path: Path) -> None:
    """Which is not the same as having none."""
    assert products(checked(without_sheet(tmp_path)))["LIB-001"].campaigns is None


@pytest.mark.parametrize("sheet", ["CAMPAÑAS", "campañas", "Campaigns"])
def test_the_sheet_and_its_columns_are_known_by_several_names(tmp_path: Path, sheet: str) -> None:
    """Titles above the header are passed over, columns may stand in any order."""
    path = build(
        tmp_path / "p.xlsx",
        {
            "Productos": [list(LOAN), list(LOAN.values())],
            sheet: [["Fin de año"], [], ["Leads por día", "Código"], [7, "LIB-001"]],
        },
    )
    assert products(checked(path))["LIB-001"].campaigns == (Campaign(product="LIB-001", daily_cap=7),)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["LIB-001", "mañana", None, 1, None], ("campaign_start.unreadable", "B2")),
        (["LIB-001", date(2026, 12, 2), date(2026, 12, 1), 1, None], ("campaign_end.before_start", "C2")),
        (["LIB-001", None, None, 0, None], ("daily_cap.out_of_range", "D2")),
        (["LIB-001", None, None, 1.5, None], ("daily_cap.unreadable", "D2")),
        (["LIB-001", None, None, None, -3], ("total_cap.out_of_range", "E2")),
        (["LIB-001", None, None, None, "muchos"], ("total_cap.unreadable", "E2")),
    ],
)
def test_a_fault_in_a_campaign_holds_its_product(tmp_path: Path, row: list[object], fault: tuple[str, str]) -> None:
    """A product is never offered without the cap somebody tried to give it; the others go on."""
    assert told(tmp_path, row) == [fault]
    found = checked(book(tmp_path, row))
    assert list(products(found)) == ["B"]
    assert found.held["LIB-001"] == (fault[0],)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["NOPE", None, None, 1, None], ("campaign_product.unknown", "A2")),
        ([None, None, None, 1, None], ("campaign_product.missing", "A2")),
    ],
)
def test_a_campaign_of_nobody_leaves_all_campaigns_as_they_are(
    tmp_path: Path, row: list[object], fault: tuple[str, str]
) -> None:
    """Nobody can tell whose cap is meant; no product is held for it."""
    assert told(tmp_path, row, DECEMBER) == [fault]
    found = checked(book(tmp_path, row, DECEMBER))
    assert {code: one.campaigns for code, one in products(found).items()} == {"LIB-001": None, "B": None}


def test_a_sheet_without_its_header_is_told(tmp_path: Path) -> None:
    """And changes nothing."""
    assert told(tmp_path, ["x", "y"], head=["uno", "dos"]) == [("campaign.no_header", None)]


def test_windows_of_one_product_may_not_overlap(tmp_path: Path) -> None:
    """They may follow one another; those of two products have nothing to do with each other."""
    january = ["LIB-001", date(2027, 1, 1), None, None, None]
    assert told(tmp_path, DECEMBER, january, ["B", None, None, 1, None]) == []
    assert told(tmp_path, DECEMBER, ["LIB-001", date(2026, 12, 31), None, None, None]) == [
        ("campaign_start.overlaps", "B3")
    ]


def test_what_is_only_odd_is_a_warning(tmp_path: Path) -> None:
    """A window that has ended; a daily cap that can never be reached."""
    row = ["LIB-001", None, date(2026, 1, 1), 9, 3]
    assert told(tmp_path, row) == [("campaign_end.past", "C2"), ("daily_cap.above_total", "D2")]
    assert len(products(checked(book(tmp_path, row)))) == 2


def synced(shop: Workshop, path: Path) -> None:
    done = submit(shop, path, by="ana", source=str(path))
    assert done.upload is not None
    publish(shop, done.upload.id, by="ana", reviewed=False)


def published(shop: Workshop) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(
        (shop.home / "published" / "releases" / _live(shop) / "catalog.json").read_bytes()
    )
    return said


def _live(shop: Workshop) -> str:
    return str(read_current(shop.home / "published").number)


def test_campaigns_are_published_in_a_list_of_their_own(tmp_path: Path) -> None:
    """As `leads` reads them, by product and day; products themselves carry none. Without campaigns, no list."""
    january = ["LIB-001", date(2027, 1, 1), None, None, None]
    with shop_in(tmp_path) as shop:
        synced(shop, book(tmp_path, january, ["B", None, None, None, 7], DECEMBER))
        assert published(shop)["campaigns"] == [
            {"product": "B", "from": None, "to": None, "daily_cap": None, "total_cap": 7},
            {"product": "LIB-001", "from": "2026-12-01", "to": "2026-12-31", "daily_cap": 50, "total_cap": 1000},
            {"product": "LIB-001", "from": "2027-01-01", "to": None, "daily_cap": None, "total_cap": None},
        ]
        assert all("campaigns" not in record for record in published(shop)["products"])
        live = read_current(shop.home / "published")
        assert live.campaigns["LIB-001"][0] == IN_DECEMBER
        assert live.campaigns.keys() == {"B", "LIB-001"}
        synced(shop, book(tmp_path))
        assert "campaigns" not in published(shop)
        assert read_current(shop.home / "published").campaigns == {}


def test_a_campaign_is_a_change_of_its_product_in_the_plan(tmp_path: Path) -> None:
    """Before and after, with the cell it came from; the words are for people."""
    with shop_in(tmp_path) as shop:
        synced(shop, book(tmp_path))
        done = submit(shop, book(tmp_path, DECEMBER), by="ana", source="p")
        assert done.plan is not None
        (change,) = done.plan.changed
        assert [(one.field, one.before, one.after) for one in change.fields] == [("campaigns", (), (IN_DECEMBER,))]
        assert "Campañas: no informado → 01/12/2026 – 31/12/2026: 50 leads por día, 1.000 en total" in plan_report(
            done.plan, "es"
        )
        origin = change.after.origins["campaigns"]
        assert (origin.sheet, origin.cell) == ("Campañas", "A2")


def test_losing_the_sheet_loses_no_cap(tmp_path: Path) -> None:
    """A workbook without the sheet keeps what is published; a sheet with the header alone takes it down."""
    with shop_in(tmp_path) as shop:
        synced(shop, book(tmp_path, DECEMBER))
        upload = submit(shop, without_sheet(tmp_path), by="ana", source="p").upload
        assert upload is not None
        assert plan_of(shop, shop.store.uploads.get(upload.id)).is_empty
        synced(shop, book(tmp_path))
        assert "campaigns" not in published(shop)


def test_packed_campaigns_come_back(tmp_path: Path) -> None:
    """The workbook for the marketplace has the sheet, and reads back the same."""
    campaigns = (
        Campaign(product="A", end=date(2027, 1, 1), daily_cap=3),
        Campaign(product="A", start=date(2027, 2, 1)),
    )
    packed = [product("A", campaigns=campaigns, **TERMS), product("B", campaigns=(), **TERMS)]
    made = datetime(2026, 11, 22)  # noqa: DTZ001 - xlsxwriter takes naive moments
    body = delivered_workbook(Delivered(packed, Brand(name="X"), made), load())
    (tmp_path / "p.xlsx").write_bytes(body)
    found = products(checked(tmp_path / "p.xlsx"))
    assert (found["A"].campaigns, found["B"].campaigns) == (campaigns, ())


@pytest.mark.parametrize(
    ("campaign", "es", "en"),
    [
        (Campaign(product="A"), "siempre: sin tope", "always: no cap"),
        (
            Campaign(product="A", start=TODAY, daily_cap=1),
            "desde 22/11/2026: 1 leads por día",
            "from 2026-11-22: 1 leads a day",
        ),
        (Campaign(product="A", end=TODAY, total_cap=9), "hasta 22/11/2026: 9 en total", "until 2026-11-22: 9 in all"),
    ],
)
def test_a_campaign_in_words(campaign: Campaign, es: str, en: str) -> None:
    """Window, then caps; what is open is said."""
    assert campaign_words(campaign, product(), "es") == es
    assert campaign_words(campaign, product(), "en") == en
