"""fix: check a file, apply the unambiguous repairs to a copy, judge the copy's cells, write it. Touches no state."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import fix, ingest
from pipeline.fix.writing import endings
from pipeline.run.checking import Checked, answers_for, judge, requirements_of
from schemas.errors import CannotRun, WrongUse
from schemas.findings import Finding

if TYPE_CHECKING:
    from pipeline.fix.settle import Changes
    from pipeline.validate import Validated
    from pipeline.workbook import Workbook
    from schemas.settings import CatalogSettings


@dataclass(frozen=True, slots=True)
class Fixed:
    """The file as it was judged, as its copy is, and each fix. `left`: repairs that could not be written."""

    before: Checked
    after: Checked
    fixes: tuple[fix.Fix, ...]
    out: Path | None

    @property
    def left(self) -> tuple[Finding, ...]:
        """Readings with a repair that the copy still needs: a formula gives the value, say."""
        return tuple(finding for finding in self.after.findings if finding.code.endswith(".repaired"))


def fix_file(path: Path, out: Path, settings: CatalogSettings, *, as_of: date, sheet: str | None = None) -> Fixed:
    """A copy of the file with every unambiguous repair applied, written to `out` if there was any.

    WrongUse: `out` is the file itself, is already there, or ends in what the copy is not. CannotRun: the workbook is of
    a shape that cannot be copied without losing something.
    """
    _refuse(path, out)
    pending = ingest.start(path, only_sheet=None)
    requirements = requirements_of(settings)
    from catalog import reference
    from catalog.glance import glance
    from pipeline.validate import Circumstances

    around = Circumstances(as_of, reference.load(settings.home))
    workbook = pending.workbook()
    answers = answers_for(path.name, glance(settings.home / "catalog.db"), requirements)
    said = {header: answer.fields for header, answer in answers.items()}

    def judged(book: Workbook) -> Checked:
        return judge(book, requirements, around, market=settings.lender.market, sheet=sheet, overrides=said)

    before = judged(workbook)
    if before.validated is None:
        return Fixed(before, before, (), None)
    ending = _ending(path, out, workbook)
    fixes, meant = _settled(before.validated, workbook, judged, numbers=fix.holds_numbers(ending))
    if not fixes:
        return Fixed(before, before, (), None)
    _write_new(out, _copy(path, workbook, fixes, ending))
    after = judged(ingest.start(out, only_sheet=None).workbook())
    if _said(after.validated) != _said(meant):
        out.unlink()
        raise _cannot_copy(path)
    return Fixed(before, after, fixes, out)


def _said(found: Validated | None) -> tuple[object, ...] | None:
    """What the copy, read from the disk, must share with what was judged: products, and what is found in which cell."""
    if found is None:
        return None
    told = sorted((finding.code, finding.row, finding.column or "") for finding in found.findings if finding.row)
    return [(one.row, one.product) for one in found.products], told


def _write_new(path: Path, content: bytes) -> None:
    """A whole file or none: one that cannot be finished is taken away again."""
    with path.open("xb") as file:
        try:
            file.write(content)
        except BaseException:
            path.unlink()
            raise


def _refuse(path: Path, out: Path) -> None:
    if out.exists() and out.samefile(path):
        raise WrongUse(
            f"--out {out} is the file itself, which is never changed; choose another name.",
            es=f"--out {out} es el mismo archivo, que nunca se cambia; elija otro nombre.",
        )
    if out.exists():
        raise WrongUse(f"{out} is already there; choose another name.", es=f"{out} ya existe; elija otro nombre.")


def _ending(path: Path, out: Path, workbook: Workbook) -> str:
    allowed = endings(workbook.kind, path.suffix.lower())
    ending = out.suffix.lower()
    if ending not in allowed:
        listed = " / ".join(allowed)
        raise WrongUse(
            f"The copy of {path.name} must end in {listed}; {out} does not.",
            es=f"La copia de {path.name} debe terminar en {listed}; {out} no lo hace.",
        )
    return ending


def _settled(
    before: Validated, workbook: Workbook, judged: Callable[[Workbook], Checked], *, numbers: bool
) -> tuple[tuple[fix.Fix, ...], Validated]:
    name = before.table.sheet.name

    def again(changes: Changes) -> Validated:
        pages = (
            fix.with_changes(page, changes, numbers=numbers) if page.name == name else page for page in workbook.sheets
        )
        found = judged(replace(workbook, sheets=tuple(pages))).validated
        assert found is not None, "changed cells of product rows took the table away"
        return found

    return fix.settled(fix.proposals(before, numbers=numbers), before, again)


def _copy(path: Path, workbook: Workbook, fixes: tuple[fix.Fix, ...], ending: str) -> bytes:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != workbook.sha256:
        raise CannotRun(
            f"{path} changed while it was being read; try again.",
            es=f"{path} cambió mientras se leía; intente de nuevo.",
        )
    try:
        return fix.write(data, workbook, fixes, ending)
    except fix.CannotPatch:
        raise _cannot_copy(path) from None


def _cannot_copy(path: Path) -> CannotRun:
    return CannotRun(
        f"{path} cannot be copied without losing something; open it in Excel, save it as .xlsx and try again.",
        es=f"No se puede copiar {path} sin perder algo; ábralo en Excel, guárdelo como .xlsx e intente de nuevo.",
    )
