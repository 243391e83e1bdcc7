"""`vitrina check`, `requirements`, `preview`: commands that touch no state."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import global_options
from pipeline.cli.files import existing
from pipeline.cli.session import Session, keep_to_the_end, reading_ahead, session
from pipeline.cli.written import write_outputs, written_options
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from pipeline.ingest import Pending
    from pipeline.ingest.process import Child
    from pipeline.run.checking import Checked

FILE = click.Path(path_type=Path)


class Day(click.ParamType):  # type: ignore[type-arg] # generic only to the type checker
    """A date written YYYY-MM-DD."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise WrongUse(
                f"“{value}” is no date; write it as 2026-11-22.",
                es=f"«{value}» no es una fecha; escríbala como 2026-11-22.",
            ) from None


def today() -> date:
    """The day of the check where none is given: the only clock the command line reads for it."""
    return date.today()  # noqa: DTZ011 - a calendar day where the person is, not a moment


def overrides_of(pairs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """`--map "HEADER=field"` pairs, by normalised header; WrongUse names a field that does not exist."""
    from schemas.requirements import load, normalise

    chosen: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        header, _, name = pair.rpartition("=")
        if not header or (name not in load().fields and name not in _PAIRS):
            raise _no_field(pair, name)
        chosen[normalise(header)] = _PAIRS.get(name, (name,))
    return chosen


_PAIRS = {
    "amount": ("amount_min", "amount_max"),
    "rate": ("rate_min", "rate_max"),
    "term": ("term_min", "term_max"),
}
"""Both ends of a range under their shared name."""


def _no_field(pair: str, name: str) -> WrongUse:
    """What is wrong with a pair; a column's title where the field's name belongs is told by that name."""
    from schemas.requirements import load

    word = load().header(name) if name else None
    fills = word.fills if word else ()
    field = next((pair for pair, ends in _PAIRS.items() if ends == fills), fills[0] if fills else None)
    meant_en = f" “{name}” is called {field} there." if field else ""
    meant_es = f" «{name}» se llama {field} allí." if field else ""
    return WrongUse(
        f'“{pair}”: write it as "HEADER=field", with a field that `vitrina requirements` lists.{meant_en}',
        es=f'«{pair}»: escríbalo como "ENCABEZADO=campo", con un campo de `vitrina requirements`.{meant_es}',
    )


@click.command()
@click.argument("file", type=FILE, required=False)
@click.option("--published", is_flag=True, help="Re-check what is live against the tables of the day, without a file.")
@click.option("--sheet", metavar="NAME", help="The sheet that holds the products, where several could.")
@click.option("--as-of", type=Day(), metavar="DATE", help="Judge dates as on this day (default: today).")
@click.option("--map", "maps", multiple=True, metavar='"HEADER=field"', help="Say which field a header means.")
@written_options
@global_options
@click.pass_context
def check(
    ctx: click.Context,
    /,
    file: Path | None,
    published: bool,
    sheet: str | None,
    as_of: date | None,
    maps: tuple[str, ...],
    **outs: Path | None,
) -> int:
    """Read FILE and hold it against the product data requirements; no state is touched."""
    pending = _already_read(file, sheet, reading_ahead(ctx))
    own = session(ctx)
    from pipeline import report

    if (file is None) != published:
        raise WrongUse("Name a FILE, or --published, and not both.", es="Indique un ARCHIVO o --published, no los dos.")
    if file is None:
        checked = _check_published(own, as_of or today())
    else:
        from pipeline.run.checking import check as check_file

        checked = check_file(
            existing(file),
            own.settings,
            as_of=as_of or today(),
            sheet=sheet,
            overrides=overrides_of(maps),
            pending=pending,
        )
        keep_to_the_end(ctx, checked)
    if own.format == "text":
        click.echo(report.check_report(checked, own.lang, quiet=own.quiet))
    write_outputs(checked, own, file, outs)
    if own.format == "json":  # last: what could not be written is then the one document
        for line in report.remembered_report(checked.remembered, own.lang):
            click.echo(line, err=True)
        own.document(lambda encode: report.check_writer(checked, own.lang, encode))
    return 1 if checked.has_errors else 0


def _already_read(file: Path | None, sheet: str | None, ahead: Child | None) -> Pending | None:
    """The file's reading child, at work while settings and libraries load; None where no file is there to be read."""
    from pipeline.ingest import start

    return start(file, only_sheet=sheet, ahead=ahead) if file is not None and file.exists() else None


def _check_published(own: Session, day: date) -> Checked:
    """What is live, as on `day`. A home where nothing was ever published is not made by asking."""
    from pipeline.run.rechecking import nothing_live, recheck
    from pipeline.run.workshop import open_workshop

    if not (own.settings.home / "catalog.db").exists():
        return nothing_live(own.settings)
    with open_workshop(own.settings, now=lambda: datetime.now(UTC), today=day) as shop:
        return recheck(shop)


@click.command()
@global_options
@click.pass_context
def requirements(ctx: click.Context) -> None:
    """Print every field and rule with its code, limits and documented/assumed mark (--format text, json or md)."""
    from schemas.requirements import load
    from schemas.requirements.documents import requirements_json, requirements_markdown, requirements_text

    own = session(ctx, formats=("text", "json", "md"))
    known = load().with_overrides(own.settings.rules)
    if own.format == "json":
        own.document(requirements_json(known))
    else:
        pages = {"md": requirements_markdown, "text": requirements_text}
        click.echo(pages[own.format](own.lang, known).rstrip())


@click.command()
@click.argument("file", type=FILE)
@click.option("--out", type=click.Path(path_type=Path), default=Path("preview"), show_default=True, metavar="DIR")
@click.option("--sheet", metavar="NAME", help="The sheet that holds the products, where several could.")
@global_options
@click.pass_context
def preview(ctx: click.Context, file: Path, out: Path, sheet: str | None) -> int:
    """Render listing cards and detail pages of FILE's valid rows as a static site; no state is touched."""
    from pipeline import report
    from pipeline.run.submitting import preview as render

    own = session(ctx)
    checked = render(existing(file), own.settings, out, as_of=today(), sheet=sheet)
    index = out / "index.html"
    own.say(report.ready_sentence(checked, own.lang))
    if checked.products:
        own.say(f"{'Vista previa' if own.lang == 'es' else 'Preview'}: {index}")
    own.document(
        {"preview": str(index) if checked.products else None, "check": report.check_document(checked, own.lang)}
    )
    return 1 if checked.has_errors else 0
