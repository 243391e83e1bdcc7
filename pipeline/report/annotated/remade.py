"""A workbook of another kind as .xlsx, to be marked like the others."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from pipeline import ingest
from pipeline.copies.anew import MADE, sheet_names, written_anew
from pipeline.mapping import FINDINGS_MARK
from pipeline.report.annotated.colours import shade


def remade(path: Path) -> tuple[bytes, Mapping[str, str]]:
    """The file as .xlsx, and the name of each of its sheets in there: Excel allows 31 characters and not all of them.

    A file that cannot be read gives one sheet, already known as the one for the findings.
    """
    sheets = ingest.start(path).workbook().sheets
    return (written_anew(sheets), sheet_names(sheet.name for sheet in sheets)) if sheets else (_for_findings(), {})


def _for_findings() -> bytes:
    import xlsxwriter

    held = BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        book.set_properties({"created": MADE})
        mark = book.add_format({"bg_color": f"#{shade('error', 'light', 0)[2:]}"})
        book.add_worksheet("Hallazgos").write_string("H1", FINDINGS_MARK, mark)
    return held.getvalue()
