"""Headers -> fields: which sheet holds the products, where its header row is, and what each column fills. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline import own_template
from pipeline.mapping.heads import SCANNED_ROWS, Head, Overrides, find_head
from pipeline.mapping.rows import product_rows
from pipeline.workbook import Sheet, Workbook
from schemas.errors import WrongUse
from schemas.findings import Fact, Finding, column_letter
from schemas.requirements import HeaderWord, Requirements, normalise

__all__ = ["FINDINGS_MARK", "Mapped", "MappedColumn", "Overrides", "map_workbook"]

FINDINGS_MARK = "vitrina:findings:1"
"""In the first row of the sheet that an annotated copy lists its findings on: ours whatever it is called."""
SHEETS_OF_OURS = frozenset(("hallazgos", "findings", "guia", "guide", "marca", "brand", "campanas", "campaigns"))
ENOUGH_TELLING = 3
"""Telling fields that make a sheet one of products, where several sheets have known headers."""


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column of the sheet and what its header says."""

    index: int
    header: str
    word: HeaderWord

    @property
    def letter(self) -> str:
        """The column as the spreadsheet names it."""
        return column_letter(self.index)


@dataclass(frozen=True, slots=True)
class Mapped:
    """The product sheet with its header understood. `rows` are the numbers of the rows that hold a product.

    rows_above: of the lower part of a sheet, the number of the last row above it that holds a product.
    """

    sheet: Sheet
    header_row: int
    columns: tuple[MappedColumn, ...]
    rows: tuple[int, ...]
    findings: tuple[Finding, ...]
    repeated: frozenset[str] = frozenset()
    """Fields whose header stands twice: there, and not read."""
    rows_above: int = 0


def map_workbook(
    workbook: Workbook, requirements: Requirements, *, sheet: str | None = None, overrides: Overrides | None = None
) -> Mapped | tuple[Finding, ...]:
    """The product sheet mapped, or the file-level findings that say why there is none.

    Raises WrongUse where the file has no sheet of the name asked for.
    """
    found = _choose_sheet(workbook, requirements, sheet, overrides or {})
    if isinstance(found, Finding):
        return (found,)
    page, head = found
    repeated = _repeated(head)
    columns = tuple(
        MappedColumn(index, head.texts[index], word)
        for index, word in enumerate(head.words)
        if word and word.fills and index not in repeated
    )
    rows, told = product_rows(page, head, [(c.index, c.header, c.word) for c in columns], requirements)
    places = {column.word.fills[0]: column.index for column in columns}
    example, template = own_template.told(workbook, page, head.last_row, places, requirements)
    findings = (
        *template,
        *_hidden_sheets(workbook, page, requirements),
        *_hidden_columns(page, head, columns, requirements),
        *_header_findings(page, head, requirements, repeated),
        *told,
    )
    twice = frozenset(name for index in repeated for name in _fills(head, index))
    return Mapped(page, head.last_row, columns, tuple(row for row in rows if row != example), findings, twice)


def _fills(head: Head, index: int) -> tuple[str, ...]:
    word = head.words[index]
    return word.fills if word else ()


def _choose_sheet(
    workbook: Workbook, requirements: Requirements, asked: str | None, overrides: Overrides
) -> tuple[Sheet, Head] | Finding:
    if asked:
        candidates = _heads(_named(workbook, asked), requirements, overrides)
    else:
        ours = [s for s in workbook.sheets if not s.name.startswith("_") and not _is_ours(s)]
        seen = _heads([s for s in ours if not s.hidden], requirements, overrides)
        candidates = _products(seen or _heads([s for s in ours if s.hidden], requirements, overrides), requirements)
    if not candidates:
        return requirements.finding("file.no_table", facts={"file": workbook.file})
    if len(candidates) > 1:
        facts: dict[str, Fact] = {"file": workbook.file, "sheets": tuple(page.name for page, _ in candidates)}
        return requirements.finding("sheet.ambiguous", facts=facts)
    return candidates[0]


def _named(workbook: Workbook, asked: str) -> list[Sheet]:
    pages = [s for s in workbook.sheets if s.name == asked]
    if not pages:
        listed = ", ".join(f"«{s.name}»" for s in workbook.sheets)
        raise WrongUse(
            f"There is no sheet «{asked}» in {workbook.file}; it has {listed}.",
            es=f"No hay una hoja «{asked}» en {workbook.file}; tiene {listed}.",
        )
    return pages


