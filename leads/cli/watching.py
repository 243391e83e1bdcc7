"""`list`, `show`, `export`: what operators look at."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from leads.cli import global_options
from leads.cli.session import Session, session
from leads.words import ACTIONS, LEAD_STATES, POSTBACK_STATES, why_words, word_of
from schemas.errors import Refused, WrongUse

if TYPE_CHECKING:
    from leads.store import Tx
    from leads.store.operations import OwedRow, Paused


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
            lambda tx: (_with_pauses(tx, list_owed(tx, state=state, most=most)), count_owed(tx), paused_markets(tx))
        )
    here.document({"counts": counts, "paused": [asdict(one) for one in paused], "owed": [asdict(row) for row in rows]})
    if here.format == "text" and not here.quiet:
        _show_rows(here, rows)
        _show_counts(here, counts)
        say_paused(here, paused)
    return 0


def _with_pauses(tx: Tx, rows: Sequence[OwedRow]) -> Sequence[OwedRow]:
    """The rows; one that waits for nothing but the end of a pause has that as its cause."""
    from leads.store.channels import held_by_pause

    waiting = [row.number for row in rows if row.state == "pending" and not (row.behind or row.why)]
    held = held_by_pause(tx, first=min(waiting), last=max(waiting)) if waiting else {}
    return [
        row if row.why or row.number not in held else replace(row, why=f"paused:{held[row.number]}") for row in rows
    ]


def say_paused(here: Session, paused: Iterable[Paused]) -> None:
    """Which markets are paused, since when and why."""
    for one in paused:
        why = why_words(one.why, here.lang)
        here.say(
            f"El envío de {one.market} está en pausa desde {one.since:%Y-%m-%d %H:%M} UTC: {why}.",
            f"Sending for {one.market} is paused since {one.since:%Y-%m-%d %H:%M} UTC: {why}.",
        )


def _show_rows(here: Session, rows: Sequence[OwedRow]) -> None:
    titles = ("registrado (UTC)", "evento", "estado", "intentos", "causa", "click_id") if here.lang == "es" else (
        "recorded (UTC)", "event", "state", "tries", "why", "click_id"
    )  # fmt: skip
    lines = [
        (
            f"{row.recorded_at:%Y-%m-%d %H:%M:%S}", _event(row), word_of(POSTBACK_STATES, row.state, here.lang),
            str(row.tries), _cause(here, row.why, behind=row.behind), short(row.click_id),
        )
        for row in rows
    ]  # fmt: skip
    if lines:
        show_table(titles, lines, right=("intentos", "tries"))


def _show_counts(here: Session, counts: Mapping[str, int]) -> None:
    """How many of each state, with the code that --state takes."""
    words = {name: word_of(POSTBACK_STATES, name, here.lang) for name in counts}
    names = {name: word if word == name else f"{word} ({name})" for name, word in words.items()}
    said = [f"{names[name]}: {count}" for name, count in counts.items() if count]
    none = here.words("No hay avisos.", "There are no postbacks.")
    click.echo(" · ".join(said) or none)


def show_table(titles: Sequence[str], lines: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """Columns as wide as what is in them: a click_id is copied from here, so no line is ever broken."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, justify="right" if title in right else "left", no_wrap=True)
    for line in lines:
        table.add_row(*(Text(cell) for cell in line))
    console = Console(width=_WIDEST, highlight=False)
    with console.capture() as drawn:
        console.print(table)
    for line_of_text in drawn.get().splitlines():
        click.echo(line_of_text.rstrip())


_WIDEST = 20_000
_SHOWN = 80


def _event(row: OwedRow) -> str:
    return row.event if row.revision == 1 else f"{row.event} ({row.revision})"


def _cause(here: Session, why: str | None, *, behind: bool) -> str:
    """Why it stands where it stands; a row behind another waits for nothing else."""
    waits = here.words("espera al aviso anterior", "waits for the one before")
    return waits if behind else why_words(why, here.lang)


