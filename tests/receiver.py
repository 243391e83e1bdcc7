"""A stand-in marketplace on a real socket: counts what arrives, answers as it is told, misbehaves on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

OK = b'{"status":"ok"}'


@dataclass(frozen=True)
class Said:
    """How to answer one postback. `raw` replaces the whole answer; `after` waits first (seconds)."""

    status: int = 200
    body: bytes = OK
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    raw: bytes | None = None
    after: float = 0.0
    then: str = "keep"

    @property
    def octets(self) -> bytes:
        """The answer as it goes down the wire."""
        if self.raw is not None:
            return self.raw
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return f"HTTP/1.1 {self.status} X\r\n{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body


@dataclass(frozen=True)
class Arrived:
    """One postback as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)

    @property
    def lead(self) -> str:
        """Its click_id."""
        return str(self.said["click_id"])


@dataclass
class Receiver:
    """What arrived, in order. `answer` decides for each postback; it runs under the receiver's lock."""

    answer: Callable[[Arrived], Said] = lambda _: Said()
    arrived: list[Arrived] = field(default_factory=list)
    connections: int = 0
    most_open: int = 0
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _news: threading.Event = field(default_factory=threading.Event)
    _listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """The base URL to send to."""
        assert self._listener is not None
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self, port: int = 0) -> None:
        """Listen; each connection has a thread of its own."""
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening and drop every connection."""
        assert self._listener is not None
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for one in list(self._open):
                one.close()

    def wait(self, enough: Callable[[], bool], seconds: float = 120) -> bool:
        """Whether it became true in time; looked at after every arrival, and now and then without one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._news.clear()
            if enough():
                return True
            self._news.wait(0.02)
        return enough()

    def wait_for_more(self, count: int) -> None:
        """Until so many more have arrived than now."""
        goal = len(self.arrived) + count
        assert self.wait(lambda: len(self.arrived) >= goal), f"{len(self.arrived)} of {goal}"

    def events(self) -> dict[str, list[str]]:
        """click_id -> its events in the order of their first arrival."""
        seen: dict[str, list[str]] = defaultdict(list)
        for one in list(self.arrived):
            event = one.said["event"]
            if event not in seen[one.lead]:
                seen[one.lead].append(event)
        return seen

    def duplicates(self) -> int:
        """How many arrivals repeat an earlier one."""
        ids = Counter(one.headers["idempotency-key"] for one in list(self.arrived))
        return sum(count - 1 for count in ids.values())

    def disorder(self) -> int:
        """How many arrivals came after a later event of the same lead had arrived already."""
        rank = {"application": 0, "approval": 1, "disbursement": 2, "rejected": 2}
        highest: dict[str, int] = {}
        wrong = 0
        for one in list(self.arrived):
            mine = rank[one.said["event"]]
            wrong += mine < highest.get(one.lead, -1)
            highest[one.lead] = max(mine, highest.get(one.lead, -1))
        return wrong

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
                self.most_open = max(self.most_open, len(self._open))
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for request in _requests(connection):
                with self._lock:
                    said = self.answer(request)
                    self.arrived.append(request)
                self._news.set()
                if not _reply(connection, said):
                    return
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def _reply(connection: socket.socket, said: Said) -> bool:
    """Whether the connection lives on."""
    time.sleep(said.after)
    if said.then == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    if said.then == "drip":
        for octet in said.octets:
            connection.sendall(bytes([octet]))
            time.sleep(0.05)
        return True
    if said.then == "flood":
        connection.sendall(said.octets)
        for _ in range(200 * 16):
            connection.sendall(b"x" * 65_536)
        return False
    connection.sendall(said.octets)
    return said.then == "keep"


def _requests(connection: socket.socket) -> Iterator[Arrived]:
    waiting = b""
    while True:
        while b"\r\n\r\n" not in waiting:
            more = connection.recv(65_536)
            if not more:
                return
            waiting += more
        head, _, waiting = waiting.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers["content-length"])
        while len(waiting) < length:
            more = connection.recv(65_536)
            if not more:
                return
            waiting += more
        yield Arrived(first.split(" ")[1], headers, waiting[:length])
        waiting = waiting[length:]


@contextmanager
def receiver(answer: Callable[[Arrived], Said] | None = None) -> Iterator[Receiver]:
    """A receiver for the length of a test."""
    running = Receiver(answer) if answer else Receiver()
    running.start()
    try:
        yield running
    finally:
        running.stop()
