"""A real S3 server in a process of its own, and before it a proxy that counts requests and fails them as told."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field

FAULTS = ("refused", "reset", "lost", "cut", "silent")
"""500 without effect · connection reset before · applied but the answer lost · half an answer · no answer at all.

`unknown` besides: 501 where a condition is set, as of a server that knows none.
"""


@dataclass(frozen=True)
class Asked:
    """One request as it passed: path without the bucket, and whether the server saw it."""

    method: str
    path: str
    reached: bool


@dataclass
class Proxy:
    """`fault` decides about each request by its number and what it asks; `before` runs before each one.

    alone: held while the server answers; with a lock in it, it answers one request at a time.
    """

    upstream: int
    fault: Callable[[int, str, str], str | None] = lambda number, method, path: None
    before: Callable[[], None] = lambda: None
    alone: AbstractContextManager[object] = field(default_factory=nullcontext)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> str:
        """Where to send requests."""
        return f"http://127.0.0.1:{self.port}"

    def puts(self) -> list[str]:
        """The paths put, in order, as often as the server saw them."""
        return [one.path for one in self.asked if one.method == "PUT" and one.reached]


@contextmanager
def object_server() -> Iterator[int]:
    """A server of the S3 protocol on a port of its own choosing."""
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert child.stderr
    try:
        said = next(line for line in child.stderr if "Running on" in line)
        found = re.search(r":(\d+)", said.partition("//")[2])
        assert found
        drain = threading.Thread(target=lambda: [None for _ in child.stderr or ()], daemon=True)
        drain.start()
        yield int(found[1])
    finally:
        child.kill()
        child.wait()
        drain.join()
        child.stderr.close()


_ANYBODY = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
"""The server asks for a signature and does not check it."""


def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """One request straight to the server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, {"Authorization": _ANYBODY})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """The proxy, listening until the block ends."""
    proxy = Proxy(port)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        proxy.port = listener.getsockname()[1]
        open_ones: list[socket.socket] = []
        threads: list[threading.Thread] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    open_ones.append(client)
                    threads.append(threading.Thread(target=_serve, args=(proxy, client), daemon=True))
                    threads[-1].start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield proxy
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for client in open_ones:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
                client.close()
            for thread in threads:
                thread.join()


def _serve(proxy: Proxy, client: socket.socket) -> None:
    with suppress(OSError), client.makefile("rb") as stream:
        while (line := stream.readline().decode()).strip():
            method, path, _ = line.split(" ")
            headers = http.client.parse_headers(stream)
            body = stream.read(int(headers.get("Content-Length", 0)))
            if not _pass_on(proxy, client, (method, path, dict(headers), body)):
                return


def _pass_on(proxy: Proxy, client: socket.socket, request: tuple[str, str, dict[str, str], bytes]) -> bool:
    """Whether the connection goes on."""
    method, path, headers, body = request
    with proxy.lock:
        proxy.before()
        name = path.partition("?")[0].split("/", 2)[-1]
        fault = proxy.fault(len(proxy.asked), method, path)
        refused = fault == "unknown" and not _CONDITIONS.isdisjoint(header.lower() for header in headers)
        proxy.asked.append(Asked(method, name, fault not in ("refused", "reset", "silent") and not refused))
    if fault == "refused":
        client.sendall(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
        return True
    if fault == "reset":
        return _reset(client)
    if fault == "silent":
        return bool(client.recv(1)) and False  # until the client has had enough
    if refused:
        client.sendall(_NOT_IMPLEMENTED)
        return True
    with proxy.alone:
        answer = _forwarded(proxy.upstream, method, path, headers, body)
    if fault == "lost":
        return _reset(client)
    if fault == "cut":
        client.sendall(answer[: len(answer) // 2])
        return _reset(client)
    client.sendall(answer)
    return True


def _reset(client: socket.socket) -> bool:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    return False


def _forwarded(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        kept = [f"{k}: {v}" for k, v in answer.getheaders() if k.lower() not in _HOP]
        length = answer.getheader("Content-Length") if method == "HEAD" else len(content)
        head = "\r\n".join([f"HTTP/1.1 {answer.status} X", *kept, f"Content-Length: {length}"])
        return head.encode() + b"\r\n\r\n" + content
    finally:
        connection.close()


_CONDITIONS = frozenset(("if-match", "if-none-match"))
_SAID = b"<Error><Code>NotImplemented</Code></Error>"
_NOT_IMPLEMENTED = b"HTTP/1.1 501 X\r\nContent-Length: %d\r\n\r\n%b" % (len(_SAID), _SAID)
_HOP = frozenset(("connection", "transfer-encoding", "content-length", "date", "server"))
