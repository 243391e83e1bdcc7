"""Is this side of the integration ready? The marketplace's documented checklist, and our own set-up. Pure.

Onboarding (market, authentication, environments, base URL) is documented; where a point is our assumption, so is its
setting. Secrets are looked at, never shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from leads.words import why_words
from schemas.checklist import Point, in_trouble, judged
from schemas.errors import VitrinaError
from schemas.lead_settings import LeadSettings

if TYPE_CHECKING:
    from leads.store.operations import Paused

_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file that holds a secret. variable: what names it; mode: its permission bits; ours: do we own it?"""

    variable: str
    path: str
    mode: int
    ours: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """The published release: its number and how many products it shows."""

    release: int
    products: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was looked at. master: is a master key set; the error: it is none, or not the store's. reached None: no URL
    to try; offer None: nothing is published; owed: postbacks by state (None: there is no store yet); paused: markets
    whose sending is; engine: why it cannot be loaded."""

    settings: LeadSettings
    key_files: tuple[KeyFile, ...]
    master: bool | VitrinaError
    reached: bool | None
    offer: Offer | VitrinaError | None
    owed: Mapping[str, int] | VitrinaError | None
    paused: tuple[Paused, ...] = ()
    engine: VitrinaError | None = None


def inspect(seen: Seen) -> list[Point]:
    """Every point, in the order of an integration."""
    settings = seen.settings
    return [
        _environment(settings),
        _base_url(settings),
        *_reached(seen),
        _key(settings),
        _inbound(settings),
        _core(settings),
        *(_key_file(file) for file in seen.key_files),
        _egress(settings),
        _portal(settings),
        _engine(settings.engine, seen.engine),
        _master(seen.master, production=seen.settings.environment == "production"),
        *_catalogue(seen.offer),
        *_store(seen),
    ]


def _environment(settings: LeadSettings) -> Point:
    said = f"{settings.market}, {settings.environment}"
    return Point(
        name="environment", health="ok", spanish=f"Mercado y ambiente: {said}.", english=f"Market, environment: {said}."
    )


def _base_url(settings: LeadSettings) -> Point:
    host = urlsplit(settings.base_url or "").hostname
    return judged(
        "base_url",
        settings.base_url is not None,
        good=(f"URL base: {host}.", f"Base URL: {host}."),
        bad=("Falta la URL base que entrega el mercado.", "The base URL the marketplace delivers is missing."),
        mend="VITRINA_BASE_URL",
    )


def _reached(seen: Seen) -> Iterator[Point]:
    if seen.reached is not None:
        yield judged(
            "reach",
            seen.reached,
            good=("La URL base responde.", "The base URL answers."),
            bad=(
                "No hay conexión con la URL base, o su certificado no es válido.",
                "There is no connection to the base URL, or its certificate is not valid.",
            ),
            mend="VITRINA_BASE_URL",
            otherwise="unreachable",
        )


def _key(settings: LeadSettings) -> Point:
    return judged(
        "api_key",
        settings.api_key is not None,
        good=("La clave que el mercado le dio está puesta.", "The key the marketplace gave you is set."),
        bad=("Falta la clave que da el mercado por el canal seguro.", "The key the marketplace gives is missing."),
        mend="VITRINA_API_KEY_FILE",
    )


def _inbound(settings: LeadSettings) -> Point:
    count = len(settings.inbound_keys)
    return judged(
        "inbound_keys",
        count > 0,
        good=(f"Claves con las que el mercado lo llama: {count}.", f"Keys the marketplace calls you with: {count}."),
        bad=("Falta la clave con la que el mercado lo llama.", "The key the marketplace calls you with is missing."),
        mend="openssl rand -hex 32; VITRINA_INBOUND_KEYS_FILE",
    )


def _core(settings: LeadSettings) -> Point:
    count = len(settings.core_keys)
    return judged(
        "core_keys",
        count > 0,
        good=(f"Claves con las que sus sistemas informan: {count}.", f"Keys your own systems report with: {count}."),
        bad=(
            "Sus sistemas no pueden informar estados por HTTP; quedan las órdenes status e import.",
            "Your own systems cannot report statuses over HTTP; the commands status and import remain.",
        ),
        mend="openssl rand -hex 32; VITRINA_CORE_KEYS_FILE",
        otherwise="note",
    )


def _key_file(file: KeyFile) -> Point:
    private = file.ours and not file.mode & _OTHERS
    owner_es, owner_en = ("", "") if file.ours else (" y otro dueño", " and another owner")
    return judged(
        f"file:{file.variable}",
        private,
        good=(f"{file.path}: solo usted lo lee.", f"{file.path}: only you can read it."),
        bad=(
            f"{file.path} tiene permisos {file.mode:04o}{owner_es}; otros pueden leer la clave.",
            f"{file.path} has mode {file.mode:04o}{owner_en}; others can read the key.",
        ),
        mend=f"chmod 600 {file.path}" if file.ours else f"chown, chmod 600 {file.path}",
    )


def _egress(settings: LeadSettings) -> Point:
    count = len(settings.egress_ips)
    return judged(
        "egress_ips",
        count > 0,
        good=(
            f"Direcciones desde las que llama el mercado: {count}.",
            f"Addresses the marketplace calls from: {count}.",
        ),
        bad=(
            "Se aceptan llamadas con clave desde cualquier dirección; el mercado le puede dar las suyas.",
            "Calls with a key are taken from any address; the marketplace can give you its own.",
        ),
        mend="VITRINA_EGRESS_IPS, VITRINA_TRUSTED_PROXY",
        otherwise="note",
    )


def _portal(settings: LeadSettings) -> Point:
    return judged(
        "portal",
        settings.portal_url is not None,
        good=("El portal donde se firma está puesto.", "The portal where people sign is set."),
        bad=("Falta el portal donde se firma.", "The portal where people sign is missing."),
        mend="VITRINA_PORTAL_URL",
    )


def _engine(name: str | None, fault: VitrinaError | None) -> Point:
    if fault is not None:
        return in_trouble("engine", fault, "VITRINA_ENGINE", "wrong")
    spanish, english = f"Decide su motor, {name}.", f"Your engine decides, {name}."
    if name is None:
        spanish, english = "Decide lo publicado, sin motor propio.", "What is published decides; no engine of yours."
    return Point(name="engine", health="ok", spanish=spanish, english=english)


def _master(master: bool | VitrinaError, *, production: bool) -> Point:
    """Outside production the first start makes one."""
    if isinstance(master, VitrinaError):
        return in_trouble("master_key", master, "VITRINA_MASTER_KEY_FILE", "wrong")
    return judged(
        "master_key",
        master,
        good=("La clave maestra está puesta.", "The master key is set."),
        bad=("Falta la clave maestra que cifra los datos.", "The master key that encrypts the data is missing."),
        mend="openssl rand -base64 32; VITRINA_MASTER_KEY_FILE",
        otherwise="missing" if production else "note",
    )


def _catalogue(offer: Offer | VitrinaError | None) -> Iterator[Point]:
    mend = "vitrina sync productos.xlsx; VITRINA_PUBLISHED"
    if isinstance(offer, VitrinaError):
        yield in_trouble("catalogue", offer, mend)
        return
    number, count = (offer.release, offer.products) if offer else (0, 0)
    yield judged(
        "catalogue",
        count > 0,
        good=(f"Versión {number} en vivo, productos: {count}.", f"Release {number} is live, products: {count}."),
        bad=("Ningún producto está publicado.", "No product is published."),
        mend=mend,
    )


def _store(seen: Seen) -> Iterator[Point]:
    owed = seen.owed
    if isinstance(owed, VitrinaError):
        yield in_trouble("store", owed, "VITRINA_LEADS_DATABASE_URL")
        return
    yield judged(
        "store",
        owed is not None,
        good=("La base de datos de solicitudes abre.", "The store of leads opens."),
        bad=("Todavía no hay base de datos de solicitudes.", "There is no store of leads yet."),
        mend="vitrina-leads serve",
        otherwise="note",
    )
    if owed is not None:
        yield _paused(seen.paused)
        yield _stuck("dead", owed.get("dead", 0), "detenidos", "dead")
        yield _stuck("unconfirmed", owed.get("unconfirmed", 0), "sin confirmar", "unconfirmed")
    yield _rehearsal(seen.settings, owed or {})


def _paused(paused: tuple[Paused, ...]) -> Point:
    """A pause ends with another key or URL, or when a probe passes."""
    spanish, english = (
        "; ".join(f"{one.market}, {one.since:%Y-%m-%d %H:%M} UTC: {why_words(one.why, lang)}" for one in paused)
        for lang in ("es", "en")
    )
    return judged(
        "paused",
        not paused,
        good=("El envío no está en pausa.", "Sending is not paused."),
        bad=(f"El envío está en pausa ({spanish}).", f"Sending is paused ({english})."),
        mend="VITRINA_API_KEY_FILE, VITRINA_BASE_URL; vitrina-leads send --once",
    )


def _stuck(state: str, count: int, spanish: str, english: str) -> Point:
    said = f"Postbacks {spanish}: {count}.", f"Postbacks {english}: {count}."
    return judged(state, count == 0, good=said, bad=said, mend=f"vitrina-leads list --state {state}")


def _rehearsal(settings: LeadSettings, owed: Mapping[str, int]) -> Point:
    """In production there is nothing to rehearse with: the first postback is a real lead's."""
    delivered = owed.get("delivered", 0)
    production = settings.environment == "production"
    rehearse_es, rehearse_en = ("", "") if production else (": ensáyelo", ": rehearse one")
    return judged(
        "rehearsal",
        delivered > 0,
        good=(f"Postbacks entregados: {delivered}.", f"Postbacks delivered: {delivered}."),
        bad=(f"Ningún postback se ha entregado{rehearse_es}.", f"No postback was ever delivered{rehearse_en}."),
        mend=_first_postback(settings, waiting=owed.get("pending", 0) > 0),
        otherwise="note" if production else "missing",
    )


def _first_postback(settings: LeadSettings, *, waiting: bool) -> str | None:
    """What waits is the marketplace's: it is sent there, never to the stand-in."""
    if waiting:
        return "vitrina-leads send --once"
    if settings.environment == "production":
        return None
    core = "" if settings.core_keys else "export VITRINA_CORE_KEYS=$(openssl rand -hex 32); "
    anywhere = "VITRINA_EGRESS_IPS= " if settings.egress_ips else ""
    serve = f"VITRINA_BASE_URL=http://127.0.0.1:8200 {anywhere}vitrina-leads serve"
    return f"{core}{serve} & vitrina-leads sandbox --play 1 --against http://127.0.0.1:8100"
