"""Findings as remarks: the words that go to a cell's comment and to the list of findings, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas import wording
from schemas.findings import Severity

if TYPE_CHECKING:
    from pipeline.run.checking import Checked

_ORDER: tuple[Severity, ...] = ("error", "warning", "info")
_SEVERITY = {
    "error": {"es": "✖ Por corregir", "en": "✖ To mend"},
    "warning": {"es": "▲ Aviso", "en": "▲ Warning"},
    "info": {"es": "ℹ Leído con un arreglo", "en": "ℹ Read with a repair"},
}
_MOST = 4_000
"""Characters of one message in a comment: Excel shows no more than a few lines of it anyway."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding in words. `column` counts from 0; row and column are None where no cell is meant.

    `count` is how many findings of the file share its code.
    """

    severity: Severity
    sheet: str | None
    row: int | None
    column: int | None
    cell: str | None
    product: str
    message: str
    fix: str
    count: int


def remarks_of(checked: Checked, lang: str) -> tuple[Remark, ...]:
    """Every finding that stands (none waived), what holds a product first, each kind in the order of the sheet."""
    standing = [item.finding for item in checked.known if item.id not in checked.waived]
    counts = Counter(finding.code for finding in standing)
    found = []
    for finding in standing:
        country = checked.country_of(finding)
        found.append(
            Remark(
                severity=finding.severity,
                sheet=finding.sheet,
                row=finding.row,
                column=_index(finding.column) if finding.cell else None,
                cell=finding.cell,
                product=finding.product or "",
                message=wording.message(finding, lang, country),
                fix=wording.fix(finding, lang, country),
                count=counts[finding.code],
            )
        )
    return tuple(sorted(found, key=lambda remark: _ORDER.index(remark.severity)))


def _index(letters: str | None) -> int:
    index = 0
    for letter in letters or "":
        index = index * 26 + ord(letter) - 64
    return index - 1


def severity_words(severity: Severity, lang: str) -> str:
    """A severity with its sign: never told by colour alone."""
    return _SEVERITY[severity][lang]


def worst(remarks: Iterable[Remark]) -> Severity:
    """The gravest severity among the remarks of a cell."""
    return min((remark.severity for remark in remarks), key=_ORDER.index)


def comment_words(remarks: Sequence[Remark], lang: str) -> tuple[str, str]:
    """Head and body of a cell's comment: how grave, then each thing found with what to do."""
    body = "\n\n".join(f"{remark.message}\n→ {remark.fix}"[:_MOST] for remark in dict.fromkeys(remarks))
    return severity_words(worst(remarks), lang), body
