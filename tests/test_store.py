"""The catalogue's memory."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from catalog.migrations import REVISIONS
from catalog.store import NewUpload, Store, open_store, tables
from schemas.errors import Refused, StalePlan, StoreUnavailable, WrongUse
from schemas.findings import Finding
from tests.publishing import entries, entry, noon, order_of, place_at, publish_these

FINDING = Finding(
    code="rate.above_usury",
    severity="error",
    effect="holds_listing",
    source="assumed",
    sheet="Productos",
    row=7,
    column="E",
    field="rate_max",
    product="LIB-9",
    value="41,49",
    facts=(("cap", Decimal("40.20")), ("month", date(2026, 1, 1)), ("rows", ("4", "7")), ("times", 2)),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "home" / "catalog.db", now=noon)


def stage(store: Store, **details: Any) -> int:
    usual: dict[str, Any] = {
        "sha256": "ab" * 32,
        "file": "productos.xlsx",
        "source": "/buzon/productos.xlsx",
        "by": "ana",
        "requirements": "2026-07-01+1",
        "partial": False,
        "entries": list(entries("A", "B").values()),
        "held": {"C": ("rate.above_usury",)},
        "findings": [FINDING],
    }
    return store.uploads.stage(NewUpload(**{**usual, **details})).number


def test_an_upload_comes_back_as_it_was_staged(store: Store) -> None:
    """Products, lineage, held rows and findings, their decimals and dates as such."""
    upload = store.uploads.get(stage(store))
    assert [item.product for item in upload.entries] == [item.product for item in entries("A", "B").values()]
    assert upload.entries[0].origins["name"].cell == "B4"
    assert upload.held == {"C": ("rate.above_usury",)}
    assert upload.findings == (FINDING,)
    assert (upload.info.at, upload.info.base) == (noon(), None)


def test_an_upload_knows_the_release_it_was_staged_on(tmp_path: Path) -> None:
    """The plan's base is found without guessing."""
    place = place_at(tmp_path)
    publish_these(place, entries("A"))
    assert place.store.uploads.get(stage(place.store)).info.base == 1


def test_uploads_are_listed_newest_first_and_found_by_content(store: Store) -> None:
    """The same bytes again can be recognised."""
    first, second = stage(store), stage(store, sha256="cd" * 32)
    assert [upload.id for upload in store.uploads.list()] == [second, first]
    assert [upload.id for upload in store.uploads.list(sha256="ab" * 32)] == [first]


def test_a_file_name_that_is_no_text_is_stored_readably(store: Store) -> None:
    """Names from a disk may hold any bytes."""
    assert store.uploads.get(stage(store, file="tasa\udcf1.xlsx")).info.file == "tasa?.xlsx"


def test_what_does_not_exist_is_said(store: Store) -> None:
    """Unknown numbers are wrong use, in both languages."""
    for ask in (store.uploads.get, store.releases.get):
        with pytest.raises(WrongUse, match=r"no .* 9"):
            ask(9)


def test_a_plan_is_approved_as_it_was_shown(store: Store) -> None:
    """Whole, or by name; what is said adds up."""
    upload = stage(store)
    store.decisions.show_plan(upload, "h1", base=None, summary={"added": 2}, by="ana")
    assert not store.decisions.scope(upload, "h1").approved
    store.decisions.decide("approve", upload, "h1", by="luis", products=["A"])
    scope = store.decisions.scope(upload, "h1")
    assert scope.allowed(frozenset("AB")) == {"A"}
    store.decisions.decide("approve", upload, "h1", by="eva", comment="bien")
    scope = store.decisions.scope(upload, "h1")
    assert (scope.whole, scope.named, len(scope.decisions), scope.allowed(frozenset("AB"))) == (True, {"A"}, 2, {*"AB"})


def test_a_rejection_takes_back_what_was_approved_before(store: Store) -> None:
    """Only what is said after it counts."""
    upload = stage(store)
    store.decisions.show_plan(upload, "h1", base=None, summary={}, by="ana")
    store.decisions.decide("approve", upload, "h1", by="luis")
    store.decisions.decide("reject", upload, "h1", by="eva")
    assert not store.decisions.scope(upload, "h1").approved


