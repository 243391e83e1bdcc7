"""`vitrina releases`, `rollback`, `withdraw`, `reinstate`, `lineage`: what is live, since when, by whom, where from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli import global_options
from pipeline.cli.publishing import BY, COMMENT, live_number, opened, say_faults, say_published
from pipeline.cli.session import Session, acting_person, session

if TYPE_CHECKING:
    from catalog.plan import Review
    from catalog.publish import Outcome
    from pipeline.run.moved import Moved


@click.command()
@click.option("--verify", is_flag=True, help="Re-hash every file of every release in every target.")
@click.option("--targets", is_flag=True, help="Show which target has which release, and look for drift.")
@click.option("--diff", type=(int, int), metavar="A B", help="What release B shows that A does not.")
@global_options
@click.pass_context
def releases(ctx: click.Context, verify: bool, targets: bool, diff: tuple[int, int] | None) -> int:
    """The history of releases, newest first, and what begins or ends by date in the next 30 days."""
    own = session(ctx)
    return _compare(own, *diff) if diff else _history(own, verify, targets)


def _compare(own: Session, before: int, after: int) -> int:
    from pipeline import report
    from pipeline.run import tracing

    with opened(own) as shop:
        found: Review = tracing.compare(shop, before, after)
    words = report.review_words(found, own.lang)
    own.say(report.review_text(words, own.lang, whole=True))
    own.document({"before": before, "after": after, **report.review_document(found, own.lang)})
    return 0


def _history(own: Session, verify: bool, targets: bool) -> int:
    from pipeline import report
    from pipeline.report import receipts
    from pipeline.report.targets import target_lines, verified_sentence
    from pipeline.run import dates, delivering, publishing

    with opened(own) as shop:
        history = shop.store.releases.list()
        moved = {d.release: d.products for d in shop.store.decisions.list() if d.release is not None}
        coming = dates.upcoming(shop)
        deliveries = shop.store.releases.deliveries() if targets else ()
        problems = publishing.verify(shop) if verify else publishing.drift(shop) if targets else []
        standings = shop.store.receipts.standings()
        late = delivering.late_receipts(shop)
    for item in coming:
        own.say(report.upcoming_line(item, own.lang))
    for at, release in enumerate(history):
        said = receipts.standing_words(standings[release.number], own.lang)
        line = report.release_line(release, own.lang, live=at == 0, products=moved.get(release.number, ()))
        own.say(line + (f"  · {said}" if said else ""))
    if not history:
        own.say("Todavía no hay versiones." if own.lang == "es" else "There are no releases yet.")
    for line in target_lines(deliveries, own.lang):
        own.say(line)
    if verify or targets:
        own.say(verified_sentence(len(problems), own.lang))
    for sentence in (*(p.say(own.lang) for p in problems), *(receipts.late_sentence(one, own.lang) for one in late)):
        click.echo(sentence, err=True)
    own.document(
        {
            "releases": [
                {**report.release_document(release), "delivery": receipts.standing_document(standings[release.number])}
                for release in history
            ],
            "upcoming": [report.upcoming_document(item) for item in coming],
            "late": [receipts.late_document(one) for one in late],
            "deliveries": [report.delivery_document(delivery) for delivery in deliveries],
            "problems": [report.problem_document(problem) for problem in problems],
        }
    )
    return 3 if problems else 0


@click.command()
@click.argument("release", type=int, required=False)
@BY
@global_options
@click.pass_context
def rollback(ctx: click.Context, release: int | None, by: str | None) -> int:
    """Mint a new release with the content of an older RELEASE (default: the one before the live one)."""
    from pipeline.run import publishing
    from pipeline.run.moved import moved_since

    own = session(ctx)
    with opened(own) as shop:
        before = live_number(shop)
        outcome = publishing.rollback(shop, release, by=acting_person(by))
        moved = moved_since(shop, before)
    return _ended(own, outcome, moved)


def _ended(own: Session, outcome: Outcome, moved: Moved | None) -> int:
    """What became of a release that no upload brought, and the exit code."""
    from pipeline import report
    from pipeline.report.decided import moved_document
    from pipeline.run.publishing import Published

    done = Published(None, None, outcome)
    say_published(own, done, moved)
    own.document({**report.outcome_document(outcome), "moved": moved_document(moved) if moved else None})
    return 3 if say_faults(own, done) else 0


@click.command()
@click.argument("code")
@BY
@COMMENT
@global_options
@click.pass_context
def withdraw(ctx: click.Context, code: str, by: str | None, comment: str | None) -> int:
    """Take the product CODE off the shelf now; it stays out of plans until it is reinstated."""
    from pipeline.run import publishing
    from pipeline.run.moved import moved_since

    own = session(ctx)
    with opened(own) as shop:
        before = live_number(shop)
        outcome = publishing.withdraw(shop, frozenset((code,)), by=acting_person(by), comment=comment)
        moved = moved_since(shop, before)
    return _ended(own, outcome, moved)


@click.command()
@click.argument("code")
@BY
@COMMENT
@global_options
@click.pass_context
def reinstate(ctx: click.Context, code: str, by: str | None, comment: str | None) -> None:
    """Let the withdrawn product CODE take part in plans again; the next publication brings it back."""
    own = session(ctx)
    with opened(own) as shop:
        shop.store.decisions.reinstate(code, by=acting_person(by), comment=comment)
    own.say(_BACK[own.lang].format(code))
    own.document({"reinstated": code})


_BACK = {
    "es": "{} vuelve a entrar en los planes; saldrá en vivo cuando se publique de nuevo una carga que lo traiga.",
    "en": "{} takes part in plans again; it goes live once an upload that has it is published again.",
}


@click.command()
@click.argument("code")
@click.argument("field", required=False)
@click.option("--release", type=int, metavar="N", help="As release N showed it (default: the live one).")
@global_options
@click.pass_context
def lineage(ctx: click.Context, code: str, field: str | None, release: int | None) -> int:
    """Where each published value of the product CODE comes from: file, sheet, cell, reading, and who let it through."""
    from pipeline import report
    from pipeline.run import tracing

    own = session(ctx)
    with opened(own) as shop:
        traces = tracing.trace(shop, code, field, release=release)
    own.say(report.trace_text(traces, own.lang))
    own.document({"code": code, "values": [report.trace_document(one) for one in traces]})
    return 0
