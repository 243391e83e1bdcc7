"""Sources: what a person writes, what a folder offers, what is left aside; nothing half-written is ever read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.sources import Look, Marks, Means, Source, forget_downloads, look, source_of
from pipeline.sources.folder import PAUSE_SECONDS, why_left
from pipeline.sources.source import download_address, file_name
from schemas.errors import BadSource, SourceUnavailable, WrongUse
from schemas.settings import SourceSettings

SHEET = "1aBcD_efGhIjKlMnOpQrStUvWxYz0123456789"


def means(folder: Path, *, pause: Callable[[float], None] = lambda _: None, moment: float = 2e9) -> Means:
    return Means(folder / "kept", pause=pause, moment=lambda: moment)


def named(place: Path, pick: str = "newest") -> Source:
    settings = SourceSettings.model_validate({"from": str(place), "pick": pick})
    return source_of(settings.place, name="hojas", settings=settings)


def seen(source: Source, folder: Path, **world: object) -> Look:
    return look(source, lambda _: Marks(), means(folder, **world))  # type: ignore[arg-type]


def file_at(path: Path, age: float, body: bytes = b"x") -> Path:
    path.write_bytes(body)
    os.utime(path, (2e9 - age, 2e9 - age))
    return path


@pytest.mark.parametrize(
    ("written", "kind", "key"),
    [
        ("productos.xlsx", "path", "productos.xlsx"),
        ("hojas con espacio/", "path", "hojas con espacio/"),
        ("s3://deposito/a/productos.xlsx", "bucket", "s3://deposito/a/productos.xlsx"),
        ("https://hoja.example/a/productos.xlsx", "web", "https://hoja.example/a/productos.xlsx"),
    ],
)
def test_a_source_is_told_apart_by_how_it_is_written(written: str, kind: str, key: str) -> None:
    """And is known again by its place."""
    source = source_of(written)
    assert (source.kind, source.key, source.place) == (kind, key, written)


def test_what_an_address_may_hide_is_not_shown(tmp_path: Path) -> None:
    """Two addresses that differ only in their secret part are still two sources."""
    one, two = (source_of(f"https://hoja.example/p.xlsx?firma=canario{n}#x") for n in "12")
    assert "canario" not in one.key + two.key + one.label
    assert one.key != two.key
    assert one.place.endswith("canario1#x")


@pytest.mark.parametrize(
    "written",
    ["ftp://x/p.xlsx", "file:///etc/passwd", "https://", "https:///p", "https://a b/p", "https://ana:clave@x/p",
     "https://x:99999/p"],
)  # fmt: skip
def test_an_address_we_do_not_read_is_refused_at_once(written: str) -> None:
    """Wrong use, in a sentence that shows no password."""
    with pytest.raises(WrongUse) as caught:
        source_of(written)
    assert "clave" not in str(caught.value)


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        (f"d/{SHEET}/edit#gid=12", f"d/{SHEET}/export?format=xlsx"),
        (f"d/{SHEET}/edit?usp=sharing&gid=0#gid=0", f"d/{SHEET}/export?format=xlsx"),
        (f"u/1/d/{SHEET}/view", f"d/{SHEET}/export?format=xlsx"),
        (f"d/{SHEET}", f"d/{SHEET}/export?format=xlsx"),
        (f"d/{SHEET}/export?format=csv&gid=3", f"d/{SHEET}/export?format=csv&gid=3"),
        (f"d/e/2PACX-{SHEET}/pubhtml", f"d/e/2PACX-{SHEET}/pub?output=xlsx"),
        (f"d/e/2PACX-{SHEET}/pub?output=csv", f"d/e/2PACX-{SHEET}/pub?output=csv"),
    ],
)
def test_the_link_of_a_google_sheet_means_its_workbook(link: str, asked: str) -> None:
    """The whole workbook, brand sheet included; a link that already exports is taken as it is."""
    start = "https://docs.google.com/spreadsheets/"
    assert download_address(start + link) == start + asked


def test_a_link_elsewhere_is_taken_as_it_is() -> None:
    """Only Google's own host is known."""
    for link in (f"https://hoja.example/spreadsheets/d/{SHEET}/edit", "https://docs.google.com/document/d/x/edit"):
        assert download_address(link) == link


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://x.example/a/Productos%20marzo.xlsx?x=1", "Productos marzo.xlsx"),
        ("https://x.example/", "productos"),
        ("https://x.example", "productos"),
        (f"https://docs.google.com/spreadsheets/d/{SHEET}/edit", f"google-{SHEET}.xlsx"),
        ("s3://deposito/a/b.csv", "b.csv"),
        (f"https://x.example/{'🙂' * 200}.xlsx", f"{'🙂' * 28}.xlsx"),
    ],
)
def test_a_download_is_kept_under_a_plain_name(address: str, name: str) -> None:
    """The last part of its path."""
    assert file_name(address) == name


