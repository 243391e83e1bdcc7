"""The desk as a web application: each request is let through, answered by one page, and its errors told in a sentence.

Who asks is known before a byte of the body is read.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import parse_qsl, quote

from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from pipeline.desk import api, assets, receiving
from pipeline.desk.draw import draw, go
from pipeline.desk.gate import Gate
from pipeline.desk.home import draw_ahead, get_ready
from pipeline.desk.pages import PAGES
from pipeline.desk.visit import LANGUAGE, Desk, Form, Page, Visit
from pipeline.desk.words import LANGS, words
from pipeline.run import people
from schemas.errors import CannotRun, Refused, VitrinaError, WrongUse

_MOST_OF_A_FORM = 1_000_000
"""Bytes: a plan with thousands of products ticked by name."""
_MOST_OF_A_STRANGERS_FORM = 16_384
"""Bytes: whoever is not signed in yet sends a name and a password."""
_MOST_FIELDS = 20_000
_FORM_SECONDS = 20
_STATUS: tuple[tuple[type[VitrinaError], int], ...] = ((WrongUse, 404), (Refused, 409), (CannotRun, 503))


def make_app(desk: Desk) -> ASGIApp:
    """The application of an opened desk."""
    app = FastAPI(
        title="Vitrina: the review desk", version="1", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )  # fmt: skip
    api.install(app, desk)
    for page in PAGES:
        app.add_route(page.path, _serve(desk, page), methods=[page.method])
    app.add_route("/cargas", _serve_files(desk), methods=["POST"])
    app.add_route(f"{assets.FOLDER}/{{name}}", _serve_asset(desk), methods=["GET"])
    app.add_exception_handler(HTTPException, _lost(desk))
    app.add_exception_handler(VitrinaError, _unable(desk))
    app.add_exception_handler(Exception, _unable(desk))
    return Gate(app, desk.origin, keyed=(f"{api.PREFIX}/",))


Endpoint = Callable[[Request], Awaitable[Response]]


def _serve(desk: Desk, page: Page) -> Endpoint:
    async def answer(request: Request) -> Response:
        visit = await run_in_threadpool(visit_of, desk, request)
        refused = turn_away(visit, page)
        if refused is not None:
            return refused
        if page.method == "POST":
            form = await _form(request, _MOST_OF_A_STRANGERS_FORM if page.public else _MOST_OF_A_FORM)
            if form is None:
                return _sorry(visit, words(visit.lang).error.form, 413)
            visit = replace(visit, form=form)
        return await run_in_threadpool(_answered, page, visit)

    return answer


def _serve_files(desk: Desk) -> Endpoint:
    async def answer(request: Request) -> Response:
        visit = await run_in_threadpool(visit_of, desk, request)
        return turn_away(visit, receiving.PAGE) or await receiving.receive(visit)

    return answer


def _serve_asset(desk: Desk) -> Endpoint:
    async def answer(request: Request) -> Response:
        return assets.served(desk.assets, request)

    return answer


def _answered(page: Page, visit: Visit) -> Response:
    try:
        answer = page.answer(visit)
    except VitrinaError as fault:
        status = 400 if page.method == "POST" and isinstance(fault, WrongUse) else status_of(fault)
        return _sorry(visit, fault.say(visit.lang), status)
    if page.method == "POST" and not page.public:
        with contextlib.suppress(VitrinaError):  # it was done; whoever reads next is told
            get_ready(visit.desk)
        answer.background = BackgroundTask(_draw_ahead, visit.desk)
    return answer


def _draw_ahead(desk: Desk) -> None:
    with contextlib.suppress(VitrinaError):  # as above; the answer has gone out
        draw_ahead(desk)


def status_of(fault: VitrinaError) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status in _STATUS if isinstance(fault, kind)), 500)


def visit_of(desk: Desk, request: Request) -> Visit:
    """The request with who makes it, in their language."""
    shop = desk.shop
    identity = request.cookies.get(desk.cookie)
    session = people.session_of(shop.store, identity) if identity else None
    lang = request.cookies.get(LANGUAGE, "")
    return Visit(desk, shop, request, lang if lang in LANGS else LANGS[0], session)


def turn_away(visit: Visit, page: Page) -> Response | None:
    """To the sign-in page, or a refusal that says which role is asked; None for whoever may."""
    if page.public:
        return None
    if visit.session is None:
        path = visit.request.url.path
        onward = f"?seguir={quote(path)}" if visit.request.method == "GET" and path != "/" else ""
        return go(f"/entrar{onward}")
    if visit.person.may(page.roles):
        return None
    said = words(visit.lang)
    asked = ", ".join(getattr(said.roles, role) for role in sorted(page.roles))
    return _sorry(visit, said.error.role.format(roles=asked), 403)


async def _form(request: Request, most: int) -> Form | None:
    """The fields of a form; None where there is more than any form of ours sends, or it never came whole."""
    body = bytearray()
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return await run_in_threadpool(_fields, body.decode("utf-8", "replace"))


def _fields(body: str) -> Form | None:
    if body.count("&") >= _MOST_FIELDS:
        return None
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        values.setdefault(name, []).append(value.replace("\x00", ""))
    return Form({name: tuple(some) for name, some in values.items()})


def _lost(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, HTTPException)
        if request.url.path.startswith(api.PREFIX):
            return api.problem(fault.status_code, str(fault.detail), dict(fault.headers or {}))
        visit = await run_in_threadpool(visit_of, desk, request)
        said = words(visit.lang).error
        sentence = {404: said.lost, 405: said.method}.get(fault.status_code, str(fault.detail))
        answer = _sorry(visit, sentence, fault.status_code)
        answer.headers.update(fault.headers or {})
        return answer

    return answer


def _unable(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What stops work before anybody is known (the store is away), and bugs: they go to the log, never to the page."""

    async def answer(request: Request, fault: Exception) -> Response:
        status = status_of(fault) if isinstance(fault, VitrinaError) else 500
        if request.url.path.startswith(api.PREFIX):
            return api.problem(status, str(fault) if isinstance(fault, VitrinaError) else words("en").error.bug)
        visit = Visit(desk, desk.shop, request, LANGS[0], None)
        said = fault.say(visit.lang) if isinstance(fault, VitrinaError) else words(visit.lang).error.bug
        return _sorry(visit, said, status)

    return answer


def _sorry(visit: Visit, sentence: str, status: int) -> Response:
    return draw(visit, "error.j2", title=words(visit.lang).error.title, status=status, sentence=sentence)
