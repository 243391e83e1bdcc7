"""What can be wrong with a request, as RFC 9457 problem documents in the caller's language; never a caller's value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PROBLEM = b"application/problem+json"
_TYPE = "urn:vitrina:problem:"


@dataclass(frozen=True, slots=True)
class Words:
    """One kind of problem: its status, its title and what to do, in both languages of our callers."""

    status: int
    es: tuple[str, str]
    en: tuple[str, str]


KINDS: Mapping[str, Words] = {
    "malformed": Words(
        400,
        ("La petición no se puede leer", "Revise que sea como lo pide el contrato; «errors» dice dónde."),
        ("The request cannot be read", "Check it against the contract; “errors” says where."),
    ),
    "forbidden": Words(
        403,
        ("Acceso no autorizado", "La clave de X-API-KEY o la dirección de origen no es la de este ambiente."),
        ("Access denied", "The key in X-API-KEY or the calling address is not this environment's."),
    ),
    "no-such-page": Words(
        404,
        ("Esa dirección no existe", "Los servicios que hay están en /openapi.json."),
        ("There is nothing at this address", "What there is, is listed in /openapi.json."),
    ),
    "unknown-product": Words(
        404,
        ("Ese producto no está en oferta", "No está publicado, fue retirado, o no está vigente hoy."),
        ("This product is not on offer", "It is not published, was withdrawn, or is not valid today."),
    ),
    "unknown-offer": Words(
        404,
        ("Esa oferta no existe", "Use el offerId de una oferta hecha para este mismo trackingId."),
        ("There is no such offer", "Use the offerId of an offer made for this very trackingId."),
    ),
    "unknown-lead": Words(
        404,
        ("Ninguna solicitud tiene ese trackingId", "Debe coincidir byte por byte con el que se recibió."),
        ("No lead has this trackingId", "It must match the one received byte for byte."),
    ),
    "method": Words(
        405,
        ("Ese método no se usa aquí", "La cabecera Allow dice cuáles se usan."),
        ("This method is not used here", "The header Allow says which ones are."),
    ),
    "slow-body": Words(
        408,
        ("La petición no llegó completa a tiempo", "Envíela de nuevo."),
        ("The request did not arrive in time", "Send it again."),
    ),
    "in-flight": Words(
        409,
        ("La misma petición se está respondiendo", "Pídala de nuevo después de Retry-After segundos."),
        ("The same request is being answered", "Ask again after Retry-After seconds."),
    ),
    "other-content": Words(
        409,
        ("Ya se recibió otra solicitud para este producto", "Una solicitud no se cambia: el contenido es distinto."),
        ("Another application for this product was received", "An application is not changed: the content differs."),
    ),
    "already-applied": Words(
        409,
        ("Este trackingId ya tiene una solicitud", "Cada recorrido lleva una sola solicitud."),
        ("This trackingId already has an application", "Each journey carries one application."),
    ),
    "offer-expired": Words(
        409,
        ("La oferta venció", "Pida una decisión nueva."),
        ("The offer has expired", "Ask for a new decision."),
    ),
    "conflict": Words(
        409,
        ("El evento ya está registrado con otros datos", "Una corrección la registra un operador, con --override."),
        ("This event is on record with other facts", "An operator records a correction, with --override."),
    ),
    "terminal": Words(
        409,
        ("La solicitud ya terminó", "Después de disbursed o rejected no se registra nada más."),
        ("The lead has ended", "Nothing is recorded after disbursed or rejected."),
    ),
    "skipped": Words(
        409,
        ("El evento se salta un paso", "Registre primero el paso anterior."),
        ("The event skips a step", "Record the step before it first."),
    ),
    "too-large": Words(
        413,
        ("La petición es demasiado grande", "Se admiten hasta 65536 bytes."),
        ("The request is too large", "At most 65536 bytes are taken."),
    ),
    "not-json": Words(
        415,
        ("Solo se recibe JSON", "Envíe Content-Type: application/json, sin Content-Encoding."),
        ("Only JSON is taken", "Send Content-Type: application/json, without Content-Encoding."),
    ),
    "invalid": Words(
        422,
        ("Hay datos que no sirven", "«errors» dice cuáles y qué se admite."),
        ("Some data cannot be used", "“errors” says which and what is allowed."),
    ),
    "too-many": Words(
        429,
        ("Demasiadas peticiones desde esta dirección", "Intente de nuevo después de Retry-After segundos."),
        ("Too many requests from this address", "Try again after Retry-After seconds."),
    ),
    "head-too-large": Words(
        431,
        ("Las cabeceras son demasiado grandes", "La dirección y las cabeceras caben en 72 KiB."),
        ("The head is too large", "Address and headers fit into 72 KiB."),
    ),
    "fault": Words(
        500,
        ("Algo falló de nuestro lado", "Quedó registrado; intente de nuevo más tarde."),
        ("Something failed on our side", "It was recorded; try again later."),
    ),
    "engine": Words(
        503,
        ("No hubo decisión a tiempo", "No se guardó nada: pídala de nuevo después de Retry-After segundos."),
        ("There was no decision in time", "Nothing was stored: ask again after Retry-After seconds."),
    ),
    "busy": Words(
        503,
        ("Hay demasiadas peticiones en curso", "Intente de nuevo después de Retry-After segundos."),
        ("Too many requests are under way", "Try again after Retry-After seconds."),
    ),
    "store": Words(
        503,
        ("No se pudo guardar", "Envíe lo mismo otra vez después de Retry-After segundos: no se duplica."),
        ("It could not be stored", "Send the same again after Retry-After seconds: nothing is doubled."),
    ),
    "catalogue": Words(
        503,
        ("No hay catálogo publicado que se pueda leer", "Intente de nuevo después de Retry-After segundos."),
        ("No published catalogue can be read", "Try again after Retry-After seconds."),
    ),
}  # fmt: skip
"""Every kind of problem, by the last word of its type."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place of a request: its JSON pointer (or `?name` of a query), a stable code, a sentence in each language."""

    pointer: str
    code: str
    es: str
    en: str


class Problem(Exception):
    """Ends a request; raised inside a transaction it also undoes it. `retry`: whole seconds to wait."""

    def __init__(
        self, word: str, faults: Sequence[Fault] = (), *, retry: int | None = None, allow: str | None = None
    ) -> None:
        super().__init__(word)
        self.word = word
        self.status = KINDS[word].status
        self.faults = tuple(faults)
        self.retry = retry
        self.allow = allow

    def document(self, lang: str) -> bytes:
        """The problem document in `es` or `en`."""
        title, detail = KINDS[self.word].es if lang == "es" else KINDS[self.word].en
        said: dict[str, object] = {"type": _TYPE + self.word, "title": title, "status": self.status, "detail": detail}
        if self.faults:
            said["errors"] = [
                {"pointer": one.pointer, "code": one.code, "detail": one.es if lang == "es" else one.en}
                for one in self.faults
            ]
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def language(accepted: bytes | None) -> str:
    """`es` or `en` by an Accept-Language header; Spanish unless English is liked better."""
    best = {"es": 0.0, "en": 0.0}
    for part in (accepted or b"").decode("latin-1").lower().split(","):
        name, _, weight = part.strip().partition(";")
        tag = name.partition("-")[0].strip()
        if tag in best:
            best[tag] = max(best[tag], _weight(weight))
    return "en" if best["en"] > best["es"] else "es"


def _weight(text: str) -> float:
    try:
        return min(max(float(text.strip().removeprefix("q=")), 0.0), 1.0) if text.strip() else 1.0
    except ValueError:
        return 0.0
