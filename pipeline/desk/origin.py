"""Which requests are meant for this desk and come from its own pages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from schemas.errors import WrongUse

LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where people find the desk. shown: its address as they are told it."""

    scheme: str
    hosts: frozenset[str]
    shown: str

    @property
    def secure(self) -> bool:
        """Do people come by https, at the least up to a proxy before us? Then cookies are kept for https alone."""
        return self.scheme == "https"

    def knows(self, host: str | None) -> bool:
        """Is a Host header one of ours? Another name for this machine may be somebody's trick (DNS rebinding)."""
        return (host or "").lower() in self.hosts


def origin_of(url: str | None, host: str, port: int) -> Origin:
    """The origin of a desk: its public address, else this machine's own names.

    WrongUse: the address will not do, or others are to reach the desk and no address is set.
    """
    if url is not None:
        return _public(url)
    name = f"[{host}]" if ":" in host else host
    if name.lower() not in LOOPBACK:
        raise WrongUse(
            f"To let other machines reach the desk ({host}), put it behind an https proxy and name its address "
            'in vitrina.toml: [desk] url = "https://…"; docs/desk.md shows how.',
            es=f"Para que otros equipos lleguen a la mesa ({host}), póngala detrás de un proxy https e indique su "
            'dirección en vitrina.toml: [desk] url = "https://…"; docs/desk.md muestra cómo.',
        )
    hosts = frozenset(f"{own}:{port}" for own in LOOPBACK) | (LOOPBACK if port == 80 else frozenset())
    return Origin("http", hosts, f"http://{name.lower()}:{port}/")


def _public(url: str) -> Origin:
    parts = urlsplit(url)
    plain = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.netloc))
    if not plain or not parts.netloc or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise WrongUse(
            f"[desk] url {url!r} will not do: write it as https://desk.example.com, without a path.",
            es=f"[desk] url {url!r} no sirve: escríbala como https://mesa.ejemplo.co, sin ruta.",
        )
    host = parts.netloc.lower()
    usual = {"https": ":443", "http": ":80"}[parts.scheme]
    return Origin(parts.scheme, frozenset((host, host.removesuffix(usual))), f"{parts.scheme}://{host}/")


def _is_loopback(netloc: str) -> bool:
    return netloc.lower().rpartition(":")[0] in LOOPBACK or netloc.lower() in LOOPBACK


def is_from_elsewhere(method: str, headers: Mapping[str, str], origin: Origin) -> bool:
    """Would this request change something at another site's bidding?

    Browsers say where a request comes from: `Sec-Fetch-Site`, and `Origin` where they are older or the connection is
    not secure. One that says neither is taken for a forgery.
    """
    if method in _SAFE:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return True
    came_from = headers.get("origin")
    if came_from is None:
        return site is None
    scheme, _, host = came_from.lower().partition("://")
    return scheme != origin.scheme or host not in origin.hosts


def local_path(text: str | None, otherwise: str = "/") -> str:
    """A path of this desk, or `otherwise`: nobody is sent to another site by a link to ours."""
    path = text or ""
    if not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable() or " " in path:
        return otherwise
    return path
