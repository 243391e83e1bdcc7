"""Asks for decisions over raw keep-alive connections: `python -m benchmarks.asking URL seconds connections`.

Each request is a new journey; sums and terms are the round ones people ask for. Prints requests a second and latencies
in milliseconds as JSON, after a second of warming up.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
import uuid
from functools import cache
from urllib.parse import urlsplit

import uvloop

KEY = "clave-de-banco-de-pruebas"


_JOURNEY = "{journey}"
_SUMS, _TERMS = 90, 5
_END = re.compile(rb"(?i)\r\ncontent-length: ([0-9]+)\r\n(?:.+\r\n)*\r\n")


def request(number: int) -> bytes:
    """One request as it goes down the wire: a sum and a term of the usual ones, a journey of its own."""
    before, after = _template(number % _SUMS, number % _TERMS)
    return before + str(uuid.uuid4()).encode() + after


@cache
def _template(amount: int, term: int) -> tuple[bytes, bytes]:
    """What comes before and after the journey's UUID."""
    body = json.dumps(
        {
            "trackingId": f"claro_{_JOURNEY}", "productId": "LIB-001",
            "requested": {"amount": str(1_000_000 + amount * 500_000), "termMonths": 12 + term * 12},
            "applicant": {
                "firstName": "María José", "lastName": "Gómez Peña", "documentType": "CC",
                "documentNumber": "1020304050", "email": "maria@example.com", "phone": "+573001234567",
                "birthDate": "1990-02-28", "monthlyIncome": "3200000.50", "applicantType": "natural",
            },
        }
    )  # fmt: skip
    length = len(body) - len(_JOURNEY) + 36
    head = f"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-KEY: {KEY}\r\n"
    before, _, after = f"{head}Content-Length: {length}\r\n\r\n{body}".encode().partition(_JOURNEY.encode())
    return before, after


class Lane(asyncio.Protocol):
    """One connection, one request after the other until `end`; then `over` is done. `took`: seconds of each."""

    def __init__(self, first: int, end: float, took: list[float]) -> None:
        self._number, self._end, self._took = first, end, took
        self._answer = b""
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._number += 1
        sent = request(self._number)
        self._began = time.perf_counter()
        self._transport.write(sent)

    def data_received(self, data: bytes) -> None:
        """Ask on as soon as the answer is whole."""
        self._answer = self._answer + data if self._answer else data
        head = _END.search(self._answer)
        if head is None or len(self._answer) < head.end() + int(head[1]):
            return
        if not self._answer.startswith(b"HTTP/1.1 200"):
            self.over.set_exception(RuntimeError(self._answer.decode()))
            return
        self._answer = b""
        now = time.perf_counter()
        self._took.append(now - self._began)
        if now < self._end:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, or too soon."""
        if not self.over.done():
            self.over.set_result(None) if exc is None else self.over.set_exception(exc)


async def lane(host: str, port: int, end: float, first: int, took: list[float]) -> None:
    """One connection, one request after the other."""
    _, protocol = await asyncio.get_running_loop().create_connection(lambda: Lane(first, end, took), host, port)
    await protocol.over


async def main(url: str, seconds: float, connections: int) -> None:
    """Warm up, then measure."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    took: list[float] = []
    answered = 0
    for length in (1.0, seconds):
        took = []
        began = time.perf_counter()
        lanes = (lane(parts.hostname, parts.port, began + length, one * 7, took) for one in range(connections))
        await asyncio.gather(*lanes)
        whole = time.perf_counter() - began
        answered += len(took)
    took.sort()
    figures = {"rate": len(took) / whole, "answered": answered} | {
        name: took[int(len(took) * share)] * 1000 for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
