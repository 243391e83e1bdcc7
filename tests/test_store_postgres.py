"""The catalogue's store on PostgreSQL: the steps, the guards of what only grows, and the questions asked of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from catalog.store import Run, open_store, tables
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


def test_forgetting_works_on_postgresql() -> None:
    """What was read of uploads and found in looks, files of old releases, sources no run tries."""
    with postgres() as url:
        store = open_store(url.replace("postgresql://", "postgresql+psycopg://"), now=noon)
        for at in range(3):
            upload = stage(store, source="a.xlsx", sha256=f"{at}" * 64)
            store.looks.add("a.xlsx", by="ana", partial=False, upload=upload, findings=())
        store.uploads.forget(1)
        store.looks.forget()
        store.releases.forget_files(5)
        with store.database.read() as connection:
            read = (
                sa.select(sa.func.count()).select_from(tables.uploads).where(sa.func.length(tables.uploads.c.body) > 0)
            )
            found = sa.select(sa.func.count()).select_from(tables.looks).where(sa.func.length(tables.looks.c.body) > 0)
            assert (connection.execute(read).scalar(), connection.execute(found).scalar()) == (1, 1)
        facts = {"sources": [{"source": "a.xlsx", "state": "unchanged", "upload": upload}]}
        store.sync.enter_run(Run(begun=noon(), ended=noon(), code=0, all_read=True, facts=facts))
        assert store.sync.tried(noon()) == {"a.xlsx"}
        assert store.releases.begun() == {}
        store.close()
