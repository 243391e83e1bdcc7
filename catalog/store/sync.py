"""What scheduled runs remember: each source as it was last read, what was told of troubles, the runs themselves."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from catalog.store import tables
from catalog.store.database import Database
from catalog.store.texts import storable
from catalog.watch import Changes, Notice, Trouble, compare

_RUNS_KEPT = 500
_NOTICES_KEPT = 1_000
_SOURCES_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMemory:
    """A source as it was last read and worked through.

    key: its place in words; etag, modified, sha256: how its content is known again; basis: a digest of all else that
    bore on the result; upload, sheet, rows: what came of it; since: when this content was first read.
    """

    key: str
    etag: str | None
    modified: str | None
    sha256: str
    basis: str
    upload: int
    sheet: str | None
    rows: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One scheduled run. code: its exit code; all_read: was every source read and every target served; facts: JSON."""

    begun: datetime
    ended: datetime
    code: int
    all_read: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SyncMemory:
    """What scheduled runs remember."""

    database: Database

    def source(self, key: str) -> SourceMemory | None:
        """A source as it was last read; None before that."""
        query = sa.select(tables.sources).where(tables.sources.c.key == storable(key))
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _source(row)

    def sources(self) -> tuple[SourceMemory, ...]:
        """Every source that was ever read, by key."""
        with self.database.read() as connection:
            return tuple(_source(row) for row in connection.execute(sa.select(tables.sources).order_by("key")))

    def remember(self, memory: SourceMemory) -> None:
        """Keep how a source was read, in place of what was known of it."""
        table, key = tables.sources, storable(memory.key)
        values = {name: getattr(memory, name) for name in _MARKS} | {"read_since": memory.since}
        with self.database.write() as connection:
            connection.execute(table.delete().where(table.c.key == key))
            connection.execute(table.insert().values(key=key, **values))

    def troubles(self) -> dict[str, Notice]:
        """Key -> the notice that told of each trouble that lasts, oldest first."""
        with self.database.read() as connection:
            return {row.trouble: _notice(row) for row in _lasting(connection)}

    def tell(self, now: Sequence[Trouble], looked: Collection[str], forgotten: Collection[str] = ()) -> Changes:
        """Owe a notice for each trouble that began or ended. looked: the scopes that were looked at.

        A trouble that ends before anybody was told of it is told neither way; one that may have been told is.
        forgotten: keys of troubles nobody looks at any more, which end without a word.
        """
        with self.database.write() as connection:
            for row in _lasting(connection):
                if row.trouble in forgotten:
                    _end(connection, row, self.database.now(), told=False)
            lasting = {row.trouble: row for row in _lasting(connection)}
            changes = compare({key: row.scope for key, row in lasting.items()}, now, looked)
            moment = self.database.now()
            for trouble in changes.begun:
                _add(connection, trouble, "problem", moment, since=moment, state="owed")
            for key in changes.ended:
                _end(connection, lasting[key], moment)
            needed = [row.id for row in _lasting(connection)]
            table = tables.notices
            _forget(connection, table, _NOTICES_KEPT, table.c.state.in_(("sent", "dropped")), table.c.id.not_in(needed))
        return changes

    def owed(self) -> tuple[Notice, ...]:
        """Notices nobody has taken yet, oldest first."""
        query = sa.select(tables.notices).where(tables.notices.c.state.in_(("owed", "tried")))
        query = query.order_by(tables.notices.c.id)
        with self.database.read() as connection:
            return tuple(_notice(row) for row in connection.execute(query))

    def mark(self, notice: int, state: Literal["owed", "tried", "sent"]) -> None:
        """Where a notice stands. tried: handed on, and not known yet whether it was taken."""
        with self.database.write() as connection:
            connection.execute(tables.notices.update().where(tables.notices.c.id == notice).values(state=state))

    def enter_run(self, run: Run) -> None:
        """Add a run; the oldest are forgotten."""
        row = {"begun_at": run.begun, "ended_at": run.ended, "code": run.code, "all_read": run.all_read}
        with self.database.write() as connection:
            connection.execute(tables.runs.insert().values(body=json.dumps(dict(run.facts)), **row))
            good = sa.select(sa.func.max(tables.runs.c.id)).where(tables.runs.c.all_read.is_(True))
            last = connection.execute(good).scalar() or 0
            _forget(connection, tables.runs, _RUNS_KEPT, tables.runs.c.id != last)
            _forget_sources(connection)

    def tried(self, since: datetime) -> frozenset[str]:
        """Keys of the sources that remembered runs tried to read since a moment, with or without success."""
        query = sa.select(tables.runs.c.body).where(tables.runs.c.begun_at >= since)
        with self.database.read() as connection:
            return frozenset(_tried(connection.execute(query).scalars()))

    def last_run(self, *, all_read: bool = False) -> Run | None:
        """The newest run, or the newest that read every source and served every target."""
        query = sa.select(tables.runs).order_by(tables.runs.c.id.desc()).limit(1)
        if all_read:
            query = query.where(tables.runs.c.all_read.is_(True))
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _run(row)


