"""Where things are: URLs and addresses, as variables write them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from schemas.lead_settings.secrets import wrong

_LOOPBACK_NAMES = ("localhost",)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _LOOPBACK_NAMES


@lru_cache(maxsize=4_096)
def plain_address(text: str) -> str | None:
    """An IP address in its one usual form; None for anything else. `::ffff:10.0.0.1` is 10.0.0.1."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def url(environ: Mapping[str, str], name: str) -> str | None:
    """A base URL without a slash at its end: https, or http on this machine. SettingsError."""
    text = (environ.get(name) or "").removesuffix("\n")
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or not text.isascii() or any(c <= " " for c in text):
        raise wrong(name, "is no URL such as https://api.example.com", "no es una URL como https://api.example.com")
    if parts.username is not None or parts.password is not None:
        raise wrong(name, "may not carry a user or a password", "no puede llevar usuario ni contraseña")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise wrong(name, "may not carry a query or a fragment", "no puede llevar consulta (?) ni fragmento (#)")
    if parts.scheme == "http" and not is_loopback(host):
        raise wrong(
            name,
            "starts with http://, which would show the key to the network; use https://",
            "empieza con http://, que mostraría la clave en la red; use https://",
        )
    return text.rstrip("/")


def portal(environ: Mapping[str, str]) -> str | None:
    """Where people sign: a URL that gets the query appended. SettingsError."""
    text = environ.get("VITRINA_PORTAL_URL") or None
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    plain = text.isascii() and not any(c <= " " for c in text) and "#" not in text
    if not host or parts.scheme not in ("http", "https") or not plain:
        raise wrong(
            "VITRINA_PORTAL_URL",
            "is no URL such as https://portal.example.com/firma",
            "no es una URL como https://portal.example.com/firma",
        )
    if {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} & {"click_id", "product_id"}:
        raise wrong(
            "VITRINA_PORTAL_URL",
            "already has click_id or product_id in its query; take them out, they are appended",
            "ya lleva click_id o product_id en su consulta; quítelos, se agregan solos",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise wrong("VITRINA_PORTAL_URL", "starts with http://; use https://", "empieza con http://; use https://")
    return text


def addresses(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses the marketplace calls from. SettingsError."""
    found = []
    for text in filter(None, (part.strip() for part in environ.get("VITRINA_EGRESS_IPS", "").split(","))):
        address = plain_address(text)
        if address is None:
            raise wrong(
                "VITRINA_EGRESS_IPS",
                "holds something that is no single IP address (ranges are not used)",
                "contiene algo que no es una dirección IP suelta (no se usan rangos)",
            )
        found.append(address)
    return tuple(found)


def proxy(environ: Mapping[str, str]) -> str | None:
    """The address of the one proxy whose X-Forwarded-For is believed. SettingsError."""
    text = environ.get("VITRINA_TRUSTED_PROXY") or None
    address = plain_address(text) if text else None
    if text and address is None:
        raise wrong(
            "VITRINA_TRUSTED_PROXY",
            "is not the one IP address that your proxy connects from",
            "no es la dirección IP, una sola, desde la que se conecta su proxy",
        )
    return address
