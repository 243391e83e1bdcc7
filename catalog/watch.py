"""What is wrong around the catalogue, told once when it begins and once when it ends. Pure.

A trouble is recognised again by its key alone, so that the same one in other words (a name that is unknown now, a
time-out an hour later) is told no second time. Whoever did not look at a scope says nothing about its troubles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something a person should know. scope: what was looked at to find it; spanish, english: one sentence each."""

    key: str
    scope: str
    spanish: str
    english: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is told of a trouble. id: the same at every attempt to deliver it; since: when the trouble began."""

    id: int
    key: str
    what: Literal["problem", "recovered"]
    spanish: str
    english: str
    at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """Troubles that began and keys of those that ended."""

    begun: tuple[Trouble, ...]
    ended: tuple[str, ...]


def compare(before: Mapping[str, str], now: Iterable[Trouble], looked: Collection[str]) -> Changes:
    """What began and what ended. before: key -> scope of the troubles that last; looked: the scopes looked at."""
    found = {trouble.key: trouble for trouble in now}
    begun = tuple(trouble for key, trouble in found.items() if key not in before)
    ended = tuple(key for key, scope in before.items() if key not in found and scope in looked)
    return Changes(begun, ended)
