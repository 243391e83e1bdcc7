"""Rows below the header: which hold a product, and which are notes, totals, titles or another table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import and_

from pipeline.mapping.heads import ENOUGH_HEADERS, Head, text_of
from pipeline.workbook import Sheet, Value
from schemas.findings import Finding
from schemas.requirements import HeaderWord, Requirements, normalise

NOTE_WORDS = frozenset(("nota", "notas", "fuente", "note", "notes", "source"))
TOTAL_WORDS = frozenset(("total", "totales", "subtotal", "subtotales", "totals"))
_TEXT_OR_NOTHING = frozenset((str, type(None)))
_LETTERS = frozenset("total")
LONG_NOTE = 60
"""A lone text longer than this, in a row of its own, is a remark and no product (assumed)."""

_BEGINNING, _TELLING = 50, 3
"""Rows looked at to find columns of figures, and how many such columns are enough."""

Columns = Sequence[tuple[int, str, HeaderWord]]
"""Index, header text and word of each mapped column."""


def product_rows(
    page: Sheet, head: Head, columns: Columns, requirements: Requirements
) -> tuple[tuple[int, ...], list[Finding]]:
    """The rows that hold a product. Blank rows are passed over; whatever else is no product is said."""
    start = head.last_row - page.first_row + 1
    slices = [page.columns[index][start:] for index, _, _ in columns]
    headers = [header for _, header, _ in columns]
    rows: list[int] = []
    told: list[Finding] = []
    for at, sure in enumerate(_sure_products(slices, headers[0]) if slices else ()):
        number = page.first_row + start + at
        if sure:
            rows.append(number)
            continue
        values = tuple(column[at] for column in slices)
        filled = list(islice(_filled_in(values), 2))  # enough to tell nothing, one lone text and a row of values apart
        if not filled:
            continue
        code = _not_a_product(filled, values, headers, page, number, requirements)
        if code:
            text = text_of(filled[0])[:80]
            told.append(requirements.finding(code, sheet=page.name, row=number, column="A", value=text))
        else:
            rows.append(number)
    return tuple(rows), told


def _sure_products(columns: Sequence[Sequence[Value]], header: str) -> Iterable[bool]:
    """Of each row: a text that is no header and no total, and a figure? Nearly every row has them, and no other kind
    of row. A few columns tell; a row whose figure stands elsewhere gets a closer look.
    """
    figures = [False] * len(columns[0])
    for column in islice((column for column in columns if float in map(type, column[:_BEGINNING])), _TELLING):
        figures = [figure or type(value) is float for figure, value in zip(figures, column, strict=True)]
    return map(and_, figures, (_names_a_product(value, header) for value in columns[0]))


def _names_a_product(value: Value, header: str) -> bool:
    text = text_of(value)
    return bool(text) and text != header and not _is_total(text)


def _not_a_product(
    filled: list[Value],
    values: tuple[Value, ...],
    headers: Sequence[str],
    page: Sheet,
    row: int,
    requirements: Requirements,
) -> str | None:
    """The code of the finding that says what the row is instead; None for a product."""
    first = text_of(filled[0])
    if first and (_is_remark(filled, first, page, row) or _is_total(first)):
        return "row.skipped"
    if _is_header_again(values, headers):
        return "row.skipped"
    return "sheet.second_table" if first and _is_other_header(values, headers, requirements) else None


def _filled_in(values: Iterable[Value]) -> Iterator[Value]:
    return (value for value in values if value is not None and not _blank(value))


def _blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_remark(filled: list[Value], text: str, page: Sheet, row: int) -> bool:
    """One lone text in the whole row that reads like a footnote or a title: a mark, `Nota:`, capitals, a sentence."""
    if len(filled) > 1 or sum(not _blank(column[row - page.first_row]) for column in page.columns) != 1:
        return False
    first = (normalise(text).split() or [""])[0]
    title = text.endswith(":") or (text.isupper() and " " in text)
    return title or text.startswith("*") or first in NOTE_WORDS or len(text) > LONG_NOTE


def _is_total(text: str) -> bool:
    if len(text) >= LONG_NOTE or (text.isascii() and not set(text.lower()) >= _LETTERS):
        return False  # a code or a name without the letters: nearly every row
    return (normalise(text).split() or [""])[0] in TOTAL_WORDS


def _is_header_again(values: tuple[Value, ...], headers: Sequence[str]) -> bool:
    """Every text of the row is the header above it. The first that is not settles it, nearly always at once."""
    same = 0
    for value, header in zip(values, headers, strict=True):
        text = text_of(value) if isinstance(value, str) else ""
        if text and text != header:
            return False
        same += bool(text)
    return same >= ENOUGH_HEADERS


def _is_other_header(values: tuple[Value, ...], headers: Sequence[str], requirements: Requirements) -> bool:
    """Nothing but texts, and most of them known headers of other columns: another table begins here."""
    if not _TEXT_OR_NOTHING.issuperset(map(type, values)):
        return False
    texts = [text_of(value) for value in values if not _blank(value)]
    if len(texts) < ENOUGH_HEADERS or not all(texts) or any(len(text) > LONG_NOTE for text in texts):
        return False
    known = [requirements.header(text) for text in texts]
    fills = {word.fills for word in known if word and word.fills}
    return len(fills) >= max(ENOUGH_HEADERS, len(texts) // 2) and set(texts) != set(headers)
