"""Answered once: what came of a question that somebody had asked before, and waiting for who is at it now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from leads.endpoint.problems import Problem
from leads.endpoint.service import Reply
from leads.store import Conflict, InFlight, Stored

_WAIT = 2.0
_LOOK_AGAIN = 0.05
_REPLAYED = ((b"idempotency-replayed", b"true"),)
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""How answers are written."""


async def until_answered(attempt: Callable[[], Awaitable[Reply | InFlight]]) -> Reply:
    """An answer, ours or another's. Problem `in-flight`: somebody else is at it for too long."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _WAIT
    while True:
        answer = await attempt()
        if isinstance(answer, Reply):
            return answer
        if loop.time() >= until:
            raise Problem("in-flight", retry=1)
        await asyncio.sleep(_LOOK_AGAIN)


def answered(begun: Stored | Conflict | InFlight) -> Reply | InFlight:
    """The stored answer again, or that somebody is at it. Problem `other-content`."""
    if isinstance(begun, Stored):
        return Reply(begun.status, begun.body.encode(), headers=_REPLAYED)
    if isinstance(begun, Conflict):
        raise Problem("other-content")
    return begun
