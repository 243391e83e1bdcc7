"""`vitrina onboarding letter`: the first e-mail to the Partnerships contact."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import global_options
from pipeline.cli.session import session
from pipeline.cli.written import Out, put
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from pipeline.report.onboarding import Auth


@click.group()
@global_options
def onboarding() -> None:
    """Begin the integration with the marketplace."""


@onboarding.command()
@click.option("--technical", metavar="TEXT", help="The technical contact: name, e-mail, telephone.")
@click.option(
    "--auth", type=click.Choice(["api-key", "ip", "both"]), default="api-key", show_default=True,
    help="The authentication preferred: API key, IP allowlist, or both.",
)  # fmt: skip
@click.option("--ip", "addresses", multiple=True, metavar="ADDRESS", help="An address we call from (may be repeated).")
@click.option("--out", type=Out(".eml"), metavar="FILE.eml", help="Write a draft for a mail program.")
@global_options
@click.pass_context
def letter(ctx: click.Context, technical: str | None, auth: Auth, addresses: tuple[str, ...], out: Path | None) -> None:
    """Draft the first e-mail: company, market, technical contact, preferred authentication. Nothing is sent.

    Its language is `[delivery] language`, its recipient `[delivery] contact`.
    """
    from pipeline.report.onboarding import draft_bytes, onboarding_subject, onboarding_text

    own = session(ctx)
    lang, to = own.settings.delivery.language, own.settings.delivery.contact
    subject = onboarding_subject(own.settings, lang)
    text = onboarding_text(own.settings, lang, technical=technical, auth=auth, addresses=_single(addresses))
    if out:
        put(out, draft_bytes(to, subject, text))
        own.say(f"Borrador en {out}." if own.lang == "es" else f"Draft in {out}.")
    else:
        own.say(f"{subject}\n\n{text}")
    own.document({"to": to, "subject": subject, "text": text, "language": lang, "file": str(out) if out else None})


def _single(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The marketplace matches source addresses exactly: ranges are of no use to it (documented)."""
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise WrongUse(
                f"{address} is no single IP address; the marketplace takes no ranges.",
                es=f"{address} no es una dirección IP suelta; el mercado no acepta rangos.",
            ) from None
    return addresses
