"""Who is signed in, and who failed to. Only hashes of session ids and of names tried are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from catalog.people import ABSOLUTE, Failures, Person, Session, since_when_failures_count, wait_before_trying
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.people import person_of
from catalog.store.texts import storable

_TOUCH = timedelta(minutes=1)
"""How exact «last seen» is: a write for each request would make readers wait."""
_MARK = 12


@dataclass(frozen=True, slots=True)
class Sessions:
    """Open sessions by the hash of their id."""

    database: Database

    def begin(self, digest: str, person: Person, *, address: str, agent: str, ends: str | None = None) -> None:
        """Open a session; `ends`: the one it takes the place of. Sessions long over are swept out."""
        moment = self.database.now()
        row = {"hash": digest, "user": person.id, "address": storable(address), "agent": storable(agent)}
        with self.database.write() as connection:
            over = (tables.sessions.c.begun_at < moment - ABSOLUTE) | (tables.sessions.c.hash == (ends or ""))
            connection.execute(tables.sessions.delete().where(over))
            connection.execute(tables.sessions.insert().values(**row, begun_at=moment, seen_at=moment))

    def find(self, digest: str) -> Session | None:
        """The open session of a hash, noted as seen; None where it ended or its owner was shut out."""
        with self.database.read() as connection:
            same = (tables.sessions.c.hash == digest) & tables.users.c.disabled_at.is_(None)
            row = connection.execute(_sessions().where(same)).one_or_none()
        moment = self.database.now()
        if row is None or (session := _session(row)).has_ended(moment):
            return None
        if moment - session.seen_at > _TOUCH:
            with self.database.write() as connection:
                seen = tables.sessions.update().where(tables.sessions.c.hash == digest)
                connection.execute(seen.values(seen_at=moment))
        return session

    def list(self, person: Person) -> tuple[Session, ...]:
        """Somebody's open sessions, newest first."""
        moment = self.database.now()
        query = _sessions().where(tables.users.c.id == person.id).order_by(tables.sessions.c.begun_at.desc())
        with self.database.read() as connection:
            found = [_session(row) for row in connection.execute(query)]
        return tuple(session for session in found if not session.has_ended(moment))

    def end(self, digest: str) -> None:
        """Close a session; closed already is fine."""
        with self.database.write() as connection:
            connection.execute(tables.sessions.delete().where(tables.sessions.c.hash == digest))

    def end_others(self, person: Person, digest: str) -> None:
        """Close all of somebody's sessions but one."""
        others = (tables.sessions.c.user == person.id) & (tables.sessions.c.hash != digest)
        with self.database.write() as connection:
            connection.execute(tables.sessions.delete().where(others))

    def attempt(self, name: str, address: str) -> timedelta:
        """How long a sign-in has to wait; where it need not, it counts as failed until it is forgiven.

        Counted before the password is looked at: a hundred tries at once are a hundred tries. `name` is a hash, for
        people type their password there. What is old is forgotten.
        """
        moment, address = self.database.now(), storable(address)
        table = tables.login_failures
        with self.database.write() as connection:
            connection.execute(table.delete().where(table.c.failed_at < since_when_failures_count(moment)))
            wait = wait_before_trying(_failures(connection, name, address), moment)
            if not wait:
                connection.execute(table.insert().values(name=name, address=address, failed_at=moment))
        return wait

    def forgive(self, name: str, address: str) -> None:
        """Whoever signs in from an address has no failures left there."""
        table = tables.login_failures
        with self.database.write() as connection:
            connection.execute(table.delete().where((table.c.name == name) & (table.c.address == storable(address))))


def _failures(connection: sa.Connection, name: str, address: str) -> Failures:
    table = tables.login_failures
    rows = connection.execute(
        sa.select(table).where((table.c.name == name) | (table.c.address == address)).order_by(table.c.id)
    ).all()
    here = [row.failed_at for row in rows if (row.name, row.address) == (name, address)]
    return Failures(here, sum(row.name == name for row in rows), sum(row.address == address for row in rows))


def _sessions() -> sa.Select[tuple[object, ...]]:
    session = tables.sessions
    own = (session.c.hash, session.c.begun_at, session.c.seen_at, session.c.address, session.c.agent)
    return sa.select(*own, *tables.users.c).join_from(session, tables.users, session.c.user == tables.users.c.id)


def _session(row: sa.Row[tuple[object, ...]]) -> Session:
    return Session(
        mark=row.hash[:_MARK],
        person=person_of(row),
        begun_at=row.begun_at,
        seen_at=row.seen_at,
        address=row.address,
        agent=row.agent,
    )
