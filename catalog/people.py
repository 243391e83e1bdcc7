"""Who may use the desk and what they may do: names, roles, passwords, and how long a door stays open. Pure.

The limits are ours (assumed); the marketplace says nothing about how a Lender signs its own people in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from schemas.errors import WrongUse

Role = Literal["uploader", "reviewer", "publisher", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

IDLE = timedelta(hours=1)
"""A session nobody uses ends after this."""
ABSOLUTE = timedelta(hours=12)
"""A session ends after this in any case: a working day."""
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
_LONGEST_NAME = 60
_WINDOW = timedelta(minutes=15)
_FREE_TRIES = 5
"""Failures of one name from one address before the next try has to wait."""
_MOST_OF_A_NAME = 30
"""Failures of one name from anywhere within the window; more of them wait, whoever tries."""
_MOST_OF_AN_ADDRESS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One user of the desk. disabled_at: since when they may not sign in any more."""

    id: int
    name: str
    roles: frozenset[Role]
    made_by: str
    made_at: datetime
    disabled_at: datetime | None = None

    def may(self, roles: Iterable[Role]) -> bool:
        """Do they hold one of these roles? Of no roles at all: they need only be signed in."""
        wanted = frozenset(roles)
        return not wanted or bool(wanted & self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody signed in. mark: what the page calls it; the id itself is known to the browser alone."""

    mark: str
    person: Person
    begun_at: datetime
    seen_at: datetime
    address: str
    agent: str

    def has_ended(self, now: datetime) -> bool:
        """Idle for too long, or too old?"""
        return now - self.seen_at > IDLE or now - self.begun_at > ABSOLUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A key for programs that upload. The key itself was shown once and is kept as a hash."""

    id: int
    person: Person
    label: str
    made_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed sign-ins within the last quarter of an hour: of this name from this address, of the name, of the address.

    The first holds their moments, oldest first.
    """

    here: Sequence[datetime]
    of_name: int
    of_address: int


def wait_before_trying(failures: Failures, now: datetime) -> timedelta:
    """How long the next try has to wait; the same whether the name exists or not.

    After five failures half a minute, and twice as long after each further one, up to the quarter of an hour.
    """
    if failures.of_name >= _MOST_OF_A_NAME or failures.of_address >= _MOST_OF_AN_ADDRESS:
        return _WINDOW
    if len(failures.here) < _FREE_TRIES:
        return timedelta(0)
    pause = timedelta(seconds=30 * 2 ** min(len(failures.here) - _FREE_TRIES, 5))
    return max(timedelta(0), failures.here[-1] + min(pause, _WINDOW) - now)


def since_when_failures_count(now: datetime) -> datetime:
    """Failures before this are forgotten."""
    return now - _WINDOW


def key_of(name: str) -> str:
    """Capitals, spaces, and another way to write the same letters make no other person."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def checked_name(name: str) -> str:
    """The name as it is kept. WrongUse: it is empty, too long, or holds what cannot be seen."""
    bare = " ".join(name.split())
    if not bare or len(bare) > _LONGEST_NAME or not bare.isprintable():
        raise WrongUse(
            f"A user's name has 1 to {_LONGEST_NAME} visible characters.",
            es=f"El nombre de un usuario tiene entre 1 y {_LONGEST_NAME} caracteres visibles.",
        )
    return bare


def checked_password(password: str, name: str) -> str:
    """The password. WrongUse: it is too short, too long, or the name itself."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WrongUse(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.",
            es=f"La contraseña tiene entre {SHORTEST_PASSWORD} y {LONGEST_PASSWORD} caracteres.",
        )
    if key_of(name) in key_of(password) and len(password) < len(name) + SHORTEST_PASSWORD:
        raise WrongUse(
            "The password repeats the user's name; choose another one.",
            es="La contraseña repite el nombre del usuario; elija otra.",
        )
    return password


def checked_roles(roles: Iterable[str]) -> frozenset[Role]:
    """The roles. WrongUse: there are none, or one that does not exist."""
    found = frozenset(role for role in ROLES if role in frozenset(roles))
    strange = sorted(frozenset(roles) - found)
    if strange or not found:
        listed = ", ".join(ROLES)
        said = f"«{strange[0]}» no es un rol. " if strange else ""
        raise WrongUse(
            (f"“{strange[0]}” is no role. " if strange else "") + f"A user has one or more of: {listed}.",
            es=f"{said}Un usuario tiene uno o más de estos roles: {listed}.",
        )
    return found
