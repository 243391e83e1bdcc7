"""A CSV of reference values, read line by line: entries where a line is sound, a fault with its line where not."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from catalog.reference.cells import FaultyError, validity_in, value_in
from catalog.reference.tables import BOUNDS, IBC, MODALITIES, Entry, modality_of, normalised

MOST_BYTES = 20_000_000
MOST_LINES = 250_000
_DELIMITERS = ",;\t|"
_TITLES = 20
"""The header is looked for in so many lines: portals and people put titles above it."""
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "kind": ("kind", "indicador"),
    "modality": ("modality", "modalidad", "modalidad_de_credito", "modalidad_credito"),
    "value": ("value", "valor", "ibc", "interes_bancario_corriente", "ibc_ea_pct", "ibc_ea"),
    "month": ("month", "mes", "period", "periodo"),
    "valid_from": ("valid_from", "vigencia_desde", "vigente_desde", "desde"),
    "valid_to": ("valid_to", "vigencia_hasta", "vigente_hasta", "hasta"),
    "source": ("source", "fuente"),
    "resolution": ("resolucion", "resolution"),
    "resolved": ("fecha_resolucion", "fecha_de_resolucion"),
}
_NAMES = {name: column for column, names in _COLUMNS.items() for name in names}
_RETIRED = frozenset({"microcredito", "comercial"})
"""Modalities of older certifications: nothing is offered under them today, so their lines are left aside."""


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong in one line (0: the whole file), in a stable word; `value` as written, `allowed` what would do.

    Words: not_a_table, too_large, columns, repeated, missing, unreadable, ambiguous, out_of_range, unknown, reversed,
    too_long, contradicts.
    """

    line: int
    what: str
    column: str | None = None
    value: str | None = None
    allowed: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of the file says."""

    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class ReadLines:
    """The sound lines, the faulty ones, and the numbers of those left aside (modalities no longer certified)."""

    lines: tuple[Line, ...] = ()
    faults: tuple[LineFault, ...] = ()
    unused: tuple[int, ...] = ()


class _Reader(Protocol):
    """A reader of rows that counts the lines it took."""

    @property
    def line_num(self) -> int: ...

    def __next__(self) -> list[str]: ...


class _BrokenError(Exception):
    """The CSV itself breaks off at a line; never leaves this module."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def read_lines(content: bytes) -> ReadLines:
    """Everything a CSV says, in our own columns or those of the open-data table of certified interest."""
    if len(content) > MOST_BYTES:
        return ReadLines(faults=(LineFault(0, "too_large", allowed=f"{MOST_BYTES // 1_000_000} MB"),))
    text = decoded(content)
    if text is None or not text.strip():
        return ReadLines(faults=(LineFault(0, "not_a_table"),))
    header, rows = _split(text)
    if missing := _missing_columns(header):
        return ReadLines(faults=(LineFault(0, "columns", allowed=missing),))
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        return ReadLines(faults=(LineFault(0, "repeated", value=", ".join(twice)),))
    return _read(header, rows)


def decoded(content: bytes) -> str | None:
    """The text of a CSV as spreadsheets and portals write it; None for what is no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\x00" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _split(text: str) -> tuple[list[str | None], Iterator[tuple[int, list[str]]]]:
    """Columns by our names, and the numbered rows after them.

    The header is the line, of the first few, in which some delimiter finds most of our columns.
    """
    top = text.split("\n", _TITLES)[:_TITLES]
    tries = [(_found(line, mark), -at, mark) for at, line in enumerate(top) for mark in _DELIMITERS]
    _, at, mark = max(tries, key=lambda one: one[:2])
    body = text.split("\n", -at)[-1]
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=mark)
    header = [_NAMES.get(normalised(name)) for name in next(reader, [])]
    return header, _numbered(reader, -at)


def _found(line: str, mark: str) -> int:
    return sum(normalised(name) in _NAMES for name in line.split(mark))


def _numbered(reader: _Reader, above: int) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, with the line on which a text editor shows their beginning."""
    while True:
        line = above + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise _BrokenError(line) from None
        if any(cell.strip() for cell in cells):
            yield line, cells


def _missing_columns(header: list[str | None]) -> str | None:
    """The columns still needed, as a person would add them; None where the table is complete."""
    has = set(header)
    if "value" not in has:
        return "ibc (interes_bancario_corriente)" if "modality" in has else "kind, value"
    if not has & {"kind", "modality"}:
        return "modality (modalidad)"
    if "month" not in has and not {"valid_from", "valid_to"} <= has:
        return "month, valid_from + valid_to (vigencia_desde + vigencia_hasta)"
    return None


def _read(header: list[str | None], rows: Iterator[tuple[int, list[str]]]) -> ReadLines:
    outcomes = list(_outcomes(header, rows))
    return ReadLines(
        tuple(one for one in outcomes if isinstance(one, Line)),
        tuple(one for one in outcomes if isinstance(one, LineFault)),
        tuple(one for one in outcomes if isinstance(one, int)),
    )


def _outcomes(header: list[str | None], rows: Iterator[tuple[int, list[str]]]) -> Iterator[Line | LineFault | int]:
    """What each row came to: a line, its fault, or the number of one left aside."""
    try:
        for count, (number, cells) in enumerate(rows):
            if count >= MOST_LINES:
                yield LineFault(number, "too_large", allowed=str(MOST_LINES))
                return
            yield _outcome(_by_name(header, cells), number)
    except _BrokenError as broken:
        yield LineFault(broken.line, "unreadable")


def _outcome(row: dict[str, str], number: int) -> Line | LineFault | int:
    try:
        entry = _entry(row)
    except FaultyError as fault:
        return LineFault(number, fault.what, fault.column, fault.value, fault.allowed)
    return number if entry is None else Line(number, entry)


def _by_name(header: Iterable[str | None], cells: list[str]) -> dict[str, str]:
    """Every column of the header, empty where the line is."""
    return {name: cell.strip() for name, cell in zip_longest(header, cells, fillvalue="") if name}


def _entry(row: dict[str, str]) -> Entry | None:
    kind = _kind(row)
    modality = _modality(row) if kind == IBC else None
    if kind == IBC and modality is None:
        return None
    first, last = validity_in(row)
    return Entry(kind, modality, first, last, value_in(row, kind), _source(row))


def _kind(row: dict[str, str]) -> str:
    kind = (row.get("kind") or (IBC if row.get("modality") or "kind" not in row else "")).upper()
    if not kind:
        raise FaultyError("missing", "kind", allowed=", ".join(BOUNDS))
    if kind not in BOUNDS:
        raise FaultyError("unknown", "kind", row["kind"], ", ".join(BOUNDS))
    return kind


def _modality(row: dict[str, str]) -> str | None:
    text = row.get("modality", "")
    if not text:
        raise FaultyError("missing", "modality", allowed=", ".join(MODALITIES))
    known = modality_of(text)
    if known is None and not _RETIRED & set(normalised(text).split("_")):
        raise FaultyError("unknown", "modality", text, ", ".join(MODALITIES))
    return known


def _source(row: dict[str, str]) -> str:
    """Where a value comes from, in one line of at most 200 characters."""
    parts = [row.get("source"), row.get("resolution") and f"Resolución {row['resolution']}", row.get("resolved")]
    return " ".join(" ".join(part for part in parts if part).split())[:200]
