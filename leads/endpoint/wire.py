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
        if self.transport.is_closing():
            return
        if not self._in_head:
            # Empty lines, or the rest of what was refused, begin no request, and stopped uvicorn's own clock.
            if self._timer is None and self._rests:
                self._arm(_SLOW)
            return
        self._head += len(data)
        if self._head > HEAD:
            self._refuse(Problem("head-too-large"))
        elif self._timer is None:
            self._arm(_SLOW)

    @property
    def _rests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def on_message_begin(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._disarm()
        if b"#" in self.url:
            raise ValueError("a fragment")  # no request has one; cut off, it would take the end of a click_id along
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

    def pause_writing(self) -> None:
        super().pause_writing()
        self._arm(_SLOW)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._disarm()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for long."""
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
        """The head did not come in time, what was refused goes on and on, or nobody reads what is answered."""
        self._timer = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()
