"""What every request passes before a page is asked, and every answer before it leaves: host, origin, headers."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.desk.origin import Origin, is_from_elsewhere

_OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAMED = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""The policy of somebody else's page inside ours: no script, no form, no window, nothing from outside."""
_HEADERS = {
    "content-security-policy": _OURS,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
_HTTPS_ONLY = {"strict-transport-security": "max-age=31536000"}
_WORDS = {
    "host": "Esta dirección no es la de la mesa. / This is not the desk's address.",
    "elsewhere": "La solicitud viene de otro sitio y no se atendió. / The request comes from another site: refused.",
}


class Gate:
    """The outermost layer. `keyed`: paths whose callers show a token instead of a cookie, so nobody can forge them."""

    def __init__(self, app: ASGIApp, origin: Origin, keyed: Iterable[str] = ()) -> None:
        self._app = app
        self._origin = origin
        self._keyed = tuple(keyed)
        self._headers = {**_HEADERS, **(_HTTPS_ONLY if origin.secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refused(scope)
        app = self._app if refused is None else PlainTextResponse(_WORDS[refused[1]], status_code=refused[0])
        await app(scope, receive, dressed)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        if not all(map(self._origin.knows, headers.getlist("host") or [""])):
            return 421, "host"
        if scope["path"].startswith(self._keyed):
            return None
        return (403, "elsewhere") if is_from_elsewhere(scope["method"], headers, self._origin) else None
