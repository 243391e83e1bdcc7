"""Lanes: HTTP/1.1 under httpx's transport interface, made for one thing: small POSTs to one base URL, many at once.

What httpx's own pool lacks here: a true total deadline (its timeouts are per read, a dripping receiver holds a worker
for ever), a bound on what is read of an answer, a last question before the first byte is written, and speed. One lane
is one keep-alive connection; nothing is followed, decoded, proxied or sent twice.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any, cast

import httptools
import httpx

from leads.retry import ANSWER_BYTES
from schemas.errors import VitrinaError

PATH = "/client_app/webhook/lender/loan-status"
"""Where postbacks go, under the base URL (D)."""


class StaleClaim(VitrinaError):
    """The claim is too old to be sent: another sender may have the row by now. Nothing was written."""


class _Reader(asyncio.Protocol):
    """One connection: writes a request, collects one answer, never more than ANSWER_BYTES of it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[None] | None = None
        self._begin()

    def _begin(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.size = 0
        self.status = 0
        self.bounded = False
        self.cut = False
        self.whole = False
        self.more = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        # Written at once, not at the end of the loop's round: between the last question and the first byte a stopped
        # process must find no time to grow stale in.
        self.transport.set_write_buffer_limits(high=0)

    def ask(self, request: bytes, may_write: Callable[[], bool]) -> asyncio.Future[None]:
        """Write the request; done when the answer is whole, or cut at the bound. StaleClaim: nothing was written."""
        assert self.transport is not None
        self._begin()
        answer = self.answer = asyncio.get_running_loop().create_future()
        if not may_write():
            answer.set_exception(StaleClaim("The claim was too old.", es="La reserva era demasiado antigua."))
        elif not self.usable:
            answer.set_exception(httpx.ReadError("connection: lost before the first byte"))
        else:
            self.transport.write(request)
        return answer

    def data_received(self, data: bytes) -> None:
        if self.answer is None or self.answer.done():
            self._drop()  # an answer nobody asked for: this connection is out of step
            return
        self.size += len(data)
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(httpx.RemoteProtocolError("the answer is not HTTP"))
            return
        if self.more:
            self._drop()
        if self.size > ANSWER_BYTES and not self.answer.done():
            self._stop_reading()

    def _stop_reading(self) -> None:
        if not self.status:
            self._fail(httpx.RemoteProtocolError("the head of the answer has no end"))
            return
        self.cut = True
        self._settle()
        self._drop()

    def on_message_begin(self) -> None:
        # A second answer to one question is nobody's: the first one counts, and the connection is out of step.
        self.more = self.whole

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.more:
            return
        self.headers.append((name, value))
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self.bounded = True

    def on_headers_complete(self) -> None:
        if not self.more:
            self.status = self.parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        if not self.more:
            self.body.append(body)

    def on_message_complete(self) -> None:
        if self.more:
            return
        if 100 <= self.status < 200:
            self.headers, self.body, self.status, self.bounded = [], [], 0, False
            return
        self.whole = True
        if not self.parser.should_keep_alive():
            self._drop()
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self.status and not self.bounded:
            self._settle()  # the end of the connection is the end of such an answer
        elif isinstance(exc, OSError):
            self._fail(exc)
        else:
            self._fail(httpx.RemoteProtocolError("the connection ended before the answer did"))

    def _settle(self) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(None)

    def _fail(self, fault: Exception) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(fault)
        self._drop()

    def _drop(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    @property
    def usable(self) -> bool:
        """Whether another request may go down this connection."""
        return self.transport is not None and not self.transport.is_closing()


class Lanes(httpx.AsyncBaseTransport):
    """Up to `most` connections to one base URL; one request in flight on each. Seconds.

    `tls`: another trust than the public one (tests); certificates and names are verified always.
    """

    def __init__(
        self, *, most: int, deadline: float = 20.0, connect: float = 5.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._free: asyncio.LifoQueue[_Reader | None] = asyncio.LifoQueue()
        for _ in range(most):
            self._free.put_nowait(None)
        self._deadline = deadline
        self._connect = connect
        self._tls = tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body cut at 64 KiB (`extensions["whole"]` False). httpx.TransportError: there was none.

        `request.extensions["may_write"]`, if given, is asked just before the first byte; False raises StaleClaim.
        """
        octets = request_bytes(request)
        may_write: Callable[[], bool] = request.extensions.get("may_write", _always)
        lane = await self._free.get()
        try:
            async with asyncio.timeout(self._deadline):
                if lane is None or not lane.usable:
                    lane = await self._open(request.url)
                await lane.ask(octets, may_write)
        except BaseException as fault:
            if lane is not None:
                lane._drop()
            self._free.put_nowait(None)
            raise _as_httpx(fault) from None
        # Without its encoding, which we did not ask for: httpx would unpack the body at once, bombs included.
        plain = [(name, value) for name, value in lane.headers if name.lower() != b"content-encoding"]
        response = httpx.Response(
            lane.status, headers=plain, content=b"".join(lane.body), extensions={"whole": not lane.cut}
        )
        self._free.put_nowait(lane if lane.usable else None)
        return response

    async def _open(self, url: httpx.URL) -> _Reader:
        tls = url.scheme == "https"
        port = url.port or (443 if tls else 80)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect):
                _, reader = await loop.create_connection(
                    _Reader, url.host, port, ssl=self._context() if tls else None,
                    server_hostname=url.host if tls else None,
                )  # fmt: skip
        except TimeoutError:
            raise httpx.ConnectTimeout("no connection in time") from None
        except (socket.gaierror, UnicodeError):
            raise httpx.ConnectError("dns") from None
        except ssl.SSLError as fault:
            raise httpx.ConnectError(f"tls: {fault.reason}") from None
        except OSError as fault:
            raise httpx.ConnectError(f"connect: {fault.strerror or type(fault).__name__}") from None
        return reader

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx.create_ssl_context(verify=True, trust_env=False)
        return self._tls

    async def aclose(self) -> None:
        """Close every connection that rests."""
        while not self._free.empty():
            lane = self._free.get_nowait()
            if lane is not None:
                lane._drop()
        await asyncio.sleep(0)


def _always() -> bool:
    return True


def request_bytes(request: httpx.Request) -> bytes:
    """The request as it goes down the wire."""
    head = b"".join(b"%b: %b\r\n" % (name, value) for name, value in request.headers.raw)
    return b"POST %b HTTP/1.1\r\n%b\r\n%b" % (request.url.raw_path, head, request.content)


def _as_httpx(fault: BaseException) -> BaseException:
    if isinstance(fault, TimeoutError):
        return httpx.ReadTimeout("the deadline passed")
    if isinstance(fault, OSError):
        return httpx.ReadError(f"connection: {fault.strerror or type(fault).__name__}")
    return fault


def make_request(url: httpx.URL, key: str, event_id: str, body: bytes, extensions: dict[str, Any]) -> httpx.Request:
    """One postback: the key in X-API-KEY, the stable event id in Idempotency-Key, no compression asked for."""
    return httpx.Request(
        "POST",
        url,
        headers=[
            ("Host", url.netloc.decode()),
            ("X-API-KEY", key),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("Idempotency-Key", event_id),
            ("User-Agent", "vitrina-leads"),
        ],
        content=body,
        extensions=extensions,
    )


def fault_word(fault: Exception) -> str:
    """One word for a network fault, as `why` and the metrics keep it."""
    if isinstance(fault, httpx.ConnectTimeout):
        return "connect_timeout"
    if isinstance(fault, httpx.TimeoutException):
        return "deadline"
    if isinstance(fault, httpx.ConnectError):
        said = str(fault)
        return next((word for word in ("dns", "tls") if said.startswith(word)), "connect")
    return "protocol" if isinstance(fault, httpx.ProtocolError) else "reset"
