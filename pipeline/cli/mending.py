"""`vitrina template` and `vitrina fix`: the two ends of the loop between a check and a right workbook."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from pipeline.cli import global_options
from pipeline.cli.checking import FILE, Day, today
from pipeline.cli.files import existing
from pipeline.cli.session import session
from pipeline.cli.written import put
from schemas.errors import WrongUse

TEMPLATE_NAME = {"es": "plantilla_productos.xlsx", "en": "product_template.xlsx"}


@click.command()
@click.argument("out", type=FILE, required=False, metavar="[OUT.xlsx]")
@global_options
@click.pass_context
def template(ctx: click.Context, out: Path | None) -> int:
    """Write the blank workbook to fill in, generated from the requirements, to OUT (default: in this folder).

    --lang gives its language, the market of the settings its currency and examples.
    """
    from pipeline.report.template import template_workbook
    from schemas.requirements import load

    own = session(ctx)
    path = out or Path(TEMPLATE_NAME[own.lang])
    known = load()
    content = template_workbook(known, lang=own.lang, market=own.settings.lender.market)
    if path.suffix.lower() != ".xlsx":
        raise WrongUse(f"The template is an .xlsx; {path} is not.", es=f"La plantilla es un .xlsx; {path} no lo es.")
    if not (path.is_file() and path.read_bytes() == content):
        _refuse_existing(path)
        put(path, content)
    own.say(f"Plantilla: {path}" if own.lang == "es" else f"Template: {path}")
    own.document({"template": str(path), "requirements": known.version})
    return 0


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise WrongUse(
            f"{path} is already there, and may hold your work; choose another name.",
            es=f"{path} ya existe y puede tener su trabajo; elija otro nombre.",
        )


@click.command()
@click.argument("file", type=FILE)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="OUT.xlsx", help="Where the copy goes.")
@click.option("--sheet", metavar="NAME", help="The sheet that holds the products, where several could.")
@click.option("--as-of", type=Day(), metavar="DATE", help="Judge dates as on this day (default: today).")
@global_options
@click.pass_context
def fix(ctx: click.Context, file: Path, out: Path, sheet: str | None, as_of: date | None) -> int:
    """Apply the unambiguous repairs to a copy of FILE and list each cell, before and after; FILE never changes."""
    from pipeline.report.fixes import fix_document, fix_report
    from pipeline.run.fixing import fix_file

    own = session(ctx)
    done = fix_file(existing(file), out, own.settings, as_of=as_of or today(), sheet=sheet)
    own.say(fix_report(done, own.lang))
    own.document(fix_document(done, own.lang))
    return 1 if done.after.has_errors else 0
