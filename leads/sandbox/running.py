"""Run a rehearsal to its end: listen, play if asked, and add up what was seen."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from leads.sandbox.journeys import Player
from leads.sandbox.market import Market
from leads.sandbox.summary import Summary, summarise


def run_sandbox(
    market: Market, *, host: str, port: int, ready: Callable[[str], None], player: Player | None = None,
    patience: float = 30.0,
) -> Summary:  # fmt: skip
    """Listen until SIGINT or SIGTERM, or until the player is done. OSError: the port is taken.

    `ready` is told the URL to send postbacks to.
    """

    async def main() -> Summary:
        server = await market.open(host, port)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        ready(f"http://{host}:{server.sockets[0].getsockname()[1]}")
        await _until_done(stop, player, patience)
        server.close()
        return summarise(market.book, player)

    return asyncio.run(main())


async def _until_done(stop: asyncio.Event, player: Player | None, patience: float) -> None:
    waiting: set[asyncio.Task[object]] = {asyncio.create_task(stop.wait())}
    if player is not None:
        waiting.add(asyncio.create_task(player.run(patience=patience)))
    done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    for task in done:
        task.result()
