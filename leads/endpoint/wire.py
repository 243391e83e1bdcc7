"""uvicorn's HTTP protocol with the limits it lacks: how large and slow a head, and a refused body, may be."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from leads.endpoint.problems import PROBLEM, Fault, Problem

HEAD = 73_728
"""Bytes of a request line with its headers: a click_id of 16 KiB is 48 KiB when every byte is percent-encoded."""
_SLOW = 10.0
_LINGER = 5.0
"""Seconds in which a caller may finish sending what was refused: closing at once would lose the answer on the way."""
_CONNECTIONS = 4_096


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _timer: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _CONNECTIONS:
            transport.close()
        self._arm(_SLOW)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            return
        self._head += len(data)
        if self._head > HEAD:
            self._refuse(Problem("head-too-large"))
        elif self._timer is None:
            self._arm(_SLOW)

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._disarm()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._disarm()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        unread = self.cycle.more_body
        super().on_response_complete()
        if unread and not self.transport.is_closing():
            self._arm(_LINGER)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP."""
        http = Fault("", "http", "No es una petición HTTP válida.", "It is not a valid HTTP request.")
        self._refuse(Problem("malformed", [http]))

    def _refuse(self, problem: Problem) -> None:
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
        """The head did not come in time, or what was refused goes on and on."""
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()
