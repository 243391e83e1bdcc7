"""A head that was read before is not read again; what is asked with it is answered as if it were."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from leads.endpoint.heads import Heads
from leads.endpoint.service import Reply
from leads.endpoint.wire import BoundedProtocol
from tests.serving import loan, publish_products, question, serving
from tests.test_endpoint_soon import told, written

HEAD = b"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


def scope(*more: tuple[bytes, bytes], version: str = "1.1") -> dict[str, Any]:
    """What a parser says of HEAD, or of one with more in it."""
    return {"http_version": version, "headers": [(b"host", b"x"), (b"content-length", b"4"), *more]}


def test_what_was_read_is_known() -> None:
    """Whatever the body says, so long as it is as long; nothing shorter or longer, and no other head."""
    heads = Heads()
    assert heads.find(HEAD + b"body") is None
    heads.learn(HEAD + b"body", scope())
    assert heads.find(HEAD + b"more") == (scope(), b"more")
    for other in (HEAD + b"bod", HEAD + b"body.", HEAD, HEAD[:-1], b"", b"\r\n\r\nbody", HEAD.lower() + b"body"):
        assert heads.find(other) is None


@pytest.mark.parametrize(
    "said",
    [
        scope((b"content-length", b"4")), scope((b"transfer-encoding", b"chunked")),
        scope((b"expect", b"100-continue")), scope((b"connection", b"close")),
        scope((b"connection", b"keep-alive, upgrade"), (b"upgrade", b"h2c")),
        scope((b"connection", b"keep-alive"), (b"connection", b"close")), scope(version="1.0"),
        {"http_version": "1.1", "headers": [(b"host", b"x")]},
    ],
)  # fmt: skip
def test_what_says_more_than_its_length_is_read_every_time(said: dict[str, Any]) -> None:
    """How it is sent, or what becomes of the connection."""
    heads = Heads()
    heads.learn(HEAD + b"body", said)
    assert heads.find(HEAD + b"body") is None


def test_a_connection_that_goes_on_may_say_so() -> None:
    """Many clients do, in letters of their own."""
    heads, said = Heads(), scope((b"connection", b"Keep-Alive"))
    heads.learn(HEAD + b"body", said)
    assert heads.find(HEAD + b"body") == (said, b"body")


def test_the_length_is_the_heads_own() -> None:
    """A head that ends sooner than it seems to does not teach another length."""
    heads = Heads()
    heads.learn(HEAD + b"bod", scope())
    heads.learn(HEAD + b"body and more", scope())
    assert heads.find(HEAD + b"bod") is heads.find(HEAD + b"body and more") is None


def test_so_many_heads_and_no_longer_ones() -> None:
    """Whoever makes up heads without end fills no memory."""
    heads = Heads()
    for number in range(1_000):
        heads.learn(HEAD.replace(b"x", b"%d" % number) + b"body", scope())
    known = [heads.find(HEAD.replace(b"x", b"%d" % number) + b"body") is not None for number in range(1_000)]
    assert sum(known) <= 256
    assert known[-1]
    long = HEAD.replace(b"x", b"x" * 5_000) + b"body"
    heads.learn(long, scope())
    assert heads.find(long) is None


Tell = Callable[[Reply | None], None]


class Asked:
    """An application that answers when it is told to; what it takes at length is noted."""

    def __init__(self) -> None:
        self.heads = Heads()
        self.waiting: list[tuple[bytes, Tell]] = []
        self.at_length: list[bytes] = []

    def soon(self, _scope: object, body: bytes, tell: Tell) -> bool:
        """Taken, unless the body says otherwise."""
        if body == b"long":
            return False
        self.waiting.append((body, tell))
        return True

    def answer(self, body: bytes = b"{}") -> None:
        """The next that waits."""
        self.waiting.pop(0)[1](Reply(200, body))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """At length: the body comes back."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.at_length.append(body)
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


