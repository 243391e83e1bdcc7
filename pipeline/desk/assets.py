"""Style and script of the desk. Their names carry their digest, so that browsers may keep them for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from catalog.render.accent import accent_of
from catalog.render.press import style_sheet

FOLDER = "/estatico"
_SCRIPTS = ("desk.js",)
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    path: str
    body: bytes
    kind: str
    etag: str


def assets_for(accent: str | None) -> Mapping[str, Asset]:
    """Name -> asset: the catalogue's own style in the Lender's colour with the desk's after it, and the scripts."""
    style = style_sheet(accent_of(accent)) + _read("desk.css")
    made = [_asset("desk.css", style, "text/css")]
    made += [_asset(name, _read(name), "text/javascript") for name in _SCRIPTS]
    return dict(zip(("desk.css", *_SCRIPTS), made, strict=True))


def _asset(name: str, body: bytes, kind: str) -> Asset:
    digest = sha256(body).hexdigest()[:16]
    stem, _, ending = name.partition(".")
    return Asset(f"{FOLDER}/{stem}.{digest}.{ending}", body, f"{kind}; charset=utf-8", f'"{digest}"')


def _read(name: str) -> bytes:
    return files("templates").joinpath("desk", name).read_bytes()


def served(assets: Mapping[str, Asset], request: Request) -> Response:
    """The asset a request names; nothing new where the browser has it."""
    asset = next((one for one in assets.values() if one.path == request.url.path), None)
    if asset is None:
        return PlainTextResponse("", status_code=404)
    headers = {"cache-control": _FOR_EVER, "etag": asset.etag}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    return Response(asset.body, media_type=asset.kind, headers=headers)
