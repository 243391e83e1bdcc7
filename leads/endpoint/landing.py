"""What a person sees whose hand-off went wrong: a page in their language, with the one thing they can do."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, tuple[str, str]] = {
    "es": (
        "No pudimos abrir su solicitud",
        "Vuelva a la aplicación desde la que llegó e intente de nuevo en un momento. No se perdió nada.",
    ),
    "en": (
        "We could not open your application",
        "Go back to the app you came from and try again in a moment. Nothing was lost.",
    ),
}
HEADERS = ((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),)
MEDIA = b"text/html; charset=utf-8"


def wants_page(accepted: bytes | None) -> bool:
    """Whether a browser asks, which shows a page and no document."""
    return b"text/html" in (accepted or b"").lower()


def sorry_page(lang: str) -> bytes:
    """The page, in `es` or `en`."""
    title, what = _WORDS[lang]
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;"
        "margin:4rem auto;padding:0 1.25rem}h1{font-size:1.5rem;line-height:1.25}</style>"
        f"<main><h1>{title}</h1><p>{what}</p></main></html>"
    ).encode()
