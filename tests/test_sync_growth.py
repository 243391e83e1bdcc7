"""Month after month of scheduled runs: what is no history anybody needs does not pile up, and nothing else is lost."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from catalog.store import Run, SourceMemory, Store, sync
from catalog.upkeep import prune, verify
from catalog.watch import Trouble
from pipeline.run import delivering
from pipeline.run.publishing import rollback
from schemas.errors import Refused
from schemas.settings import SourceSettings
from tests.publishing import entries, noon, place_at, publish_these
from tests.scheduling import World, csv_of, loans

DAY = timedelta(days=1)
KEEP = "[releases]\nkeep = 3\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, toml=KEEP)


def write(world: World, name: str, count: int, text: str) -> Path:
    path = world.folder / name
    rows = loans(count, Descripción=text)
    path.write_bytes(csv_of({**row, "Código": f"{name[0]}{row['Código']}"} for row in rows))
    return path


def troubles(world: World) -> list[str]:
    with world.open() as shop:
        return [key.rpartition("/")[2] for key in shop.store.sync.troubles()]


def test_the_trouble_of_a_source_tried_once_is_told_once_and_forgotten(world: World) -> None:
    """A week after the last try nobody waits for it any more; that it is over is not told, for nobody knows."""
    good, once = write(world, "bueno.csv", 1, "x"), world.folder / "una-vez.csv"
    world.run(once)
    assert (troubles(world), world.mailbox.said[0][0]) == (["una-vez.csv:unreachable"], "problem")
    for _ in range(7):
        world.now += DAY
        world.run(good)
    assert troubles(world) == ["una-vez.csv:unreachable"]
    world.now += DAY
    world.run(good)
    assert troubles(world) == []
    assert [what for what, _ in world.mailbox.said] == ["problem"]
    world.run(once)
    assert [what for what, _ in world.mailbox.said] == ["problem"] * 2, "and begins anew where it is tried again"


def test_the_trouble_of_a_source_still_tried_lasts(world: World) -> None:
    """By a run of its own each third day, or because the settings name it; a success ends it, and that is told."""
    good, lost = write(world, "bueno.csv", 1, "x"), world.folder / "perdido.csv"
    named = world.folder / "nombrado.csv"
    world.toml = f'{KEEP}[sources.hoja]\nfrom = "{named}"\n'
    world.run_sources(*sources_of(world))
    for day in range(20):
        world.now += DAY
        world.run(lost if day % 3 == 0 else good)
    assert troubles(world) == ["nombrado.csv:unreachable", "perdido.csv:unreachable"]
    write(world, "perdido.csv", 1, "x")
    world.run(lost)
    assert [what for what, key in world.mailbox.said if "perdido" in key] == ["problem", "recovered"]


def sources_of(world: World) -> tuple[Any, ...]:
    from pipeline.sources import named_sources

    return tuple(named_sources({"hoja": SourceSettings.model_validate({"from": str(world.folder / "nombrado.csv")})}))


def test_a_trouble_is_forgotten_only_where_it_is_not_found_again(tmp_path: Path) -> None:
    """Untold ones too are dropped; one that was told ends without a word."""
    memory = place_at(tmp_path).store.sync
    trouble = Trouble(key="source:a:unreachable", scope="s", spanish="x", english="x")
    memory.tell([trouble], ["s"])
    memory.mark(memory.owed()[0].id, "sent")
    assert memory.tell([], [], [trouble.key]).ended == ()
    assert (memory.troubles(), memory.owed()) == ({}, ())
    assert len(memory.tell([trouble], ["s"]).begun) == 1


def remember(store: Store, key: str, upload: int, day: int) -> None:
    """A source as it was read on a day."""
    memory = SourceMemory(
        key=key, etag=None, modified=None, sha256="ab" * 32, basis="b", upload=upload, sheet=None, rows=1,
        since=noon() + day * DAY,
    )  # fmt: skip
    store.sync.remember(memory)


def test_sources_no_run_tries_any_more_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But never one that a remembered run tried, however long its content has been the same."""
    from tests.test_store import stage

    monkeypatch.setattr(sync, "_SOURCES_KEPT", 3)
    store = place_at(tmp_path).store
    upload = stage(store)
    for day in range(10):
        remember(store, f"mes-{day}.csv", upload, day)
    facts = {"sources": [{"source": "mes-0.csv", "state": "unchanged", "upload": upload}]}
    store.sync.enter_run(Run(begun=noon(), ended=noon(), code=0, all_read=True, facts=facts))
    assert [one.key for one in store.sync.sources()] == ["mes-0.csv", "mes-7.csv", "mes-8.csv", "mes-9.csv"]
    assert store.sync.tried(noon()) == {"mes-0.csv"}
    assert store.sync.tried(noon() + DAY) == frozenset()