def _heads(pages: Iterable[Sheet], requirements: Requirements, overrides: Overrides) -> list[tuple[Sheet, Head]]:
    return [(page, head) for page in pages if (head := find_head(page, requirements, overrides))]


def _products(heads: list[tuple[Sheet, Head]], requirements: Requirements) -> list[tuple[Sheet, Head]]:
    """Of several sheets with known headers, those that tell of products and have rows; a glossary is none."""
    telling = [pair for pair in heads if pair[1].tells(requirements) >= ENOUGH_TELLING] or heads
    return [pair for pair in telling if _has_rows_below(*pair)] or telling


def _is_ours(page: Sheet) -> bool:
    return normalise(page.name) in SHEETS_OF_OURS or _lists_findings(page)


def _lists_findings(page: Sheet) -> bool:
    """Is this the sheet of findings of a marked copy?"""
    tops = (column[0] for column in page.columns) if page.first_row == 1 else ()
    return any(isinstance(top, str) and top.startswith(FINDINGS_MARK) for top in tops)


def _has_rows_below(page: Sheet, head: Head) -> bool:
    start = head.last_row - page.first_row + 1
    return any(value is not None for column in page.columns for value in column[start : start + SCANNED_ROWS])


def _repeated(head: Head) -> dict[int, int]:
    """Column -> the earlier column that already says the same. Which one is meant, nobody can tell."""
    seen: dict[object, int] = {}
    repeated: dict[int, int] = {}
    for index, word in enumerate(head.words):
        if not word or not word.fills:
            continue
        said = (word.fills, word.basis, word.bases, word.unit)
        if said in seen:
            repeated[index] = seen[said]
            repeated[seen[said]] = seen[said]
        seen.setdefault(said, index)
    return repeated


def _hidden_sheets(workbook: Workbook, page: Sheet, requirements: Requirements) -> Iterator[Finding]:
    for other in workbook.sheets:
        silent = other is page or not other.height or other.name.startswith("_") or _lists_findings(other)
        if other.hidden and not silent:
            yield requirements.finding("sheet.hidden", sheet=other.name)
    if page.hidden:
        yield requirements.finding("cell.hidden", sheet=page.name, facts={"where": page.name})


def _hidden_columns(
    page: Sheet, head: Head, columns: Iterable[MappedColumn], requirements: Requirements
) -> Iterator[Finding]:
    for column in columns:
        if column.index in page.hidden_columns:
            yield requirements.finding(
                "cell.hidden",
                sheet=page.name,
                row=head.last_row,
                column=column.letter,
                field=column.word.fills[0],
                value=column.header,
                facts={"where": column.letter},
            )


def _header_findings(
    page: Sheet, head: Head, requirements: Requirements, repeated: Mapping[int, int]
) -> Iterator[Finding]:
    for index, text in enumerate(head.texts):
        code, facts = _fault(page, head, index, requirements, repeated)
        if code:
            yield requirements.finding(
                code, sheet=page.name, row=head.last_row, column=column_letter(index), value=text, facts=facts
            )


def _fault(
    page: Sheet, head: Head, index: int, requirements: Requirements, repeated: Mapping[int, int]
) -> tuple[str | None, dict[str, Fact]]:
    """What is wrong with one header, if anything: said twice, shared by several fields, or unknown with data below."""
    text, word = head.texts[index], head.words[index]
    if index in repeated:
        both = (column_letter(repeated[index]), column_letter(index))
        return ("header.duplicate", {"header": text, "columns": both}) if repeated[index] != index else (None, {})
    if (word and word.fills) or not _has_data(page, head, index):
        return None, {}
    if word:
        return "header.ambiguous", {"header": text, "fields": word.between}
    near = requirements.suggestions(text) if text else ()
    named: dict[str, Fact] = {"header": text or column_letter(index)}
    return "header.unknown", named | ({"suggestion": near[0]} if near else {})


def _has_data(page: Sheet, head: Head, index: int) -> bool:
    return any(value is not None for value in page.columns[index][head.last_row - page.first_row + 1 :])
