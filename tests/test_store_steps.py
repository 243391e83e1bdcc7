"""The steps of the store: one brought up to date is the one that is made new, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from catalog.migrations import REVISIONS
from catalog.store import open_store, tables
from catalog.store.database import Database, open_database
from tests.postgres import postgres
from tests.publishing import noon

Schema = dict[str, dict[str, Any]]
KINDS = ["sqlite", "postgresql"]


@contextmanager
def empty(kind: str, folder: Path) -> Iterator[Path | str]:
    """A place for a store where there is none yet."""
    if kind == "sqlite":
        yield folder / "catalog.db"
        return
    with postgres() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


def engine_at(place: Path | str) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{place}" if isinstance(place, Path) else place)


def brought_to(place: Path | str, step: str) -> None:
    """What an older version made."""
    engine = engine_at(place)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "catalog:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, step)
    engine.dispose()


def schema(database: Database) -> Schema:
    """Every table: columns with what they take, keys, constraints, indexes, and the guards of what only grows."""
    with database.engine.connect() as connection:
        found = sa.inspect(connection)
        names = sorted(set(found.get_table_names()) - {"alembic_version"})
        guards = _guards(connection)
        return {name: {**_table(found, name), "guards": guards.get(name, [])} for name in names}


def _table(found: sa.Inspector, name: str) -> dict[str, Any]:
    return {
        "columns": {
            one["name"]: (_kind(one["type"]), one["nullable"], _default(one["default"]))
            for one in found.get_columns(name)
        },
        "key": found.get_pk_constraint(name)["constrained_columns"],
        "references": sorted(
            (*one["constrained_columns"], one["referred_table"], *one["referred_columns"])
            for one in found.get_foreign_keys(name)
        ),
        "unique": sorted(one["column_names"] for one in found.get_unique_constraints(name)),
        "checks": sorted(str(one["sqltext"]) for one in found.get_check_constraints(name)),
        "indexes": sorted(
            (str(one["name"]), one["column_names"], bool(one["unique"]), _where(one))
            for one in found.get_indexes(name)
            if not one.get("duplicates_constraint")
        ),
    }


def _kind(kind: sa.types.TypeEngine[Any]) -> str:
    """The word both databases mean: what is kept, and how long it may be."""
    length = getattr(kind, "length", None)
    plain = {"BYTEA": "BLOB", "LARGE_BINARY": "BLOB", "STRING": "VARCHAR", "TIMESTAMP": "DATETIME"}
    word = plain.get(str(kind.__visit_name__).upper(), str(kind.__visit_name__).upper())
    return f"{word}({length})" if length else word


def _default(said: object) -> object:
    """What a column takes of itself; the counter behind a key of PostgreSQL's is what SQLite does unasked."""
    return None if said is None or str(said).startswith("nextval(") else str(said)


def _where(index: Any) -> str:
    return " ".join(str(value) for name, value in index.get("dialect_options", {}).items() if name.endswith("where"))


def _guards(connection: sa.Connection) -> dict[str, list[str]]:
    """Table -> names of its triggers."""
    query = (
        "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT event_object_table, trigger_name FROM information_schema.triggers"
    )
    guards: dict[str, list[str]] = {}
    for table, name in sorted((row[0], row[1]) for row in connection.execute(sa.text(query))):
        guards.setdefault(table, []).append(name)
    return guards


def schema_from(kind: str, folder: Path, step: str | None) -> Schema:
    """Of a store opened now: made new, or made at a step by an older version."""
    with empty(kind, folder) as place:
        if step is not None:
            brought_to(place, step)
        database = open_database(place, noon)
        try:
            return schema(database)
        finally:
            database.engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_brought_up_to_date_is_one_made_new(tmp_path: Path, kind: str) -> None:
    """From every step there ever was: columns, defaults, keys, constraints, indexes and guards are the same."""
    new = schema_from(kind, tmp_path, None)
    for step in REVISIONS[:-1]:
        folder = tmp_path / step
        folder.mkdir()
        assert schema_from(kind, folder, step) == new, step


def test_both_databases_have_the_same_schema(tmp_path: Path) -> None:
    """What one of them refuses, the other refuses too."""
    ours, theirs = (schema_from(kind, tmp_path, None) for kind in KINDS)
    assert ours.keys() == theirs.keys()
    assert ours["sources"]["references"] == [("upload", "uploads", "id")]
    assert [columns for _, columns, _, _ in ours["notices"]["indexes"]] == [["trouble"]]
    assert len(ours["receipts"]["guards"]) == 2
    for name, table in ours.items():
        assert table == theirs[name], name


def test_what_queries_name_is_what_the_steps_make(tmp_path: Path) -> None:
    """Tables, columns, kinds and keys; a query written for one key works on no other."""
    made = schema_from("sqlite", tmp_path, None)
    said = tables.uploads.metadata.tables
    assert made.keys() == said.keys()
    for name, table in said.items():
        assert made[name]["key"] == [column.name for column in table.primary_key], name
        kinds = {c.name: _kind(sa.DateTime() if isinstance(c.type, tables.Utc) else c.type) for c in table.c}
        assert {column: kind for column, (kind, _, _) in made[name]["columns"].items()} == kinds, name


def test_what_an_older_version_kept_is_there_after_the_step(tmp_path: Path) -> None:
    """A store of the version before scheduled runs, with an upload in it: nothing is lost, and runs can be entered."""
    place = tmp_path / "catalog.db"
    brought_to(place, "0005")
    engine = engine_at(place)
    with engine.begin() as raw:
        row = {
            "sha256": "ab" * 32, "file": "p.xlsx", "source": "p.xlsx", "uploaded_by": "ana", "uploaded_at": noon(),
            "requirements": "2026-07-01+1", "is_partial": False, "body": b"",
        }  # fmt: skip
        raw.execute(tables.uploads.insert().values(row))
    engine.dispose()
    store = open_store(place, now=noon)
    assert [info.file for info in store.uploads.list()] == ["p.xlsx"]
    assert (store.sync.sources(), store.sync.last_run()) == ((), None)
    store.close()