def test_nobody_approves_their_own_upload(store: Store) -> None:
    """They may reject it."""
    upload = stage(store)
    store.decisions.show_plan(upload, "h1", base=None, summary={}, by="ana")
    with pytest.raises(Refused):
        store.decisions.decide("approve", upload, "h1", by="ana")
    store.decisions.decide("reject", upload, "h1", by="ana")
    assert [decision.action for decision in store.decisions.list(upload=upload)] == ["reject"]


def test_a_plan_that_was_not_shown_or_whose_base_is_gone_is_stale(tmp_path: Path) -> None:
    """An approval is bound to the hash and to the release that is current."""
    place = place_at(tmp_path)
    upload = stage(place.store)
    place.store.decisions.show_plan(upload, "h1", base=None, summary={}, by="ana")
    with pytest.raises(StalePlan):
        place.store.decisions.decide("approve", upload, "other", by="luis")
    publish_these(place, entries("A"))
    with pytest.raises(StalePlan, match="release 1"):
        place.store.decisions.decide("approve", upload, "h1", by="luis")


def test_showing_a_plan_twice_keeps_one(store: Store) -> None:
    """Looking is no event."""
    upload = stage(store)
    for _ in range(2):
        store.decisions.show_plan(upload, "h1", base=None, summary={}, by="ana")
    with store.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.plans)).scalar() == 1


def test_content_of_any_release_is_read_back_exactly(tmp_path: Path) -> None:
    """Spans, not copies: each release shows what it showed, and costs what it changed."""
    place = place_at(tmp_path)
    shown = [
        entries("A", "B"),
        {**entries("A"), "B": entry("B", term_max=12), "C": entry("C")},
        entries("C"),
        entries("A", "B"),
    ]
    for content in shown:
        publish_these(place, content)
    for number, content in enumerate(shown, 1):
        found = place.store.releases.content(number)
        assert found is not None
        assert found.entries == content
    with place.store.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.entries)).scalar() == 6


def test_the_whole_life_of_a_product_is_one_question(tmp_path: Path) -> None:
    """Each version with the releases that showed it."""
    place = place_at(tmp_path)
    for term in (12, 24):
        publish_these(place, {"A": entry("A", term_max=term), **entries("B")})
    publish_these(place, entries("B"))
    spans = [(life.entry.product.term_max, life.since, life.until) for life in place.store.releases.history("A")]
    assert spans == [(12, 1, 2), (24, 2, 3)]


def test_two_publishers_never_mint_the_same_number(tmp_path: Path) -> None:
    """The store itself refuses what was built on an older base."""
    place = place_at(tmp_path)
    publish_these(place, entries("A"))
    late = order_of(place, entries("B"))
    publish_these(place, entries("C"))
    current = place.store.releases.get(1)
    with pytest.raises(StalePlan):
        place.store.releases.mint(
            current, entries=late.draft.entries, files=late.draft.files, keys=late.draft.keys, targets=[]
        )


def test_a_failed_mint_leaves_nothing(tmp_path: Path) -> None:
    """One transaction: release, entries, files, deliveries, decision, or none of them."""
    place = place_at(tmp_path)
    publish_these(place, entries("A"))
    current = place.store.releases.get(1)
    order = order_of(place, entries("B"))
    twice = [target.name for target in place.targets] * 2
    broken = {**order.draft.files, "x": None}
    with pytest.raises(AttributeError):
        place.store.releases.mint(
            type(current)(**{**_fields(current), "number": 2, "base": 1}),
            entries=order.draft.entries,
            files=broken,  # type: ignore[arg-type]
            keys={},
            targets=twice,
        )
    assert [release.number for release in place.store.releases.list()] == [1]
    content = place.store.releases.content()
    assert content is not None
    assert set(content.entries) == {"A"}


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def test_naive_moments_are_refused_and_others_become_utc(tmp_path: Path) -> None:
    """A clock without a zone is a bug."""
    bogota = timezone(timedelta(hours=-5))
    store = open_store(tmp_path / "a.db", now=lambda: datetime(2026, 11, 22, 7, tzinfo=bogota))
    at = store.uploads.get(stage(store)).info.at
    assert (at, at.tzinfo) == (noon(), UTC)
    naive = open_store(tmp_path / "b.db", now=lambda: datetime(2026, 11, 22, 7))  # noqa: DTZ001
    with pytest.raises(TypeError):
        stage(naive)


