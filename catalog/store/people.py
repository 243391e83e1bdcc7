"""Users of the desk and their API tokens. Users are never deleted, and what was done to them is only ever added to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from catalog.entry import canonical
from catalog.people import Person, Role, Token, key_of
from catalog.store import tables
from catalog.store.database import Database
from catalog.store.texts import storable
from schemas.errors import Refused, WrongUse

UserAct = Literal["added", "roles", "password", "disabled", "enabled", "token_made", "token_revoked"]
_TOUCH = timedelta(minutes=1)
"""How exact «last used» is: a write for each request would make readers wait."""


@dataclass(frozen=True, slots=True)
class People:
    """The users."""

    database: Database

    def add(self, name: str, roles: frozenset[Role], password: str, *, by: str) -> Person:
        """A new user; `password` is its hash. Refused: there is one of that name."""
        moment = self.database.now()
        row = {"key": key_of(name), "name": name, "roles": canonical(sorted(roles)), "password": password}
        with self.database.write() as connection:
            if _row(connection, name) is not None:
                raise Refused(
                    f"There is already a user called {name}; «vitrina user list» shows them.",
                    es=f"Ya existe un usuario llamado {name}; «vitrina user list» los muestra.",
                )
            connection.execute(tables.users.insert().values(**row, made_by=storable(by), made_at=moment))
            detail = ", ".join(sorted(roles))
            _enter(connection, "added", name, by=by, at=moment, detail=detail)
            return person_of(_found(connection, name))

    def list(self) -> tuple[Person, ...]:
        """Every user, by name."""
        with self.database.read() as connection:
            return tuple(person_of(row) for row in connection.execute(sa.select(tables.users).order_by("key")))

    def find(self, name: str) -> tuple[Person, str] | None:
        """The user of a name with the hash of their password."""
        with self.database.read() as connection:
            row = _row(connection, name)
            return None if row is None else (person_of(row), row.password)

    def get(self, name: str) -> Person:
        """The user of a name. WrongUse: there is none."""
        with self.database.read() as connection:
            return person_of(_found(connection, name))

    def set_roles(self, name: str, roles: frozenset[Role], *, by: str) -> None:
        """Give other roles; whoever is signed in under that name has to sign in again. Refused: the last admin."""
        with self.database.write() as connection:
            row = _found(connection, name)
            if "admin" not in roles:
                _refuse_last_admin(connection, row)
            self._change(connection, row, "roles", by=by, detail=", ".join(sorted(roles)), roles=_listed(roles))
            _end_sessions(connection, row.id)

    def set_password(self, name: str, password: str, *, by: str) -> None:
        """Keep another hash; whoever is signed in under that name has to sign in again."""
        with self.database.write() as connection:
            row = _found(connection, name)
            self._change(connection, row, "password", by=by, password=password)
            _end_sessions(connection, row.id)

    def rehash(self, person: Person, password: str) -> None:
        """Keep the same password under a stronger hash."""
        with self.database.write() as connection:
            same = tables.users.c.id == person.id
            connection.execute(tables.users.update().where(same).values(password=password))

    def disable(self, name: str, *, by: str) -> None:
        """Shut somebody out at once: their sessions and tokens end for good. Refused: the last admin.

        A token that only slept would wake, unthought of, where its owner is let in again.
        """
        with self.database.write() as connection:
            row = _found(connection, name)
            _refuse_last_admin(connection, row)
            if row.disabled_at is None:
                self._change(connection, row, "disabled", by=by, disabled_at=self.database.now())
            _end_sessions(connection, row.id)
            _end_tokens(connection, row.id, row.name, by=by, at=self.database.now())

    def enable(self, name: str, *, by: str) -> None:
        """Let somebody in again, with no session and no token: one may have begun while they were being shut out."""
        with self.database.write() as connection:
            row = _found(connection, name)
            if row.disabled_at is not None:
                _end_sessions(connection, row.id)
                _end_tokens(connection, row.id, row.name, by=by, at=self.database.now())
                self._change(connection, row, "enabled", by=by, disabled_at=None)

    def _change(
        self,
        connection: sa.Connection,
        row: sa.Row[tuple[object, ...]],
        act: UserAct,
        *,
        by: str,
        detail: str | None = None,
        **values: object,
    ) -> None:
        connection.execute(tables.users.update().where(tables.users.c.id == row.id).values(**values))
        _enter(connection, act, row.name, by=by, at=self.database.now(), detail=detail)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Keys of programs, each somebody's."""

    database: Database

    def add(self, person: Person, label: str, digest: str, *, by: str) -> None:
        """A new token by its hash."""
        moment = self.database.now()
        row = {"hash": digest, "user": person.id, "label": storable(label), "made_at": moment}
        with self.database.write() as connection:
            connection.execute(tables.api_tokens.insert().values(row))
            _enter(connection, "token_made", person.name, by=by, at=moment, detail=label)

    def list(self, person: Person) -> tuple[Token, ...]:
        """The tokens somebody has, newest first."""
        mine = (tables.api_tokens.c.user == person.id) & tables.api_tokens.c.revoked_at.is_(None)
        with self.database.read() as connection:
            rows = connection.execute(_tokens().where(mine).order_by(tables.api_tokens.c.id.desc()))
            return tuple(_token(row) for row in rows)

    def find(self, digest: str) -> Token | None:
        """The token of a hash, if it and its owner still may; noted as used."""
        valid = (tables.api_tokens.c.hash == digest) & tables.api_tokens.c.revoked_at.is_(None)
        with self.database.read() as connection:
            row = connection.execute(_tokens().where(valid & tables.users.c.disabled_at.is_(None))).one_or_none()
        if row is None:
            return None
        moment = self.database.now()
        if row.used_at is None or moment - row.used_at > _TOUCH:
            with self.database.write() as connection:
                used = tables.api_tokens.update().where(tables.api_tokens.c.id == row.token)
                connection.execute(used.values(used_at=moment))
        return _token(row)

    def revoke(self, number: int, *, owner: Person, by: str) -> None:
        """End one of somebody's tokens. WrongUse: they have none of that number."""
        moment = self.database.now()
        same = (tables.api_tokens.c.id == number) & (tables.api_tokens.c.user == owner.id)
        with self.database.write() as connection:
            row = connection.execute(sa.select(tables.api_tokens).where(same)).one_or_none()
            if row is None:
                raise WrongUse("There is no such token.", es="Esa clave no existe.")
            connection.execute(tables.api_tokens.update().where(same).values(revoked_at=moment))
            _enter(connection, "token_revoked", owner.name, by=by, at=moment, detail=row.label)

    def end_all(self, owner: Person, *, by: str) -> None:
        """End all of somebody's tokens."""
        with self.database.write() as connection:
            _end_tokens(connection, owner.id, owner.name, by=by, at=self.database.now())


