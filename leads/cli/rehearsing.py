"""`sandbox`: a stand-in marketplace to rehearse against."""

from __future__ import annotations

import json
import random
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leads.cli import global_options
from leads.cli.session import Session, session
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from leads.sandbox import Heard, Play, Reply, Summary

_STEPS = {
    "decision": ("decisión", "decision"),
    "application": ("solicitud", "application"),
    "hand_off": ("redirección", "hand-off"),
    "status": ("estado", "status"),
    "postback": ("del hecho al aviso", "fact to postback"),
}


def _playing(function: Any) -> Any:
    for option in reversed((
        click.option("--play", type=click.IntRange(1, 1_000_000), metavar="N", help="Play so many Consumer journeys."),
        click.option("--rate", type=click.FloatRange(0.01, 1000), default=5.0, show_default=True, help="A second."),
        click.option("--against", metavar="URL", help="The endpoints to play against (vitrina-leads serve)."),
        click.option("--key-file", type=click.Path(path_type=Path), help="Marketplace key; else VITRINA_INBOUND_KEYS."),
        click.option("--core-key-file", type=click.Path(path_type=Path), help="Core key; else VITRINA_CORE_KEYS."),
        click.option("--product", metavar="ID", help="Else the first published loan that fits."),
        click.option("--amount", help="Else that product's least amount."),
        click.option("--term", type=click.IntRange(1, 600), help="Months; else that product's shortest."),
        click.option("--patience", type=float, default=30.0, show_default=True, help="Seconds without news to wait."),
    )):  # fmt: skip
        function = option(function)
    return function


@click.command("sandbox")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65_535), default=8200, show_default=True, help="0 takes a free one.")
@click.option("--fault", default="", metavar="KIND=SHARE,…", help="Such as 503=0.2,reset=0.05.")
@click.option("--fault-for", multiple=True, metavar="CLICK_ID=KIND", help="Always, for this one.")
@click.option("--delay", type=click.FloatRange(0, 60), default=0.0, help="Seconds before each answer.")
@click.option("--seed", type=int, help="The same faults and people again.")
@click.option("--beyond-this-machine", is_flag=True, help="Allow a host or URL that is not this machine.")
@_playing
@global_options
@click.pass_context
def sandbox_command(ctx: click.Context, /, host: str, port: int, **said: Any) -> int:
    """A stand-in marketplace: checks every postback against the documented contract, fails on demand, plays journeys.

    Faults: a status such as 503, or html, empty, bad_ack, other_id, redirect, reset, truncated, garbage, drip, hang,
    slow. Exit 1 when something was lost, out of order or against the contract.
    """
    here = session(ctx)
    _refuse_elsewhere(here, host, said["against"], allowed=said["beyond_this_machine"])
    from leads.sandbox import Book, Market, Player, read_faults, run_sandbox

    faults = read_faults(said["fault"], said["fault_for"])
    seeds = random.Random(said["seed"]), random.Random(said["seed"])  # noqa: S311 - a rehearsal hides nothing
    key = here.settings.api_key.reveal() if here.settings.api_key else None
    play = _play(here, said) if said["play"] else None
    book = Book(key, known=None if play is None else set())
    market = Market(book, faults, seeds[0], _teller(here), said["delay"])
    player = Player(play, book, seeds[1]) if play else None
    found = run_sandbox(
        market, host=host, port=port, ready=lambda url: _ready(here, url), player=player, patience=said["patience"]
    )
    _conclude(here, found)
    return 0 if found.sound else 1


def _refuse_elsewhere(here: Session, host: str, against: str | None, *, allowed: bool) -> None:
    from urllib.parse import urlsplit

    from schemas.lead_settings import is_loopback

    if here.settings.environment == "production":
        raise WrongUse("The sandbox is not for production.", es="El mercado de ensayo no es para producción.")
    hosts = [host, *([urlsplit(against).hostname or ""] if against else [])]
    if not allowed and not all(is_loopback(one) for one in hosts):
        raise WrongUse(
            "Outside this machine only with --beyond-this-machine.",
            es="Fuera de este equipo, solo con --beyond-this-machine.",
        )


def _play(here: Session, said: dict[str, Any]) -> Play:
    from leads.sandbox import Play

    if not said["against"]:
        raise WrongUse("Say the endpoints with --against URL.", es="Indique los servicios con --against URL.")
    product, amount, term = _asked(here, said)
    keys = here.settings.inbound_keys, here.settings.core_keys
    return Play(
        said["play"], said["rate"], said["against"].rstrip("/"), _key("--key-file", said["key_file"], keys[0]),
        _key("--core-key-file", said["core_key_file"], keys[1]), product, amount, term,
    )  # fmt: skip


def _key(option: str, file: Path | None, known: Any) -> str:
    if file is not None:
        return file.read_text("utf-8").strip().partition(",")[0]
    if not known:
        raise WrongUse(f"A key is missing: {option}.", es=f"Falta una clave: {option}.")
    key: str = known[0].reveal()
    return key


