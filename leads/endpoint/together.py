"""What waits for the store at one moment is done by one work: handing over to the writer's thread is not free."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from leads.store import Tx
from leads.store.writer import GroupWriter
from schemas.errors import StoreUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")
_MOST = 256


@dataclass(slots=True, eq=False)
class Asked(Generic[Item, Result]):
    """One item. `until`: of the loop's clock. `tell`: who waits; None once there is nobody."""

    item: Item
    until: float
    tell: Callable[[Any], None] | None


class Together(Generic[Item, Result]):
    """Collects items until the writer is free for them. Of one event loop.

    `work` gives a result for each item, in order; one that is an exception is its own waiter's alone, and wrote
    nothing. When `work` itself raises, it is undone and done again for each item by itself.
    """

    def __init__(self, writer: GroupWriter, work: Callable[[Tx, Sequence[Item]], Sequence[Result | Exception]]) -> None:
        self._writer = writer
        self._work = work
        self._waiting: deque[Asked[Item, Result]] = deque()
        self._open: set[Asked[Item, Result]] = set()
        self._called = False  # the writer has been called and has not come for what waits yet
        self._handed = False  # a batch is with the thread of a writer that would let us do the next one
        self._timer: asyncio.TimerHandle | None = None

    async def do(self, item: Item, until: float) -> Result:
        """Its result, once that is durable. StoreUnavailable; TimeoutError: not known by `until`."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        asked = self.ask(item, until, partial(_settle, future))
        try:
            return await future
        finally:
            self._drop(asked)

    def ask(self, item: Item, until: float, tell: Callable[[Result | BaseException], None]) -> Asked[Item, Result]:
        """The same without a task that waits: `tell` is called once, with the result or what `do` would raise."""
        loop = asyncio.get_running_loop()
        asked: Asked[Item, Result] = Asked(item, until, tell)
        self._open.add(asked)
        self._waiting.append(asked)
        if not self._called and not self._handed:
            self._called = True
            loop.call_soon(self._call)  # whatever else has arrived by then comes along
        if self._timer is None:
            self._timer = loop.call_at(until, self._late)
        return asked

    def _call(self) -> None:
        batch: list[Asked[Item, Result]] = []

        def work(tx: Tx) -> Sequence[Result | Exception]:
            if not batch:  # a second try is for the same
                batch.extend(self._taken())
            return self._work(tx, [asked.item for asked in batch])

        future = self._writer.do(work)
        if future.done():
            self._end(batch, future)
        else:
            self._handed = self._writer.local
            self._when_done(future, partial(self._end, batch))

    def _taken(self) -> Iterator[Asked[Item, Result]]:
        """What waits, at the moment the writer is free for it, in whatever thread does the work."""
        self._called = False  # before the look: who comes after it calls again
        for _ in range(_MOST):
            try:
                asked = self._waiting.popleft()
            except IndexError:
                return
            if asked.tell is not None:
                yield asked

    def _when_done(self, future: Future[Any], ended: Callable[[Future[Any]], None]) -> None:
        loop = asyncio.get_running_loop()

        def wake(done: Future[Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the service has ended meanwhile
                loop.call_soon_threadsafe(ended, done)

        future.add_done_callback(wake)

    def _end(self, batch: Sequence[Asked[Item, Result]], done: Future[Sequence[Result | Exception]]) -> None:
        self._handed = False
        if self._waiting and not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._call)
        fault = done.exception()
        if fault is not None and not batch:
            batch = list(self._taken())  # the store was gone before they were looked at
        if fault is None:
            for asked, outcome in zip(batch, done.result(), strict=True):
                self._told(asked, outcome)
        elif isinstance(fault, StoreUnavailable) or len(batch) == 1:
            for asked in batch:
                self._told(asked, fault)
        else:
            for asked in batch:
                future = self._writer.submit(partial(self._alone, asked.item))  # together they share commits
                self._when_done(future, partial(self._end_alone, asked))

    def _alone(self, item: Item, tx: Tx) -> Sequence[Result | Exception]:
        return self._work(tx, [item])

    def _end_alone(self, asked: Asked[Item, Result], done: Future[Sequence[Result | Exception]]) -> None:
        self._told(asked, done.exception() or done.result()[0])

    def _told(self, asked: Asked[Item, Result], outcome: Result | BaseException) -> None:
        tell = asked.tell
        self._drop(asked)
        if tell is not None:
            tell(outcome)

    def _drop(self, asked: Asked[Item, Result]) -> None:
        asked.tell = None
        self._open.discard(asked)

    def _late(self) -> None:
        """Those whose time is over hear it; what they asked for may yet be done. One timer is enough for all."""
        loop = asyncio.get_running_loop()
        for asked in [asked for asked in self._open if asked.until <= loop.time()]:
            self._told(asked, TimeoutError())
        ends = min((asked.until for asked in self._open), default=None)
        self._timer = None if ends is None else loop.call_at(ends, self._late)


def _settle(future: asyncio.Future[Result], outcome: Result | BaseException) -> None:
    if future.done():
        return  # nobody waits any more
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
