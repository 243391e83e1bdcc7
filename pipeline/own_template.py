"""How a workbook made by `vitrina template` is known again: its version, and its example row, which is no product.

The marks are plain cells, so that they outlive Excel, LibreOffice, Google Sheets and a change of file kind. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.workbook import Sheet, Value, Workbook
from schemas.findings import Finding
from schemas.requirements import Requirements, normalise

GUIDE = {"es": "Guía", "en": "Guide"}
"""Names of the guidance sheet; the reader takes no product from a sheet of these names."""
EXAMPLE_CODE = {"es": "EJEMPLO", "en": "EXAMPLE"}
EXAMPLE_NAME = {"es": "Ejemplo: {}", "en": "Example: {}"}
VERSION_LINE = {"es": "Plantilla de Vitrina, versión {}", "en": "Vitrina template, version {}"}
_VERSION = re.compile(r"(?:Plantilla de Vitrina, versión|Vitrina template, version) ([0-9A-Za-z.+-]{1,40})")
_LOOKED_AT = 5
_CODES = frozenset(EXAMPLE_CODE.values())
_NAMES = frozenset(("ejemplo", "example"))


def version_of(workbook: Workbook) -> str | None:
    """The requirements version the template was made from; None where the workbook is none of ours."""
    guides = frozenset(normalise(name) for name in GUIDE.values())
    for sheet in workbook.sheets:
        if normalise(sheet.name) in guides and sheet.columns:
            found = (
                _VERSION.fullmatch(text.strip()) for text in sheet.columns[0][:_LOOKED_AT] if isinstance(text, str)
            )
            return next((match[1] for match in found if match), None)
    return None


def told(
    workbook: Workbook, sheet: Sheet, header_row: int, columns: Mapping[str, int], requirements: Requirements
) -> tuple[int | None, tuple[Finding, ...]]:
    """The example's row, if it is there, and what is to be said: a template of another version, or a row passed over.

    An example without the guide (a .csv of the template) is passed over too, but then that is told.
    """
    version, row = version_of(workbook), example_row(sheet, header_row, columns)
    findings = []
    if version not in (None, requirements.version):
        facts = {"file": workbook.file, "version": version or "", "current": requirements.version}
        findings.append(requirements.finding("file.old_template", facts=facts))
    if row is not None and version is None:
        findings.append(requirements.finding("row.skipped", sheet=sheet.name, row=row, column="A"))
    return row, tuple(findings)


def example_row(sheet: Sheet, header_row: int, columns: Mapping[str, int]) -> int | None:
    """The row of the template's example, or None. `columns`: first field of each column -> its index.

    It stands directly below the header, its code is EJEMPLO (EXAMPLE) and its name begins with that word: who writes
    a product over it changes one of the two, and the row counts.
    """
    at = header_row + 1 - sheet.first_row
    if "code" not in columns or "name" not in columns or at >= sheet.height:
        return None
    code, name = (sheet.columns[columns[field]][at] for field in ("code", "name"))
    return header_row + 1 if _text(code) in _CODES and _first_word(name) in _NAMES else None


def _text(value: Value) -> str:
    return value.strip() if isinstance(value, str) else ""


def _first_word(value: Value) -> str:
    words = normalise(_text(value)).split()
    return words[0] if words else ""
