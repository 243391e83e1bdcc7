"""The connection behind a download: to the address that was checked, and to its end within one deadline.

httpx counts its time limits per read, so that a dripping server could hold a run for ever; and a name looked up twice
may answer twice differently. Both are settled below it: the name is resolved once and the checked address is used
(while TLS still verifies the name), and every wait is cut to what is left of the whole.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import httpcore
import httpx

from pipeline.sources.addresses import check_addresses

_MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which all must be done, on a monotonic clock."""

    clock: Callable[[], float]
    end: float

    def left(self) -> float:
        """Seconds left. httpcore.ReadTimeout: none."""
        seconds = self.end - self.clock()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the deadline passed")
        return seconds

    def cut(self, timeout: float | None) -> float:
        """A wait no longer than what is left."""
        return min(self.left(), timeout) if timeout is not None else self.left()


class _Timed(httpcore.NetworkStream):
    """A stream whose every wait ends with the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout))
        return _Timed(secured, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class Door(httpcore.NetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(
        self, resolve: Callable[[str, int], Sequence[str]], deadline: Deadline, *, allow_private: bool
    ) -> None:
        self._resolve = resolve
        self._deadline = deadline
        self._allow_private = allow_private
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        check_addresses(host, addresses, allow_private=self._allow_private)
        fault: Exception = httpcore.ConnectError("dns")
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return _Timed(self._plain.connect_tcp(address, port, self._deadline.cut(timeout)), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as missed:
                fault = missed
        raise fault

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        bare = host.strip("[]")
        try:
            return (str(ipaddress.ip_address(bare)),)
        except ValueError:
            pass
        try:
            return self._resolve(bare, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("dns") from None


class Wire(httpx.BaseTransport):
    """httpx over a door of ours: no proxy, no environment, a connection for each request."""

    def __init__(self, door: Door, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls, network_backend=door, max_keepalive_connections=0, http1=True, http2=False
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpcore's faults and SourceUnavailable."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        assert isinstance(request.stream, httpx.SyncByteStream)
        asked = httpcore.Request(
            request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        answer = self._pool.handle_request(asked)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Drop every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
