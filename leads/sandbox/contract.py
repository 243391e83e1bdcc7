"""The documented contract of a postback, as the marketplace would hold us to it. Pure.

Written on its own, not with the shapes our sender uses: a fault of theirs must not be a fault of its judge too.
Documented (D): the path, POST, X-API-KEY, JSON in snake_case, click_id, the four events, 200 and 403. Assumed (A): the
other members, the statuses of what is wrong, and the Idempotency-Key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PATH = "/client_app/webhook/lender/loan-status"
EVENTS = ("application", "approval", "disbursement", "rejected")
_TEXTS = ("product_id", "listing_id", "reason")
_MONEY = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,2})?")
_CURRENCIES = ("COP", "MXN")

BREACHES: Mapping[str, tuple[int, str, str]] = {
    "method": (405, "no es un POST", "it is no POST"),
    "path": (404, "la ruta no es la documentada", "the path is not the documented one"),
    "key": (403, "X-API-KEY falta o no es la de este ambiente", "X-API-KEY is missing or not this environment's"),
    "content_type": (415, "el tipo de contenido no es application/json", "the content type is not application/json"),
    "json": (400, "el cuerpo no es un objeto JSON en UTF-8 sin miembros repetidos",
             "the body is no JSON object in UTF-8 without repeated members"),
    "click_id": (422, "falta click_id, o no es texto", "click_id is missing, or no text"),
    "event": (422, "el evento no es uno de los cuatro documentados", "the event is none of the documented four"),
    "member": (422, "trae un miembro que nadie conoce (¿camelCase?)", "it has a member nobody knows (camelCase?)"),
    "value": (422, "un valor no tiene la forma acordada", "a value has not the form agreed upon"),
    "unknown_lead": (403, "no existe esa solicitud", "no such lead exists"),
    "no_idempotency_key": (200, "falta Idempotency-Key", "Idempotency-Key is missing"),
    "changed_body": (200, "la misma Idempotency-Key trae otro cuerpo", "the same Idempotency-Key has another body"),
    "order": (200, "llegó después de un evento posterior", "it came after a later event"),
    "step": (200, "se saltó un paso de la solicitud", "a step of the lead was skipped"),
}  # fmt: skip
"""code -> (the status it is answered with, Spanish, English). 200: taken, and told."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came. `at`: seconds of a clock that never steps; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Postback:
    """What a request says. `breaches`: codes of BREACHES; the first decides the answer."""

    click_id: str | None
    event: str | None
    key: str | None
    body: bytes
    breaches: tuple[str, ...]


def read_postback(request: Request, *, api_key: str | None) -> Postback:
    """Hold one request against the contract. `api_key`: the one it must carry; None takes any."""
    breaches = [code for code, wrong in _outside(request, api_key) if wrong]
    said = _object(request.body)
    if said is None:
        return Postback(None, None, _key(request), request.body, (*breaches, "json"))
    breaches += _inside(said)
    click_id, event = said.get("click_id"), said.get("event")
    return Postback(
        click_id if _is_text(click_id) else None, event if event in EVENTS else None, _key(request),
        request.body, tuple(breaches),
    )  # fmt: skip


def _key(request: Request) -> str | None:
    return request.headers.get("idempotency-key")


def _outside(request: Request, api_key: str | None) -> list[tuple[str, bool]]:
    shown = request.headers.get("x-api-key", "")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return [
        ("method", request.method != "POST"),
        ("path", request.path != PATH),
        ("key", not shown if api_key is None else shown != api_key),
        ("content_type", kind != "application/json"),
        ("no_idempotency_key", not _key(request)),
    ]


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


def _inside(said: Mapping[str, Any]) -> list[str]:
    wrong = []
    if not _is_text(said.get("click_id")):
        wrong.append("click_id")
    if said.get("event") not in EVENTS:
        wrong.append("event")
    if set(said) - {"click_id", "event", "amount", "currency", "occurred_at", *_TEXTS}:
        wrong.append("member")
    good = [_is_text(said[name]) for name in _TEXTS if name in said]
    good += [_is_money(said["amount"])] if "amount" in said else []
    good += [said["currency"] in _CURRENCIES] if "currency" in said else []
    good += [_is_moment(said["occurred_at"])] if "occurred_at" in said else []
    return wrong if all(good) else [*wrong, "value"]


def _is_text(value: object) -> bool:
    """Letters that UTF-8 can carry, and at least one."""
    return isinstance(value, str) and bool(value) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _is_money(value: object) -> bool:
    return isinstance(value, str) and bool(_MONEY.fullmatch(value))


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def words_of(code: str, lang: str) -> str:
    """What a breach is, in words."""
    _, spanish, english = BREACHES[code]
    return spanish if lang == "es" else english
