"""`vitrina waive` and `vitrina mappings`: what people say once and the catalogue remembers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import global_options
from pipeline.cli.checking import Day, overrides_of
from pipeline.cli.publishing import BY, opened
from pipeline.cli.session import Session, acting_person, session

if TYPE_CHECKING:
    from catalog.ledger import Remembered


@click.command()
@click.argument("finding")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is acceptable; shown with the finding.")
@click.option(
    "--until", required=True, type=Day(), metavar="DATE", help="The last day of the waiver, at most a year off."
)
@BY
@global_options
@click.pass_context
def waive(ctx: click.Context, finding: str, reason: str, until: date, by: str | None) -> int:
    """Accept a warning for a time. FINDING is its id, as `check` and `submit` show it, or the beginning of it."""
    from pipeline.report import ledger as words
    from pipeline.run import ledger

    own = session(ctx)
    with opened(own) as shop:
        known, waiver = ledger.waive(shop, finding, reason=reason, until=until, by=acting_person(by))
    sentence = words.waiver_sentence(known, waiver, own.lang, own.settings.lender.market)
    own.say(f"{'Exonerado' if own.lang == 'es' else 'Waived'}: {sentence}")
    own.document(
        {"id": known.short, "code": known.finding.code, "product": known.finding.product}
        | {"waiver": words.waiver_document(waiver)}
    )
    return 0


@click.group(invoke_without_command=True)
@global_options
@click.pass_context
def mappings(ctx: click.Context) -> None:
    """What you said unknown headers mean, remembered by the name of the file; without a subcommand, the list."""
    if ctx.invoked_subcommand is None:
        own = session(ctx)
        with opened(own) as shop:
            _show(own, shop.store.mappings.list(), "mappings")


@mappings.command("add")
@click.argument("file", metavar="FILENAME")
@click.argument("pairs", nargs=-1, required=True, metavar='"HEADER=field" …')
@BY
@global_options
@click.pass_context
def add(ctx: click.Context, file: str, pairs: tuple[str, ...], by: str | None) -> int:
    """Remember that HEADER means a field in files called FILENAME. A header Vitrina knows is never overridden."""
    from pipeline.run import ledger

    own = session(ctx)
    said = overrides_of(pairs)
    written = [pair.rpartition("=")[0] for pair in pairs]
    with opened(own) as shop:
        kept = ledger.add_mappings(shop, Path(file).name, written, said, by=acting_person(by))
    _show(own, kept, "mappings")
    return 0


@mappings.command("forget")
@click.argument("header")
@click.option("--file", metavar="FILENAME", help="Only in files of this name (default: in all).")
@BY
@global_options
@click.pass_context
def forget(ctx: click.Context, header: str, file: str | None, by: str | None) -> int:
    """Forget what HEADER means; it is asked about again."""
    from schemas.requirements import normalise

    own = session(ctx)
    with opened(own) as shop:
        gone = shop.store.mappings.forget(normalise(header), file=file, by=acting_person(by))
    own.say("Olvidado:" if own.lang == "es" else "Forgotten:")
    _show(own, gone, "forgotten")
    return 0


def _show(own: Session, answers: tuple[Remembered, ...], name: str) -> None:
    from pipeline.report import ledger as words

    for answer in answers:
        own.say(words.mapping_line(answer, own.lang, own.settings.lender.market))
    if not answers:
        own.say("No hay encabezados recordados." if own.lang == "es" else "No headers are remembered.")
    document: dict[str, Any] = {name: [words.mapping_document(answer) for answer in answers]}
    own.document(document)