class Wire(asyncio.Transport):
    """What is written is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.sent, self.closed = b"", False

    def write(self, data: Any) -> None:
        """One more piece."""
        self.sent += data

    def close(self) -> None:
        """The end."""
        self.closed = True

    def is_closing(self) -> bool:
        """Whether it ended."""
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Addresses."""
        return {"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)}.get(name, default)

    def pause_reading(self) -> None:
        """Nothing to do."""

    resume_reading = pause_reading

    def get_write_buffer_size(self) -> int:
        """Everything is on its way."""
        return 0


def connected(app: Asked) -> tuple[BoundedProtocol, Wire]:
    """A connection to this application."""
    config = uvicorn.Config(
        cast(Any, app), http=BoundedProtocol, lifespan="off", log_config=None, access_log=False, proxy_headers=False
    )
    config.load()
    wire = Wire()
    protocol = BoundedProtocol(config=config, server_state=ServerState(), app_state={})
    protocol.connection_made(wire)
    return protocol, wire


def on_a_loop(story: Callable[[], Any]) -> None:
    """Told inside a running loop."""

    async def main() -> None:
        story()
        await asyncio.sleep(0)

    asyncio.run(main())


async def turns(number: int) -> None:
    """So many of the loop's."""
    for _ in range(number):
        await asyncio.sleep(0)


def acquainted(app: Asked) -> tuple[BoundedProtocol, Wire]:
    """A connection whose usual head is known, so that it needs its parser no more."""
    protocol, wire = connected(app)
    protocol.data_received(HEAD + b"body")
    app.answer()
    assert app.heads.find(HEAD + b"body") is not None
    wire.sent = b""
    return protocol, wire


def test_a_known_head_needs_no_parser() -> None:
    """On its connection, and on any other."""

    def story() -> None:
        app = Asked()
        for protocol, wire in (acquainted(app), connected(app)):
            protocol.parser = None
            protocol.data_received(HEAD + b"more")
            assert app.waiting[0][0] == b"more"
            app.answer(b"[1]")
            assert wire.sent.startswith(b"HTTP/1.1 200 OK\r\n")
            assert wire.sent.endswith(b"\r\n\r\n[1]")

    on_a_loop(story)


def test_behind_one_that_waits_order_is_kept() -> None:
    """A known head does not overtake; nor is one read into the middle of another."""

    def story() -> None:
        app = Asked()
        protocol, wire = acquainted(app)
        for body in (b"1111", b"2222", b"3333"):
            protocol.data_received(HEAD + body)
        assert [body for body, _ in app.waiting] == [b"1111"]
        for number in (b"1", b"2", b"3"):
            app.answer(number)
        answers = [part.partition(b"\r\n\r\n")[2] for part in wire.sent.split(b"HTTP/1.1 ")[1:]]
        assert answers == [b"1", b"2", b"3"]

    on_a_loop(story)


def test_in_the_middle_of_a_message_nothing_is_known() -> None:
    """A body that looks like a known request is a body."""

    def story() -> None:
        app = Asked()
        protocol, _ = acquainted(app)
        inner = HEAD + b"body"
        outer = HEAD.replace(b"Content-Length: 4", b"Content-Length: %d" % len(inner))
        protocol.data_received(outer)
        protocol.data_received(inner)
        assert app.waiting == []  # it came in two pieces: a task is at it
        protocol.data_received(b"\r\n")
        protocol.data_received(HEAD + b"last")
        assert app.waiting == []

    on_a_loop(story)


def test_a_head_that_has_begun_is_not_left_for_another() -> None:
    """What looks like a known request may be the rest of a header."""

    def story() -> None:
        app = Asked()
        protocol, _ = acquainted(app)
        protocol.data_received(b"POST /x HTTP/1.1\r\nX: ")
        protocol.data_received(HEAD + b"body")
        assert app.waiting == []

    on_a_loop(story)


@pytest.mark.parametrize("name", [b"Connection", b"Proxy-Connection"])
def test_a_connection_that_ends_is_not_kept_by_what_is_known(name: bytes) -> None:
    """Whatever header the parser takes for the end: the same bytes end the next connection, too."""

    def story() -> None:
        app, head = Asked(), HEAD.replace(b"\r\n\r\n", b"\r\n" + name + b": close\r\n\r\n")
        for _ in range(2):
            protocol, wire = connected(app)
            protocol.data_received(head + b"body")
            app.answer()
            assert wire.closed

    on_a_loop(story)


def test_empty_lines_behind_a_known_request_are_no_slow_head() -> None:
    """No clock runs while it is answered, on a connection that never needed its parser either."""

    def story() -> None:
        app = Asked()
        acquainted(app)
        protocol, _ = connected(app)
        for _ in range(3):
            protocol.data_received(HEAD + b"more")
            protocol.data_received(b"\r\n")
            assert protocol._timer is None
            app.answer()

    on_a_loop(story)


def test_who_reads_no_answers_is_asked_nothing_the_short_way() -> None:
    """Writing is held up: the ordinary way waits until it goes on."""

    async def main() -> None:
        app = Asked()
        protocol, wire = acquainted(app)
        protocol.pause_writing()
        protocol.data_received(HEAD + b"more")
        await turns(20)
        assert (app.waiting, wire.sent) == ([], b"")
        protocol.resume_writing()
        await turns(20)
        assert wire.sent.endswith(b"more")

    asyncio.run(main())


def test_what_has_to_be_asked_at_length_is() -> None:
    """Refused at the first look, or later: the ordinary way gets the request whole, once."""

    async def main() -> None:
        app = Asked()
        protocol, wire = acquainted(app)
        protocol.data_received(HEAD + b"long")
        await turns(20)
        assert wire.sent.endswith(b"long")
        protocol.data_received(HEAD + b"more")
        app.waiting.pop()[1](None)
        await turns(20)
        assert wire.sent.endswith(b"more")
        assert app.at_length == [b"long", b"more"]

    asyncio.run(main())


def test_a_server_that_stops_answers_what_it_took() -> None:
    """And says that the connection ends."""

    def story() -> None:
        app = Asked()
        protocol, wire = acquainted(app)
        protocol.data_received(HEAD + b"more")
        protocol.shutdown()
        assert not wire.closed
        app.answer()
        assert b"connection: close\r\n" in wire.sent
        assert wire.closed

    on_a_loop(story)


def test_nothing_is_written_to_who_is_gone() -> None:
    """The answer is ready when the caller has hung up."""

    def story() -> None:
        app = Asked()
        protocol, wire = acquainted(app)
        protocol.data_received(HEAD + b"more")
        protocol.connection_lost(None)
        app.answer()
        assert wire.sent == b""

    on_a_loop(story)


@given(st.lists(st.integers(1, 70), max_size=12), st.booleans())
def test_however_it_is_cut_the_same_is_asked(cuts: list[int], known: bool) -> None:
    """Four requests, cut anywhere: each body once, in order, whether their head was known or not."""

    async def main() -> list[bytes]:
        app = Asked()
        protocol, wire = acquainted(app) if known else connected(app)
        app.heads = app.heads if known else Heads()
        bodies: list[bytes] = []
        data = b"".join(HEAD + body for body in (b"aaaa", b"bbbb", b"cccc", b"dddd"))
        places = [0, *sorted({sum(cuts[: at + 1]) for at in range(len(cuts))}), len(data)]
        for start, end in itertools.pairwise(places):
            if data[start:end]:
                protocol.data_received(data[start:end])
            for _ in range(5):
                while app.waiting:
                    bodies.append(app.waiting[0][0])
                    app.answer()
                await turns(5)
                bodies += app.at_length
                app.at_length.clear()
        assert wire.sent.count(b"HTTP/1.1 200 OK") == 4
        return bodies

    assert asyncio.run(main()) == [b"aaaa", b"bbbb", b"cccc", b"dddd"]


def test_the_same_is_told_the_second_time(tmp_path: Path) -> None:
    """On a running server: what was read by the parser, and what was known, status by status and header by header."""
    home = tmp_path / "home"
    home.mkdir()
    publish_products(home, loan())
    with serving(home) as served:
        told_first, told_again = ([ask(served.address, name) for name in ("uno", "dos")] for _ in range(2))
    for (status, headers, body), (again, same, other) in zip(told_first, told_again, strict=True):
        assert (status, body) == (again, other) == (200, body)
        assert {**headers, "idempotency-replayed": "true"} == same


def ask(address: tuple[str, int], name: str) -> tuple[int, dict[str, str], bytes]:
    """One question on a connection of its own."""
    with socket.create_connection(address, timeout=30) as raw:
        raw.sendall(b"".join(written(json.dumps(question(name)).encode())))
        return told(raw)
