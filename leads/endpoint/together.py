"""What waits for the store at one moment is done by one work: handing over to the writer's thread is not free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from leads.store import Tx
from leads.store.writer import GroupWriter
from schemas.errors import StoreUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")
_MOST = 256


class Together(Generic[Item, Result]):
    """Collects items while the writer is at the ones before. Of one event loop.

    `work` gives a result for each item, in order; one that is an exception is raised to its own waiter alone, and wrote
    nothing. When `work` itself raises, it is undone and done again for each item by itself.
    """

    def __init__(self, writer: GroupWriter, work: Callable[[Tx, Sequence[Item]], Sequence[Result | Exception]]) -> None:
        self._writer = writer
        self._work = work
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._under_way = False

    async def do(self, item: Item) -> Result:
        """Its result, once that is durable. StoreUnavailable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if not self._under_way:
            self._under_way = True
            loop.call_soon(self._begin)  # whatever else has arrived by then comes along
        return await future

    def _begin(self) -> None:
        batch = [(item, future) for item, future in self._waiting[:_MOST] if not future.done()]
        self._waiting = self._waiting[_MOST:]
        items = [item for item, _ in batch]
        done = asyncio.wrap_future(self._writer.submit(lambda tx: self._work(tx, items)))
        done.add_done_callback(lambda done: self._end(batch, done))

    def _end(
        self,
        batch: Sequence[tuple[Item, asyncio.Future[Result]]],
        done: asyncio.Future[Sequence[Result | Exception]],
    ) -> None:
        self._under_way = bool(self._waiting)
        if self._waiting:
            self._begin()
        fault = done.exception()
        if fault is None:
            for (_, future), outcome in zip(batch, done.result(), strict=True):
                _tell(future, outcome)
        elif isinstance(fault, StoreUnavailable) or len(batch) == 1:
            for _, future in batch:
                _tell(future, fault)
        else:
            for item, future in batch:
                self._alone(item, future)

    def _alone(self, item: Item, future: asyncio.Future[Result]) -> None:
        done = asyncio.wrap_future(self._writer.submit(lambda tx: self._work(tx, [item])))
        done.add_done_callback(lambda done: _tell(future, done.exception() or done.result()[0]))


def _tell(future: asyncio.Future[Result], outcome: Result | BaseException) -> None:
    if future.done():
        return  # nobody waits any more
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
