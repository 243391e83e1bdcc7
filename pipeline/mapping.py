"""Headers -> fields: which sheet holds the products, where its header row is, and what each column fills.

Headers map by exact normalised synonym only; a near miss is suggested, never used. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pipeline import own_template
from pipeline.workbook import Sheet, Value, Workbook
from schemas.errors import WrongUse
from schemas.findings import Fact, Finding, column_letter
from schemas.requirements import HeaderWord, Requirements, normalise

SCANNED_ROWS = 60
"""Rows searched for a header: title rows above a table are few (assumed)."""
ENOUGH_HEADERS = 3
"""Known headers that make a row a header row; a sheet with only two columns needs both."""
NOTE_WORDS = frozenset(("nota", "notas", "fuente", "note", "notes", "source"))
LONG_NOTE = 60
"""A lone text longer than this, in a row of its own, is a remark and no product (assumed)."""
SHEETS_OF_OURS = frozenset(("hallazgos", "findings", "guia", "guide", "marca", "brand", "campanas", "campaigns"))


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
    """The product sheet with its header understood. `rows` are the numbers of the rows that hold a product."""

    sheet: Sheet
    header_row: int
    columns: tuple[MappedColumn, ...]
    rows: tuple[int, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Head:
    """A possible header: its last row, the text above each column and what it says."""

    first_row: int
    last_row: int
    texts: tuple[str, ...]
    words: tuple[HeaderWord | None, ...]

    @property
    def hits(self) -> int:
        return len({word.fills or word.between for word in self.words if word})


Overrides = Mapping[str, tuple[str, ...]]
"""Header text (normalised) -> fields, as the person said with --map."""


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
    rows, skipped = _product_rows(page, head, columns, requirements)
    version = own_template.version_of(workbook)
    example = own_template.example_row(page, head.last_row, {c.word.fills[0]: c.index for c in columns})
    if example is not None:
        rows = tuple(row for row in rows if row != example)
        if version is None:  # a table cut out of the template, such as a .csv of it: say what was passed over
            skipped.append(requirements.finding("row.skipped", sheet=page.name, row=example, column="A"))
    findings = (
        *_old_template(workbook, version, requirements),
        *_hidden_sheets(workbook, page, requirements),
        *_hidden_columns(page, head, columns, requirements),
        *_header_findings(page, head, requirements, repeated),
        *skipped,
    )
    return Mapped(page, head.last_row, columns, rows, findings)


def _old_template(workbook: Workbook, version: str | None, requirements: Requirements) -> Iterator[Finding]:
    if version not in (None, requirements.version):
        facts = {"file": workbook.file, "version": version or "", "current": requirements.version}
        yield requirements.finding("file.old_template", facts=facts)


def _choose_sheet(
    workbook: Workbook, requirements: Requirements, asked: str | None, overrides: Overrides
) -> tuple[Sheet, _Head] | Finding:
    pages = [s for s in workbook.sheets if s.name == asked] if asked else _visible(workbook)
    if asked and not pages:
        listed = ", ".join(f"«{s.name}»" for s in workbook.sheets)
        raise WrongUse(
            f"There is no sheet «{asked}» in {workbook.file}; it has {listed}.",
            es=f"No hay una hoja «{asked}» en {workbook.file}; tiene {listed}.",
        )
    heads = [(page, head) for page in pages if (head := _find_head(page, requirements, overrides))]
    candidates = heads if asked else [(page, head) for page, head in heads if _has_rows_below(page, head)] or heads
    if not candidates:
        return requirements.finding("file.no_table", facts={"file": workbook.file})
    if len(candidates) > 1:
        names = tuple(page.name for page, _ in candidates)
        facts: dict[str, Fact] = {"file": workbook.file, "sheets": names}
        return requirements.finding("sheet.ambiguous", facts=facts)
    return candidates[0]


def _visible(workbook: Workbook) -> list[Sheet]:
    """Visible sheets that are not ours (nor lists, `_…`); where every sheet is hidden, all of them."""
    pages = [s for s in workbook.sheets if not s.name.startswith("_") and _plain(s.name) not in SHEETS_OF_OURS]
    return [s for s in pages if not s.hidden] or pages


def _plain(name: str) -> str:
    return normalise(name)


def _has_rows_below(page: Sheet, head: _Head) -> bool:
    start = head.last_row - page.first_row + 1
    return any(value is not None for column in page.columns for value in column[start : start + SCANNED_ROWS])


def _find_head(page: Sheet, requirements: Requirements, overrides: Overrides) -> _Head | None:
    """The first of the best header rows; two rows together only where they say more than either alone."""
    limit = min(page.height, SCANNED_ROWS)
    rows = [tuple(_text(column[i]) for column in page.columns) for i in range(limit)]
    single = [
        _head(page.first_row + i, page.first_row + i, texts, page, requirements, overrides)
        for i, texts in enumerate(rows)
    ]
    double = [_two_rows(page, i, rows, requirements, overrides) for i in range(limit - 1)]
    best: _Head | None = None
    for head in (*single, *double):
        if best is None or head.hits > best.hits:
            best = head
    return best if best and best.hits >= min(ENOUGH_HEADERS, max(2, len(_filled(best)))) else None


def _filled(head: _Head) -> list[str]:
    return [text for text in head.texts if text]


def _text(value: Value) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _head(
    first: int, last: int, texts: tuple[str, ...], page: Sheet, requirements: Requirements, overrides: Overrides
) -> _Head:
    return _Head(
        first, last, texts, tuple(_word(t, i, last, page, requirements, overrides) for i, t in enumerate(texts))
    )


def _word(
    text: str, index: int, row: int, page: Sheet, requirements: Requirements, overrides: Overrides
) -> HeaderWord | None:
    if not text:
        return None
    if normalise(text) in overrides:
        return HeaderWord(text=text, fills=overrides[normalise(text)])
    word = requirements.header(text)
    if word is None or word.fills:
        return word
    below = page.columns[index][row - page.first_row + 1 :]
    owner = requirements.owner(word, (value for value in below if isinstance(value, str)))
    return replace(word, fills=(owner,), between=()) if owner else word


def _two_rows(
    page: Sheet, i: int, rows: list[tuple[str, ...]], requirements: Requirements, overrides: Overrides
) -> _Head:
    """Row i as group titles over row i + 1: `Monto` over `Mínimo` and `Máximo` reads `Monto Mínimo`, `Monto Máximo`."""
    groups = _spread(page, i, rows[i])
    texts, words = [], []
    for j, (group, own) in enumerate(zip(groups, rows[i + 1], strict=True)):
        options = (f"{group} {own}", own, group) if own and group else (own or group,)
        row = page.first_row + i + 1
        tried = ((text, _word(text, j, row, page, requirements, overrides)) for text in options)
        text, word = next(((t, w) for t, w in tried if w and w.fills), (options[0], None))
        texts.append(text)
        words.append(word)
    return _Head(page.first_row + i, page.first_row + i + 1, tuple(texts), tuple(words))


def _spread(page: Sheet, i: int, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Each text of a merged title over all the columns it spans."""
    spread = list(texts)
    for top, left, bottom, right in page.merged:
        if top <= page.first_row + i <= bottom and left < len(texts):
            spread[left : right + 1] = [texts[left]] * (min(right + 1, len(texts)) - left)
    return tuple(spread)