def _asked(here: Session, said: dict[str, Any]) -> tuple[str, str, int]:
    """Product, amount and months to ask for, as the published release has them unless told."""
    if said["product"] and said["amount"] and said["term"]:
        return said["product"], said["amount"], said["term"]
    from leads.shelf import read_shelf
    from schemas.product import as_text

    for name, product in read_shelf(here.settings.shelf, here.settings.market).products.items():
        fits = product.category == "INDIVIDUAL" and product.amount_min and product.term_unit == "month"
        if name == (said["product"] or name) and fits and product.amount_min and product.term_min:
            return name, said["amount"] or as_text(product.amount_min), said["term"] or int(product.term_min)
    raise WrongUse(
        "No published loan has an amount and a term in months; say --product, --amount and --term.",
        es="Ningún crédito publicado tiene monto y plazo en meses; indique --product, --amount y --term.",
    )


def _ready(here: Session, url: str) -> None:
    if here.format == "json":
        click.echo(json.dumps({"sandbox": url}))
    here.say(
        f"Mercado de ensayo en {url} (VITRINA_BASE_URL). Para terminar: Ctrl-C.",
        f"Stand-in marketplace at {url} (VITRINA_BASE_URL). To end it: Ctrl-C.",
    )


def _teller(here: Session) -> Any:
    def tell(heard: Heard, reply: Reply) -> None:
        postback = heard.postback
        moment = datetime.now().astimezone()
        if here.format == "json":
            said = {"at": moment.isoformat(timespec="milliseconds"), "click_id": postback.click_id}
            said |= {"event": postback.event, "answer": reply.name}
            click.echo(json.dumps(said | {"repeat": heard.repeat, "breaches": heard.breaches}, ensure_ascii=False))
        elif not here.quiet:
            click.echo(_line(here, heard, reply, f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"))

    return tell


def _line(here: Session, heard: Heard, reply: Reply, moment: str) -> str:
    from leads.cli.watching import short
    from leads.sandbox.contract import words_of

    notes = [words_of(code, here.lang) for code in heard.breaches]
    notes += [here.words("repetido", "repeated")] if heard.repeat else []
    answer = click.style(f"{reply.name:<9}", fg="green" if reply.taken and not notes else "red")
    name = short(heard.postback.click_id or "—")
    return f"{moment}  {answer}  {heard.postback.event or '—':<12}  {name}" + "".join(f"  · {note}" for note in notes)


def _conclude(here: Session, found: Summary) -> None:
    if here.format == "json":
        click.echo(json.dumps({"summary": found.document()}, ensure_ascii=False))
        return
    if found.journeys:
        here.say(*_of_journeys(found))
        _show_steps(here, found)
        for why, count in (found.broken or {}).items():
            here.say(f"Recorridos cortados en {why}: {count}.", f"Journeys broken at {why}: {count}.")
    here.say(*_of_postbacks(found))
    for code, count in found.breaches.items():
        from leads.sandbox.contract import words_of

        here.say(f"  {count} × {words_of(code, 'es')}", f"  {count} × {words_of(code, 'en')}")


def _of_journeys(found: Summary) -> tuple[str, str]:
    rate = found.journeys / found.seconds if found.seconds else 0.0
    many = "" if found.journeys == 1 else "s"
    spanish = f"{found.journeys} recorrido{many} en {found.seconds:.1f} s ({rate:.1f} por segundo)".replace(".", ",")
    return f"\n{spanish}.", f"\n{found.journeys} journey{many} in {found.seconds:.1f} s ({rate:.1f} a second)."


def _of_postbacks(found: Summary) -> tuple[str, str]:
    """The one sentence that counts."""
    counts = [
        (found.heard, "envíos", "sent"),
        (found.repeats, "repetidos", "repeated"),
        (found.disorder, "fuera de orden", "out of order"),
        (sum(found.breaches.values()), "faltas al contrato", "breaches of the contract"),
    ]
    if found.journeys:
        counts += [(found.held, "retenidos", "held"), (len(found.lost), "perdidos", "lost")]
    spanish, english = (", ".join(f"{one[0]} {one[which]}" for one in counts) for which in (1, 2))
    of = (f" de {found.owed}", f" of {found.owed}") if found.journeys else ("", "")
    return f"Avisos: {found.taken}{of[0]} recibidos; {spanish}.", f"Postbacks: {found.taken}{of[1]} taken; {english}."


def _show_steps(here: Session, found: Summary) -> None:
    from leads.cli.watching import show_table

    if here.quiet:
        return
    titles = ("paso", "veces", "repetidas", "p50 ms", "p95 ms", "p99 ms", "máx. ms") if here.lang == "es" else (
        "step", "calls", "repeated", "p50 ms", "p95 ms", "p99 ms", "most ms"
    )  # fmt: skip
    lines = [
        (here.words(*_STEPS[step.name]), str(step.calls), str(step.repeated),
         *(f"{one:.1f}" for one in (step.p50, step.p95, step.p99, step.most)))
        for step in found.steps
    ]  # fmt: skip
    show_table(titles, lines, right=titles[1:])
