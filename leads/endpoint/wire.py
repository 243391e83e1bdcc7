"""uvicorn's HTTP protocol with the limits it lacks: how large and slow a head, and a refused body, may be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from leads.endpoint.heads import Seen
from leads.endpoint.problems import PROBLEM, Fault, Problem
from leads.endpoint.service import Reply

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

HEAD = 73_728
"""Bytes of a request line with its headers: a click_id of 16 KiB is 48 KiB when every byte is percent-encoded."""
_SLOW = 10.0
_LINGER = 5.0
"""Seconds in which a caller may finish sending what was refused: closing at once would lose the answer on the way."""
_CONNECTIONS = 4_096
_SOON = ("POST", "/v1/decisions")
"""What is asked most, and answered without a task of its own when the whole request came in one piece."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _held: RequestResponseCycle | None = None
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _between = True  # the parser is at no message: the next byte begins one
    _short: RequestResponseCycle | None = None  # what the short way took while this piece was read
    _in_head = True
    _head = 0
    _ended = False  # a message ended in this piece: how much of it is the next one's head is not known
    _rested = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _CONNECTIONS:
            transport.close()
        self._arm(_SLOW)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._read_again()
        super()._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._between and self._rests and self._known(data):
            return
        whole, self._short, self._ended = self._between, None, False
        try:
            self._parse(data)
        except HttpParserError:
            self.send_400_response("")
        if self._held is not None:
            self._at_length(self._held)
        if self.transport.is_closing():
            return
        if whole and self._between:
            self._learn(data)
        if not self._in_head:
            # Empty lines, or the rest of what was refused, begin no request, and stopped uvicorn's own clock.
            if self._timer is None and self._rests:
                self._arm(_SLOW)
            return
        self._head += 0 if self._ended else len(data)
        if self._head > HEAD:
            self._refuse(Problem("head-too-large"))
        elif self._timer is None:
            self._arm(_SLOW)

    def _known(self, data: bytes) -> bool:
        """One whole request whose head was read before needs no parser, which is at no message and stays so."""
        found = self.app.heads.find(data)
        if found is None or self.flow.write_paused or self.transport.is_closing():
            return False
        self._disarm()
        self._in_head, self._head = False, 0
        self.cycle = cycle = self._cycle(*found)
        self._soon(cycle)
        return True

    def _learn(self, data: bytes) -> None:
        """It was one request, if its head's length says so, too; and the connection goes on behind it."""
        if self._short is not None and self._short is self.cycle and self._short.keep_alive:
            self.app.heads.learn(data, self._short.scope)

    def _cycle(self, seen: Seen, body: bytes) -> RequestResponseCycle:
        """As uvicorn's own; the body is here."""
        scope: Any = {**seen, "server": self.server, "client": self.client, "state": self.app_state.copy()}
        cycle = RequestResponseCycle(
            scope, self.transport, self.flow, self.logger, self.access_logger, self.access_log,
            self.server_state.default_headers, asyncio.Event(), expect_100_continue=False, keep_alive=True,
            on_response=self.on_response_complete,
        )  # fmt: skip
        cycle.body += body
        cycle.more_body = False
        cycle.message_event.set()
        return cycle

    def _parse(self, data: bytes | memoryview) -> None:
        while data:
            data = self._behind_upgrade(data)

    def _behind_upgrade(self, data: bytes | memoryview) -> bytes | memoryview:
        """Who would go on in another protocol (h2c, of some clients their first word) is answered in this one."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as asked:
            self.parser.feed_data(self._head_again())
            return memoryview(data)[asked.args[0] :]
        return b""

    def _head_again(self) -> bytes:
        first = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        lines = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join((first, *lines, b"", b""))

    @property
    def _rests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def on_message_begin(self) -> None:
        self._in_head, self._head, self._between = True, 0, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._disarm()
        if b"#" in self.url:
            raise ValueError("a fragment")  # no request has one; cut off, it would take the end of a click_id along
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise ValueError("a tunnel")
            return  # it comes again, without
        super().on_headers_complete()
        self.headers = []  # what a trailer says is not a header's: no proxy has looked at it

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._disarm()
        self._ended = self._between = True
        super().on_message_complete()
        if self._held is not None:
            self._soon(self._held)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """A decision waits for the end of its body, if that is here already; all else begins at once."""
        if (cycle.scope["method"], cycle.scope["path"]) != _SOON or self.flow.write_paused:
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._held = cycle
        else:
            self._soon(cycle)

    def _at_length(self, cycle: RequestResponseCycle) -> None:
        self._held = None
        super()._start_asgi_task(cycle, self.app)

    def _soon(self, cycle: RequestResponseCycle) -> None:
        self._held = None
        if self.app.soon(cycle.scope, bytes(cycle.body), partial(self._answer, cycle)):
            self._short = cycle
        else:
            self._at_length(cycle)

    def _answer(self, cycle: RequestResponseCycle, reply: Reply | None) -> None:
        if cycle.disconnected or self.transport.is_closing():
            return
        if reply is None:
            self._at_length(cycle)
            return
        cycle.response_started = cycle.response_complete = True
        self.transport.write(_written(reply, self.server_state.default_headers, cycle.keep_alive))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """As uvicorn's, but for its clock: one that looks again is cheaper than one set anew for every request."""
        unread = self._rests and self.cycle.more_body
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            if self._held is not None:  # nothing is being read now: its body may be long in coming
                self._at_length(self._held)
        else:
            self._rested = self.loop.time()
            self._look_again(self.timeout_keep_alive)
        if unread:
            self._arm(_LINGER)

    def _look_again(self, seconds: float) -> None:
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        """The clock finds out for itself that the connection is at work."""

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP."""
        http = Fault("", "http", "No es una petición HTTP válida.", "It is not a valid HTTP request.")
        self._refuse(Problem("malformed", [http]))

    def pause_writing(self) -> None:
        """A clock of its own: what else the caller sends does not stop it."""
        super().pause_writing()
        self._unread = self.loop.call_later(_SLOW, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_again()

    def _read_again(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for long; or not for so long, or what has come is under another clock."""
        self.timeout_keep_alive_task = None
        left = self._rested + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_again(left)
        elif self._rests and self._timer is None:
            self._late()

    def _refuse(self, problem: Problem) -> None:
        """The connection ends; but the answer to an earlier request on it goes out first, and is not taken for this."""
        if not self._rests and (self.pipeline or not self.cycle.more_body):
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        body = problem.document("es")
        head = b"content-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (PROBLEM, len(body))
        self.transport.write(STATUS_LINE[problem.status] + head + body)
        self.transport.close()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = self.loop.call_later(seconds, self._late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        """The head did not come in time, what was refused goes on and on, or the connection rests for long."""
        self._timer = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()


def _written(reply: Reply, headers: Sequence[tuple[bytes, bytes]], keep_alive: bool) -> bytes:
    said = _lines((*headers, *reply.said)) if keep_alive else _lines((*headers, *reply.said, _CLOSES))
    return b"%bcontent-length: %d\r\n%b\r\n%b" % (STATUS_LINE[reply.status], len(reply.body), said, reply.body)


@lru_cache(maxsize=256)
def _lines(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Most answers of one second have the same."""
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)


_CLOSES = (b"connection", b"close")
