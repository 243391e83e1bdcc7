"""`vitrina pack` and `receipt`: what goes to the Partnerships contact by hand, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import global_options
from pipeline.cli.checking import Day
from pipeline.cli.publishing import BY, opened
from pipeline.cli.session import Session, acting_person, session
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from catalog.receipts import State
    from pipeline.run.delivering import Packed

STATES: tuple[State, ...] = ("sent", "acknowledged", "live")
"""What a person enters, in its order."""
MOST_MAILED = 15_000_000
"""Bytes; attached, a file grows by a third, and many mail servers stop at 25 MB (assumed)."""


@click.command()
@click.argument("release", type=int, required=False)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to write it.")
@BY
@global_options
@click.pass_context
def pack(ctx: click.Context, release: int | None, out: Path | None, by: str | None) -> None:
    """Make the delivery pack of a RELEASE (default: the live one) and the e-mail draft that carries it."""
    from pipeline.run import delivering

    own = session(ctx)
    with opened(own) as shop:
        made = delivering.pack(shop, release, by=acting_person(by), out=out)
    for line in (*_PACKED[own.lang], (_AGAIN if made.sent else _NEXT)[own.lang]):
        own.say(line.format(made=made, number=made.release.number))
    for hint in _hints(own, made):
        click.echo(hint, err=True)
    own.document(
        {
            "release": made.release.number,
            "since": made.since,
            "archive": str(made.archive),
            "letter": str(made.letter),
            "size": made.size,
            "to": made.to,
        }
    )


_PACKED = {
    "es": (
        "Paquete de la versión {number}: {made.archive}",
        "Borrador del correo: {made.letter}",
    ),
    "en": (
        "Pack of release {number}: {made.archive}",
        "Draft of the e-mail: {made.letter}",
    ),
}
_NEXT = {
    "es": "Revíselo, envíelo y regístrelo con «vitrina receipt {number} --sent».",
    "en": "Look at it, send it, and enter that with “vitrina receipt {number} --sent”.",
}
_AGAIN = {
    "es": "Esta versión ya figura como enviada.",
    "en": "This release is entered as sent already.",
}


def _hints(own: Session, made: Packed) -> list[str]:
    from schemas import wording

    hints = []
    if not made.to:
        hints.append(_NO_CONTACT[own.lang])
    if made.size > MOST_MAILED:
        size = wording.number(made.size // 1_000_000, own.lang, own.settings.lender.market)
        hints.append(_HEAVY[own.lang].format(size=size))
    return hints


_NO_CONTACT = {
    "es": "El borrador no tiene destinatario: indique [delivery] contact en vitrina.toml.",
    "en": "The draft has no recipient: set [delivery] contact in vitrina.toml.",
}
_HEAVY = {
    "es": "El paquete pesa {size} MB y muchos correos no lo aceptan: compártalo con un enlace.",
    "en": "The pack weighs {size} MB, which many mail servers refuse: share it by a link.",
}


@click.command()
@click.argument("release", type=int)
@click.option("--sent", is_flag=True, help="It was sent to the contact.")
@click.option("--acknowledged", is_flag=True, help="The contact confirmed that they have it.")
@click.option("--live", is_flag=True, help="It shows in the marketplace.")
@click.option("--at", "day", type=Day(), metavar="DATE", help="The day it happened (default: today).")
@click.option("--note", metavar="TEXT", help="Whatever should be remembered with it.")
@BY
@global_options
@click.pass_context
def receipt(
    ctx: click.Context, /, release: int, day: date | None, note: str | None, by: str | None, **steps: bool
) -> None:
    """Enter what became of a RELEASE at the marketplace: sent, acknowledged, live; without a step, show it."""
    from pipeline.report import receipts as words
    from pipeline.run import delivering

    own = session(ctx)
    state = _step(steps, asked=bool(day or note))
    with opened(own) as shop:
        if state is not None:
            delivering.enter_receipt(shop, release, state, by=acting_person(by), day=day, note=note)
        standing = shop.store.receipts.standings()[shop.store.releases.get(release).number]
    said = words.standing_words(standing, own.lang) or _NOTHING[own.lang]
    own.say(f"{_RELEASE[own.lang]} {release}: {said}.")
    for line in words.receipt_lines(standing, own.lang):
        own.say(line)
    own.document({"release": release, **words.standing_document(standing)})


def _step(steps: Mapping[str, bool], *, asked: bool) -> State | None:
    """The one step that is entered; None where it is only shown. asked: a day or a note is given, which need one."""
    said: list[State] = [step for step in STATES if steps.get(step)]
    if len(said) > 1:
        flags = [f"--{step}" for step in said]
        raise WrongUse(
            f"Enter one step at a time; this call has {', '.join(flags)}.",
            es=f"Registre un paso a la vez; esta llamada trae {', '.join(flags)}.",
        )
    if asked and not said:
        raise WrongUse(
            "Say which step: --sent, --acknowledged or --live.", es="Indique el paso: --sent, --acknowledged o --live."
        )
    return said[0] if said else None


_RELEASE = {"es": "Versión", "en": "Release"}
_NOTHING = {"es": "todavía sin paquete", "en": "no pack yet"}
