"""`send`: deliver what is owed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from leads.cli import global_options
from leads.cli.session import Session, session
from schemas.errors import CannotRun

if TYPE_CHECKING:
    from leads.store import LeadStore


@click.command("send")
@click.option("--once", is_flag=True, help="End when nothing is due now.")
@click.option("--lanes", type=click.IntRange(1, 500), default=16, show_default=True, help="Connections at once.")
@global_options
@click.pass_context
def send_command(ctx: click.Context, once: bool, lanes: int) -> int:
    """Deliver owed postbacks until stopped (SIGTERM drains). Any number of processes may run.

    With --once: exit 3 when nothing was delivered because the market is paused while something is owed.
    """
    here = session(ctx)
    from leads.log import json_log
    from leads.postback import rules_of, run_sender

    rules = rules_of(here.settings, lanes=lanes)
    log = json_log(sys.stderr)
    with here.store() as store:
        if not once:
            log("sending", {"base_url": rules.base_url, "market": here.settings.market, "lanes": lanes})
        counts = run_sender(store, rules, log, once=once)
        return _tell(here, store, counts) if once else 0


def _tell(here: Session, store: LeadStore, counts: Mapping[str, int]) -> int:
    """What came of one run, and its exit code: a timetable must not take a paused market for one that is served."""
    from leads.cli.watching import say_paused
    from leads.store.channels import holds_back
    from leads.store.operations import count_owed, paused_markets

    left, paused, held = store.read(lambda tx: (count_owed(tx), paused_markets(tx), holds_back(tx)))
    here.document({"attempts": counts, "owed": left, "paused": [asdict(one) for one in paused]})
    good = counts.get("delivered", 0) + counts.get("unconfirmed", 0)
    here.say(
        f"Entregados: {good}. Pendientes: {left['pending'] + left['leased']}. Detenidos: {left['dead']}.",
        f"Delivered: {good}. Pending: {left['pending'] + left['leased']}. Dead: {left['dead']}.",
    )
    say_paused(here, paused)
    return CannotRun.exit_code if held and not good else 0
