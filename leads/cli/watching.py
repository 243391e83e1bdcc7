"""`list`, `show`, `export`: what operators look at."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import click

from leads.cli import global_options
from leads.cli.session import Session, session
from schemas.errors import Refused


@click.command("list")
@click.option(
    "--state", type=click.Choice(["pending", "leased", "delivered", "unconfirmed", "dead", "resolved"]),
    help="Only these.",
)  # fmt: skip
@click.option("--most", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many rows.")
@global_options
@click.pass_context
def list_command(ctx: click.Context, state: str | None, most: int) -> int:
    """Owed postbacks, newest first, how many there are of each state, and which markets are paused."""
    here = session(ctx)
    from leads.store.operations import count_owed, list_owed, paused_markets

    with here.store() as store:
        rows, counts, paused = store.read(
            lambda tx: (list_owed(tx, state=state, most=most), count_owed(tx), paused_markets(tx))
        )
    here.document({"counts": counts, "paused": [asdict(one) for one in paused], "owed": [asdict(row) for row in rows]})
    if here.format == "text" and not here.quiet:
        _show_rows(here, rows)
        click.echo("  ".join(f"{name} {count}" for name, count in counts.items()))
        for one in paused:
            here.say(
                f"El envío de {one.market} está en pausa desde {one.since:%Y-%m-%d %H:%M} UTC: {one.why}.",
                f"Sending for {one.market} is paused since {one.since:%Y-%m-%d %H:%M} UTC: {one.why}.",
            )
    return 0


def _show_rows(here: Session, rows: Any) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    titles = ("click_id", "evento", "estado", "intentos", "causa") if here.lang == "es" else (
        "click_id", "event", "state", "tries", "why"
    )  # fmt: skip
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_visible(str(cell))) for cell in (
            row.click_id, row.event, row.state, row.tries, row.why or ""
        )))  # fmt: skip
    if rows:
        Console(file=sys.stdout, highlight=False, soft_wrap=False).print(table)


def _visible(text: str) -> str:
    """Control characters written out: a click_id is anybody's text and must not steer a terminal."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


@click.command("show")
@click.argument("click_id")
@global_options
@click.pass_context
def show_command(ctx: click.Context, click_id: str) -> int:
    """One lead: its state, events, postbacks and attempts."""
    here = session(ctx)
    from leads.store import Tx, applications_of, find_lead
    from leads.store.operations import attempts_of, owed_of

    def look(tx: Tx) -> dict[str, Any] | None:
        lead = find_lead(tx, click_id)
        if lead is None:
            return None
        rows = [
            asdict(row) | {"attempts": [asdict(one) for one in attempts_of(tx, row.number)]}
            for row in owed_of(tx, lead)
        ]
        return {
            "click_id": lead.click_id, "state": lead.state, "product_id": lead.product_id,
            "listing_id": lead.listing_id, "source": lead.source, "made_at": lead.made_at,
            "erased_at": lead.erased_at, "owed": rows,
            "applications": [asdict(one) for one in applications_of(tx, lead)],
        }  # fmt: skip

    with here.store() as store:
        found = store.read(look)
    if found is None:
        raise Refused("No lead has this click_id.", es="Ninguna solicitud tiene este click_id.")
    here.document(found)
    if here.format == "text":
        _tell_story(here, found)
    return 0


def _tell_story(here: Session, found: dict[str, Any]) -> None:
    click.echo(f"{_visible(found['click_id'])} · {found['state']} · {found['product_id'] or '—'}")
    for row in found["owed"]:
        amount = f" {row['amount']} {row['currency']}" if row["amount"] else ""
        why = f" ({row['why']})" if row["why"] else ""
        revision = f" rev. {row['revision']}" if row["revision"] > 1 else ""
        click.echo(f"  {row['recorded_at']:%Y-%m-%d %H:%M:%S} {row['event']}{revision}{amount}: {row['state']}{why}")
        for one in row["attempts"]:
            status = one["status"] if one["status"] is not None else "—"
            click.echo(f"    {one['at']:%Y-%m-%d %H:%M:%S} {one['kind']} {status} {one['took_ms']} ms")
    if not found["owed"]:
        here.say("  Todavía no tiene eventos.", "  It has no events yet.")


_TITLES = ("click_id", "state", "last_event", "recorded_at", "postback", "acknowledged_at", "dead_why")


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@global_options
@click.pass_context
def export_command(ctx: click.Context, file: Path | None) -> int:
    """The daily reconciliation as CSV: every click_id, its last event, acknowledged when, dead why.

    A click_id that a spreadsheet would take for a formula gets an apostrophe before it; --format json is exact.
    """
    here = session(ctx)
    from leads.store import Tx
    from leads.store.operations import reconcile

    def write(tx: Tx) -> int:
        if here.format == "json":
            here.document({"leads": [asdict(one) for one in reconcile(tx)]})
            return 0
        if file is None:
            return _write_csv(sys.stdout, reconcile(tx))
        with file.open("w", encoding="utf-8", newline="") as stream:
            return _write_csv(stream, reconcile(tx))

    with here.store() as store:
        lines = store.read(write)
    if file is not None:
        here.say(f"{lines} solicitudes en {file}.", f"{lines} leads in {file}.")
    return 0


def _write_csv(stream: TextIO, leads: Any) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_TITLES)
    lines = 0
    for lead in leads:
        cells = (getattr(lead, name) for name in _TITLES)
        writer.writerow([_guarded(cell) for cell in cells])
        lines += 1
    return lines


def _guarded(cell: Any) -> str:
    if cell is None:
        return ""
    text = cell.isoformat(timespec="seconds") if hasattr(cell, "isoformat") else str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
