"""Users of the desk: add them, let them in, throttle those who guess, give their programs keys."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from catalog.people import (
    Person,
    Session,
    Token,
    checked_name,
    checked_password,
    checked_roles,
    key_of,
)
from catalog.store import Store
from schemas.errors import Refused, WrongUse

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_BYTES = 32
_AT_ONCE = threading.BoundedSemaphore(2)
"""A hash takes 64 MiB and both processors for a moment: a flood of sign-ins must not take the desk's."""
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from: its address and what its browser calls itself."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """How a sign-in went. id: the new session's, known to nobody else; None where it failed. wait: until the next."""

    id: str | None
    wait: timedelta = timedelta(0)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """The hash of no password: checking against it takes the time that a real one takes."""
    return _hasher().hash(secrets.token_urlsafe(_BYTES))


def add_user(store: Store, name: str, roles: Collection[str], password: str, *, by: str) -> Person:
    """A new user. WrongUse: name, role or password will not do. Refused: there is one of that name."""
    name, known = checked_name(name), checked_roles(roles)
    return store.people.add(name, known, _hash(checked_password(password, name)), by=by)


def give_roles(store: Store, name: str, roles: Collection[str], *, by: str) -> None:
    """Give other roles, and end the user's sessions. Refused: the last admin would be gone."""
    store.people.set_roles(name, checked_roles(roles), by=by)


def set_password(store: Store, name: str, password: str, *, by: str) -> None:
    """Another password, given by an admin; ends the user's sessions."""
    store.people.set_password(name, _hash(checked_password(password, name)), by=by)


def change_password(store: Store, person: Person, old: str, new: str, caller: Caller) -> timedelta:
    """Another password, by its owner; ends all their sessions. Refused: the old one is not theirs.

    A stolen session guesses no password here: failures count as those at the door do. Gives how long the next try has
    to wait where there were too many, and nothing was changed; no time otherwise.
    """
    checked_password(new, person.name)
    who = _digest(key_of(person.name))
    wait = store.sessions.attempt(who, caller.address)
    if wait:
        return wait
    found = store.people.find(person.name)
    if found is None or not _fits(found[1], old):
        raise Refused("That is not your password of now.", es="Esa no es su contraseña actual.")
    store.sessions.forgive(who, caller.address)
    set_password(store, person.name, new, by=person.name)
    return wait


def sign_in(store: Store, name: str, password: str, caller: Caller, *, ends: str | None = None) -> SignedIn:
    """Open a session for whoever knows the password; `ends` is the id of the one it takes the place of.

    A name that does not exist, a wrong password and a disabled user get the same answer after the same work.
    """
    who = _digest(key_of(name))
    wait = store.sessions.attempt(who, caller.address)
    if wait:
        return SignedIn(None, wait)
    found, nobody = store.people.find(name), _nobody()
    fits = _fits(found[1] if found else nobody, password)
    if found is None or not fits or found[0].disabled_at is not None:
        return SignedIn(None)
    person, known = found
    if _hasher().check_needs_rehash(known):
        store.people.rehash(person, _hash(password))
    store.sessions.forgive(who, caller.address)
    return SignedIn(begin_session(store, person, caller, ends=ends))


def begin_session(store: Store, person: Person, caller: Caller, *, ends: str | None = None) -> str:
    """Open a session under a new id, in place of the one of the id `ends`."""
    identity = secrets.token_urlsafe(_BYTES)
    over = _digest(ends) if ends else None
    store.sessions.begin(_digest(identity), person, address=caller.address, agent=caller.agent[:200], ends=over)
    return identity


def session_of(store: Store, identity: str) -> Session | None:
    """Whose session this is, if it is still open."""
    return store.sessions.find(_digest(identity))


def sign_out(store: Store, identity: str) -> None:
    """Close a session."""
    store.sessions.end(_digest(identity))


def sign_out_elsewhere(store: Store, session: Session, identity: str) -> None:
    """Close all of somebody's sessions but this one."""
    store.sessions.end_others(session.person, _digest(identity))


def make_token(store: Store, person: Person, label: str, *, by: str) -> str:
    """A new key for somebody's programs, shown this once. WrongUse: it has no label; Refused: the user is disabled."""
    bare = " ".join(label.split())
    if not bare or len(bare) > _LONGEST_LABEL or not bare.isprintable():
        raise WrongUse(
            f"Say in 1 to {_LONGEST_LABEL} visible characters what the token is for.",
            es=f"Diga en 1 a {_LONGEST_LABEL} caracteres visibles para qué es la clave.",
        )
    if person.disabled_at is not None:
        raise Refused(f"{person.name} is disabled.", es=f"{person.name} está deshabilitado.")
    token = f"vit_{secrets.token_urlsafe(_BYTES)}"
    store.tokens.add(person, bare, _digest(token), by=by)
    return token


def token_of(store: Store, token: str) -> Token | None:
    """Whose token this is, if it still stands."""
    return store.tokens.find(_digest(token))


def _hash(password: str) -> str:
    with _AT_ONCE:
        return _hasher().hash(password)


def _fits(known: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _AT_ONCE:
            return _hasher().verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(secret: str) -> str:
    """What is kept of a secret with 256 random bits: a bare hash is enough, nobody can try them all."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
