"""Who may come in: key and address, looked at before a body is read. How often one address may hand people over."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from leads.endpoint.problems import Problem
from schemas.lead_settings import LeadSettings, Secret, plain_address

Keys = Literal["inbound", "core", "either", "none"]
_MOST_ADDRESSES = 10_000
_AT_ONCE = 10
"""Seconds of its rate that an address may use up at once."""


@dataclass(frozen=True, slots=True)
class Door:
    """Whose keys open what. `proxy`: the one peer whose X-Forwarded-For is believed; else the peer is the caller."""

    inbound: tuple[bytes, ...]
    core: tuple[bytes, ...]
    egress: frozenset[str]
    proxy: str | None

    def address(self, peer: str | None, forwarded: bytes | None) -> str | None:
        """The caller's address: what the trusted proxy saw last, else the peer itself. None: not known."""
        seen = plain_address(peer or "")
        if self.proxy is None or seen != self.proxy:
            return seen
        last = (forwarded or b"").rpartition(b",")[2]
        return plain_address(last.decode("latin-1").strip())

    def admit(self, keys: Keys, given: bytes | None, address: str | None) -> None:
        """Problem `forbidden`: the key is none of ours, or the marketplace calls from another address."""
        if keys == "none":
            return
        theirs = keys != "core" and _matches(given, self.inbound)
        ours = keys != "inbound" and _matches(given, self.core)
        known_place = not self.egress or address in self.egress
        if not (ours or (theirs and known_place)):
            raise Problem("forbidden")


def door_of(settings: LeadSettings) -> Door:
    """The door of these settings."""
    return Door(
        _octets(settings.inbound_keys),
        _octets(settings.core_keys),
        frozenset(settings.egress_ips),
        settings.trusted_proxy,
    )


def _octets(keys: Iterable[Secret]) -> tuple[bytes, ...]:
    return tuple(key.reveal().encode() for key in keys)


def _matches(given: bytes | None, keys: tuple[bytes, ...]) -> bool:
    """Every key is compared, in constant time, so that neither which nor how much of one matches can be timed."""
    found = [hmac.compare_digest(given or b"", key) for key in keys]
    return any(found)


class Buckets:
    """A bucket of tokens for each address, refilled at `rate` a second; the addresses seen last are remembered."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._most = max(1.0, rate * _AT_ONCE)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str | None) -> None:
        """One token. Problem `too-many`, with the seconds until there is one."""
        name, now = address or "", self._clock()
        left, since = self._left.pop(name, (self._most, now))
        left = min(self._most, left + max(0.0, now - since) * self._rate)
        enough = left >= 1
        self._left[name] = (left - 1 if enough else left, now)
        if len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)
        if not enough:
            raise Problem("too-many", retry=max(1, round((1 - left) / self._rate + 0.5)))
