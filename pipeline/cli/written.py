"""What `vitrina check` writes beside its report: a marked copy (--annotated), a page (--html), a logo (--fix-logo)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schemas.errors import WrongUse

if TYPE_CHECKING:
    from catalog.render import Lang
    from pipeline.cli.session import Session
    from pipeline.run.checking import Checked


class Out(click.ParamType):  # type: ignore[type-arg] # generic only to the type checker
    """A file to write, of one kind: nothing of another kind is written over by mistake."""

    name = "path"

    def __init__(self, *suffixes: str) -> None:
        self.suffixes = suffixes

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path, option = Path(str(value)), param.opts[0] if param else ""
        if path.suffix.lower() not in self.suffixes:
            kinds_en, kinds_es = " or ".join(self.suffixes), " o ".join(self.suffixes)
            raise WrongUse(
                f"{option} {value}: the name of this file must end in {kinds_en}.",
                es=f"{option} {value}: el nombre de este archivo debe terminar en {kinds_es}.",
            )
        if path.is_dir():
            raise WrongUse(
                f"{option} {value} is a folder; give the name of a file.",
                es=f"{option} {value} es una carpeta; indique el nombre de un archivo.",
            )
        return path


def written_options(function: Any) -> Any:
    """--annotated, --html and --fix-logo."""
    png, page, book = Out(".png"), Out(".html", ".htm"), Out(".xlsx", ".xlsm")
    for option in (
        click.option("--fix-logo", type=png, metavar="OUT.png", help="Write a corrected copy of the logo."),
        click.option("--html", type=page, metavar="OUT.html", help="Write the report as one page to pass on."),
        click.option("--annotated", type=book, metavar="OUT.xlsx", help="Write a copy with the findings marked in it."),
    ):
        function = option(function)
    return function


def write_outputs(checked: Checked, own: Session, file: Path | None, outs: Mapping[str, Path | None]) -> None:
    """Writes what was asked for and says where it is. WrongUse where it would overwrite what was checked."""
    page, logo = outs.get("html"), outs.get("fix_logo")
    found = checked.brand
    for out in (page, logo, outs.get("annotated")):
        _spare(out, file)
        _spare(out, found.path if found else None)
    if (copy := outs.get("annotated")) and file:
        _write_copy(checked, own, file, copy)
    if page:
        _write_page(checked, own, page)
    if logo:
        _write_logo(checked, own, logo)


def _spare(out: Path | None, source: Path | None) -> None:
    if out and source and out.exists() and source.exists() and out.samefile(source):
        raise WrongUse(
            f"{out} is the file that was checked; choose another name.",
            es=f"{out} es el archivo que se revisó; elija otro nombre.",
        )


def _write_copy(checked: Checked, own: Session, file: Path, out: Path) -> None:
    from pipeline.report.annotated import write_annotated

    notes = write_annotated(checked, file, out, own.lang)
    own.say(f"\n{'Marked copy' if own.lang == 'en' else 'Copia con las marcas'}: {out}")
    for note in notes:
        click.echo(note, err=True)


def _write_page(checked: Checked, own: Session, out: Path) -> None:
    from pipeline.report.page import report_page

    lang: Lang = "en" if own.lang == "en" else "es"
    put(out, report_page(checked, lang))
    own.say(f"\n{'Report' if lang == 'en' else 'Informe'}: {out}")


def _write_logo(checked: Checked, own: Session, out: Path) -> None:
    from pipeline.brand import offer
    from schemas import wording

    logo = checked.brand.logo if checked.brand else None
    made = offer(logo) if logo else None
    if logo is None or made is None:
        own.say(_NO_LOGO[own.lang] if logo is None else _NOT_MENDED[own.lang])
        return
    put(out, made.content)
    size = wording.number(len(made.content), own.lang, checked.market)
    own.say("\n" + _WRITTEN[own.lang].format(out=out, size=size))
    for title in (wording.title(code, own.lang) for code, _ in made.faults):
        own.say(f"  {_STILL[own.lang]}: {title}.")


def put(out: Path, content: bytes) -> None:
    """A whole file, or the one that was there before."""
    from catalog.disk import Disk, replace_file

    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(Disk(), out, content)
    out.chmod(0o644)


_NO_LOGO = {
    "es": "\nNo hay un logo que corregir: guárdelo como logo.png junto al libro.",
    "en": "\nThere is no logo to mend: save it as logo.png beside the workbook.",
}
_NOT_MENDED = {
    "es": "\nDe este logo no se puede sacar una copia corregida; expórtelo de nuevo como PNG.",
    "en": "\nNo corrected copy can be made of this logo; export it again as PNG.",
}
_WRITTEN = {
    "es": "Logo corregido: {out} (PNG de 512 × 512, {size} bytes). Mírelo sobre claro y oscuro antes de enviarlo.",
    "en": "Corrected logo: {out} (PNG, 512 × 512, {size} bytes). Look at it on light and dark before sending it.",
}
_STILL = {"es": "Queda", "en": "Remaining"}