def short(click_id: str) -> str:
    """The beginning of a click_id, fit for a line of a terminal."""
    text = visible(click_id)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def visible(text: str) -> str:
    """Control characters written out: a click_id is anybody's text and must not steer a terminal."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


@click.command("show")
@click.argument("click_id")
@global_options
@click.pass_context
def show_command(ctx: click.Context, click_id: str) -> int:
    """One lead: its state, events, postbacks and attempts."""
    here = session(ctx)
    from leads.store import applications_of, find_lead
    from leads.store.audit import acts_on
    from leads.store.operations import attempts_of, owed_of

    def look(tx: Tx) -> dict[str, Any] | None:
        lead = find_lead(tx, click_id)
        if lead is None:
            return None
        rows = [
            asdict(row) | {"attempts": [asdict(one) for one in attempts_of(tx, row.number)]}
            for row in _with_pauses(tx, owed_of(tx, lead))
        ]
        return {
            "click_id": lead.click_id, "state": lead.state, "product_id": lead.product_id,
            "listing_id": lead.listing_id, "source": lead.source, "made_at": lead.made_at,
            "erased_at": lead.erased_at, "owed": rows,
            "applications": [asdict(one) for one in applications_of(tx, lead)],
            "acts": [asdict(one) for one in acts_on(tx, lead.number)],
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
    product = found["product_id"] or here.words("sin producto", "no product")
    erased = here.words(" · datos del solicitante borrados", " · applicant data erased") if found["erased_at"] else ""
    click.echo(visible(f"{found['click_id']} · {word_of(LEAD_STATES, found['state'], here.lang)} · {product}") + erased)
    for row in found["owed"]:
        _tell_postback(here, row)
    if not found["owed"]:
        here.say("  Todavía no tiene eventos.", "  It has no events yet.")
    for act in found["acts"]:
        did = word_of(ACTIONS, act["action"], here.lang)
        click.echo(visible(f"  {act['at']:%Y-%m-%d %H:%M:%S}  {act['who']} {did}: {act['detail']}"))


def _tell_postback(here: Session, row: dict[str, Any]) -> None:
    amount = f" {row['amount']} {row['currency']}" if row["amount"] else ""
    why = _cause(here, row["why"], behind=row["behind"])
    why = f" ({why})" if why else ""
    revision = here.words(" corrección ", " correction ") + str(row["revision"] - 1) if row["revision"] > 1 else ""
    state = word_of(POSTBACK_STATES, row["state"], here.lang)
    click.echo(f"  {row['recorded_at']:%Y-%m-%d %H:%M:%S}  {row['event']}{revision}{amount}: {state}{why}")
    for one in row["attempts"]:
        answer = why_words(one["said"] if one["status"] is None else f"http_{one['status']}", here.lang)
        click.echo(f"    {one['at']:%Y-%m-%d %H:%M:%S}  {answer}, {one['took_ms']} ms")
    if row["due_at"] and not row["behind"]:
        here.say(
            f"    {row['due_at']:%Y-%m-%d %H:%M:%S}  próximo intento",
            f"    {row['due_at']:%Y-%m-%d %H:%M:%S}  next try",
        )


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
    if file is not None and not file.parent.is_dir():
        raise WrongUse(f"There is no folder {file.parent}.", es=f"No existe la carpeta {file.parent}.")
    from leads.store.operations import reconcile

    def write(tx: Tx) -> int:
        if here.format == "json":
            here.document({"leads": [asdict(one) for one in reconcile(tx)]})
            return 0
        if file is None:
            return _write_csv(sys.stdout, reconcile(tx))
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with draft.open("w", encoding="utf-8", newline="") as stream:
                lines = _write_csv(stream, reconcile(tx))
            draft.replace(file)  # whole or not at all: nobody reconciles against half a day
        finally:
            draft.unlink(missing_ok=True)
        return lines

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
