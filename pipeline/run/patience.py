"""Unattended work gives way to people: it tries again where somebody publishes at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from schemas.errors import LockHeld, StalePlan

T = TypeVar("T")
_TRIES = 20
_SECONDS = 0.5


def patiently(act: Callable[[], T], pause: Callable[[float], None]) -> T:
    """What `act` gives, from what is live by then. LockHeld: another was at it all the time (10 s).

    StalePlan: twice, so that it is no matter of the moment.
    """
    stale = False
    for _ in range(_TRIES):
        try:
            return act()
        except LockHeld:
            pause(_SECONDS)
        except StalePlan:
            if stale:
                raise
            stale = True
    return act()
