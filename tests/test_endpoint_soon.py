"""A decision that comes in one piece takes a shorter way; what it is told is what any other way tells."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving import INBOUND, Served, loan, publish_products, question, serving

MADE = re.compile(rb'"(offerId|validUntil|trackingId)":"[^"]+"')


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One endpoint; each test uses click_ids of its own."""
    home = tmp_path_factory.mktemp("soon") / "home"
    home.mkdir()
    publish_products(home, loan())
    with serving(home) as running:
        yield running


def written(body: bytes, *, key: str = INBOUND, media: str = "application/json", more: str = "") -> tuple[bytes, bytes]:
    """Head and body of a decision request."""
    head = f"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nX-API-KEY: {key}\r\nContent-Type: {media}\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode(), body


def told(raw: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The next answer of a connection, and no byte of the one behind it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        one = raw.recv(1)
        assert one, "the connection ended"
        head += one
    status, _, lines = head.partition(b"\r\n")
    said = http.client.parse_headers(io.BytesIO(lines))
    headers = {name.lower(): value for name, value in said.items() if name.lower() != "date"}
    body = raw.recv(int(headers["content-length"]), socket.MSG_WAITALL)
    return int(status.split()[1]), headers, body


def ways(served: Served, head: bytes, body: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """What is answered to a request in one piece; and to one whose body comes when its head has been looked at."""
    found = []
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall(head + body)
        found.append(told(raw))
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall(head.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        raw.recv(4, socket.MSG_PEEK)  # "go on", or an answer at once
        if raw.recv(25, socket.MSG_PEEK) == b"HTTP/1.1 100 Continue\r\n\r\n":
            raw.recv(25)
            raw.sendall(body)
        found.append(told(raw))
    return found


ASKED: dict[str, dict[str, Any]] = {
    "approved": {},
    "rejected": {"requested": {"amount": "1", "termMonths": 36}},
    "unknown product": {"productId": "NADA"},
    "invalid": {"requested": {"amount": "-1", "termMonths": 36}},
    "unknown member": {"otro": 1},
}


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("name", ASKED)
def test_one_piece_is_answered_as_pieces_are(served: Served, name: str, lang: str) -> None:
    """Status, headers and body, but for what is made for each: offers, problems, in either language."""
    answers = []
    for way in (0, 1):
        body = json.dumps(question(f"pieza-{way}-{name}-{lang}", **ASKED[name])).encode()
        status, headers, said = ways(served, *written(body, more=f"Accept-Language: {lang}\r\n"))[0]
        assert ways(served, *written(body, more=f"Accept-Language: {lang}\r\n"))[1][0] == status
        answers.append((status, headers, MADE.sub(b"", said)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (written(b"{}", key="otra"), 403),
        (written(b"{}", media="text/plain"), 415),
        (written(b"{"), 400),
        (written(b'{"a":1,"a":2}'), 400),
        (written(b'{"a":1,"a":2,"b":"\\u003a"}'), 400),
        (written(b'{"a":1} x'), 400),
        (written(b'{"a":' + b"[" * 30 + b"]" * 30 + b"}"), 400),
        (written(b"[" * 10_000), 400),
        (written(b'{"a":"\\ud800"}'), 400),
        (written(b'{"a":NaN}'), 400),
        (written(b"{" + b" " * 65_536 + b"}"), 413),
    ],
)
def test_what_is_refused_is_refused_alike(served: Served, sent: tuple[bytes, bytes], status: int) -> None:
    """The same problem document, byte for byte, whichever way it came."""
    one, other = ways(served, *sent)
    assert one[0] == status
    assert one == other


def test_the_first_answer_is_replayed_on_either_way(served: Served) -> None:
    """Durable before it was told: the other way finds it, byte for byte, and says that it is a replay."""
    one, other = ways(served, *written(json.dumps(question("pieza-otra-vez")).encode()))
    assert (one[0], one[2]) == (other[0], other[2])
    assert "idempotency-replayed" not in one[1]
    assert other[1]["idempotency-replayed"] == "true"


def test_requests_one_behind_the_other_are_answered_in_order(served: Served) -> None:
    """Short way, long way, and one whose body comes last: each gets its own answer."""
    names = [f"fila-{number}" for number in range(5)]
    sent = [b"".join(written(json.dumps(question(name)).encode())) for name in names]
    other = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall(sent[0] + sent[1] + other + sent[2] + sent[3] + sent[4][:-9])
        found = [told(raw)[2] for _ in range(5)]
        raw.sendall(sent[4][-9:])
        found.append(told(raw)[2])
    assert [json.loads(one).get("trackingId", "healthz") for one in found] == [*names[:2], "healthz", *names[2:]]


def test_many_heads_in_one_piece_are_not_one_long_head(served: Served) -> None:
    """Two thousand requests sent without a pause: each is answered."""
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nUser-Agent: una-prueba-de-fila\r\n\r\n" * 2000)
        assert {told(raw)[0] for _ in range(2000)} == {200}


def test_a_body_that_stops_behind_another_request_is_not_waited_for(served: Served) -> None:
    """Five seconds, as for any: 408, and the connection ends."""
    head, body = written(json.dumps(question("detras")).encode())
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall(head + body + head + body[:-9])
        assert told(raw)[0] == 200
        assert told(raw)[0] == 408
        assert raw.recv(1) == b""


def test_a_connection_that_asked_to_end_ends_after_its_answer(served: Served) -> None:
    """`Connection: close` is kept, and said."""
    head, body = written(json.dumps(question("la-ultima")).encode(), more="Connection: close\r\n")
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall(head + body)
        status, headers, _ = told(raw)
        assert (status, headers["connection"]) == (200, "close")
        assert raw.recv(1) == b""


H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA\r\n"


@pytest.mark.parametrize("upgrade", [H2C, "Connection: upgrade\r\nUpgrade: websocket\r\n"])
def test_who_would_change_the_protocol_is_answered_in_this_one(served: Served, upgrade: str) -> None:
    """Some clients ask for HTTP/2 with their first request: body, order and the connection are as without."""
    head, body = written(json.dumps(question("h2c")).encode(), more=upgrade)
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall((head + body) * 3)
        found = [told(raw) for _ in range(3)]
        raw.sendall(head[:40])
        raw.sendall(head[40:] + body[:9])
        raw.sendall(body[9:])
        found.append(told(raw))
    assert [status for status, _, _ in found] == [200] * 4
    assert len({said for _, _, said in found}) == 1


def test_a_tunnel_is_refused(served: Served) -> None:
    """CONNECT asks for another protocol, too: one answer, and the connection ends."""
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
        assert told(raw)[0] == 400
        assert raw.recv(1) == b""


@pytest.mark.parametrize("trailer", [f"X-API-KEY: {INBOUND}", "Content-Type: text/plain", "X-API-KEY: otra"])
def test_a_trailer_is_no_header(served: Served, trailer: str) -> None:
    """Nothing behind the body opens the door, or shuts it: a proxy looks at headers."""
    body = json.dumps(question("cola")).encode()
    head = written(b"")[0]
    if INBOUND in trailer:
        head = head.replace(f"X-API-KEY: {INBOUND}\r\n".encode(), b"")
    head = head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with socket.create_connection(served.address, timeout=30) as raw:
        raw.sendall(head + b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(body), body, trailer.encode()))
        assert told(raw)[0] == (403 if INBOUND in trailer else 200)


@pytest.mark.full
def test_who_asks_on_and_on_and_reads_nothing_is_let_go(served: Served) -> None:
    """Ten seconds after the connection is full, whatever else is sent on it."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(0.05)
        raw.connect(served.address)
        with pytest.raises(ConnectionError):
            ask_for(30, raw)


def ask_for(seconds: float, raw: socket.socket) -> None:
    """Send and send, and read nothing."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(TimeoutError):
            raw.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")


def test_a_release_published_meanwhile_is_decided_against(tmp_path: Path) -> None:
    """The first question after the switch, in one piece, is asked of the new release."""
    home = tmp_path / "home"
    home.mkdir()
    publish_products(home, loan())
    with serving(home) as running, socket.create_connection(running.address, timeout=30) as raw:
        raw.sendall(b"".join(written(json.dumps(question("antes")).encode())))
        assert told(raw)[0] == 200
        publish_products(home, loan("NUEVO"))
        raw.sendall(b"".join(written(json.dumps(question("despues", productId="NUEVO")).encode())))
        assert json.loads(told(raw)[2])["decision"] == "approved"
        raw.sendall(b"".join(written(json.dumps(question("viejo")).encode())))
        assert told(raw)[0] == 404
