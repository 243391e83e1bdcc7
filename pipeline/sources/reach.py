"""How far we go for a source, and the sentence for what lies beyond. Loads no HTTP library: files need none."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from catalog.disk import Disk
from pipeline.ingest.limits import MAX_FILE
from schemas.errors import SourceUnavailable

_SECONDS = 120.0


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Every address of a host, as the system knows them. OSError: it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def verified() -> ssl.SSLContext:
    """TLS that verifies, whatever the environment says."""
    import httpx

    return httpx.create_ssl_context(verify=True, trust_env=False)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a download goes. seconds: for the whole of it; most: bytes; resolve: a host's addresses."""

    allow_private: bool = False
    seconds: float = _SECONDS
    most: int = MAX_FILE
    resolve: Callable[[str, int], Sequence[str]] = resolve
    tls: Callable[[], ssl.SSLContext] = verified
    clock: Callable[[], float] = time.monotonic
    disk: Disk = field(default_factory=Disk, repr=False)


def unreachable(what: str, english: str, spanish: str) -> SourceUnavailable:
    """One sentence of the same build for every way a source can be out of reach."""
    return SourceUnavailable(
        f"{what} is out of reach: {english}. What is published stays.",
        es=f"No se pudo usar {what}: {spanish}. Lo publicado sigue igual.",
    )
