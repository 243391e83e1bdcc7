"""`serve`: the embedded-flow endpoints and, beside them, the sender."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from leads.cli import global_options
from leads.cli.session import session


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8100, show_default=True, help="0 takes a free one.")
@click.option("--no-sender", is_flag=True, help="Leave the postbacks to «send» processes.")
@click.option("--lanes", type=click.IntRange(1, 500), default=16, show_default=True, help="The sender's connections.")
@global_options
@click.pass_context
def serve_command(ctx: click.Context, host: str, port: int, no_sender: bool, lanes: int) -> int:
    """Answer the marketplace until stopped (SIGTERM drains); plain HTTP, for behind a proxy that speaks TLS."""
    here = session(ctx)
    from schemas.lead_settings import need_delivery, need_serving

    need_serving(here.settings)
    if not no_sender:
        need_delivery(here.settings)
    from leads.decide import load_engine
    from leads.endpoint import Parts, serve
    from leads.log import json_log
    from leads.postback import rules_of
    from leads.vault import open_vault

    sys.path.append(str(Path.cwd()))  # where a Lender's own engine lies, behind everything installed
    engine = load_engine(here.settings.engine)
    vault = open_vault(here.settings)
    sender = None if no_sender else rules_of(here.settings, lanes=lanes)
    with here.store() as store:
        parts = Parts(here.settings, store, vault, engine, sender, json_log(sys.stderr))
        serve(parts, host=host, port=port)
    return 0
