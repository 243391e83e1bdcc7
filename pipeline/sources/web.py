"""A source on the web, downloaded within limits: the one place of this side that knows httpx.

Nothing of the environment is used (proxies, netrc); TLS is always verified; bodies are taken as they are, never
inflated. Redirects stay within https and are few, and each place on the way is held against the same rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from pipeline.sources import wire
from pipeline.sources.addresses import Barred
from pipeline.sources.pages import LOOKED_AT, Page, page_in
from pipeline.sources.reach import Reach, unreachable
from pipeline.sources.source import Marks, download_address, shown
from schemas.errors import BadSource, SourceUnavailable

_HOPS = 5
_LONGEST_MARK = 500
_READ_SECONDS = 30.0
_REDIRECTS = (301, 302, 303, 307, 308)
_NETWORK = (
    httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol,
    httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError,
)  # fmt: skip
"""What a network, a server or the address it redirects to can do to us; trouble with our own disk is none of it."""


def download(address: str, to: Path, known: Marks, reach: Reach) -> Marks:
    """Bring what an address gives to a file, unless it is what we know: then the file stays, and so do its marks.

    The link of a Google sheet brings the whole workbook.

    SourceUnavailable: it cannot be reached, or only against the rules. BadSource: it gives no product file.
    """
    with _client(reach, _headers(known)) as client:
        try:
            return _follow(client, address, to, known, reach)
        except Barred as fault:  # of the address itself, or of one it redirects to
            raise unreachable(shown(address), str(fault), fault.say("es")) from None
        except _NETWORK as fault:
            raise _out_of_reach(shown(address), fault) from None


def post(address: str, body: bytes, *, key: str, reach: Reach) -> None:
    """Hand a JSON body over; `key` lets the receiver know it again. CannotRun: nobody took it.

    The address is a secret: no sentence shows more of it than its host.
    """
    host = urlsplit(address).hostname or "?"
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, "Accept-Encoding": "identity"}
    with _client(reach, headers | {"User-Agent": "vitrina"}) as client:
        try:
            _check_scheme(address, host, reach)
            with client.stream("POST", address, content=body) as answer:
                status = answer.status_code
        except Barred as fault:
            raise unreachable(host, str(fault), fault.say("es")) from None
        except _NETWORK as fault:
            raise _out_of_reach(host, fault) from None
    if not 200 <= status < 300:
        raise unreachable(host, *_STATUSES.get(status, _other(status)))


def _client(reach: Reach, headers: dict[str, str]) -> httpx.Client:
    deadline = wire.Deadline(reach.clock, reach.clock() + reach.seconds)
    door = wire.Door(reach.resolve, deadline, allow_private=reach.allow_private)
    transport = wire.Wire(door, reach.tls())
    return httpx.Client(transport=transport, trust_env=False, timeout=httpx.Timeout(_READ_SECONDS), headers=headers)


def _headers(known: Marks) -> dict[str, str]:
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "vitrina", "Connection": "close"}
    said = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return headers | {name: mark for name, mark in said.items() if mark and _repeatable(mark)}


def _repeatable(mark: str) -> bool:
    """Can a server's mark be said back to it? Some hold letters that no header may."""
    return mark.isascii() and mark.isprintable() and len(mark) <= _LONGEST_MARK


def _follow(client: httpx.Client, address: str, to: Path, known: Marks, reach: Reach) -> Marks:
    place = download_address(address)
    for _ in range(_HOPS + 1):
        _check_scheme(place, shown(address), reach)
        with client.stream("GET", place) as answer:
            if answer.status_code in _REDIRECTS and "location" in answer.headers:
                place = _next(address, place, answer.headers["location"])
                continue
            if answer.status_code == 304 and known.sha256:
                return known
            return _take(answer, shown(address), to, reach)
    raise unreachable(shown(address), "it redirects without end", "redirige sin fin")


def _check_scheme(place: str, what: str, reach: Reach) -> None:
    """Plain http only to this machine, and only where private addresses are allowed (rehearsals)."""
    parts = urlsplit(place)
    if parts.scheme == "https":
        return
    own = reach.allow_private and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "http" or not own:
        raise unreachable(
            what, "only https:// is used, here and after redirects", "solo se usa https://, también al redirigir"
        )


