"""`vitrina submit`, `plan`, `approve`, `reject`, `publish`: from a workbook to a release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    from catalog.store import ReleaseInfo
    from pipeline.run.decided import Decided
    from pipeline.run.moved import Moved
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
    from catalog.targets import keys_from
    from pipeline.run import workshop

    keys = keys_from(own.environ)
    with workshop.open_workshop(own.settings, now=lambda: datetime.now(UTC), today=today(), keys=keys) as shop:
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
    from pipeline.report.decided import next_step
    from pipeline.run import submitting

    own = session(ctx)
    with opened(own) as shop:
        done = submitting.submit(
            shop, existing(file), by=acting_person(by), source=str(file), partial=partial, strict=strict,
            overrides=overrides_of(maps),
        )  # fmt: skip
    say_submitted(own, done)
    if done.plan and done.upload:
        own.say(f"\n{upload_line(done, own.lang)}\n{report.plan_report(done.plan, own.lang, upload=done.upload.id)}")
        if gone := report.superseded_sentence(done.superseded, own.lang):
            own.say(gone)
        if done.plan.needs_decision:
            own.say(next_step(done.upload.id, own.lang, reviewed=own.settings.review.required))
    own.document(submitted_document(done, own.lang))
    return 1 if done.checked.has_errors else 0


@click.command()
@click.argument("upload", type=int, required=False)
@BY
@global_options
@click.pass_context
def plan(ctx: click.Context, upload: int | None, by: str | None) -> int:
    """What publishing a staged UPLOAD (default: the newest) would change, and what people decided on it so far."""
    from pipeline import report
    from pipeline.report import decided as words
    from pipeline.run import planning
    from pipeline.run.decided import decided

    own = session(ctx)
    with opened(own) as shop:
        seen = planning.show_plan(shop, planning.newest_upload(shop, upload), by=acting_person(by))
        number = seen.upload.info.id
        so_far = decided(shop, number, seen.plan)
    own.say(report.plan_report(seen.plan, own.lang, upload=number, whole=True))
    for line in words.decided_lines(so_far, own.lang, own.settings.lender.market):
        own.say(line)
    plan_document = report.plan_document(seen.plan, own.lang, upload=number)
    own.document({"upload": number, "plan": plan_document, **words.decided_document(so_far)})
    return 0


def _decide(ctx: click.Context, action: Literal["approve", "reject"], upload: int, **said: Any) -> int:
    from pipeline import report
    from pipeline.run import deciding

    own = session(ctx)
    with opened(own) as shop:
        made = deciding.decide(shop, action, upload, by=acting_person(said.pop("by")), **said)
    for sentence in report.decision_sentences(action, made, said["products"], own.lang):
        own.say(sentence)
    own.document({"upload": upload, "action": action, "plan": report.plan_document(made, own.lang, upload=upload)})
    return 0


PRODUCTS = click.option(
    "--product", "products", multiple=True, metavar="CODE",
    help="Only this product (may be repeated); @marca stands for the brand.",
)  # fmt: skip
COMMENT = click.option("--comment", metavar="TEXT", help="Why; kept with the decision.")


@click.command()
@click.argument("upload", type=int)
@PRODUCTS
@BY
@COMMENT
@global_options
@click.pass_context
def approve(ctx: click.Context, upload: int, products: tuple[str, ...], by: str | None, comment: str | None) -> int:
    """Let the plan of a staged UPLOAD through, whole or by product; what it holds back only by its product's name."""
    return _decide(ctx, "approve", upload, by=by, products=products, comment=comment)


@click.command()
@click.argument("upload", type=int)
@PRODUCTS
@BY
@COMMENT
@global_options
@click.pass_context
def reject(ctx: click.Context, upload: int, products: tuple[str, ...], by: str | None, comment: str | None) -> int:
    """Turn the plan of a staged UPLOAD down, whole or by product."""
    return _decide(ctx, "reject", upload, by=by, products=products, comment=comment)


@click.command()
@click.argument("upload", type=int, required=False)
@BY
@global_options
@click.pass_context
def publish(ctx: click.Context, upload: int | None, by: str | None) -> int:
    """Mint the next release from what is approved of an UPLOAD (default: the newest) and deliver it."""
    from pipeline.run import publishing
    from pipeline.run.decided import decided
    from pipeline.run.moved import moved_since

    own = session(ctx)
    with opened(own) as shop:
        before = live_number(shop)
        done = publishing.publish_today(shop, upload, by=acting_person(by), reviewed=own.settings.review.required)
        moved = moved_since(shop, before)
        so_far = decided(shop, done.upload, done.plan) if done.waiting and done.upload and done.plan else None
    say_published(own, done, moved, so_far)
    own.document(published_document(done, own.lang, moved))
    return 3 if say_faults(own, done) else 0


def live_number(shop: Workshop) -> int | None:
    """The release that is live now; None before the first."""
    live = shop.store.releases.current()
    return live.number if live else None


def where(own: Session, release: ReleaseInfo | None) -> str:
    """Where a release lies, in every target."""
    number = release.number if release else 0
    places = own.settings.all_targets.values()
    return ", ".join(str(p.path / "releases" / str(number) / "index.html") if p.path else str(p.url) for p in places)


def say_published(own: Session, done: Published, moved: Moved | None = None, so_far: Decided | None = None) -> None:
    """Which release is live, where, and what it moved; or what it waits for. so_far: what was decided of that."""
    from pipeline import report
    from pipeline.report.decided import left_sentence, moved_sentence

    if done.rejected:
        own.say(report.rejected_sentence(done.rejected, own.lang))
    elif done.overtaken:
        own.say(report.overtaken_sentence(done.outcome, own.lang))
    elif so_far and (left := left_sentence(so_far, done.upload or 0, own.lang)):
        own.say(left)
    else:
        place = where(own, done.outcome.release)
        own.say(
            report.outcome_sentence(done.outcome, own.lang, waiting=done.upload if done.waiting else None, where=place)
        )
    if moved:
        own.say(moved_sentence(moved, own.lang, own.settings.lender.market))
    if begun := report.due_sentence(done.due, own.lang):
        own.say(begun)


def say_faults(own: Session, done: Published) -> bool:
    """Each target in trouble, on stderr; whether there is any."""
    from pipeline import report

    faults = report.fault_sentences(done.outcome, own.lang)
    for sentence in faults:
        click.echo(sentence, err=True)
    return bool(faults)


def published_document(done: Published, lang: str, moved: Moved | None = None) -> dict[str, Any]:
    """The same as JSON."""
    from pipeline import report
    from pipeline.report.decided import moved_document

    return {
        "upload": done.upload,
        "waiting": done.waiting,
        "plan": report.plan_document(done.plan, lang, upload=done.upload) if done.plan else None,
        "due": report.due_document(done.due),
        **report.outcome_document(done.outcome),
        "moved": moved_document(moved) if moved else None,
    }
