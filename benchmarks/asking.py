"""Asks for decisions over raw keep-alive connections: `python -m benchmarks.asking URL seconds connections`.

Each request is a new journey; sums and terms are the round ones people ask for. Prints requests a second and latencies
in milliseconds as JSON, after a second of warming up.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from urllib.parse import urlsplit

import uvloop

KEY = "clave-de-banco-de-pruebas"


def request(number: int) -> bytes:
    """One request as it goes down the wire."""
    body = json.dumps(
        {
            "trackingId": f"claro_{uuid.uuid4()}", "productId": "LIB-001",
            "requested": {"amount": str(1_000_000 + number % 90 * 500_000), "termMonths": 12 + number % 5 * 12},
            "applicant": {
                "firstName": "María José", "lastName": "Gómez Peña", "documentType": "CC",
                "documentNumber": "1020304050", "email": "maria@example.com", "phone": "+573001234567",
                "birthDate": "1990-02-28", "monthlyIncome": "3200000.50", "applicantType": "natural",
            },
        }
    ).encode()  # fmt: skip
    head = f"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-KEY: {KEY}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def lane(host: str, port: int, end: float, first: int, took: list[float]) -> None:
    """One connection, one request after the other."""
    reader, writer = await asyncio.open_connection(host, port)
    number = first
    while time.perf_counter() < end:
        number += 1
        sent = request(number)
        began = time.perf_counter()
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
    writer.close()


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
