"""Looks, waivers and remembered headers in the store; what a look from outside leaves behind (nothing)."""

from __future__ import annotations

import sqlite3
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from catalog.glance import glance
from catalog.ledger import Memory, identify
from catalog.store import NewUpload, Store, open_store, tables
from catalog.store.codec import Body, pack
from schemas.errors import WrongUse
from schemas.findings import Finding
from schemas.requirements import finding
from tests.publishing import entries, noon

WARNING = finding(
    "rate.basis_missing", sheet="Productos", row=6, column="E", field="rate_min", product="A", value="24,5"
)
OTHER = finding("name.duplicate", field="name", product="B", value="Uno", facts={"row": 4})
UNTIL = date(2026, 12, 31)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "catalog.db", now=noon)


def stage(store: Store, *codes: str, source: str = "productos.xlsx", **details: Any) -> int:
    usual: dict[str, Any] = {"sha256": "ab" * 32, "file": source, "by": "ana", "requirements": "1", "partial": False}
    usual |= {"entries": list(entries(*codes).values()), "held": {}, "findings": [WARNING]}
    return store.uploads.stage(NewUpload(source=source, **{**usual, **details})).number


def previous(
    store: Store, source: str, *codes: str, partial: bool = False
) -> tuple[int | None, tuple[Finding, ...]] | None:
    look = store.looks.previous(source, codes=codes, partial=partial)
    return look and (look.upload, look.findings)


def test_an_upload_is_a_look(store: Store) -> None:
    """Entered with it, in one transaction, without a second copy of what was found."""
    number = stage(store, "A")
    assert previous(store, "productos.xlsx") == (number, (WARNING,))
    with store.database.read() as connection:
        assert connection.execute(sa.select(tables.looks.c.body)).scalar_one() is None


def test_a_look_is_compared_with_the_last_one_at_the_same_source(store: Store) -> None:
    """Each source by itself, uploaded or not."""
    stage(store, "A", source="a.xlsx")
    second = stage(store, "B", source="b.xlsx", findings=[OTHER])
    assert previous(store, "b.xlsx") == (second, (OTHER,))
    store.looks.add("a.xlsx", by="ana", partial=False, upload=None, findings=[OTHER])
    assert previous(store, "a.xlsx") == (None, (OTHER,))


def test_a_workbook_saved_under_a_new_name_follows_the_one_before(store: Store) -> None:
    """If it is a full one and at least half of the products are the same."""
    stage(store, "A", "B", "C", source="marzo.xlsx")
    assert previous(store, "abril.xlsx", "A", "B", "D") == (1, (WARNING,))
    assert previous(store, "abril.xlsx", "A", "X", "Y") is None
    assert previous(store, "abril.xlsx", "A", "B", "C", partial=True) is None
    assert previous(store, "abril.xlsx") is None


def test_open_findings_are_those_of_the_last_looks(store: Store) -> None:
    """What was fixed since cannot be waived any more."""
    stage(store, "A", findings=[WARNING, OTHER])
    stage(store, "A", findings=[OTHER])
    stage(store, "A", source="b.xlsx")
    assert [known.finding for known in store.looks.open_findings()] == [WARNING, OTHER]


def test_a_waiver_is_kept_with_who_why_and_until_and_is_in_the_audit(store: Store) -> None:
    """A later one counts; the earlier stays on record."""
    (known,) = identify([WARNING])
    store.waivers.add(known, by="ana", reason="promoción", until=UNTIL)
    store.waivers.add(known, by="luis", reason="otra vez", until=UNTIL)
    waiver = store.waivers.list()[known.id]
    assert (waiver.by, waiver.reason, waiver.until, waiver.at) == ("luis", "otra vez", UNTIL, noon())
    audit = [(d.action, d.by, d.products) for d in store.decisions.list()]
    assert audit == [("waive", "ana", ("A",)), ("waive", "luis", ("A",))]
    assert "promoción" in (store.decisions.list()[0].comment or "")


def test_answers_about_headers_are_kept_by_file_and_forgotten_on_request(store: Store) -> None:
    """The last word counts; nothing is overwritten."""
    store.mappings.remember("p.xlsx", {"tasa rara": ("Tasa rara", ("rate_min",))}, by="ana")
    store.mappings.remember("p.xlsx", {"tasa rara": ("Tasa rara", ("rate_min",))}, by="luis")
    store.mappings.remember("q.xlsx", {"tasa rara": ("TASA RARA", ("rate_max",))}, by="eva")
    assert [(m.file, m.fields, m.by) for m in store.mappings.list()] == [
        ("p.xlsx", ("rate_min",), "ana"), ("q.xlsx", ("rate_max",), "eva"),
    ]  # fmt: skip
    assert [m.file for m in store.mappings.forget("tasa rara", file="p.xlsx", by="ana")] == ["p.xlsx"]
    assert [m.file for m in store.mappings.list()] == ["q.xlsx"]
    with store.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.mappings)).scalar() == 3


