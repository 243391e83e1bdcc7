"""The workbook's brand sheet, `Marca` or `Brand`: one datum a row, its name in one cell and its value in the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.reading.plain import read_text
from pipeline.workbook import Cell, Sheet, Workbook
from schemas.findings import Fact, Finding, column_letter
from schemas.requirements import Requirements, normalise

SHEETS = frozenset(("marca", "brand"))
MOST_ROWS = 200
"""A brand has a handful of data; further rows are not looked at (assumed)."""
_FIELDS = ("legal_name", "supervisor", "brand_description", "logo")
_OF_THE_NAME = ("nombre comercial", "nombre", "nombre de la marca", "marca", "brand name", "name", "brand")
_OF_THE_DESCRIPTION = ("descripcion", "description")
_HEADS = frozenset(("campo", "dato", "field", "clave", "nombre del campo"))
"""The first word of a header row over the two columns."""


@dataclass(slots=True)
class Said:
    """What the sheet says: datum -> its text, with the row and column it stands in.

    blank: data that are named and left empty, with the cell their value belongs in; last: the last row that holds
    anything.
    """

    sheet: str
    requirements: Requirements
    texts: dict[str, str] = field(default_factory=dict)
    at: dict[str, tuple[int, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    blank: dict[str, tuple[int, int]] = field(default_factory=dict)
    last: int = 0

    def room(self, name: str) -> tuple[int, int]:
        """The cell a datum belongs in that the sheet does not say: beside its name, else in the row after the last."""
        columns = [column for _, column in (*self.at.values(), *self.blank.values())]
        return self.blank.get(name) or (self.last + 1, columns[0] if columns else 1)

    def note(self, code: str, place: tuple[int, int], name: str | None, value: str | None, **facts: Fact) -> None:
        """A finding at a cell of the sheet."""
        row, column = place
        self.findings.append(
            self.requirements.finding(
                code,
                sheet=self.sheet,
                row=row,
                column=column_letter(column),
                field=None if name in (None, "name") else f"lender.{name}",
                value=value,
                facts=facts,
            )
        )


def read_sheet(workbook: Workbook, requirements: Requirements) -> Said | None:
    """What the brand sheet says; None where the workbook has none."""
    page = next((one for one in workbook.sheets if normalise(one.name) in SHEETS), None)
    if page is None:
        return None
    said = Said(page.name, requirements)
    names = _names(requirements)
    for row, cells in _rows(page):
        _take(said, page, row, cells, names)
        said.last = row
    return said


def _names(requirements: Requirements) -> dict[str, str]:
    """Normalised word -> datum: the synonyms of the requirements, and the ways to say the brand's name."""
    names = {normalise(word): "name" for word in _OF_THE_NAME}
    for name in _FIELDS:
        known = requirements.fields[f"lender.{name}"]
        for word in (name.replace("_", " "), *known.label.values(), *known.headers["es"], *known.headers["en"]):
            names.setdefault(normalise(word), name)
    return names | {normalise(word): "brand_description" for word in _OF_THE_DESCRIPTION}


def _rows(page: Sheet) -> Iterator[tuple[int, list[tuple[int, Cell]]]]:
    """Rows that hold anything: their number and the first two filled cells, with the column of each."""
    for i in range(min(page.height, MOST_ROWS)):
        row = page.first_row + i
        filled = [
            (j, Cell(column[i], page.formats.get(j, {}).get(row)))
            for j, column in enumerate(page.columns)
            if column[i] not in (None, "") or (row, j) in page.faults
        ]
        if filled:
            yield row, filled[:2]


def _take(said: Said, page: Sheet, row: int, cells: list[tuple[int, Cell]], names: dict[str, str]) -> None:
    at, cell = cells[0]
    label = read_text(cell).value or ""
    if normalise(label) in _HEADS:
        return
    name = names.get(normalise(label.rstrip(" :")))
    if name is None:
        if len(cells) > 1:
            said.note("brand.unknown", (row, at), None, label[:80])
        return
    if len(cells) == 1:
        said.blank.setdefault(name, (row, at + 1))
        return
    if name in said.at:
        said.note("brand.repeated", (row, at), name, label, where=str(said.at[name][0]))
        return
    _value(said, page, (row, cells[1][0]), name, cells[1][1])


def _value(said: Said, page: Sheet, place: tuple[int, int], name: str, cell: Cell) -> None:
    said.at[name] = place
    fault = page.faults.get(place)
    if fault is not None:
        code = "cell.no_cached_value" if fault == "no_cached_value" else "cell.error_value"
        said.note(code, place, name, None, cell=f"{column_letter(place[1])}{place[0]}", error=fault)
        return
    read = read_text(cell)
    prefix = {"name": "brand", "logo": "logo"}.get(name, name)
    for note in read.notes:
        code = f"{prefix}.{note.fault}"
        if code in said.requirements.rules:
            said.note(code, place, name, (read.value or "")[:120], **dict(note.facts))
    if read.value is not None:
        said.texts[name] = read.value
