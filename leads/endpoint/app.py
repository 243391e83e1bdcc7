"""The ASGI application: what is where, who may come in, how much is read, and that every end is a documented answer.

Bare ASGI: at this place FastAPI's own routing and validation cost two thirds of the requests a second; it writes the
OpenAPI document (`leads.endpoint.document`).
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from typing import Any

from leads.endpoint import applying, deciding, landing, reporting
from leads.endpoint.door import Buckets, Door, Keys
from leads.endpoint.metrics import MEDIA, Metrics
from leads.endpoint.problems import PROBLEM, Problem, language
from leads.endpoint.service import BUDGET, Call, Reply, Service
from leads.endpoint.together import Together
from leads.store.operations import look_alive

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Run = Callable[[Service, Call], Awaitable[Reply]]

LIMIT = 65_536
"""Bytes of a body."""
_AT_ONCE = 1_000
"""Requests under way; more are told to come again."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `people`: they come with a browser and no key, so not too often, and see a page."""

    name: str
    run: Run
    keys: Keys = "none"
    body: bool = False
    people: bool = False


@dataclass(frozen=True, slots=True)
class Front:
    """All that stands before the operations."""

    service: Service
    door: Door
    buckets: Buckets
    metrics: Metrics
    routes: Mapping[str, Mapping[str, Operation]]


def make_app(service: Service, door: Door, buckets: Buckets) -> App:
    """The application over a service."""
    metrics = Metrics(service.store)
    front = Front(service, door, buckets, metrics, _routes(service, metrics))
    under_way = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal under_way
        began = time.monotonic()
        operation = front.routes.get(scope["path"], {}).get(scope["method"])
        under_way += 1
        try:
            reply = await _reply(front, operation, scope, receive, busy=under_way > _AT_ONCE)
        except _Gone:
            return
        finally:
            under_way -= 1
        metrics.note(operation.name if operation else "other", reply.status, time.monotonic() - began)
        await _send(send, reply)

    return app


async def _reply(front: Front, operation: Operation | None, scope: Scope, receive: Receive, *, busy: bool) -> Reply:
    """The answer, whatever happens."""
    headers = _headers(scope)
    try:
        if operation is None:
            raise _nowhere(front, scope)
        if busy:
            raise Problem("busy", retry=1)
        return await _admitted(front, operation, scope, headers, receive)
    except Problem as problem:
        return _told(problem, headers, operation)
    except _Gone:
        raise
    except Exception as fault:  # a bug: nobody is shown more than that there is one
        front.service.log("fault", {"kind": type(fault).__name__, "at": _place(fault)})
        return _told(Problem("fault"), headers, operation)


async def _admitted(
    front: Front, operation: Operation, scope: Scope, headers: dict[bytes, bytes], receive: Receive
) -> Reply:
    peer = scope.get("client")
    address = front.door.address(peer[0] if peer else None, headers.get(b"x-forwarded-for"))
    front.door.admit(operation.keys, headers.get(b"x-api-key"), address)
    if operation.people:
        front.buckets.take(address)
    deadline = asyncio.get_running_loop().time() + BUDGET
    body = await _body(headers, receive, deadline) if operation.body else b""
    return await operation.run(front.service, Call(scope["query_string"], headers, body, deadline))


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """By name in small letters. A key given twice is no key: which of them counts would be anybody's guess."""
    pairs = scope["headers"]
    headers = dict(pairs)
    if len(headers) != len(pairs) and sum(name == b"x-api-key" for name, _ in pairs) > 1:
        headers[b"x-api-key"] = b""
    return headers


def _nowhere(front: Front, scope: Scope) -> Problem:
    methods = front.routes.get(scope["path"])
    return Problem("method", allow=", ".join(sorted(methods))) if methods else Problem("no-such-page")


class _Gone(Exception):
    """The caller hung up before the whole request was here."""


