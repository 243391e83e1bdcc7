"""`vitrina ids`: the product_id and listing_id the marketplace assigned to our products."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import global_options
from pipeline.cli.checking import FILE
from pipeline.cli.files import existing
from pipeline.cli.publishing import BY, opened
from pipeline.cli.session import Session, acting_person, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.run.ids import Imported, Listed


@click.group(invoke_without_command=True)
@global_options
@click.pass_context
def ids(ctx: click.Context) -> None:
    """The product_id and listing_id the marketplace assigned; without a subcommand, the list."""
    if ctx.invoked_subcommand is None:
        _show(session(ctx))


@ids.command("list")
@global_options
@click.pass_context
def list_ids(ctx: click.Context) -> None:
    """Every live product with its ids, those without first said."""
    _show(session(ctx))


def _show(own: Session) -> None:
    from pipeline.run.ids import ids_of

    with opened(own) as shop:
        listed = ids_of(shop)
    own.say(_headline(listed, own.lang))
    for one in listed:
        found = "  ".join(f"{kind} {value}" for kind, value in one.ids.items())
        own.say(f"  {one.code} · {one.name}: {found or _NONE[own.lang]}")
    own.document({"products": [{"code": one.code, "name": one.name, **_both(one)} for one in listed]})


_NONE = {"es": "sin identificadores", "en": "no ids"}


def _both(one: Listed) -> dict[str, str | None]:
    return {kind: one.ids.get(kind) for kind in ("product_id", "listing_id")}


def _headline(listed: Sequence[Listed], lang: str) -> str:
    lacking = sum("product_id" not in one.ids for one in listed)
    if not listed:
        return "Todavía no hay productos publicados." if lang == "es" else "No products are published yet."
    if lang == "es":
        return f"{len(listed) - lacking} de {len(listed)} productos con product_id; por asignar: {lacking}."
    return f"{len(listed) - lacking} of {len(listed)} products have a product_id; {lacking} lack it."


@ids.command("import")
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="A product's id may be replaced; the old one stays its own.")
@BY
@global_options
@click.pass_context
def import_ids(ctx: click.Context, file: Path, replace: bool, by: str | None) -> int:
    """Attach the ids in FILE (CSV, workbook or JSON: code, product_id, listing_id) and publish them."""
    from pipeline import report
    from pipeline.run import ids as run

    own = session(ctx)
    with opened(own) as shop:
        done = run.import_ids(shop, existing(file), by=acting_person(by), replacing=replace)
        listed = run.ids_of(shop)
    _say(own, done, listed)
    faults = report.fault_sentences(done.outcome, own.lang) if done.outcome else []
    for sentence in faults:
        click.echo(sentence, err=True)
    own.document(
        {
            "given": [{"code": g.code, "kind": g.kind, "value": g.value} for g in done.given],
            "without_ids": [one.code for one in listed if "product_id" not in one.ids],
            "findings": [report.finding_document(f, own.lang, own.settings.lender.market) for f in done.findings],
            **(report.outcome_document(done.outcome) if done.outcome else {"release": None, "minted": False}),
        }
    )
    return 3 if faults else 1 if done.findings else 0


def _say(own: Session, done: Imported, listed: Sequence[Listed]) -> None:
    from schemas import wording

    codes = len({one.code for one in done.given})
    own.say(_GIVEN[own.lang].format(ids=len(done.given), codes=codes, refused=len(done.findings)))
    for finding in done.findings:
        place = f"{finding.sheet}!{finding.cell}" if finding.sheet else _ENTRY[own.lang].format(finding.row)
        where = f"{place} · " if finding.row else ""
        market = own.settings.lender.market
        own.say(f"  {where}{wording.message(finding, own.lang, market)}  [{finding.code}]")
        own.say(f"    → {wording.fix(finding, own.lang, market)}")
    own.say(_headline(listed, own.lang))
    if done.outcome and done.outcome.minted and done.outcome.release:
        own.say(_PUBLISHED[own.lang].format(done.outcome.release.number))


_GIVEN = {
    "es": "Identificadores nuevos: {ids} (productos: {codes}). No se tomaron: {refused}.",
    "en": "New ids: {ids} (products: {codes}). Not taken: {refused}.",
}
_ENTRY = {"es": "elemento {}", "en": "item {}"}
_PUBLISHED = {"es": "Se publicó la versión {}, con ellos.", "en": "Release {} is published, with them."}