_MARKS = ("etag", "modified", "sha256", "basis", "upload", "sheet", "rows")


def _source(row: sa.Row[Any]) -> SourceMemory:
    return SourceMemory(key=row.key, since=row.read_since, **{name: getattr(row, name) for name in _MARKS})


def _lasting(connection: sa.Connection) -> list[sa.Row[Any]]:
    """The newest notice of each trouble, where it tells that it began."""
    newest = sa.select(sa.func.max(tables.notices.c.id)).group_by(tables.notices.c.trouble)
    query = sa.select(tables.notices).where(tables.notices.c.id.in_(newest), tables.notices.c.what == "problem")
    return list(connection.execute(query.order_by(tables.notices.c.id)))


def _add(
    connection: sa.Connection, trouble: Trouble, what: str, moment: datetime, *, since: datetime, state: str
) -> None:
    row = {"trouble": storable(trouble.key), "scope": storable(trouble.scope), "what": what, "state": state}
    row |= {"spanish": storable(trouble.spanish), "english": storable(trouble.english)}
    connection.execute(tables.notices.insert().values(made_at=moment, since=since, **row))


def _end(connection: sa.Connection, begun: sa.Row[Any], moment: datetime, *, told: bool = True) -> None:
    untold = begun.state == "owed"
    if untold:
        connection.execute(tables.notices.update().where(tables.notices.c.id == begun.id).values(state="dropped"))
    same = Trouble(key=begun.trouble, scope=begun.scope, spanish=begun.spanish, english=begun.english)
    _add(connection, same, "recovered", moment, since=begun.made_at, state="owed" if told and not untold else "dropped")


def _forget(connection: sa.Connection, table: sa.Table, keep: int, *only: sa.ColumnElement[bool]) -> None:
    """Forget the rows of a table that `only` describes, but the newest `keep`."""
    last = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
    connection.execute(table.delete().where(table.c.id <= last - keep, *only))


def _forget_sources(connection: sa.Connection) -> None:
    """Forget sources that no remembered run tried, but the newest: the files of each month are read in that month."""
    table = tables.sources
    newest = sa.select(table.c.key).order_by(table.c.read_since.desc(), table.c.key).limit(_SOURCES_KEPT)
    old = set(connection.execute(sa.select(table.c.key).where(table.c.key.not_in(newest))).scalars())
    if old:
        gone = old - {storable(key) for key in _tried(connection.execute(sa.select(tables.runs.c.body)).scalars())}
        connection.execute(table.delete().where(table.c.key.in_(gone)))


def _tried(bodies: Iterable[str]) -> Iterator[str]:
    return (one["source"] for body in bodies for one in json.loads(body).get("sources", ()))


def _notice(row: sa.Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        key=row.trouble,
        what=row.what,
        spanish=row.spanish,
        english=row.english,
        at=row.made_at,
        since=row.since,
    )


def _run(row: sa.Row[Any]) -> Run:
    return Run(begun=row.begun_at, ended=row.ended_at, code=row.code, all_read=row.all_read, facts=json.loads(row.body))
