"""The ids the marketplace assigns: attached to our codes once and for ever, and published with the catalogue."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from catalog.ids import Assignment, Known, fault_of
from catalog.publish import publish
from catalog.release import read_current
from pipeline.run.ids import Imported, ids_of, import_ids
from pipeline.run.planning import newest_upload
from pipeline.run.publishing import publish as publish_upload
from pipeline.run.publishing import rollback, verify, withdraw
from pipeline.run.submitting import submit
from pipeline.run.workshop import Workshop
from schemas import wording
from schemas.errors import Refused
from tests.checking import LOAN
from tests.command import vitrina
from tests.publishing import entries, entry, order_of
from tests.test_pack import shop_in, synced
from tests.workbooks import build

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    with shop_in(tmp_path) as opened:
        publish(opened.place, order_of(opened.place, entries("A", "B", "00123")))
        yield opened


def given(shop: Workshop, rows: str, *, replacing: bool = False, name: str = "ids.csv") -> Imported:
    path = shop.home / name
    path.write_text(rows, "utf-8")
    return import_ids(shop, path, by="ana", replacing=replacing)


def faults(done: Imported) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.cell) for finding in done.findings]


def live(shop: Workshop) -> dict[str, dict[str, str]]:
    return {one.code: one.ids for one in ids_of(shop)}


HEAD = "Código;product_id;listing_id\n"


def test_ids_are_published_with_their_products(shop: Workshop) -> None:
    """In a release of their own, whose catalog.json is what `leads` reads."""
    done = given(shop, HEAD + "A;ln_1;lst_1\n00123;007;\n")
    assert done.findings == ()
    assert done.outcome is not None
    assert done.outcome.minted
    release = read_current(shop.home / "published")
    assert (release.products["A"].product_id, release.products["A"].listing_id) == ("ln_1", "lst_1")
    assert release.products["00123"].product_id == "007"
    assert shop.store.releases.get(release.number).kind == "ids"
    assert [one.code for one in ids_of(shop) if not one.ids] == ["B"]


def test_the_same_file_again_changes_nothing(shop: Workshop) -> None:
    """No release, no finding."""
    given(shop, HEAD + "A;ln_1;\n")
    again = given(shop, HEAD + "A;ln_1;\n")
    assert again.given == again.findings == ()
    assert again.outcome is not None
    assert not again.outcome.minted


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("X;ln_9;\n", ("ids.unknown_code", "A2")),
        ("a;ln_9;\n", ("ids.unknown_code", "A2")),
        (";ln_9;\n", ("ids.no_code", "A2")),
        ("B;;\n", ("ids.blank", "B2")),
        ("B;ln 9;\n", ("ids.malformed", "B2")),
        (f"B;{'x' * 101};\n", ("ids.malformed", "B2")),
        ("B;ln_A;\n", ("ids.taken", "B2")),
        ("A;ln_9;\n", ("ids.changed", "B2")),
        ("B;ln_9;\nB;ln_8;\n", ("ids.contradicts", "B3")),
        ("B;ln_9;\n00123;ln_9;\n", ("ids.repeated", "B3")),
    ],
)
def test_what_cannot_be_attached_is_a_finding_at_its_cell(shop: Workshop, rows: str, fault: tuple[str, str]) -> None:
    """Unknown codes, blanks, ids of others, ids given twice: refused; the good rows of the file go on."""
    given(shop, HEAD + "A;ln_A;\n")
    done = given(shop, HEAD + rows + "00123;;lst_good\n")
    assert faults(done) == [fault]
    assert done.given == (Assignment("listing_id", "lst_good", "00123"),)
    assert live(shop) == {"A": {"product_id": "ln_A"}, "B": {}, "00123": {"listing_id": "lst_good"}}


def test_a_clash_is_told_once_with_both_ids_and_an_id_said_twice_counts_once(shop: Workshop) -> None:
    """Two product_ids for one code, the same listing_id in both rows."""
    done = given(shop, HEAD + "A;p1;l1\nA;p2;l1\n")
    assert [wording.message(finding) for finding in done.findings] == [
        "El código «A» aparece con más de un product_id: «p1» y «p2»; no se tomó ninguno."
    ]
    assert done.given == (Assignment("listing_id", "l1", "A"),)


def test_an_id_once_given_never_goes_to_another_product(shop: Workshop) -> None:
    """Not when it was replaced, not when its product left, not when it came in a sheet."""
    given(shop, HEAD + "A;ln_A;\n")
    assert given(shop, HEAD + "A;ln_new;\n", replacing=True).findings == ()
    withdraw(shop, frozenset("A"), by="ana")
    publish(shop.place, order_of(shop.place, {"B": entry("B", product_id="ln_B")}))
    publish(shop.place, order_of(shop.place, {"B": entry("B"), "00123": entry("00123")}))
    for value in ("ln_A", "ln_new", "ln_B"):
        assert faults(given(shop, f"{HEAD}00123;{value};\n", replacing=True)) == [("ids.taken", "B2")]
    assert given(shop, HEAD + "A;ln_A;\n", replacing=True).findings == ()


def test_rolling_back_keeps_the_ids_of_today(shop: Workshop) -> None:
    """Leads are told under them whatever the catalogue says; what differs in nothing else is nothing to go back to."""
    publish(shop.place, order_of(shop.place, entries("A", "B", rate_min=Decimal(20))))
    given(shop, HEAD + "A;ln_1;\n")
    given(shop, HEAD + "A;ln_2;lst_2\n", replacing=True)
    assert rollback(shop, 1, by="ana").minted
    back = read_current(shop.home / "published")
    assert (back.products["A"].product_id, back.products["A"].listing_id) == ("ln_2", "lst_2")
    assert (back.products["A"].rate_min, back.products["00123"].product_id) == (Decimal("24.9"), None)
    assert b"ln_2" in back.read_file("catalog.csv")
    assert verify(shop) == []
    with pytest.raises(Refused, match="nothing to roll back"):
        rollback(shop, 1, by="ana")


def test_a_json_that_is_no_file_is_refused_at_once(shop: Workshop) -> None:
    """A folder, a pipe that nobody writes to."""
    (shop.home / "d.json").mkdir()
    os.mkfifo(shop.home / "p.json")
    for name in ("d.json", "p.json"):
        assert faults(import_ids(shop, shop.home / name, by="ana")) == [("ids.unreadable", None)]


def test_the_same_id_as_product_and_as_listing_is_no_clash(shop: Workshop) -> None:
    """They are two kinds of ids."""
    assert given(shop, HEAD + "A;same;\nB;;same\n").findings == ()


def test_json_and_workbooks_say_the_same(shop: Workshop) -> None:
    """A list of objects, alone or as `products`; a workbook's number is the id as it shows."""
    assert given(shop, json.dumps([{"code": "A", "product_id": 17}]), name="a.json").findings == ()
    assert given(shop, json.dumps({"products": [{"code": "B", "listing_id": "l"}]}), name="b.json").findings == ()
    book = build(shop.home / "c.xlsx", {"Ids": [["product_id", "Código"], [8, "00123"]]}, formats={"A2": "000"})
    assert import_ids(shop, book, by="ana").findings == ()
    assert live(shop) == {"A": {"product_id": "17"}, "B": {"listing_id": "l"}, "00123": {"product_id": "008"}}


