"""The catalogue's store on PostgreSQL: the steps, the guards of what only grows, and the questions asked of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from catalog.store import open_store, tables
from tests.postgres import postgres
from tests.publishing import entry, noon
from tests.test_store import stage


def test_the_steps_and_the_guards_hold_on_postgresql() -> None:
    """They make the tables that queries name; staging, showing, approving work; what was done cannot be changed."""
    with postgres() as url:
        store = open_store(url.replace("postgresql://", "postgresql+psycopg://"), now=noon)
        with store.database.read() as connection:
            found = sa.inspect(connection)
            for table in tables.uploads.metadata.sorted_tables:
                assert {column["name"] for column in found.get_columns(table.name)} == set(table.c.keys())
        upload = stage(store)
        store.decisions.show_plan(upload, "h1", base=None, summary={}, by="ana")
        store.decisions.decide("approve", upload, "h1", by="luis", products=["A"])
        assert store.decisions.scope(upload, "h1").named == {"A"}
        assert {deed.act for deed in store.audit.list()} == {"upload", "plan", "approve"}
        assert store.uploads.get(upload).entries[0].product == entry("A").product
        for change in (tables.decisions.delete(), tables.decisions.update().values(comment="x")):
            with pytest.raises(sa.exc.DatabaseError, match="append-only"), store.database.engine.begin() as raw:
                raw.execute(change)
        store.close()
