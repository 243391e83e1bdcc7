"""The body of a request: JSON, so large and no more, and here in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from leads.endpoint.problems import Problem

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
LIMIT = 65_536
"""Bytes of a body."""


class Gone(Exception):
    """The caller hung up before the whole request was here."""


async def body_of(headers: Mapping[bytes, bytes], receive: Receive, deadline: float) -> bytes:
    """The body, never more than LIMIT of it. Problem: no JSON, too large, too slow. Gone."""
    refuse_media(headers)
    if headers.get(b"content-length", b"0").isdigit() and int(headers.get(b"content-length", b"0")[:12]) > LIMIT:
        raise Problem("too-large")
    try:
        async with asyncio.timeout_at(deadline):
            return await _read(receive)
    except TimeoutError:
        raise Problem("slow-body") from None


def refuse_media(headers: Mapping[bytes, bytes]) -> None:
    """Problem `not-json`: it says that it is something else, or packed."""
    media = headers.get(b"content-type", b"")
    if media != b"application/json":
        media = media.partition(b";")[0].strip().lower()
    if media != b"application/json" or headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Problem("not-json")


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        more = message.get("more_body", False)
        if size > LIMIT:
            raise Problem("too-large")
    return parts[0] if len(parts) == 1 else b"".join(parts)
