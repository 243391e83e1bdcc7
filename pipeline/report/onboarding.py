"""The first letter to the marketplace's Partnerships contact: what the documentation says a Lender has to tell them."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from importlib.resources import files
from typing import Literal

from schemas.settings import CatalogSettings

Auth = Literal["api-key", "ip", "both"]

_MARKETS = {"CO": {"es": "Colombia", "en": "Colombia"}, "MX": {"es": "México", "en": "Mexico"}}
_AUTH = {
    "api-key": {"es": "clave de API", "en": "API key"},
    "ip": {"es": "lista de direcciones IP", "en": "IP allowlist"},
    "both": {"es": "clave de API y lista de direcciones IP", "en": "API key and IP allowlist"},
}
_NOBODY = {"es": "[nombre, correo y teléfono]", "en": "[name, e-mail and telephone]"}


def onboarding_subject(settings: CatalogSettings, lang: str) -> str:
    """`Integración de Crédito Ejemplo en Colombia`."""
    market = _MARKETS[settings.lender.market][lang]
    name = settings.lender.name
    return f"Integración de {name} en {market}" if lang == "es" else f"Integration of {name} in {market}"


def onboarding_text(
    settings: CatalogSettings, lang: str, *, technical: str | None, auth: Auth, addresses: tuple[str, ...] = ()
) -> str:
    """The letter as plain text. technical: whom they may ask; addresses: ours, for their allowlist."""
    from jinja2 import Environment, StrictUndefined

    source = (files("templates") / f"onboarding_{lang}.j2").read_text("utf-8")
    # Plain text: nothing is to be escaped.
    world = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    return world.from_string(source).render(
        company=settings.lender.name,
        legal_name=settings.lender.legal_name,
        market=_MARKETS[settings.lender.market][lang],
        technical=technical or _NOBODY[lang],
        auth=_AUTH[auth][lang],
        addresses=addresses,
    )


def draft_bytes(to: str | None, subject: str, text: str) -> bytes:
    """An `.eml` that a mail program opens to be looked at and sent (X-Unsent). Same letter, same bytes."""
    message = EmailMessage(policy=SMTP)
    message["X-Unsent"] = "1"
    if to:
        message["To"] = " ".join(to.split())
    message["Subject"] = " ".join(subject.split())
    message.set_content(text, cte="quoted-printable")
    return message.as_bytes()
