"""`replay`, `resolve`, `purge`: what people do to owed postbacks and to data; each leaves a line in the audit."""

from __future__ import annotations

import re

import click

from leads.cli import global_options
from leads.cli.session import acting_person, session
from schemas.errors import WrongUse

_BY = click.option("--by", metavar="USER", help="Who does it; else the operating-system user.")
_DAY_MS = 86_400_000


@click.command("replay")
@click.argument("click_id", required=False)
@click.option("--dead", is_flag=True, help="Only what is dead; without CLICK_ID, every lead's.")
@_BY
@global_options
@click.pass_context
def replay_command(ctx: click.Context, click_id: str | None, dead: bool, by: str | None) -> int:
    """Send again: same id, same bytes, in order.

    Of a lead: what is dead or unconfirmed; if nothing is, all that was delivered.
    """
    here = session(ctx)
    from leads.store.operations import replay_dead, replay_lead

    who = acting_person(by)
    if click_id is None and not dead:
        raise WrongUse("Say CLICK_ID, or --dead for every dead one.", es="Indique CLICK_ID, o --dead para todos.")
    with here.store() as store:
        if click_id is None:
            rows = store.write(lambda tx: replay_dead(tx, by=who))
        else:
            rows = store.write(lambda tx: replay_lead(tx, click_id, by=who, dead_only=dead))
    here.document({"replayed": rows})
    here.say(f"Se volverán a enviar: {rows}.", f"To be sent again: {rows}.")
    return 0


@click.command("resolve")
@click.argument("click_id")
@click.argument("event", type=click.Choice(["application", "approval", "disbursement", "rejected"]))
@click.option("--note", required=True, help="How the marketplace was told.")
@_BY
@global_options
@click.pass_context
def resolve_command(ctx: click.Context, click_id: str, event: str, note: str, by: str | None) -> int:
    """Close an owed postback that was told another way (by e-mail); the lead's next one may go."""
    here = session(ctx)
    from leads.store.operations import resolve_owed
    from schemas.lead import EventName

    who = acting_person(by)
    if not note.strip():
        raise WrongUse(
            "--note is empty; say how the marketplace was told.",
            es="--note está vacío; indique cómo se informó al mercado.",
        )
    with here.store() as store:
        row = store.write(lambda tx: resolve_owed(tx, click_id, EventName(event), note=note, by=who))
    here.document({"resolved": row})
    here.say(f"Cerrado: {event}.", f"Closed: {event}.")
    return 0


@click.command("purge")
@click.option("--older-than", required=True, metavar="DAYS", help="Such as 90 or 90d.")
@_BY
@global_options
@click.pass_context
def purge_command(ctx: click.Context, older_than: str, by: str | None) -> int:
    """Erase the applicant data of leads that rest since longer; click_id, events, amounts and times stay.

    Reasons are free text and go too; what was sent of these leads cannot be sent again.
    """
    here = session(ctx)
    match = re.fullmatch(r"([0-9]{1,5})d?", older_than)
    if match is None:
        raise WrongUse("--older-than is a number of days.", es="--older-than es un número de días.")
    from leads.store.operations import purge

    days, who = int(match[1]), acting_person(by)
    with here.store() as store:
        leads = store.write(lambda tx: purge(tx, before_ms=tx.now_ms - days * _DAY_MS, by=who))
    here.document({"purged": leads})
    here.say(f"Solicitudes depuradas: {leads}.", f"Leads purged: {leads}.")
    return 0