def test_files_of_forgotten_releases_leave_the_store_and_history_stays(tmp_path: Path) -> None:
    """What a product was is kept for ever; which pages old releases had is not, and none of them is rolled back to."""
    place = place_at(tmp_path)
    for at in range(12):
        publish_these(place, entries("A", "B", name=f"Nombre {at}"))
        prune(place, 3)
    with place.store.database.read() as connection:
        spans = connection.exec_driver_sql("SELECT min(until), count(*) FROM files").one()
    assert spans[0] == 11, "of releases 10, 11 and 12"
    assert len(place.store.releases.history("A")) == 12
    assert verify(place, 3) == []
    from catalog.rollback import rollback as restored

    for number in range(1, 10):
        with pytest.raises(Refused, match="no longer kept"):
            restored(place, number, by="ana")
    assert restored(place, 10, by="ana").minted


def test_a_target_that_was_away_keeps_all_it_has_until_it_is_known_again(tmp_path: Path) -> None:
    """The store no longer knows what its older releases need: nothing of them is swept, and that ends by itself."""
    from dataclasses import replace

    place = place_at(tmp_path)
    for at in range(3):
        publish_these(place, entries("A", name=f"Nombre {at}"))
    away = replace(place, targets=())
    for at in range(3, 9):
        publish_these(away, entries("A", name=f"Nombre {at}"))
        prune(away, 3)
    for at in range(9, 12):
        publish_these(place, entries("A", name=f"Nombre {at}"))
        prune(place, 3)
        assert verify(place, 3) == []
    releases, files = tmp_path / "published" / "releases", tmp_path / "published" / "files"
    assert sorted(path.name for path in releases.iterdir()) == ["10", "11", "12"]
    assert {path.name for path in files.iterdir()} == place.store.releases.digests(10)


def test_a_target_whose_releases_somebody_deleted_loses_nothing_more(tmp_path: Path) -> None:
    """Its pointer still names ours: no content goes while the live release is not whole there."""
    place = place_at(tmp_path)
    for at in range(4):
        publish_these(place, entries("A", name=f"Nombre {at}"))
    there = tmp_path / "published"
    shutil.rmtree(there / "releases")
    before = {path.name for path in (there / "files").iterdir()}
    assert prune(place, 2) == ()
    assert {path.name for path in (there / "files").iterdir()} == before


def test_the_target_of_another_catalogue_is_not_pruned(tmp_path: Path) -> None:
    """Whoever is pointed at it by mistake is refused, and takes nothing away from it either."""
    from dataclasses import replace

    there = place_at(tmp_path / "theirs")
    for at in range(5):
        publish_these(there, entries("A", name=f"Nombre {at}"))
    here = replace(place_at(tmp_path / "ours"), targets=there.targets)
    publish_these(here, entries("B"))
    assert prune(here, 2) == ()
    assert len(list((tmp_path / "theirs" / "published" / "releases").iterdir())) == 5
    assert verify(there, 30) == []


def test_packs_are_kept_as_many_as_releases_and_the_last_one_sent(world: World) -> None:
    """What the marketplace has now is always there; packs written elsewhere are the person's own."""
    out = world.folder / "aparte"
    for at in range(8):
        world.now += DAY
        world.run(write(world, "p.csv", 1, f"Texto {at}"))
        with world.open() as shop:
            delivering.pack(shop, None, by="ana")
            delivering.pack(shop, None, by="ana", out=out)
            if at == 1:
                delivering.enter_receipt(shop, 2, "sent", by="ana")
    kept = sorted(path.name for path in (world.folder / "var" / "packs").iterdir())
    assert kept == [f"vitrina-v{number}.{kind}" for number in (2, 6, 7, 8) for kind in ("eml", "zip")]
    assert len(list(out.iterdir())) == 16


