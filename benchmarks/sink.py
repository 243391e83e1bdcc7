"""A receiver in a process of its own that costs the machine little: 200 to every POST, after DELAY milliseconds.

python -m benchmarks.sink DELAY_MS   prints its port; `GET /stats` gives the requests and connections it has seen.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque

import uvloop

_OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"status":"ok"}'
COUNTS = {"requests": 0, "connections": 0}


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    delay = 0.0

    def __init__(self) -> None:
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        self.transport = transport
        COUNTS["connections"] += 1

    def data_received(self, data: bytes) -> None:
        """Answer every whole request in what has come."""
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.waiting) < end + 4 + length:
                return
            self.waiting = self.waiting[end + 4 + length :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        if head.startswith(b"get /stats"):
            said = json.dumps(COUNTS).encode()
            self._write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
            return
        COUNTS["requests"] += 1
        if self.delay:
            LATER.append((asyncio.get_running_loop().time() + self.delay, self))
        else:
            self._write(_OK)

    def _write(self, octets: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(octets)  # type: ignore[attr-defined]


LATER: deque[tuple[float, Connection]] = deque()


async def _answer_later() -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(max(0.0005, LATER[0][0] - loop.time()) if LATER else 0.001)
        while LATER and LATER[0][0] <= loop.time():
            LATER.popleft()[1]._write(_OK)


async def main(delay_ms: float) -> None:
    """Serve until killed."""
    Connection.delay = delay_ms / 1000
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    if delay_ms:
        await _answer_later()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1])))
