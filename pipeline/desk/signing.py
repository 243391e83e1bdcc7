"""Entrar, salir, idioma: the door of the desk."""

from __future__ import annotations

import math
from datetime import timedelta

from starlette.responses import Response

from pipeline.desk.draw import draw, go
from pipeline.desk.origin import local_path
from pipeline.desk.visit import LANGUAGE, Visit, act, page
from pipeline.desk.words import LANGS, words
from pipeline.run import people

_A_YEAR = 365 * 24 * 3600


def sign_in_page(visit: Visit) -> Response:
    """The form; straight on for whoever is in already."""
    onward = local_path(visit.asked("seguir"))
    return go(onward) if visit.session else _form(visit, onward)


def sign_in(visit: Visit) -> Response:
    """In with the right password; otherwise the form again, which says the same whatever was wrong."""
    name, onward = visit.form.text("nombre"), local_path(visit.form.text("seguir"))
    before = visit.request.cookies.get(visit.desk.cookie)
    signed = people.sign_in(visit.shop.store, name, visit.form.raw("clave"), visit.caller, ends=before)
    if signed.id is None:
        if signed.wait:
            return throttled(_form(visit, onward, name=name, fault=wait_sentence(visit, signed.wait)), signed.wait)
        return _form(visit, onward, name=name, fault=words(visit.lang).door.wrong, status=401)
    return with_session(visit, go(onward), signed.id)


def wait_sentence(visit: Visit, wait: timedelta) -> str:
    """How many minutes whoever guessed too often has to wait."""
    sentence: str = words(visit.lang).door.wait.format(n=math.ceil(wait.total_seconds() / 60))
    return sentence


def throttled(answer: Response, wait: timedelta) -> Response:
    """The answer with what programs read of it."""
    answer.status_code = 429
    answer.headers["retry-after"] = str(math.ceil(wait.total_seconds()))
    return answer


def _form(visit: Visit, onward: str, *, name: str = "", fault: str | None = None, status: int = 200) -> Response:
    nobody = not visit.shop.store.people.list()
    values = {"onward": onward, "name": name, "fault": fault, "nobody": nobody}
    return draw(visit, "sign_in.j2", title=words(visit.lang).door.title, status=status, **values)


def with_session(visit: Visit, answer: Response, identity: str) -> Response:
    """The answer with the session's cookie: for this host alone, out of reach of scripts and of other sites' forms."""
    answer.set_cookie(
        visit.desk.cookie, identity, path="/", secure=visit.desk.origin.secure, httponly=True, samesite="lax"
    )
    return answer


def sign_out(visit: Visit) -> Response:
    """Out, here."""
    people.sign_out(visit.shop.store, visit.request.cookies.get(visit.desk.cookie, ""))
    answer = go("/entrar", said="out")
    answer.delete_cookie(visit.desk.cookie, path="/", secure=visit.desk.origin.secure, httponly=True, samesite="lax")
    return answer


def choose_language(visit: Visit) -> Response:
    """The desk in the other language, on this browser."""
    lang = visit.form.text("lang")
    answer = go(local_path(visit.form.text("seguir")))
    if lang in LANGS:
        secure = visit.desk.origin.secure
        answer.set_cookie(LANGUAGE, lang, max_age=_A_YEAR, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


PAGES = (
    page("/entrar", sign_in_page, public=True),
    act("/entrar", sign_in, public=True),
    act("/salir", sign_out),
    act("/idioma", choose_language, public=True),
)
