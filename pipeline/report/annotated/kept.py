"""May a marked copy be written over what lies there? Over an earlier copy nobody worked in, and nothing else."""

from __future__ import annotations

from pathlib import Path

from pipeline import ingest
from pipeline.copies.tags import CannotPatch
from pipeline.ingest.limits import BadFile
from pipeline.mapping import lists_findings
from pipeline.report.annotated.patch import is_untouched
from pipeline.workbook import Sheet
from schemas.errors import WrongUse


def refuse_to_replace(source: Path, out: Path) -> None:
    """WrongUse where `out` may hold somebody's work: it is no marked copy, or its cells are not those of `source`.

    A copy that is byte for byte as it was written is replaced, whatever became of the source; one that was saved
    since, only while its cells are the source's.
    """
    if not out.exists():
        return
    untouched = _untouched(out)
    if untouched is None:
        raise WrongUse(
            f"{out} is already there and no marked copy of ours; it may be your work. Choose another name.",
            es=f"{out} ya existe y no es una copia marcada: puede ser su trabajo. Elija otro nombre.",
        )
    if not untouched and _cells(out) != _cells(source):
        raise WrongUse(
            f"{out} was worked in since it was marked, and is not replaced. Choose another name, or check that "
            f"workbook: vitrina check {out}",
            es=f"{out} tiene cambios hechos después de marcarlo y no se reemplaza. Elija otro nombre, o revise ese "
            f"libro: vitrina check {out}",
        )


def _untouched(out: Path) -> bool | None:
    try:
        return is_untouched(out.read_bytes())
    except (CannotPatch, BadFile):
        return None


def _cells(path: Path) -> list[object]:
    """Every cell of a workbook with its number format, sheet by sheet, but for the list of findings."""
    sheets = ingest.start(path, only_sheet=None).workbook().sheets
    return [_of(sheet) for sheet in sheets if not lists_findings(sheet)]


def _of(sheet: Sheet) -> object:
    formats = {(row, column): code for column, rows in sheet.formats.items() for row, code in rows.items()}
    filled = {
        (sheet.first_row + i, j): (value, formats.get((sheet.first_row + i, j)))
        for j, column in enumerate(sheet.columns)
        for i, value in enumerate(column)
        if value is not None
    }
    return sheet.name, filled