@pytest.mark.parametrize(
    "path",
    ["../p.xlsx", "a/../../p.xlsx", "%2e%2e/p.xlsx", "..%2fp.xlsx", "a%5cp.xlsx", "p%00.xlsx", "a/./p.xlsx", ".."],
)
def test_a_path_that_leaves_its_folder_is_refused(path: str) -> None:
    """However it is written; in one clear line."""
    with pytest.raises(BadSource, match="separator"):
        file_name(f"https://x.example/{path}")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("productos.xlsx", None),
        ("PRODUCTOS.CSV", None),
        ("~$productos.xlsx", "lock"),
        (".~lock.productos.ods#", "lock"),
        (".productos.xlsx", "hidden"),
        ("productos.xlsx.part", "temporary"),
        ("productos.crdownload", "temporary"),
        ("~WRL0001.tmp", "temporary"),
        ("productos.xlsx~", "temporary"),
        ("logo.png", "other_kind"),
        ("leame.docx", "other_kind"),
    ],
)
def test_what_is_no_product_file_is_left_aside_for_a_reason(name: str, why: str | None) -> None:
    """Lock files, hidden files, half-written ones and what is no spreadsheet."""
    assert why_left(name) == why


def test_a_folder_gives_its_newest_product_file(tmp_path: Path) -> None:
    """Known again as the folder, whatever the file is called this month; the rest is said."""
    folder = tmp_path / "hojas"
    folder.mkdir()
    (folder / "archivo").mkdir()
    file_at(folder / "enero.xlsx", 900)
    file_at(folder / "~$febrero.xlsx", 100)
    newest = file_at(folder / "febrero.xlsx", 500)
    found = seen(named(folder), tmp_path)
    assert [(one.path, one.key) for one in found.files] == [(newest, str(folder))]
    assert [(left.name, left.why) for left in found.left] == [("~$febrero.xlsx", "lock")]


def test_a_folder_can_give_all(tmp_path: Path) -> None:
    """Each a source of its own."""
    folder = tmp_path / "hojas"
    folder.mkdir()
    for name in ("b.csv", "a.xlsx"):
        file_at(folder / name, 900)
    found = seen(named(folder, "all"), tmp_path)
    assert [one.key for one in found.files] == [str(folder / "a.xlsx"), str(folder / "b.csv")]


def test_a_file_that_still_grows_waits_for_the_next_run(tmp_path: Path) -> None:
    """It was changed a moment ago and changes again while we look."""
    folder = tmp_path / "hojas"
    folder.mkdir()
    file_at(folder / "viejo.csv", 900)
    growing = file_at(folder / "nuevo.csv", 2)
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        file_at(growing, 1, growing.read_bytes() + b"more")

    found = seen(named(folder), tmp_path, pause=pause)
    assert found.files == ()
    assert [(left.name, left.why) for left in found.left] == [("nuevo.csv", "being_written")]
    assert pauses == [PAUSE_SECONDS]
    file_at(growing, 2)
    assert seen(named(growing), tmp_path, pause=pause).files == ()


def test_a_file_at_rest_is_read_without_waiting(tmp_path: Path) -> None:
    """Nobody pauses for a file of this morning, nor for one that a person names on the command line."""
    waits: list[float] = []
    file = file_at(tmp_path / "productos.csv", 3600)
    assert seen(named(file), tmp_path, pause=waits.append).files
    file_at(file, 0)
    assert seen(source_of(str(file)), tmp_path, pause=waits.append).files
    assert waits == []


def test_an_empty_folder_and_a_missing_one_are_not_the_same(tmp_path: Path) -> None:
    """Nothing to read is bad data; no folder is a place out of reach."""
    (tmp_path / "vacia").mkdir()
    (tmp_path / "vacia" / "notas.docx").write_text("")
    with pytest.raises(BadSource, match="no spreadsheet"):
        seen(named(tmp_path / "vacia"), tmp_path)
    with pytest.raises(SourceUnavailable) as caught:
        seen(named(tmp_path / "nada"), tmp_path)
    assert "no existe" in caught.value.say("es")


def test_downloads_do_not_pile_up(tmp_path: Path) -> None:
    """An address that is another one each time leaves its newest downloads, no more."""
    for n in range(60):
        (tmp_path / f"{n:02}").mkdir()
        os.utime(tmp_path / f"{n:02}", (n, n))
    forget_downloads(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{n:02}" for n in range(10, 60)]
    forget_downloads(tmp_path / "none")


def test_a_kept_download_that_was_touched_is_asked_for_anew(tmp_path: Path) -> None:
    """«Not changed» may only answer for a file that is still whole here."""
    from pipeline.sources.reach import Reach
    from tests.web_server import answer, web_server

    with web_server(answer(b"a;b", ETag='"uno"')) as server:
        source = source_of(f"{server.url}/p.csv")
        world = Means(tmp_path / "kept", Reach(allow_private=True))
        (first,) = look(source, lambda _: Marks(), world).files
        look(source, lambda _: first.marks, world)
        first.path.write_bytes(b"altered")
        (again,) = look(source, lambda _: first.marks, world).files
        assert [one.headers.get("if-none-match") for one in server.asked] == [None, '"uno"', None]
    assert again.path.read_bytes() == b"a;b"
