"""A small web server on loopback that says what a test tells it to, well-behaved or not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Say = Callable[[socket.socket, "Asked"], None]


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """Answers each request through `say`, on a thread of its own; `asked` is what came in."""

    say: Say
    tls: Path | None = None
    asked: list[Asked] = field(default_factory=list)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def serve(self) -> None:
        """Until it is stopped."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.tls)
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                asked = _request(connection)
                if asked is not None:
                    self.asked.append(asked)
                    self.say(connection, asked)


def _request(connection: socket.socket) -> Asked | None:
    waiting = b""
    while b"\r\n\r\n" not in waiting:
        more = connection.recv(65_536)
        if not more:
            return None
        waiting += more
    head, _, body = waiting.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, body)


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Say:
    """An honest answer; header names are written with `_` for `-`."""

    def say(connection: socket.socket, asked: Asked) -> None:
        fields = {"Content-Length": str(len(body)), **{name.replace("_", "-"): said for name, said in headers.items()}}
        head = "".join(f"{name}: {said}\r\n" for name, said in fields.items())
        connection.sendall(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + body)

    return say


def redirect(to: str, status: int = 302) -> Say:
    """Go elsewhere."""
    return answer(status=status, Location=to)


def raw(*pieces: bytes, endless: bytes = b"") -> Say:
    """These bytes exactly, and then another for ever until the other side hangs up."""

    def say(connection: socket.socket, asked: Asked) -> None:
        for piece in pieces:
            connection.sendall(piece)
        while endless:
            connection.sendall(endless)

    return say


@contextmanager
def web_server(say: Say, *, tls: Path | None = None) -> Iterator[WebServer]:
    """A server for the length of a block."""
    running = WebServer(say, tls)
    threading.Thread(target=running.serve, daemon=True).start()
    try:
        yield running
    finally:
        running.listener.shutdown(socket.SHUT_RDWR)
        running.listener.close()
