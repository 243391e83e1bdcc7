"""Findings as remarks: the words that go to a cell's comment and to the list of findings, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.report.annotated.colours import Grade
from pipeline.report.ledger import accepted_words
from schemas import wording
from schemas.findings import Finding, column_index

if TYPE_CHECKING:
    from pipeline.run.checking import Checked

_ORDER: tuple[Grade, ...] = ("error", "warning", "info", "waived")
_GRADES = {
    "error": {"es": "✖ Por corregir", "en": "✖ To mend"},
    "warning": {"es": "▲ Aviso", "en": "▲ Warning"},
    "info": {"es": "ℹ Leído con un arreglo", "en": "ℹ Read with a repair"},
    "waived": {"es": "○ Exonerado", "en": "○ Waived"},
}
_MOST = 4_000
"""Characters of one message in a comment: Excel shows no more than a few lines of it anyway."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding in words. `column` counts from 0; row and column are None where no cell is meant.

    `count` is how many findings of the file share its code and its grade; `fix` of a waived one says who accepted it.
    """

    grade: Grade
    sheet: str | None
    row: int | None
    column: int | None
    cell: str | None
    product: str
    message: str
    fix: str
    count: int


def remarks_of(checked: Checked, lang: str) -> tuple[Remark, ...]:
    """Every finding: what holds a product first, what is waived last, each kind in the order of the sheet."""
    graded = [(item, _grade(item.id, item.finding, checked)) for item in checked.known]
    counts = Counter((item.finding.code, grade) for item, grade in graded)
    found = []
    for item, grade in graded:
        finding, country = item.finding, checked.country_of(item.finding)
        waiver = checked.waived.get(item.id)
        found.append(
            Remark(
                grade=grade,
                sheet=finding.sheet,
                row=finding.row,
                column=column_index(finding.column) if finding.cell and finding.column else None,
                cell=finding.cell,
                product=finding.product or "",
                message=wording.message(finding, lang, country),
                fix=accepted_words(waiver, lang) if waiver else wording.fix(finding, lang, country),
                count=counts[finding.code, grade],
            )
        )
    return tuple(sorted(found, key=lambda remark: _ORDER.index(remark.grade)))


def _grade(identity: str, finding: Finding, checked: Checked) -> Grade:
    return "waived" if identity in checked.waived else finding.severity


def grade_words(grade: Grade, lang: str) -> str:
    """A grade with its sign: never told by colour alone."""
    return _GRADES[grade][lang]


def worst(remarks: Iterable[Remark]) -> Grade:
    """The gravest grade among the remarks of a cell."""
    return min((remark.grade for remark in remarks), key=_ORDER.index)


def comment_words(remarks: Sequence[Remark], lang: str) -> tuple[str, str]:
    """Head and body of a cell's comment: how grave, then each thing found with what to do."""
    body = "\n\n".join(_said(remark)[:_MOST] for remark in dict.fromkeys(remarks))
    return grade_words(worst(remarks), lang), body


def _said(remark: Remark) -> str:
    return f"{remark.message}\n{'' if remark.grade == 'waived' else '→ '}{remark.fix}"
