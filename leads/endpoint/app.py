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

from leads.endpoint import applying, landing, reporting
from leads.endpoint.body import LIMIT, Gone, Receive, body_of, refuse_media
from leads.endpoint.deciding import Deciding, decide_soon, decide_together, decisions
from leads.endpoint.door import Buckets, Door, Keys
from leads.endpoint.heads import Heads
from leads.endpoint.metrics import MEDIA, Metrics
from leads.endpoint.problems import PROBLEM, Problem, language
from leads.endpoint.service import BUDGET, Call, Reply, Service
from leads.endpoint.together import Together
from leads.store import InFlight
from leads.store.operations import look_alive
from schemas.errors import StoreUnavailable

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Run = Callable[[Service, Call], Awaitable[Reply]]

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
    routes: Mapping[str, Mapping[str, Operation]]


class Application:
    """The ASGI application over a service; and a shorter way for what is asked most."""

    def __init__(self, service: Service, door: Door, buckets: Buckets) -> None:
        self._metrics = Metrics(service.store)
        deciding: Deciding = Together(service.store.writer, partial(decide_together, service))
        routes = _routes(deciding, self._metrics)
        self._front = Front(service, door, buckets, routes)
        self._deciding = deciding
        self.heads = Heads()
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.monotonic()
        operation = self._front.routes.get(scope["path"], {}).get(scope["method"])
        self._under_way += 1
        try:
            reply = await _reply(self._front, operation, scope, receive, busy=self._under_way > _AT_ONCE)
        except Gone:
            return
        finally:
            self._under_way -= 1
        self._metrics.note(operation.name if operation else "other", reply.status, time.monotonic() - began)
        await _send(send, reply)

    def soon(self, scope: Scope, body: bytes, tell: Callable[[Reply | None], None]) -> bool:
        """Answer a decision whose body is here, without a task: `tell` is called once, with None for "ask at length".

        False: nothing was done; whatever is not quite as usual is told at length, by `__call__`.
        """
        began = time.monotonic()
        if self._under_way >= _AT_ONCE or len(body) > LIMIT:
            return False
        headers = _headers(scope)
        front, operation = self._front, self._front.routes[scope["path"]][scope["method"]]

        def ended(outcome: Reply | InFlight | BaseException) -> None:
            self._under_way -= 1
            if isinstance(outcome, InFlight):
                return tell(None)
            reply = outcome if isinstance(outcome, Reply) else _undone(front, operation, headers, outcome)
            self._metrics.note(operation.name, reply.status, time.monotonic() - began)
            return tell(reply)

        try:
            _admit(front, operation, scope, headers)
            refuse_media(headers)
            call = Call(scope["query_string"], headers, body, asyncio.get_running_loop().time() + BUDGET)
            taken = decide_soon(self._deciding, front.service, call, ended)
        except Exception:  # a problem, or a bug: `__call__` says it
            return False
        self._under_way += taken
        return taken


async def _reply(front: Front, operation: Operation | None, scope: Scope, receive: Receive, *, busy: bool) -> Reply:
    """The answer, whatever happens."""
    headers = _headers(scope)
    try:
        if operation is None:
            raise _nowhere(front, scope)
        if busy:
            raise Problem("busy", retry=1)
        return await _admitted(front, operation, scope, headers, receive)
    except Gone:
        raise
    except Exception as fault:
        return _failed(front, operation, headers, fault)


def _failed(front: Front, operation: Operation | None, headers: Mapping[bytes, bytes], fault: BaseException) -> Reply:
    """What is told of a fault. A bug: nobody is shown more than that there is one."""
    if isinstance(fault, Problem):
        return _told(fault, headers, operation)
    front.service.log("fault", {"kind": type(fault).__name__, "where": _place(fault)})
    return _told(Problem("fault"), headers, operation)


def _undone(front: Front, operation: Operation, headers: Mapping[bytes, bytes], fault: BaseException) -> Reply:
    """What is told of a question that the store did not keep."""
    if isinstance(fault, StoreUnavailable | TimeoutError):
        fault = front.service.no_store(fault)
    return _failed(front, operation, headers, fault)


async def _admitted(
    front: Front, operation: Operation, scope: Scope, headers: dict[bytes, bytes], receive: Receive
) -> Reply:
    _admit(front, operation, scope, headers)
    deadline = asyncio.get_running_loop().time() + BUDGET
    body = await body_of(headers, receive, deadline) if operation.body else b""
    return await operation.run(front.service, Call(scope["query_string"], headers, body, deadline))


def _admit(front: Front, operation: Operation, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
    peer = scope.get("client")
    address = front.door.address(peer[0] if peer else None, headers.get(b"x-forwarded-for"))
    front.door.admit(operation.keys, headers.get(b"x-api-key"), address)
    if operation.people:
        front.buckets.take(address)


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
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.head})
    await send({"type": "http.response.body", "body": reply.body})


# ---- what is where


def _routes(deciding: Deciding, metrics: Metrics) -> Mapping[str, Mapping[str, Operation]]:
    shown = {
        "/healthz": Operation("healthz", _alive),
        "/readyz": Operation("readyz", _ready),
        "/metrics": Operation("metrics", partial(_figures, metrics)),
        "/openapi.json": Operation("openapi", _document),
    }
    return {
        "/v1/decisions": {"POST": Operation("decisions", partial(decisions, deciding), "inbound", body=True)},
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
