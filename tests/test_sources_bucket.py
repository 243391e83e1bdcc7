"""Sources in a bucket, against a real server: the same promises as for the web."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.targets import Keys
from pipeline.sources import Marks, Means, look, source_of
from pipeline.sources.reach import Reach
from schemas.errors import BadSource, SettingsError, SourceUnavailable, WrongUse
from schemas.settings import SourceSettings
from tests.object_store import ask, object_server

KEYS = Keys(access="invented", secret="also invented")


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with object_server() as port:
        assert ask(port, "PUT", "/hojas")[0] == 200
        yield port


def fetched(
    server: int, folder: Path, name: str, known: Marks | None = None, most: int = 1_000_000
) -> tuple[Path, Marks]:
    place = f"s3://hojas/{name}"
    settings = SourceSettings.model_validate({"from": place, "endpoint": f"http://127.0.0.1:{server}"})
    source = source_of(place, name="hoja", settings=settings)
    (found,) = look(source, lambda _: known or Marks(), Means(folder, Reach(most=most), KEYS)).files
    return found.path, found.marks


def test_an_object_is_taken_once_and_known_by_its_tag(server: int, tmp_path: Path) -> None:
    """Unchanged, it is not sent again; changed, it is."""
    ask(server, "PUT", "/hojas/a/productos.csv", b"a;b")
    path, marks = fetched(server, tmp_path, "a/productos.csv")
    assert (path.name, path.read_bytes()) == ("productos.csv", b"a;b")
    written = path.stat().st_mtime_ns
    assert fetched(server, tmp_path, "a/productos.csv", marks) == (path, marks)
    assert path.stat().st_mtime_ns == written
    ask(server, "PUT", "/hojas/a/productos.csv", b"a;c")
    assert fetched(server, tmp_path, "a/productos.csv", marks)[1] != marks
    assert path.read_bytes() == b"a;c"


def test_what_is_missing_too_large_or_a_page_is_told_in_a_sentence(server: int, tmp_path: Path) -> None:
    """Nothing is kept of it."""
    ask(server, "PUT", "/hojas/pagina.xlsx", b"<!doctype html><p>x")
    ask(server, "PUT", "/hojas/grande.csv", b"x" * 2_000)
    for name, fault in (("nada.xlsx", SourceUnavailable), ("pagina.xlsx", BadSource), ("grande.csv", BadSource)):
        with pytest.raises(fault) as caught:
            fetched(server, tmp_path, name, most=1_000)
        assert name in caught.value.say("es")
    with pytest.raises(BadSource):
        fetched(server, tmp_path, "a/../../x.csv")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")] == []


@pytest.mark.parametrize(
    "address", ["s3://hojas", "s3://hojas/", "s3://yo:canario@hojas/x", "s3://hojas/x?firma=canario"]
)
def test_a_bucket_without_a_file_or_with_a_key_is_wrong_use(address: str) -> None:
    """Said before anything is read, without the key."""
    with pytest.raises((WrongUse, SettingsError)) as caught:
        source_of(address)
    assert "canario" not in str(caught.value) + caught.value.say("es")
