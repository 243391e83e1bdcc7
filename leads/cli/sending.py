"""`send`: deliver what is owed."""

from __future__ import annotations

import sys

import click

from leads.cli import global_options
from leads.cli.session import session


@click.command("send")
@click.option("--once", is_flag=True, help="End when nothing is due now.")
@click.option("--lanes", type=click.IntRange(1, 500), default=16, show_default=True, help="Connections at once.")
@global_options
@click.pass_context
def send_command(ctx: click.Context, once: bool, lanes: int) -> int:
    """Deliver owed postbacks until stopped (SIGTERM drains). Any number of processes may run."""
    here = session(ctx)
    from leads.log import json_log
    from leads.postback import rules_of, run_sender

    rules = rules_of(here.settings, lanes=lanes)
    log = json_log(sys.stderr)
    with here.store() as store:
        if not once:
            log("sending", {"base_url": rules.base_url, "market": here.settings.market, "lanes": lanes})
        counts = run_sender(store, rules, log, once=once)
        if once:
            from leads.cli.watching import say_paused
            from leads.store.operations import count_owed, paused_markets

            left, paused = store.read(lambda tx: (count_owed(tx), paused_markets(tx)))
            here.document({"attempts": counts, "owed": left})
            good = counts.get("delivered", 0) + counts.get("unconfirmed", 0)
            here.say(
                f"Entregados: {good}. Pendientes: {left['pending'] + left['leased']}. Detenidos: {left['dead']}.",
                f"Delivered: {good}. Pending: {left['pending'] + left['leased']}. Dead: {left['dead']}.",
            )
            say_paused(here, paused)
    return 0
