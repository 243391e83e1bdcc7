"""Run a sender to its end: an event loop of its own, signals that drain it, calls that other threads may make."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import threading
from collections.abc import Callable

from leads.postback.rules import SenderRules
from leads.postback.sender import Log, Sender
from leads.store import LeadStore


def run_sender(
    store: LeadStore, rules: SenderRules, log: Log, *, once: bool = False, tls: ssl.SSLContext | None = None,
    started: Callable[[Callable[[], None], Callable[[], None]], None] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Run a sender to its end in this thread; gives how many attempts ended in each class.

    In the main thread SIGTERM and SIGINT drain it. `started` is given two functions that any thread may call: stop
    and wake.
    """

    async def main() -> dict[str, int]:
        sender = Sender(store, rules, log, tls=tls)
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, sender.stop)
        if started is not None:
            started(
                lambda: _soon(loop, sender.stop),
                lambda: _soon(loop, sender.wake),
            )
        await sender.run(once=once)
        return sender.counts

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main())


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(call)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
