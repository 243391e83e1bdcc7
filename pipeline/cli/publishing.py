"""`vitrina submit`, `plan`, `publish`, `sync`, `releases`, `rollback`: commands that change the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pipeline.cli import global_options
from pipeline.cli.checking import FILE, overrides_of, today
from pipeline.cli.files import existing
from pipeline.cli.session import Session, acting_person, session
from pipeline.cli.submitted import say_submitted, submitted_document, upload_line

if TYPE_CHECKING:
    from pipeline.run.checking import Checked
    from pipeline.run.publishing import Published
    from pipeline.run.workshop import Workshop

BY = click.option("--by", metavar="USER", help="Who acts (default: the operating-system user).")
PARTIAL = click.option("--partial", is_flag=True, help="The file speaks only of its own products: nothing is removed.")
MAPS = click.option(
    "--map", "maps", multiple=True, metavar='"HEADER=field"',
    help="Say which field a header means; remembered for files of this name where Vitrina does not know it.",
)  # fmt: skip
STRICT = click.option("--strict", is_flag=True, help="Hold everything back while any product has errors.")


@contextmanager
def opened(own: Session) -> Iterator[Workshop]:
    """The catalogue of this call's home, opened for one command."""
    from pipeline.run import workshop

    with workshop.open_workshop(own.settings, now=lambda: datetime.now(UTC), today=today()) as shop:
        yield shop


@click.command()
@click.argument("file", type=FILE)
@PARTIAL
@STRICT
@BY
@MAPS
@global_options
@click.pass_context
def submit(ctx: click.Context, file: Path, partial: bool, strict: bool, by: str | None, maps: tuple[str, ...]) -> int:
    """Check FILE, stage it as an upload, render its preview and print what publishing it would change."""
    from pipeline import report
    from pipeline.run import submitting

    own = session(ctx)
    with opened(own) as shop:
        done = submitting.submit(
            shop, existing(file), by=acting_person(by), source=str(file), partial=partial, strict=strict,
            overrides=overrides_of(maps),
        )  # fmt: skip
    say_submitted(own, done)
    if done.plan and done.upload:
        own.say(f"\n{upload_line(done, own.lang)}\n{report.plan_report(done.plan, own.lang)}")
    own.document(submitted_document(done, own.lang))
    return 1 if done.checked.has_errors else 0


@click.command()
@click.argument("upload", type=int, required=False)
@global_options
@click.pass_context
def plan(ctx: click.Context, upload: int | None) -> int:
    """What publishing a staged UPLOAD (default: the newest) would change against the current release."""
    from pipeline import report
    from pipeline.run import submitting

    own = session(ctx)
    with opened(own) as shop:
        staged = submitting.newest_upload(shop, upload)
        made = submitting.plan_of(shop, staged)
    own.say(report.plan_report(made, own.lang))
    own.document({"upload": staged.info.id, "plan": report.plan_document(made)})
    return 0


def _decide(ctx: click.Context, action: Literal["approve", "reject"], upload: int, **said: Any) -> int:
    from pipeline import report
    from pipeline.run import submitting

    own = session(ctx)
    with opened(own) as shop:
        made = submitting.decide(shop, action, upload, by=acting_person(said.pop("by")), **said)
    words = {"approve": ("aprobado", "approved"), "reject": ("rechazado", "rejected")}[action]
    own.say(f"Plan {words[0]}." if own.lang == "es" else f"Plan {words[1]}.")
    own.document({"upload": upload, "action": action, "plan": report.plan_document(made)})
    return 0


COMMENT = click.option("--comment", metavar="TEXT", help="Why; kept with the decision.")


@click.command()
@click.argument("upload", type=int)
@click.option("--product", "products", multiple=True, metavar="CODE", help="Only this product (may be repeated).")
@BY
@COMMENT
@global_options
@click.pass_context
def approve(ctx: click.Context, upload: int, products: tuple[str, ...], by: str | None, comment: str | None) -> int:
    """Let the plan of a staged UPLOAD through, whole or by product; a held removal only by its product's name."""
    return _decide(ctx, "approve", upload, by=by, products=products, comment=comment)


@click.command()
@click.argument("upload", type=int)
@BY
@COMMENT
@global_options
@click.pass_context
def reject(ctx: click.Context, upload: int, by: str | None, comment: str | None) -> int:
    """Turn the plan of a staged UPLOAD down."""
    return _decide(ctx, "reject", upload, by=by, products=(), comment=comment)


@click.command()
@click.argument("upload", type=int, required=False)
@BY
@global_options
@click.pass_context
def publish(ctx: click.Context, upload: int | None, by: str | None) -> int:
    """Mint the next release from what is approved of an UPLOAD (default: the newest) and deliver it."""

    from pipeline.run import publishing

    own = session(ctx)
    with opened(own) as shop:
        done = publishing.publish(shop, upload, by=acting_person(by), reviewed=own.settings.review.required)
        if not done.outcome.minted:
            done = replace(done, outcome=publishing.mend(shop))
    _say_published(own, done)
    own.document(_published_document(done))
    return 3 if _faults(own, done) else 0


def _where(own: Session, done: Published) -> str:
    release = done.outcome.release
    number = release.number if release else 0
    paths = [target.path / "releases" / str(number) / "index.html" for target in own.settings.all_targets.values()]
    return ", ".join(str(path) for path in paths)


def _say_published(own: Session, done: Published) -> None:
    from pipeline import report

    if done.overtaken:
        own.say(report.overtaken_sentence(done.outcome, own.lang))
    else:
        own.say(report.outcome_sentence(done.outcome, own.lang, waiting=done.waiting, where=_where(own, done)))


