"""What every operation works with: the store, the shelf, the engine, and how long a request may take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from leads.endpoint.engines import EngineRoom
from leads.endpoint.problems import Problem, language
from leads.endpoint.together import Together
from leads.log import Log
from leads.shelf import Shelf, ShelfReader
from leads.store import LeadStore, Tx
from leads.vault import Vault
from schemas.errors import StoreUnavailable, TargetUnavailable

T = TypeVar("T")
Item = TypeVar("Item")
BUDGET = 5.0
"""Seconds a request may take in all (A)."""
CLIENT = "marketplace"
"""Who asks, in the keys of idempotency: both inbound keys are one client, so that rotating them doubles nothing."""


class Call(NamedTuple):
    """One request that passed the door. `deadline`: of the running loop's clock."""

    query: bytes
    headers: dict[bytes, bytes]
    body: bytes
    deadline: float

    @property
    def lang(self) -> str:
        """The caller's language, `es` or `en`."""
        return language(self.headers.get(b"accept-language"))


class Reply(NamedTuple):
    """What goes back."""

    status: int
    body: bytes
    media: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def said(self) -> tuple[tuple[bytes, bytes], ...]:
        """Its headers but for the length of its body."""
        return ((b"content-type", self.media), _AS_SAID, *self.headers)

    @property
    def head(self) -> tuple[tuple[bytes, bytes], ...]:
        """All its headers."""
        return ((b"content-length", b"%d" % len(self.body)), *self.said)


_AS_SAID = (b"x-content-type-options", b"nosniff")


@dataclass(frozen=True, slots=True)
class Service:
    """One running endpoint. `wake`: tells the sender that something new is owed."""

    store: LeadStore
    vault: Vault
    shelves: ShelfReader
    room: EngineRoom
    market: str
    portal: str
    lease: float
    log: Log
    wake: Callable[[], None] = lambda: None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def now(self) -> datetime:
        """The store's clock."""
        return self.store.database.clock()

    async def shelf(self) -> Shelf:
        """What is on offer, looked up once a request. Problem `catalogue`."""
        found = self.shelves.current()
        if found is not None:
            return found
        try:
            async with self.reading:
                found = self.shelves.current()
                return await asyncio.to_thread(self.shelves.read) if found is None else found
        except TargetUnavailable as fault:
            self.log("catalogue", {"error": str(fault)})
            raise Problem("catalogue", retry=5) from None

    async def commit(self, call: Call, work: Callable[[Tx], T]) -> T:
        """What `work` gives, once it is durable. Problem `store`: it is not, or that is not known in time."""
        try:
            async with asyncio.timeout_at(call.deadline):
                return await asyncio.wrap_future(self.store.writer.submit(work))
        except (StoreUnavailable, TimeoutError) as fault:
            raise self.no_store(fault) from None

    async def commit_together(self, call: Call, together: Together[Item, T], item: Item) -> T:
        """The same for a work that does all at once that waits."""
        try:
            return await together.do(item, call.deadline)
        except (StoreUnavailable, TimeoutError) as fault:
            raise self.no_store(fault) from None

    async def look(self, call: Call, work: Callable[[Tx], T]) -> T:
        """What `work` finds. Problem `store`."""
        try:
            async with asyncio.timeout_at(call.deadline):
                return await asyncio.to_thread(self.store.read, work)
        except (StoreUnavailable, TimeoutError) as fault:
            raise self.no_store(fault) from None

    def no_store(self, fault: BaseException) -> Problem:
        """The problem of a store that cannot be used, or not in time; logged."""
        self.log("store", {"error": str(fault) or "late"})
        return Problem("store", retry=2)
