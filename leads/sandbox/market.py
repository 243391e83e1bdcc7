"""The marketplace's socket: HTTP/1.1 by hand, because a web framework cannot reset, drip or tear an answer."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import cast

import httptools

from leads.sandbox.book import Book, Heard
from leads.sandbox.contract import Request
from leads.sandbox.faults import Fault, Faults

_MOST_BODY = 65_536
_JSON = "application/json"
_DRIP_SECONDS = 0.5
_TRANSIENT = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its octets, what becomes of the connection; `taken`: acknowledged, `ends`: refused for good."""

    name: str
    octets: bytes
    then: str = "keep"
    taken: bool = False
    ends: bool = False


@dataclass(slots=True)
class Market:
    """A marketplace that hears postbacks. `delay`: seconds before each answer; `tell` hears of each one."""

    book: Book
    faults: Faults
    chance: random.Random
    tell: Callable[[Heard, Reply], None]
    delay: float = 0.0

    async def open(self, host: str, port: int) -> asyncio.Server:
        """Listen; port 0 takes a free one. OSError: it is taken."""
        return await asyncio.get_running_loop().create_server(lambda: _Connection(self), host, port, backlog=512)

    def answer(self, request: Request) -> tuple[Heard, Reply]:
        """What is said to one request."""
        heard = self.book.hear(request)
        fault = self.faults.choose(heard.postback.click_id, self.chance.random()) if heard.status == 200 else None
        reply = _usual(heard) if fault is None else _faulty(fault)
        if reply.taken:
            self.book.take(heard, at=request.at)
        elif reply.ends:
            self.book.stop(heard)
        self.book.answers[reply.name] += 1
        return heard, reply


def _usual(heard: Heard) -> Reply:
    if heard.status == 200:
        return Reply("200", _said(200, {"status": "received", "click_id": heard.postback.click_id}), taken=True)
    return Reply(str(heard.status), _said(heard.status, {"error": " ".join(heard.breaches)}), ends=True)


def _faulty(fault: Fault) -> Reply:
    if fault.kind == "status":
        octets = _octets(fault.status, b'{"status":"rehearsal"}')
        ends = 300 <= fault.status < 500 and fault.status not in _TRANSIENT
        return Reply(str(fault.status), octets, taken=fault.status < 300, ends=ends)
    return _REPLIES[fault.kind]


def _said(status: int, said: dict[str, str | None]) -> bytes:
    return _octets(status, json.dumps(said, ensure_ascii=False).encode())


def _octets(status: int, body: bytes, kind: str = _JSON, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


_OK = _octets(200, b'{"status":"received"}')
_REPLIES = {
    "html": Reply("html", _octets(200, b"<html><body>OK</body></html>", "text/html"), taken=True),
    "empty": Reply("empty", _octets(200, b""), taken=True),
    "bad_ack": Reply("bad_ack", _octets(200, b'{"success":false,"error":"rehearsal"}'), ends=True),
    "other_id": Reply("other_id", _octets(200, b'{"status":"received","click_id":"otro"}'), ends=True),
    "redirect": Reply("redirect", _octets(307, b"", more="Location: https://example.com/\r\n"), ends=True),
    "reset": Reply("reset", b"", "reset"),
    "truncated": Reply("truncated", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "close"),
    "garbage": Reply("garbage", b"SSH-2.0-ensayo\r\n", "close"),
    "drip": Reply("drip", _OK, "drip"),
    "hang": Reply("hang", b"", "hang"),
    "slow": Reply("slow", _OK, "slow", taken=True),
}


class _Connection(asyncio.Protocol):
    """One keep-alive connection, on which the next request comes after the answer to the one before."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._parser = httptools.HttpRequestParser(self)
        self._answering: set[asyncio.Task[None]] = set()
        self._begin()

    def _begin(self) -> None:
        self._path = b""
        self._headers: dict[str, str] = {}
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        with self._raw() as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        for task in self._answering:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._transport.abort()

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > _MOST_BODY:
            self._transport.abort()

    def on_message_complete(self) -> None:
        at = asyncio.get_running_loop().time()
        method = self._parser.get_method().decode("latin-1")
        request = Request(method, self._path.decode("latin-1"), self._headers, self._body, at)
        self._begin()
        task = asyncio.get_running_loop().create_task(self._reply(request))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _reply(self, request: Request) -> None:
        heard, reply = self._market.answer(request)
        self._market.tell(heard, reply)
        await asyncio.sleep(self._market.delay + (1.0 if reply.then == "slow" else 0.0))
        if reply.then == "reset":
            self._reset()
        elif reply.then == "drip":
            for octet in reply.octets:
                self._transport.write(bytes((octet,)))
                await asyncio.sleep(_DRIP_SECONDS)
        elif reply.then != "hang":
            self._transport.write(reply.octets)
            if reply.then == "close":
                self._transport.close()

    def _reset(self) -> None:
        with self._raw() as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    @contextmanager
    def _raw(self) -> Iterator[socket.socket]:
        with suppress(OSError):
            yield self._transport.get_extra_info("socket")