def test_forgetting_what_nobody_said_names_what_is_near(store: Store) -> None:
    """In both languages."""
    store.mappings.remember("p.xlsx", {"tasa rara": ("Tasa rara", ("rate_min",))}, by="ana")
    with pytest.raises(WrongUse, match="Tasa rara") as caught:
        store.mappings.forget("tasa raras", file=None, by="ana")
    assert "Se parecen: «Tasa rara»" in caught.value.say("es")


def test_a_glance_sees_what_the_store_remembers_and_leaves_no_trace(tmp_path: Path) -> None:
    """Whether the store is at rest or open; not a byte and not a file changes."""
    path = tmp_path / "catalog.db"
    store = open_store(path, now=noon)
    (known,) = identify([WARNING])
    store.waivers.add(known, by="ana", reason="x", until=UNTIL)
    store.mappings.remember("p.xlsx", {"tasa rara": ("Tasa rara", ("rate_min",))}, by="ana")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    seen = glance(path)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    assert seen == Memory(store.waivers.list(), store.mappings.list())
    with store.database.write() as connection:
        columns = "finding, code, product, until, waived_by, waived_at"
        again = f"INSERT INTO waivers (reason, {columns}) SELECT 'unsettled', {columns} FROM waivers"
        connection.execute(sa.text(again))
        assert glance(path) == seen


@pytest.mark.parametrize("body", [b"", b"no store at all" * 50])
def test_a_glance_at_what_is_no_store_sees_nothing(tmp_path: Path, body: bytes) -> None:
    """A check does not fail because of a catalogue it does not need."""
    path = tmp_path / "catalog.db"
    assert glance(path) == Memory()
    path.write_bytes(body)
    assert glance(path) == Memory()


def old_store(path: Path) -> None:
    """A store of the first step, with one upload."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "catalog:migrations")
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        row = {"sha256": "ab" * 32, "file": "p.xlsx", "source": "p.xlsx", "uploaded_by": "ana", "uploaded_at": noon()}
        row |= {"requirements": "1", "is_partial": False, "body": pack(Body(findings=(WARNING,)))}
        connection.execute(tables.uploads.insert().values(row))


def test_an_older_store_is_brought_up_to_date_with_its_uploads_as_looks(tmp_path: Path) -> None:
    """The first upload after the update is compared with the last before it."""
    path = tmp_path / "catalog.db"
    old_store(path)
    assert glance(path) == Memory()
    store = open_store(path, now=noon)
    assert previous(store, "p.xlsx") == (1, (WARNING,))


def test_rows_of_the_ledger_are_only_ever_added(tmp_path: Path) -> None:
    """Nothing in the ledger's SQL updates or deletes."""
    statements: list[str] = []
    store = open_store(tmp_path / "catalog.db", now=noon)
    sa.event.listen(
        store.database.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement)
    )
    stage(store, "A")
    (known,) = identify([WARNING])
    store.waivers.add(known, by="ana", reason="x", until=UNTIL)
    store.mappings.remember("p.xlsx", {"x": ("X", ("name",))}, by="ana")
    store.mappings.forget("x", file=None, by="ana")
    assert {s.split()[0] for s in statements} <= {"BEGIN", "INSERT", "SELECT", "PRAGMA"}


def test_many_say_the_same_at_once_and_it_is_written_once(store: Store) -> None:
    """Looking and writing happen under one lock."""
    said = {"tasa rara": ("Tasa rara", ("rate_min",))}
    threads = [
        threading.Thread(target=store.mappings.remember, args=("p.xlsx", said), kwargs={"by": "a"}) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.mappings)).scalar() == 1


def test_a_staging_that_fails_enters_no_look(tmp_path: Path) -> None:
    """Upload and look are one transaction."""
    path = tmp_path / "catalog.db"
    store = open_store(path, now=noon)
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TRIGGER no BEFORE INSERT ON looks BEGIN SELECT RAISE(ABORT, 'cut'); END")
    raw.close()
    with pytest.raises(sa.exc.IntegrityError):
        stage(store, "A")
    assert store.uploads.list() == ()
