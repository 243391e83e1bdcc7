"""Header rows: which row (or two) of a sheet says what its columns hold. Pure.

Headers map by exact normalised synonym only. A word that several fields share is decided by the column's own values,
where they can only be one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.mapping.kinds import kinds_of
from pipeline.workbook import Cell, Sheet, Value
from schemas.requirements import HeaderWord, Requirements, normalise

SCANNED_ROWS = 60
"""Rows searched for a header: title rows above a table are few (assumed)."""
ENOUGH_HEADERS = 3
"""Known headers that make a row a header row; a sheet with only two columns needs both."""
SAMPLED = 50
"""Values of a column looked at to decide what a shared header means."""
TELLING = frozenset(("name", "description_short", "category", "amount", "rate", "term", "premium", "insurer"))
"""Field prefixes that make a sheet one of products: a glossary has names and descriptions, and no more of these."""

Overrides = Mapping[str, tuple[str, ...]]
"""Header text (normalised) -> fields, as the person said with --map."""


@dataclass(frozen=True, slots=True)
class Head:
    """A header: its first and last row, the text above each column and what it says (None: nothing we know)."""

    first_row: int
    last_row: int
    texts: tuple[str, ...]
    words: tuple[HeaderWord | None, ...]

    @property
    def weight(self) -> tuple[int, int]:
        """How much it says: fields it fills, then headers that at least are known."""
        fills = {word.fills for word in self.words if word and word.fills}
        shared = {word.between for word in self.words if word and not word.fills}
        return len(fills), len(shared)

    def tells(self, requirements: Requirements) -> int:
        """How many of the telling fields it has."""
        filled = {name for word in self.words if word for name in word.fills}
        return len({requirements.fields[name].prefix for name in filled} & TELLING)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What reading one sheet's headers takes."""

    page: Sheet
    requirements: Requirements
    overrides: Overrides


def find_head(page: Sheet, requirements: Requirements, overrides: Overrides) -> Head | None:
    """The first of the best header rows; two rows together only where they say more than either alone."""
    reader = _Reader(page, requirements, overrides)
    rows = [tuple(text_of(column[i]) for column in page.columns) for i in range(min(page.height, SCANNED_ROWS))]
    best = max(_heads(reader, rows), key=lambda head: head.weight, default=None)
    if best is None:
        return None
    titled = sum(1 for text in best.texts if text)
    return best if sum(best.weight) >= min(ENOUGH_HEADERS, max(2, titled)) else None


def _heads(reader: _Reader, rows: list[tuple[str, ...]]) -> Iterator[Head]:
    """Every row as a header, then every two; none can say more than one with a field for each of its columns."""
    for i, texts in enumerate(rows):
        head = _single(reader, i, texts)
        yield head
        if head.weight[0] == len(texts):
            return
    for i in range(len(rows) - 1):
        yield _double(reader, i, rows)


def text_of(value: Value) -> str:
    """A cell's text on one line; empty for anything that is no text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def _single(reader: _Reader, i: int, texts: tuple[str, ...]) -> Head:
    row = reader.page.first_row + i
    return Head(row, row, texts, tuple(_word(reader, text, j, row) for j, text in enumerate(texts)))


def _double(reader: _Reader, i: int, rows: list[tuple[str, ...]]) -> Head:
    """Row i as group titles over row i + 1: `Monto` over `Mínimo` and `Máximo` reads `Monto Mínimo`, `Monto Máximo`."""
    row = reader.page.first_row + i + 1
    pairs = list(zip(_groups(reader.page, i, rows[i], rows[i + 1]), rows[i + 1], strict=True))
    chosen = [_first_known(reader, _readings(group, own), j, row) for j, (group, own) in enumerate(pairs)]
    return Head(row - 1, row, tuple(text for text, _ in chosen), tuple(word for _, word in chosen))


def _readings(group: str, own: str) -> tuple[str, ...]:
    return (f"{group} {own}", f"{own} {group}", own, group) if group and own else (own or group,)


def _first_known(reader: _Reader, texts: tuple[str, ...], j: int, row: int) -> tuple[str, HeaderWord | None]:
    known = ((text, _word(reader, text, j, row)) for text in texts)
    return next(((text, word) for text, word in known if word and word.fills), (texts[0], None))


def _groups(page: Sheet, i: int, texts: tuple[str, ...], below: tuple[str, ...]) -> tuple[str, ...]:
    """Each group title over the columns it stands for: those it is merged over, and empty ones that follow it.

    A title reaches over empty cells only while the row below has a text there.
    """
    spread = list(texts)
    for j in range(1, len(texts)):
        if not texts[j] and below[j] and spread[j - 1] and below[j - 1]:
            spread[j] = spread[j - 1]
    for top, left, bottom, right in page.merged:
        if top <= page.first_row + i <= bottom and left < len(texts):
            spread[left : right + 1] = [texts[left]] * (min(right + 1, len(texts)) - left)
    return tuple(spread)


def _word(reader: _Reader, text: str, j: int, row: int) -> HeaderWord | None:
    if not text:
        return None
    word = reader.requirements.header(text)
    said = reader.overrides.get(normalise(text))
    if said:
        # A header we know keeps its basis and unit where the person only repeats which field it is.
        return replace(word, fills=said) if word and set(said) <= set(word.fills) else HeaderWord(text=text, fills=said)
    if word is None or word.fills:
        return word
    owner = _owner(reader, word, j, row)
    return replace(word, fills=owner, between=()) if owner else word


def _owner(reader: _Reader, word: HeaderWord, j: int, row: int) -> tuple[str, ...]:
    """The one candidate the column's values can be: by closed list, else by kind (percent, money, date, months)."""
    cells = list(_sample(reader.page, j, row))
    texts = (cell.value for cell in cells if isinstance(cell.value, str))
    listed = reader.requirements.owner(word, texts)
    if listed:
        return (listed,)
    kinds = [kinds_of(cell) for cell in cells]
    fitting = [name for name in word.between if kinds and all(_fits(reader, name, one) for one in kinds)]
    return (fitting[0],) if len(fitting) == 1 else ()


def _fits(reader: _Reader, name: str, kinds: frozenset[str]) -> bool:
    return reader.requirements.fields[name].kind in kinds


def _sample(page: Sheet, j: int, row: int) -> Iterator[Cell]:
    formats = page.formats.get(j, {})
    below = page.columns[j][row - page.first_row + 1 :]
    found = 0
    for at, value in enumerate(below, row + 1):
        if value is not None and not (isinstance(value, str) and not value.strip()):
            yield Cell(value, formats.get(at))
            found += 1
            if found == SAMPLED:
                return