async def _body(headers: dict[bytes, bytes], receive: Receive, deadline: float) -> bytes:
    """The body, never more than LIMIT of it. Problem: no JSON, too large, too slow."""
    media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media != b"application/json" or headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Problem("not-json")
    if headers.get(b"content-length", b"0").isdigit() and int(headers.get(b"content-length", b"0")[:12]) > LIMIT:
        raise Problem("too-large")
    try:
        async with asyncio.timeout_at(deadline):
            return await _read(receive)
    except TimeoutError:
        raise Problem("slow-body") from None


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        more = message.get("more_body", False)
        if size > LIMIT:
            raise Problem("too-large")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _told(problem: Problem, headers: Mapping[bytes, bytes], operation: Operation | None) -> Reply:
    lang = language(headers.get(b"accept-language"))
    more = [(b"content-language", lang.encode()), (b"cache-control", b"no-store")]
    if problem.retry is not None:
        more.append((b"retry-after", str(problem.retry).encode()))
    if problem.word == "slow-body":
        more.append((b"connection", b"close"))
    if problem.allow is not None:
        more.append((b"allow", problem.allow.encode()))
    if operation is not None and operation.people and landing.wants_page(headers.get(b"accept")):
        return Reply(problem.status, landing.sorry_page(lang), landing.MEDIA, (*more, *landing.HEADERS))
    return Reply(problem.status, problem.document(lang), PROBLEM, tuple(more))


def _place(fault: BaseException) -> str:
    """Where in our code: a file and a line. The message of an exception may hold what a person sent."""
    last = traceback.extract_tb(fault.__traceback__)[-1:]
    return " ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in last)


async def _send(send: Send, reply: Reply) -> None:
    headers = [
        (b"content-type", reply.media), (b"content-length", b"%d" % len(reply.body)),
        (b"x-content-type-options", b"nosniff"), *reply.headers,
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


# ---- what is where


def _routes(service: Service, metrics: Metrics) -> Mapping[str, Mapping[str, Operation]]:
    together: deciding.Deciding = Together(service.store.writer, partial(deciding.decide_together, service))
    decisions = partial(deciding.decisions, together)
    shown = {
        "/healthz": Operation("healthz", _alive),
        "/readyz": Operation("readyz", _ready),
        "/metrics": Operation("metrics", partial(_figures, metrics)),
        "/openapi.json": Operation("openapi", _document),
    }
    return {
        "/v1/decisions": {"POST": Operation("decisions", decisions, "inbound", body=True)},
        "/v1/applications": {"POST": Operation("applications", applying.applications, "inbound", body=True)},
        "/v1/events": {"POST": Operation("events", reporting.events, "core", body=True)},
        "/v1/leads": {"GET": Operation("leads", reporting.leads, "either")},
        "/apply": {"GET": Operation("apply", reporting.apply, people=True)},
        **{path: {"GET": operation, "HEAD": operation} for path, operation in shown.items()},
    }


async def _alive(_service: Service, _call: Call) -> Reply:
    return Reply(200, b'{"status":"ok"}')


async def _ready(service: Service, call: Call) -> Reply:
    """Whether the store answers, the published release can be read, and the engine is not all stuck."""
    await service.look(call, look_alive)
    shelf = await service.shelf()
    if service.room.worn_out:
        raise Problem("engine", retry=60)
    return Reply(200, b'{"status":"ready","release":%d,"enginesStuck":%d}' % (shelf.release, service.room.stuck))


async def _figures(metrics: Metrics, _service: Service, _call: Call) -> Reply:
    return Reply(200, await asyncio.to_thread(metrics.page), MEDIA)


async def _document(_service: Service, _call: Call) -> Reply:
    return Reply(200, await asyncio.to_thread(_written))


@cache
def _written() -> bytes:
    """FastAPI takes half a second and ten megabytes to load: only who asks for the document pays."""
    from leads.endpoint.document import openapi_document

    return openapi_document(version("vitrina"))