@pytest.mark.parametrize(
    ("name", "body"),
    [("a.json", "{"), ("b.json", "[1]"), ("c.json", "3"), ("d.json", "[" * 20_000), ("e.csv", "uno;dos\n1;2\n")],
)
def test_a_file_that_is_no_list_of_ids_is_one_finding(shop: Workshop, name: str, body: str) -> None:
    """Whatever it is instead."""
    done = given(shop, body, name=name)
    assert len(done.findings) == 1
    assert done.findings[0].effect == "rejects_file"
    assert done.outcome is None


def test_plans_keep_ids_and_a_product_that_comes_back_gets_its_own(tmp_path: Path) -> None:
    """The lender's sheet need not carry them; nothing changes in a plan because of them."""
    with shop_in(tmp_path) as shop:
        synced(shop, "productos.csv")
        given(shop, HEAD + "LIB-001;ln_1;\n")
        synced(shop, "productos.csv")
        assert shop.store.releases.current().number == 2  # type: ignore[union-attr]
        withdraw(shop, frozenset(("LIB-001",)), by="ana")
        shop.store.decisions.reinstate("LIB-001", by="ana")
        synced(shop, "productos.csv")
        assert live(shop)["LIB-001"] == {"product_id": "ln_1"}
        assert newest_upload(shop, None).entries[1].product.product_id is None


