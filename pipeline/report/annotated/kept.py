"""May a marked copy be written over what lies there? Over an earlier copy as it was written, and nothing else."""

from __future__ import annotations

from pathlib import Path

from pipeline.copies.tags import CannotPatch
from pipeline.ingest.limits import BadFile
from pipeline.report.annotated.patch import is_untouched
from schemas.errors import WrongUse


def refuse_to_replace(out: Path) -> None:
    """WrongUse where `out` may hold somebody's work: it is no marked copy, or one that was saved since.

    A note, a colour, a formula of the same value, a word in the list of findings: whoever saved it may have left any of
    them, and no comparison of cells would tell.
    """
    if not out.exists():
        return
    untouched = _untouched(out) if out.is_file() else None
    if untouched is None:
        raise WrongUse(
            f"{out} is already there and no marked copy of ours; it may be your work. Choose another name.",
            es=f"{out} ya existe y no es una copia marcada: puede ser su trabajo. Elija otro nombre.",
        )
    if not untouched:
        raise WrongUse(
            f"{out} was saved after it was marked: it may hold your work, and is not replaced. Choose another name, or "
            f"check that workbook: vitrina check {out}",
            es=f"{out} se guardó después de marcarlo: puede tener su trabajo y no se reemplaza. Elija otro nombre, o "
            f"revise ese libro: vitrina check {out}",
        )


def _untouched(out: Path) -> bool | None:
    try:
        return is_untouched(out.read_bytes())
    except (CannotPatch, BadFile):
        return None