def _tokens() -> sa.Select[tuple[object, ...]]:
    token = tables.api_tokens
    own = (token.c.id.label("token"), token.c.label, token.c.made_at.label("token_made_at"), token.c.used_at)
    return sa.select(*own, *tables.users.c).join_from(token, tables.users, token.c.user == tables.users.c.id)


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    return Token(id=row.token, person=person_of(row), label=row.label, made_at=row.token_made_at, used_at=row.used_at)


def _row(connection: sa.Connection, name: str) -> sa.Row[tuple[object, ...]] | None:
    return connection.execute(sa.select(tables.users).where(tables.users.c.key == key_of(name))).one_or_none()


def _found(connection: sa.Connection, name: str) -> sa.Row[tuple[object, ...]]:
    row = _row(connection, name)
    if row is None:
        raise WrongUse(
            f"There is no user called {name}; «vitrina user list» shows them.",
            es=f"No existe el usuario {name}; «vitrina user list» los muestra.",
        )
    return row


def _refuse_last_admin(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> None:
    active = connection.execute(sa.select(tables.users).where(tables.users.c.disabled_at.is_(None)))
    admins = {other.id for other in active if "admin" in json.loads(other.roles)}
    if admins == {row.id}:
        raise Refused(
            f"{row.name} is the only admin; make somebody else an admin first.",
            es=f"{row.name} es la única persona con rol admin; primero dele ese rol a alguien más.",
        )


def _end_sessions(connection: sa.Connection, user: int) -> None:
    connection.execute(tables.sessions.delete().where(tables.sessions.c.user == user))


def _end_tokens(connection: sa.Connection, user: int, name: str, *, by: str, at: datetime) -> None:
    """End the tokens that still stand, each told in the audit."""
    table = tables.api_tokens
    standing = (table.c.user == user) & table.c.revoked_at.is_(None)
    labels = connection.execute(sa.select(table.c.label).where(standing).order_by(table.c.id)).scalars().all()
    connection.execute(table.update().where(standing).values(revoked_at=at))
    for label in labels:
        _enter(connection, "token_revoked", name, by=by, at=at, detail=label)


def _listed(roles: frozenset[Role]) -> str:
    return canonical(sorted(roles))


def _enter(connection: sa.Connection, act: UserAct, about: str, *, by: str, at: datetime, detail: str | None) -> None:
    """Into the audit, in the caller's transaction. detail: the roles given, the label of a token."""
    row = {"act": act, "about": about, "detail": detail and storable(detail), "done_by": storable(by), "done_at": at}
    connection.execute(tables.user_acts.insert().values(row))


def person_of(row: sa.Row[tuple[object, ...]]) -> Person:
    """The user of a row of the users' table, or of a join with it."""
    return Person(
        id=row.id,
        name=row.name,
        roles=frozenset(json.loads(row.roles)),
        made_by=row.made_by,
        made_at=row.made_at,
        disabled_at=row.disabled_at,
    )