def _repeated(head: _Head) -> dict[int, int]:
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
        if other.hidden and other is not page and other.height and not other.name.startswith("_"):
            yield requirements.finding("sheet.hidden", sheet=other.name)
    if page.hidden:
        yield requirements.finding("cell.hidden", sheet=page.name, facts={"where": page.name})


def _hidden_columns(
    page: Sheet, head: _Head, columns: Iterable[MappedColumn], requirements: Requirements
) -> Iterator[Finding]:
    for column in columns:
        if column.index in page.hidden_columns:
            yield requirements.finding(
                "cell.hidden", sheet=page.name, row=head.last_row, column=column.letter,
                field=column.word.fills[0], value=column.header, facts={"where": column.letter},
            )  # fmt: skip


def _header_findings(
    page: Sheet, head: _Head, requirements: Requirements, repeated: Mapping[int, int]
) -> Iterator[Finding]:
    for index, (text, word) in enumerate(zip(head.texts, head.words, strict=True)):
        place = {"sheet": page.name, "row": head.last_row, "column": column_letter(index), "value": text}
        if index in repeated and repeated[index] != index:
            both = (column_letter(repeated[index]), column_letter(index))
            yield requirements.finding("header.duplicate", **place, facts={"header": text, "columns": both})  # type: ignore[arg-type]
        elif (word is None or not word.fills) and _has_data(page, head, index):
            near = requirements.suggestions(text) if text else ()
            facts = {"header": text or column_letter(index)} | ({"suggestion": near[0]} if near else {})
            yield requirements.finding("header.unknown", **place, facts=facts)  # type: ignore[arg-type]


def _has_data(page: Sheet, head: _Head, index: int) -> bool:
    return any(value is not None for value in page.columns[index][head.last_row - page.first_row + 1 :])


def _product_rows(
    page: Sheet, head: _Head, columns: tuple[MappedColumn, ...], requirements: Requirements
) -> tuple[tuple[int, ...], list[Finding]]:
    """The rows that hold a product; blank rows are passed over, notes below the table and repeated headers are said."""
    start = head.last_row - page.first_row + 1
    slices = [page.columns[column.index][start:] for column in columns]
    rows: list[int] = []
    skipped: list[Finding] = []
    headers = [column.header for column in columns]
    for number, values in enumerate(zip(*slices, strict=True), page.first_row + start):
        filled = list(islice(_filled_in(values), 2))  # enough to tell nothing, one lone text and a row of values apart
        if not filled:
            continue
        if _is_note(filled, page, number) or _is_header_again(values, headers):
            text = _text(filled[0])
            skipped.append(
                requirements.finding("row.skipped", sheet=page.name, row=number, column="A", value=text[:80])
            )
        else:
            rows.append(number)
    return tuple(rows), skipped


def _filled_in(values: Iterable[Value]) -> Iterator[Value]:
    return (value for value in values if not _blank(value))


def _blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_note(filled: list[Value], page: Sheet, row: int) -> bool:
    """One lone text in the whole row that reads like a footnote: a mark, `Nota:`, or a sentence."""
    if len(filled) != 1 or not isinstance(filled[0], str):
        return False
    lone = sum(not _blank(column[row - page.first_row]) for column in page.columns) == 1
    text = filled[0].strip()
    first = (normalise(text).split() or [""])[0]
    return lone and (text.startswith("*") or first in NOTE_WORDS or len(text) > LONG_NOTE)


def _is_header_again(values: tuple[Value, ...], headers: Sequence[str]) -> bool:
    """Every text of the row is the header above it. The first that is not settles it, nearly always at once."""
    same = 0
    for value, header in zip(values, headers, strict=True):
        text = _text(value)
        if text and text != header:
            return False
        same += bool(text)
    return same >= ENOUGH_HEADERS