def test_withdrawn_until_reinstated(tmp_path: Path) -> None:
    """Reinstating what is not withdrawn is refused."""
    place = place_at(tmp_path)
    with pytest.raises(Refused):
        place.store.decisions.reinstate("A", by="luis")


def test_opening_again_runs_no_migration(tmp_path: Path) -> None:
    """A store that is up to date does not pay for Alembic."""
    path = tmp_path / "catalog.db"
    open_store(path, now=noon).close()
    store = open_store(path, now=noon)
    with store.database.read() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == REVISIONS[-1]
    store.close()


@pytest.mark.parametrize("store", ["catalog", "leads"])
def test_the_list_of_steps_is_the_folder_of_steps(store: str) -> None:
    """One after the other, as each names the one before; a step that REVISIONS forgets would never run."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", f"{store}:migrations")
    steps = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == import_module(f"{store}.migrations").REVISIONS


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Clearly, and without touching it."""
    path = tmp_path / "catalog.db"
    open_store(path, now=noon).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(StoreUnavailable, match="newer version") as caught:
        open_store(path, now=noon)
    assert "más nueva" in caught.value.say("es")


@pytest.mark.parametrize(
    "body", [b"this is no database at all, only some text " * 50, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_what_is_no_store_is_a_sentence_without_paths(tmp_path: Path, body: bytes) -> None:
    """No traceback, and nobody's home folder in the message."""
    path = tmp_path / "catalog.db"
    path.write_bytes(body)
    with pytest.raises(StoreUnavailable) as caught:
        open_store(path, now=noon)
    assert str(tmp_path) not in caught.value.say("es") + caught.value.say("en")


@pytest.mark.parametrize("name", ["a?b=c", "100%25", "#1", "año ñ", "a'b"])
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    """A path is not a URL."""
    path = tmp_path / name / "catalog.db"
    open_store(path, now=noon).close()
    assert path.is_file()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """A file stands where the home should be."""
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreUnavailable) as caught:
        open_store(tmp_path / "home" / "catalog.db", now=noon)
    assert str(tmp_path) not in str(caught.value)
    assert "hay un archivo donde" in caught.value.say("es")


def test_many_opening_a_new_store_at_once_make_one(tmp_path: Path) -> None:
    """The tables are made once, whoever comes first; nobody fails."""
    faults: list[BaseException] = []
    start = threading.Barrier(6)

    def open_it() -> None:
        place = start.wait()
        try:
            stage(open_store(tmp_path / "catalog.db", now=noon), sha256=f"{place}" * 64)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(open_store(tmp_path / "catalog.db", now=noon).uploads.list()) == 6


def test_two_writers_never_decide_on_the_same_state(store: Store) -> None:
    """A writer holds the lock from its first look: no two read the same count."""
    seen: list[int] = []

    def add_one() -> None:
        for _ in range(10):
            with store.database.write() as connection:
                count = connection.execute(sa.select(sa.func.count()).select_from(tables.decisions)).scalar_one()
                values = {"action": "reject", "products": "[]", "decided_by": "ana", "decided_at": noon()}
                connection.execute(tables.decisions.insert().values(values))
                seen.append(count)

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(40))


def test_old_uploads_are_forgotten_but_not_that_they_were(store: Store) -> None:
    """Kept is what the newest brought, the newest of each place, and what a source was last read as."""
    for at, place in enumerate(("a.xlsx", "b.xlsx", "b.xlsx", "c.xlsx", "c.xlsx")):
        stage(store, source=place, sha256=f"{at}" * 64)
    store.uploads.forget(1)
    assert [info.id for info in store.uploads.list()] == [5, 4, 3, 2, 1]
    assert [store.uploads.get(number).entries for number in (1, 3, 5)]
    for number in (2, 4):
        with pytest.raises(WrongUse, match="no longer kept"):
            store.uploads.get(number)
    assert store.looks.open_findings() is not None