def _faults(own: Session, done: Published) -> bool:
    from pipeline import report

    faults = report.fault_sentences(done.outcome, own.lang)
    for sentence in faults:
        click.echo(sentence, err=True)
    return bool(faults)


def _published_document(done: Published) -> dict[str, Any]:
    from pipeline import report

    return {
        "upload": done.upload,
        "waiting": done.waiting,
        "plan": report.plan_document(done.plan) if done.plan else None,
        **report.outcome_document(done.outcome),
    }


@click.command()
@click.argument("sources", type=FILE, nargs=-1, required=True, metavar="SOURCE …")
@click.option("--no-review", is_flag=True, help="Publish without waiting for an approval.")
@PARTIAL
@STRICT
@BY
@MAPS
@global_options
@click.pass_context
def sync(
    ctx: click.Context,
    sources: tuple[Path, ...],
    no_review: bool,
    partial: bool,
    strict: bool,
    by: str | None,
    maps: tuple[str, ...],
) -> int:
    """Submit each SOURCE and publish whatever needs no (further) review: the scheduled job.

    Several sources are each taken as --partial: none of them speaks for the whole catalogue.
    """
    from pipeline import report
    from pipeline.run import syncing

    own = session(ctx)
    person = acting_person(by)
    said = overrides_of(maps)
    files = [existing(source) for source in sources]
    documents, code = [], 0
    with opened(own) as shop:
        for file in files:
            done = syncing.sync(
                shop, file, by=person, source=str(file), partial=partial or len(files) > 1, review=not no_review,
                strict=strict, overrides=said,
            )  # fmt: skip
            say_submitted(own, done.submitted)
            code = max(code, 1 if done.submitted.checked.has_errors else 0)
            document = submitted_document(done.submitted, own.lang)
            if done.published:
                if done.published.plan:
                    own.say(f"\n{report.plan_report(done.published.plan, own.lang)}\n")
                _say_published(own, done.published)
                document["published"] = _published_document(done.published)
                code = 3 if _faults(own, done.published) else code
            code = max(code, _say_live(own, done.live))
            document["live"] = report.findings_document(done.live, own.lang)
            document["withdrawn"] = report.outcome_document(done.withdrawn) if done.withdrawn else None
            documents.append(document)
    own.document({"sources": documents})
    return code


def _say_live(own: Session, live: Checked) -> int:
    """What is live and no longer lawful or valid today; 1 where there is any."""
    from pipeline import report

    if not live.has_errors:
        return 0
    head = "Lo publicado, revisado hoy:" if own.lang == "es" else "What is published, checked today:"
    own.say(f"\n{head} {report.check_report(live, own.lang, quiet=True)}")
    return 1


@click.command()
@click.option("--verify", is_flag=True, help="Re-hash every file of every release in every target.")
@click.option("--targets", is_flag=True, help="Show which target has which release.")
@global_options
@click.pass_context
def releases(ctx: click.Context, verify: bool, targets: bool) -> int:
    """The history of releases, newest first."""
    from pipeline import report
    from pipeline.run import publishing

    own = session(ctx)
    with opened(own) as shop:
        history = shop.store.releases.list()
        deliveries = shop.store.releases.deliveries() if targets else ()
        problems = publishing.verify(shop) if verify else []
    for at, release in enumerate(history):
        own.say(report.release_line(release, own.lang, live=at == 0))
    if not history:
        own.say("Todavía no hay versiones." if own.lang == "es" else "There are no releases yet.")
    for delivery in deliveries:
        state = report.state_words(delivery.state, own.lang)
        own.say(f"{delivery.release:>4}  {delivery.target}: {state}  {delivery.note or ''}".rstrip())
    if verify:
        own.say(_verified(len(problems), own.lang))
    for problem in problems:
        click.echo(f"{problem.where}: {problem.path}: {problem.what}", err=True)
    own.document(
        {
            "releases": [report.release_document(release) for release in history],
            "deliveries": [report.delivery_document(delivery) for delivery in deliveries],
            "problems": [report.problem_document(problem) for problem in problems],
        }
    )
    return 3 if problems else 0


def _verified(problems: int, lang: str) -> str:
    if not problems:
        return "Todo está como se publicó." if lang == "es" else "Everything is as it was published."
    return (
        f"{problems} archivos no están como se publicaron; «vitrina publish» los repone."
        if lang == "es"
        else f"{problems} files are not as they were published; “vitrina publish” mends them."
    )


@click.command()
@click.argument("release", type=int, required=False)
@BY
@global_options
@click.pass_context
def rollback(ctx: click.Context, release: int | None, by: str | None) -> int:
    """Mint a new release with the content of an older RELEASE (default: the one before the live one)."""
    from pipeline import report
    from pipeline.run import publishing

    own = session(ctx)
    with opened(own) as shop:
        outcome = publishing.rollback(shop, release, by=acting_person(by))
    done = publishing.Published(None, None, outcome)
    _say_published(own, done)
    own.document(report.outcome_document(outcome))
    return 3 if _faults(own, done) else 0


@click.command()
@click.argument("code")
@BY
@COMMENT
@global_options
@click.pass_context
def withdraw(ctx: click.Context, code: str, by: str | None, comment: str | None) -> int:
    """Take the product CODE off the shelf now; it stays out of plans until it is reinstated."""
    from pipeline import report
    from pipeline.run import publishing

    own = session(ctx)
    with opened(own) as shop:
        outcome = publishing.withdraw(shop, frozenset((code,)), by=acting_person(by), comment=comment)
    done = publishing.Published(None, None, outcome)
    _say_published(own, done)
    own.document(report.outcome_document(outcome))
    return 3 if _faults(own, done) else 0


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
    own.say(f"{code} vuelve a entrar en los planes." if own.lang == "es" else f"{code} takes part in plans again.")
    own.document({"reinstated": code})
