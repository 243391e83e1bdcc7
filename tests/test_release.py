"""Building a release, and reading one back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from catalog.entry import Entry
from catalog.release import Approval, build, catalog_csv, catalog_json, manifest_bytes, read_current
from schemas.errors import TargetUnavailable
from schemas.product import FIELD_NAMES, from_record
from tests.publishing import BRAND, entries, entry, pages_of, place_at, product, publish_these

SHOWN = entries("A", "B", "C")


def test_the_same_content_gives_the_same_bytes() -> None:
    """Neither order nor another run changes a byte; the content digest knows no number, time or person."""
    once = build(SHOWN, pages_of(SHOWN), BRAND)
    turned = dict(reversed(SHOWN.items()))
    again = build(turned, dict(reversed(pages_of(SHOWN).items())), BRAND)
    assert once.bodies == again.bodies
    assert once.content == again.content
    assert "index.html" in once.files


def test_any_change_of_product_page_or_lender_is_another_content() -> None:
    """What people see decides the digest."""
    pages = pages_of(SHOWN)
    digests = {
        build(SHOWN, pages, BRAND).content,
        build({**SHOWN, "A": entry("A", term_max=12)}, pages, BRAND).content,
        build(SHOWN, {**pages, "index.html": ("k", b"other")}, BRAND).content,
        build(SHOWN, pages, type(BRAND)(name="Otro Ejemplo")).content,
    }
    assert len(digests) == 4


def test_lineage_alone_is_no_new_content() -> None:
    """The same values read from another cell show the same to the Consumer."""
    moved = {code: Entry(code, item.record, "{}") for code, item in SHOWN.items()}
    assert build(moved, pages_of(SHOWN), BRAND).content == build(SHOWN, pages_of(SHOWN), BRAND).content


def test_pages_known_to_the_base_come_without_bytes() -> None:
    """A page that did not change keeps its file; only what is new has a body."""
    base = build(SHOWN, pages_of(SHOWN), BRAND)
    known = {path: (key, None) for path, (key, _) in pages_of(SHOWN).items()}
    again = build(SHOWN, known, BRAND, base_files=base.files)
    assert again.files == base.files
    assert again.bodies == {}
    assert again.keys == base.keys


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/x",
        "../x",
        "a/../b",
        "a\\b",
        "a//b",
        "a/",
        "./a",
        "C:x",
        "a\nb",
        "manifest.json",
        "Catalog.JSON",
        "A.html",
    ],
)
def test_a_page_never_leaves_the_release_or_hides_a_file(path: str) -> None:
    """Neither up, nor away, nor over a file of ours, nor a twin on disks that ignore case."""
    with pytest.raises(ValueError, match="cannot be published"):
        build(SHOWN, {"a.html": ("k", b""), path: ("k", b"")}, BRAND)


def test_a_page_cannot_stand_where_another_has_its_folder() -> None:
    """`en` and `en/index.html` cannot both be files."""
    with pytest.raises(ValueError, match="folder"):
        build(SHOWN, {"en": ("k", b""), "en/index.html": ("k", b"")}, BRAND)


def test_catalog_json_holds_the_lender_and_every_record() -> None:
    """Products read back as they were; money and rates are strings."""
    said = json.loads(catalog_json(list(SHOWN.values()), BRAND))
    assert said["lender"] == {"name": "Crédito Ejemplo", "legal_name": "Crédito Ejemplo S.A.S."}
    assert said["market"] == "CO"
    assert [from_record(record) for record in said["products"]] == [item.product for item in SHOWN.values()]
    assert said["products"][0]["rate_min"] == "24.9"


def test_an_empty_catalogue_is_still_valid() -> None:
    """All withdrawn: an empty list, a header row."""
    assert json.loads(catalog_json([], BRAND))["products"] == []
    assert catalog_csv([]).decode().split("\r\n")[0].startswith("code,name,")


@pytest.mark.parametrize("text", ["=1+1", "+57", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("x")'])
def test_no_text_of_the_csv_is_a_formula(text: str) -> None:
    """A leading apostrophe keeps spreadsheets from computing it; the rest is untouched."""
    row = _rows(entry("A", name=text))[0]
    assert row["name"] == f"'{text}"


def test_the_csv_keeps_numbers_lists_and_truth() -> None:
    """Plain numbers stay numbers, even below zero; lists are joined; every field has its column."""
    row = _rows(entry("00123", rate_spread=Decimal("-1.50"), tax_included=False, requirements=("Cédula", "=x")))[0]
    assert (row["code"], row["rate_spread"], row["tax_included"]) == ("00123", "-1.50", "false")
    assert row["requirements"] == "Cédula; =x"
    assert tuple(row) == FIELD_NAMES


def _rows(*items: Entry) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(catalog_csv(items).decode(), newline="")))


def test_the_manifest_says_what_where_from_and_on_whose_word() -> None:
    """Digest and size of every file, base, requirements, approvals, and the cell of every value."""
    draft = build(SHOWN, pages_of(SHOWN), BRAND)
    approval = Approval("approve", "luis", "2026-11-22T12:00:00+00:00", "ab12")
    said = json.loads(
        manifest_bytes(draft, number=2, base=1, kind="publish", requirements="2026-07-01+1", approvals=[approval])
    )
    assert (said["release"], said["base"], said["requirements"]) == (2, 1, "2026-07-01+1")
    assert said["approvals"][0]["by"] == "luis"
    assert said["files"]["index.html"]["sha256"] == hashlib.sha256(b"A B C").hexdigest()
    assert said["lineage"]["A"]["file"] == "productos.xlsx"
    assert said["lineage"]["A"]["values"]["name"]["cell"] == "B4"


def test_a_reader_gets_products_and_checked_files(tmp_path: Path) -> None:
    """What was published is what is read."""
    publish_these(place_at(tmp_path), SHOWN)
    shown = read_current(tmp_path / "published")
    assert (shown.number, shown.market, shown.lender["name"]) == (1, "CO", "Crédito Ejemplo")
    assert shown.products["B"] == product("B")
    assert shown.read_file("index.html") == b"A B C"
    with pytest.raises(KeyError):
        shown.read_file("../home/catalog.db")


def test_a_reader_stays_on_the_release_it_resolved(tmp_path: Path) -> None:
    """A publication meanwhile changes nothing for a request that has begun."""
    place = place_at(tmp_path)
    publish_these(place, SHOWN)
    shown = read_current(tmp_path / "published")
    publish_these(place, entries("A"))
    assert shown.read_file("index.html") == b"A B C"
    assert set(shown.products) == set("ABC")
    assert read_current(tmp_path / "published").number == 2


def _alter(path: Path) -> None:
    body = path.read_bytes()
    path.unlink()
    path.write_bytes(body.replace(b"24.9", b"14.9").replace(b'"release":1', b'"release":7'))


@pytest.mark.parametrize("name", ["current.json", "releases/1/manifest.json", "files"])
def test_altered_bytes_are_never_served(tmp_path: Path, name: str) -> None:
    """Pointer, manifest or content: what does not match its digest is refused in a sentence."""
    publish_these(place_at(tmp_path), SHOWN)
    altered = tmp_path / "published" / name
    for path in altered.iterdir() if altered.is_dir() else [altered]:
        _alter(path)
    with pytest.raises(TargetUnavailable) as caught:
        _ = read_current(tmp_path / "published").products
    assert caught.value.say("es") != caught.value.say("en")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"release": "x"}', b"\xff", b'{"release": 1, "manifest": "0"}'])
def test_a_pointer_that_makes_no_sense_is_a_sentence(tmp_path: Path, body: bytes) -> None:
    """Never a traceback for what lies in a folder."""
    publish_these(place_at(tmp_path), SHOWN)
    (tmp_path / "published" / "current.json").unlink()
    (tmp_path / "published" / "current.json").write_bytes(body)
    with pytest.raises(TargetUnavailable):
        read_current(tmp_path / "published")


def test_nothing_published_yet_is_a_sentence(tmp_path: Path) -> None:
    """An empty or absent folder says what to do."""
    with pytest.raises(TargetUnavailable, match="vitrina publish"):
        read_current(tmp_path / "nowhere")


def test_reading_a_release_needs_the_standard_library_only() -> None:
    """`leads` reads releases without the catalogue's database, templates or sanitiser."""
    heavy = "{'sqlalchemy', 'alembic', 'jinja2', 'nh3', 'pandas', 'pydantic'}"
    code = f"import sys, catalog.release; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