def test_a_sheet_cannot_take_the_id_of_another_product(tmp_path: Path) -> None:
    """Its row is held, as are two rows that carry one id; the product's own id in its own row is fine."""
    rows = [list({**LOAN, "Código": code, "Nombre": code}.values()) for code in ("A", "B", "C")]

    def book(*values: str) -> Path:
        lines = [[*row, value] for row, value in zip(rows, values, strict=True)]
        return build(tmp_path / "p.xlsx", {"Productos": [[*LOAN, "product_id"], *lines]})

    with shop_in(tmp_path) as shop:
        done = submit(shop, book("ln_A", "twice", "twice"), by="ana", source="p")
        assert done.plan is not None
        assert done.plan.held == {"B": ("ids.repeated",), "C": ("ids.repeated",)}
        assert done.upload is not None
        publish_upload(shop, done.upload.id, by="ana", reviewed=False)
        done = submit(shop, book("ln_A", "ln_A", ""), by="ana", source="p")
        assert done.plan is not None
        assert done.plan.held == {"B": ("ids.taken",)}


def test_ids_taken_meanwhile_are_refused_whole(shop: Workshop) -> None:
    """Two people importing at once: the second is told, and nothing of his file is attached."""
    shop.store.ids.assign([Assignment("product_id", "x", "A")], by="eva")
    with pytest.raises(Refused):
        shop.store.ids.assign([Assignment("listing_id", "y", "B"), Assignment("product_id", "x", "B")], by="ana")
    assert shop.store.ids.current() == {"A": {"product_id": "x"}}


def test_the_commands_speak_of_what_is_missing(tmp_path: Path) -> None:
    """`ids` alone lists; `import` exits 1 with findings and names their cells."""
    vitrina("sync", EXAMPLES / "productos.csv", "--no-review", "--by", "ana", folder=tmp_path)
    (tmp_path / "ids.csv").write_text(HEAD + "LIB-001;ln_1;\nX;y;\n", "utf-8")
    done = vitrina("ids", "import", "ids.csv", folder=tmp_path)
    assert done.code == 1
    assert "ids!A3 · El código «X» nunca se ha publicado" in done.out
    assert "Se publicó la versión 2, con ellos." in done.out
    assert "1 de 3 productos con product_id; por asignar: 2." in done.out
    listed = vitrina("ids", "--format", "json", folder=tmp_path).document["products"]
    assert [one["product_id"] for one in listed] == [None, "ln_1", None]


@pytest.mark.parametrize("value", ["ln\u202e9", "ln\x009", "ln 9", "ln\u00a09", "x" * 101])
def test_an_id_with_what_nobody_sees_is_refused(value: str) -> None:
    """Marks that turn the writing round, control characters, blanks: the marketplace's ids have none."""
    found = fault_of(Assignment("product_id", value, "A"), Known({}, {}, frozenset("A")), replace=False)
    assert found == ("ids.malformed", {"kind": "product_id"})
