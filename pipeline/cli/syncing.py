"""`vitrina sync`: the scheduled job."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import global_options
from pipeline.cli.checking import overrides_of
from pipeline.cli.publishing import (
    BY,
    MAPS,
    PARTIAL,
    STRICT,
    opened,
    published_document,
    say_published,
    where,
)
from pipeline.cli.session import Session, acting_person, session
from pipeline.cli.submitted import say_submitted, submitted_document
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from catalog.publish import Outcome
    from pipeline.log import Form
    from pipeline.run.moved import Moved
    from pipeline.run.scheduled import Around, Live, Ran
    from pipeline.run.taking import Job, Taken
    from pipeline.sources import Source


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE …]")
@click.option("--no-review", is_flag=True, help="Publish without waiting for an approval.")
@PARTIAL
@STRICT
@BY
@MAPS
@click.option("--log", type=click.Choice(["json", "text"]), help="Log each step to stderr.")
@global_options
@click.pass_context
def sync(ctx: click.Context, /, sources: tuple[str, ...], log: Form | None, **said: Any) -> int:
    """Read each SOURCE, submit what changed and publish whatever needs no (further) review: the scheduled job.

    SOURCE is a file, a folder, https://…, s3://bucket/key, or the name of a source in the settings; without any, all
    of those run. Several sources are each taken as --partial: none of them speaks for the whole catalogue.
    """
    from pipeline.run import scheduled
    from pipeline.run.moved import moves_of

    own = session(ctx)
    job = _job(own, sources, **said)
    around = _around(own, log)
    if not (own.settings.home / "catalog.db").exists():
        _check_there(job, frozenset())
    with opened(own) as shop:
        _check_there(job, frozenset(source.key for source in shop.store.sync.sources()))
        ran = scheduled.run(shop, job, around)
        troubles = shop.store.sync.troubles()
        moves = moves_of(shop, _outcomes(ran))
    _say(own, ran, moves)
    own.document(_document(own, ran, troubles, moves))
    return ran.code


def _outcomes(ran: Ran) -> Iterator[Outcome]:
    """Every publication of a run, in its order."""
    yield from (one.published.outcome for one in ran.taken if one.published)
    yield ran.due.outcome
    if ran.live.withdrawn:
        yield ran.live.withdrawn


def _move(outcome: Outcome, moves: Mapping[int, Moved]) -> Moved | None:
    return moves.get(outcome.release.number) if outcome.minted and outcome.release else None


def _job(
    own: Session, words: tuple[str, ...], *,
    no_review: bool, partial: bool, strict: bool, by: str | None, maps: tuple[str, ...],
) -> Job:  # fmt: skip
    from pipeline.run.taking import Job

    sources = _sources(own, words)
    return Job(
        sources=sources,
        by=acting_person(by),
        partial=partial or len(sources) > 1 or (sources[0].name is not None and len(own.settings.sources.named) > 1),
        review=not no_review,
        strict=strict,
        overrides=overrides_of(maps),
    )


def _sources(own: Session, words: tuple[str, ...]) -> tuple[Source, ...]:
    from pipeline.sources import named_sources, source_of

    named = {source.name: source for source in named_sources(own.settings.sources.named)}
    if not words and not named:
        raise WrongUse(
            "Name a SOURCE (file, folder, https://, s3://), or give the settings a [sources.NAME].",
            es="Indique una FUENTE (archivo, carpeta, https://, s3://) o agregue [sources.NOMBRE] en los ajustes.",
        )
    return tuple(named.get(word) or source_of(word) for word in words) or tuple(named.values())


def _check_there(job: Job, known: Collection[str]) -> None:
    """A path that was never read and is not there is a slip; one that was read before is out of reach today."""
    for source in job.sources:
        there = source.name or source.kind != "path" or source.key in known or source.path.exists()
        if not there:
            raise WrongUse(f"There is no file {source.place}.", es=f"No existe el archivo {source.place}.")


def _around(own: Session, log: Form | None) -> Around:
    from catalog.targets import keys_from
    from pipeline.log import open_log
    from pipeline.run.scheduled import Around
    from pipeline.run.telling import webhook
    from pipeline.sources import Means
    from pipeline.sources.reach import Reach

    reach = Reach(allow_private=own.settings.sources.allow_private)
    means = Means(own.settings.home / "sources", reach, keys_from(own.environ))
    address = _webhook_address(own)
    return Around(means, open_log(sys.stderr, log), webhook(address) if address else None)


def _webhook_address(own: Session) -> str | None:
    """VITRINA_NOTIFY_WEBHOOK, or the file VITRINA_NOTIFY_WEBHOOK_FILE names: the address is a secret."""
    from pipeline.run.telling import is_webhook

    name = "VITRINA_NOTIFY_WEBHOOK"
    text = own.environ.get(name, "")
    if path := own.environ.get(f"{name}_FILE"):
        try:
            text = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise WrongUse(
                f"The file that {name}_FILE names cannot be read.",
                es=f"El archivo que indica {name}_FILE no se puede leer.",
            ) from None
    if text and not is_webhook(text):
        raise WrongUse(f"{name} must be an https:// address.", es=f"{name} debe ser una dirección https://.")
    return text or None


def _say(own: Session, ran: Ran, moves: Mapping[int, Moved]) -> None:
    from pipeline.report import runs

    if own.quiet:  # what a scheduler mails: a line each
        for line in runs.wrong_lines(ran, own.lang):
            click.echo(line, err=True)
    for one in ran.taken:
        if len(ran.taken) > 1:
            own.say(f"\n▸ {one.source.label if one.key == one.source.key else one.key}")
        _say_taken(own, one, moves)
    _say_due(own, ran, moves)
    _say_faults(own, ran)
    _say_live(own, ran.live, moves)
    for line in runs.untold_lines(ran, own.lang):
        own.say(f"! {line}")
    if ran.unheard:
        click.echo(ran.unheard.say(own.lang), err=True)
    own.say(f"\n{runs.summary_line(ran, own.lang, where=where(own, ran.release))}")


def _say_taken(own: Session, one: Taken, moves: Mapping[int, Moved]) -> None:
    from pipeline import report
    from pipeline.report import runs

    for line in (runs.state_line(one, own.lang), runs.left_line(one.left, own.lang)):
        if line:
            own.say(line)
    if one.fault and not own.quiet:
        click.echo(runs.fault_line(one, own.lang), err=True)
    if one.submitted:
        say_submitted(own, one.submitted)
    elif one.checked:
        own.say(report.check_report(one.checked, own.lang, quiet=True))
    if one.published:
        if one.published.plan and one.submitted:
            own.say(f"\n{report.plan_report(one.published.plan, own.lang, upload=one.upload)}\n")
        say_published(own, one.published, _move(one.published.outcome, moves))


def _say_due(own: Session, ran: Ran, moves: Mapping[int, Moved]) -> None:
    if ran.due.outcome.minted:
        say_published(own, ran.due, _move(ran.due.outcome, moves))


def _say_faults(own: Session, ran: Ran) -> None:
    """Each target in trouble once, however often the run tried it."""
    if not own.quiet:
        for one in ran.deliveries:
            if one.fault:
                click.echo(one.fault.say(own.lang), err=True)


def _say_live(own: Session, live: Live, moves: Mapping[int, Moved]) -> None:
    """What is live and no longer lawful or valid today, and that it was taken down."""
    from pipeline import report
    from pipeline.run.publishing import Published

    if live.checked is not None and live.has_errors:
        head = "Lo publicado, revisado hoy:" if own.lang == "es" else "What is published, checked today:"
        own.say(f"\n{head} {report.check_report(live.checked, own.lang, quiet=True)}")
    if live.withdrawn and live.withdrawn.minted:
        own.say(_TAKEN_DOWN[own.lang])
        say_published(own, Published(None, None, live.withdrawn), _move(live.withdrawn, moves))


_TAKEN_DOWN = {
    "es": "Lo que ya no cumple se retiró, como piden los ajustes ([reference] unlawful).",
    "en": "What no longer complies was withdrawn, as the settings ask ([reference] unlawful).",
}


def _document(own: Session, ran: Ran, troubles: Any, moves: Mapping[int, Moved]) -> dict[str, Any]:
    from pipeline import report
    from pipeline.report import runs

    live = report.findings_document(ran.live.checked, own.lang) if ran.live.checked else None
    return {
        "sources": [_taken_document(own, one, moves) for one in ran.taken],
        "due": published_document(ran.due, own.lang, _move(ran.due.outcome, moves)),
        "live": live,
        "withdrawn": report.outcome_document(ran.live.withdrawn) if ran.live.withdrawn else None,
        **runs.run_document(ran, troubles, own.lang),
    }


def _taken_document(own: Session, one: Taken, moves: Mapping[int, Moved]) -> dict[str, Any]:
    from pipeline import report
    from pipeline.report import runs

    document = runs.taken_document(one, own.lang)
    if one.submitted:
        document |= submitted_document(one.submitted, own.lang)
    elif one.checked:
        plan = one.published.plan if one.published else None
        document |= {
            "check": report.check_document(one.checked, own.lang),
            "plan": report.plan_document(plan, own.lang, upload=one.upload) if plan else None,
        }
    if one.published:
        moved = _move(one.published.outcome, moves)
        document["published"] = published_document(one.published, own.lang, moved)
    return document