def _next(asked: str, place: str, location: str) -> str:
    there = urljoin(place, location)
    parts = urlsplit(there)
    if parts.username is not None or (urlsplit(place).scheme, parts.scheme) == ("https", "http"):
        raise unreachable(shown(asked), "it redirects away from https", "redirige fuera de https")
    return there


def _take(answer: httpx.Response, what: str, to: Path, reach: Reach) -> Marks:
    if answer.status_code != 200:
        raise unreachable(what, *_STATUSES.get(answer.status_code, _other(answer.status_code)))
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise BadSource(
            f"{what} answers with a compressed body ({coding[:20]}), which was not asked for; it is not read.",
            es=f"{what} responde con un cuerpo comprimido ({coding[:20]}) que no se pidió; no se lee.",
        )
    length = answer.headers.get("content-length", "")
    if length.isdigit() and int(length) > reach.most:
        raise too_large(what, reach.most)
    digest = write_bounded(answer.iter_raw(), what, to, reach)
    return Marks(answer.headers.get("etag"), answer.headers.get("last-modified"), digest)


def _bounded(pieces: Iterable[bytes], what: str, most: int) -> Iterator[bytes]:
    taken = 0
    for piece in pieces:
        taken += len(piece)
        if taken > most:
            raise too_large(what, most)
        yield piece


def write_bounded(pieces: Iterable[bytes], what: str, to: Path, reach: Reach) -> str:
    """The file whole or as it was before; its digest. BadSource: it is too large, or a web page."""
    reach.disk.make_folder(to.parent)
    spare = to.with_name(f".{to.name}.new")
    digest = hashlib.sha256()
    head = b""
    try:
        with spare.open("wb") as file:
            for piece in _bounded(pieces, what, reach.most):
                head += piece[: LOOKED_AT - len(head)]
                digest.update(piece)
                file.write(piece)
        if page := page_in(head):
            raise _no_workbook(what, page)
        reach.disk.rename(spare, to)
    finally:
        spare.unlink(missing_ok=True)
    return digest.hexdigest()


def too_large(what: str, most: int) -> BadSource:
    """The one sentence for whatever is larger than any product workbook. most: bytes."""
    limit = most // (1024 * 1024)
    return BadSource(
        f"{what} sends more than {limit} MiB, which is no product workbook; it is not read.",
        es=f"{what} envía más de {limit} MiB, que no es un libro de productos; no se lee.",
    )


def _no_workbook(what: str, page: Page) -> BadSource:
    if page == "sign_in":
        return BadSource(
            f"{what} answers with a sign-in page instead of a workbook: share the sheet with anyone who has the link.",
            es=f"{what} responde con una página para iniciar sesión, no con un libro: comparta la hoja con cualquiera "
            "que tenga el enlace.",
        )
    return BadSource(
        f"{what} answers with a web page instead of a workbook; open the address and see what it says.",
        es=f"{what} responde con una página web, no con un libro; abra la dirección y vea qué dice.",
    )


_STATUSES = {
    401: ("it asks for a permission we do not have (401)", "pide un permiso que no tenemos (401)"),
    403: ("access is denied (403); share it", "el acceso está denegado (403); compártalo"),
    404: ("there is nothing at that address (404)", "no hay nada en esa dirección (404)"),
    410: ("there is nothing at that address any more (410)", "ya no hay nada en esa dirección (410)"),
    429: ("too many requests (429)", "recibió demasiadas consultas (429)"),
}


def _other(status: int) -> tuple[str, str]:
    return f"it answered {status}", f"respondió {status}"


def _out_of_reach(what: str, fault: Exception) -> SourceUnavailable:
    said = str(fault)
    if isinstance(fault, httpcore.TimeoutException):
        words = ("it did not answer in time", "no respondió a tiempo")
    elif "CERTIFICATE_VERIFY_FAILED" in said or "certificate" in said:
        words = ("its certificate is not valid", "su certificado no es válido")
    elif said == "dns":
        words = ("its name is not known", "no se conoce ese nombre")
    elif isinstance(fault, httpcore.ConnectError):
        words = ("no connection was possible", "no hubo conexión")
    else:
        words = ("the answer broke off or cannot be understood", "la respuesta se cortó o no se entiende")
    return unreachable(what, *words)