def counts(home: Path) -> dict[str, int]:
    """Table -> rows; folder -> files; `read`: bytes of what was read of uploads and found in looks."""
    with sqlite3.connect(home / "catalog.db") as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
        for table in ("uploads", "looks"):
            found[f"read of {table}"] = raw.execute(f"SELECT sum(length(body) > 0) FROM {table}").fetchone()[0]
    raw.close()
    for folder in (path for path in home.iterdir() if path.is_dir()):
        found[f"{folder.name}/"] = sum(1 for path in folder.rglob("*") if path.is_file())
    return found


HISTORY = {"acts", "decisions", "deliveries", "entries", "looks", "plans", "receipts", "releases", "uploads"}
"""What was done and shown: rows of these are kept for ever, each a line or (`entries`) a product's version."""


def months(world: World, runs: range) -> dict[str, int]:
    """Runs, a day each: one source that changes, one new file a run, now and then trouble and a pack."""
    for at in runs:
        world.now += DAY
        good = write(world, "bueno.csv", 3, f"Texto {at // 2}")
        once = write(world, f"una-vez-{at}.csv", 1, f"Texto {at}")
        if at % 5 == 4:
            good.unlink()
        if at % 7 == 6:
            once.write_bytes(b"")
        world.run(good, once)
        once.unlink(missing_ok=True)
        if at % 4 == 0:
            with world.open() as shop:
                delivering.pack(shop, None, by="ana")
    return counts(world.folder / "var")


def check_bounded(world: World, runs: int, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    """The second half adds history alone."""
    for module in ("catalog.store.uploads", "catalog.store.ledger"):
        monkeypatch.setattr(f"{module}.PLACES_KEPT", kept)
    monkeypatch.setattr("catalog.upkeep._UPLOADS_AT_LEAST", kept)
    for name in ("_RUNS_KEPT", "_NOTICES_KEPT", "_SOURCES_KEPT"):
        monkeypatch.setattr(sync, name, kept)
    half, whole = months(world, range(runs // 2)), months(world, range(runs // 2, runs))
    grown = {name: (half.get(name, 0), count) for name, count in whole.items() if count > half.get(name, 0) + 4}
    assert grown.keys() <= HISTORY, grown
    with world.open() as shop:
        assert verify(shop.place, 3) == []
        assert rollback(shop, None, by="ana").minted


def test_forty_runs_leave_no_more_than_twenty_but_history(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits lowered, so that few runs show what thousands would."""
    check_bounded(world, 40, monkeypatch, kept=6)


@pytest.mark.full
def test_three_hundred_runs_leave_no_more_than_half_as_many_but_history(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for longer."""
    check_bounded(world, 300, monkeypatch, kept=60)


def test_two_sources_that_do_not_agree_take_no_turns(world: World) -> None:
    """The newer word stands and the older one waits for a review; without that they would publish over each other."""
    first, second = write(world, "p-1.csv", 2, "Uno."), write(world, "p-2.csv", 2, "Dos.")
    for hour in range(4):
        world.now += timedelta(hours=1)
        ran = world.run(first, second)
        assert [one.published.waiting for one in ran.taken if one.published] == [hour > 0, False]
    assert len(world.releases()) == 2
    assert [key.rpartition(":")[2] for what, key in world.mailbox.said if what == "problem"] == ["review"]
    write(world, "p-1.csv", 2, "Tres.")
    world.run(first, second)
    world.run(first, second)
    assert len(world.releases()) == 3, "a new content is published, and now the other one waits"
    world.run(second)
    assert len(world.releases()) == 4, "who names one alone means it"


def workbook(world: World, name: str, brand: str) -> Path:
    """A product of its own, and what it says of the brand."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    row = {**loans(1)[0], "Código": name}
    page.append(list(row))
    page.append([str(value) for value in row.values()])
    for line in (("Dato", "Valor"), ("Razón social", brand)):
        (book["Marca"] if "Marca" in book.sheetnames else book.create_sheet("Marca")).append(line)
    path = world.folder / f"{name}.xlsx"
    book.save(path)
    return path


def test_two_sources_that_do_not_agree_about_the_brand_take_no_turns_either(world: World) -> None:
    """Each has its own products; the legal name is what the newer one says."""
    both = workbook(world, "A", "Uno S.A."), workbook(world, "B", "Dos S.A.")
    for _ in range(3):
        world.now += timedelta(hours=1)
        world.run(*both)
    assert [codes for _, codes in world.releases()] == [("A",), ("A", "B")]
