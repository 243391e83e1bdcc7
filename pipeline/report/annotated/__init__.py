"""The annotated copy: the user's own workbook with a mark and a comment on each faulty cell, and a sheet of findings.

Everything else stays byte for byte as it was, so that it can be mended and uploaded again as it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.copies.tags import CannotPatch
from pipeline.report.annotated.kept import refuse_to_replace
from pipeline.report.annotated.patch import annotated
from pipeline.report.annotated.remarks import remarks_of
from schemas.errors import CannotRun, WrongUse

if TYPE_CHECKING:
    from pipeline.run.checking import Checked

__all__ = ["annotated_copy", "write_annotated"]

_REMADE = {
    "es": "El libro no se pudo marcar en su sitio: la copia trae sus valores y formatos, no sus gráficos ni macros.",
    "en": "The workbook could not be marked in place: the copy has its values and formats, not its charts or macros.",
}
_MACROS = {
    "es": "El libro tiene macros: para abrir la copia en Excel, póngale la extensión .xlsm.",
    "en": "The workbook has macros: to open the copy in Excel, give it the extension .xlsm.",
}


def write_annotated(checked: Checked, path: Path, out: Path, lang: str) -> tuple[str, ...]:
    """Writes the annotated copy of `path`, as it was checked, to `out`; gives what the person should know of it.

    Raises WrongUse where the copy would replace the original or somebody's work (`kept`), CannotRun where the file has
    changed since the check.
    """
    from catalog.disk import Disk, replace_file

    if out.exists() and out.samefile(path):
        raise WrongUse(
            f"The copy would replace {path}; give it another name.",
            es=f"La copia reemplazaría a {path}; use otro nombre.",
        )
    body, notes = annotated_copy(checked, path, lang)
    refuse_to_replace(out)  # last: what somebody saves meanwhile is kept as well
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(Disk(), out, body)
    out.chmod(0o644)
    if b"vbaProject.bin" in body and out.suffix.lower() == ".xlsx":
        notes = (*notes, _MACROS[lang])
    return notes


def annotated_copy(checked: Checked, path: Path, lang: str) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of the annotated copy and what the person should know of it.

    Where the file is of another kind (.xls, .xlsb, .ods, .csv), or cannot be changed in place, its values and formats
    are written to a new workbook first; of a file that cannot be read there is only the sheet of findings.
    """
    from pipeline.report.text import ready_sentence

    remarks, heading = remarks_of(checked, lang), ready_sentence(checked, lang)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != checked.sha256:
        raise CannotRun(
            f"{path} changed while it was being checked; try again.",
            es=f"{path} cambió mientras se revisaba; intente de nuevo.",
        )
    notes: tuple[str, ...] = ()
    if data.startswith(b"PK") and not _is_unreadable(checked):
        from pipeline.ingest.limits import BadFile

        try:
            return annotated(data, remarks, heading=heading, lang=lang), notes
        except (CannotPatch, BadFile):
            notes = (_REMADE[lang],) if path.suffix.lower() in (".xlsx", ".xlsm") else ()
    from pipeline.report.annotated.remade import remade

    body, names = remade(path)
    remarks = tuple(replace(remark, sheet=names.get(remark.sheet or "", remark.sheet)) for remark in remarks)
    return annotated(body, remarks, heading=heading, lang=lang), notes


def _is_unreadable(checked: Checked) -> bool:
    return checked.rejected and any(
        finding.code in ("file.unreadable", "file.encrypted", "file.too_large", "file.not_a_spreadsheet", "file.empty")
        for finding in checked.findings
    )
