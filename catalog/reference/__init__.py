"""Dated reference tables: the ones shipped with the program and the ones a person imports.

Shipped: `data/reference/*.csv`. Imported: `VITRINA_HOME/reference/imported.csv`, one file in our own columns, written
whole or not at all. A known value is never overwritten in silence.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

from catalog.reasons import in_spanish
from catalog.reference.lines import MOST_BYTES, Line, LineFault, ReadLines, read_lines
from catalog.reference.tables import (
    BOUNDS,
    IBC,
    MODALITIES,
    Entry,
    Tables,
    contradictions,
    modality_of,
    month_span,
    tables,
)
from catalog.reference.words import looks_like, sentence
from schemas.errors import CannotRun, WrongUse
from schemas.product import as_text

__all__ = [
    "BOUNDS",
    "IBC",
    "MODALITIES",
    "Entry",
    "ImportReport",
    "LineFault",
    "Tables",
    "import_file",
    "load",
    "looks_like",
    "modality_of",
    "month_span",
    "sentence",
    "shipped",
    "tables",
]

MOST_FAULTS = 100
_COLUMNS = ("kind", "modality", "valid_from", "valid_to", "value", "source")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file. With any fault nothing was kept; `faults` holds the first `MOST_FAULTS` of `fault_count`.

    `added` values are new, `known` ones were there already, `unused` lines are of modalities no longer certified.
    """

    added: int = 0
    known: int = 0
    unused: int = 0
    faults: tuple[LineFault, ...] = ()
    fault_count: int = 0

    @property
    def ok(self) -> bool:
        """Was the file taken?"""
        return not self.fault_count


@cache
def shipped() -> tuple[Entry, ...]:
    """The values that come with the program."""
    found: list[Entry] = []
    for part in sorted((files("data") / "reference").iterdir(), key=lambda one: one.name):
        if part.name.endswith(".csv"):
            read = read_lines(part.read_bytes())
            assert not read.faults, (part.name, read.faults)
            found += [line.entry for line in read.lines]
    return tuple(found)


def load(home: Path | None = None) -> Tables:
    """Shipped and imported values together; an imported one prevails where both speak of a day.

    Raises WrongUse where the imported file was damaged by hand, CannotRun where it cannot be read.
    """
    imported = _imported(_place(home)) if home else ()
    return tables((*_not_replaced(shipped(), imported), *imported))


def _not_replaced(ours: Sequence[Entry], imported: Sequence[Entry]) -> tuple[Entry, ...]:
    """Shipped values without those an import already answered otherwise (a later version may ship a correction)."""
    known = set(ours)
    beaten = {entry for pair in contradictions((*ours, *imported)) for entry in pair if entry in known}
    return tuple(entry for entry in ours if entry not in beaten) if imported else tuple(ours)


def import_file(path: Path, home: Path) -> ImportReport:
    """Takes the values of a CSV into `home`, all or nothing, and reports line by line.

    Raises WrongUse where there is no such file, CannotRun where `home` cannot be written.
    """
    content = _content(path)
    with _locked(home):
        imported = _imported(_place(home))
        read = read_lines(content)
        known = tables((*_not_replaced(shipped(), imported), *imported)).entries()
        faults = (*read.faults, *_contradicting(read, known)) or _nothing(read)
        if faults:
            ordered = sorted(faults, key=lambda fault: fault.line)
            return ImportReport(faults=tuple(ordered[:MOST_FAULTS]), fault_count=len(ordered))
        fresh = _fresh(read.lines, known)
        if fresh:
            _write(_place(home), tables((*imported, *fresh)).entries())
        return ImportReport(len(fresh), len(read.lines) - len(fresh), len(read.unused))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise WrongUse(
            f"{path.name} cannot be read: {fault.strerror}.",
            es=f"{path.name} no se puede leer: {in_spanish(fault.strerror)}.",
        ) from None


def _nothing(read: ReadLines) -> tuple[LineFault, ...]:
    return () if read.lines or read.unused else (LineFault(0, "not_a_table"),)


def _fresh(lines: Sequence[Line], known: Sequence[Entry]) -> list[Entry]:
    """Entries that say something new, each once."""
    seen = {_saying(entry) for entry in known}
    fresh = []
    for line in lines:
        if _saying(line.entry) not in seen:
            seen.add(_saying(line.entry))
            fresh.append(line.entry)
    return fresh


def _saying(entry: Entry) -> tuple[object, ...]:
    return entry.key, entry.span, entry.value


def _contradicting(read: ReadLines, known: Sequence[Entry]) -> Iterator[LineFault]:
    """A fault for each line that gives a day a second value; of two lines of the file, the later one is named."""
    numbers: dict[int, int] = {id(line.entry): line.number for line in read.lines}
    for pair in contradictions((*known, *(line.entry for line in read.lines))):
        other, blamed = sorted(pair, key=lambda entry: numbers.get(id(entry), 0))
        where = "; ".join(part for part in (f"{other.valid_from} – {other.valid_to}", other.source) if part)
        said = f"{as_text(other.value)} ({where})"
        yield LineFault(numbers[id(blamed)], "contradicts", "value", as_text(blamed.value), said)


def _spanish(value: Decimal) -> str:
    return as_text(value).replace(".", ",")


def _place(home: Path) -> Path:
    return home / "reference" / "imported.csv"


def _imported(path: Path) -> tuple[Entry, ...]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as fault:
        raise CannotRun(
            f"The imported reference tables ({path}) cannot be read: {fault.strerror}.",
            es=f"Las tablas de referencia importadas ({path}) no se pueden leer: {in_spanish(fault.strerror)}.",
        ) from None
    read = read_lines(content)
    if read.faults:
        raise WrongUse(
            f"{path} is damaged. {sentence(read.faults[0], 'en')} Mend that line or remove the file.",
            es=f"{path} está dañado. {sentence(read.faults[0], 'es')} Corrija esa línea o borre el archivo.",
        )
    entries = tuple(line.entry for line in read.lines)
    for one, other in contradictions(entries)[:1]:
        raise WrongUse(
            f"{path} gives {other.valid_from} two values, {one.value} and {other.value}. Remove one of them.",
            es=f"{path} da dos valores para el {other.valid_from:%d/%m/%Y}, {_spanish(one.value)} y "
            f"{_spanish(other.value)}. Quite uno de los dos.",
        )
    return entries


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One import at a time: two would each write a file without the other's values."""
    folder = _place(home).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as fault:
        raise _not_kept(folder, fault) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _not_kept(folder: Path, fault: OSError) -> CannotRun:
    return CannotRun(
        f"Reference tables cannot be kept in {folder}: {fault.strerror}.",
        es=f"No se pueden guardar tablas de referencia en {folder}: {in_spanish(fault.strerror)}.",
    )


def _write(path: Path, entries: Sequence[Entry]) -> None:
    """The whole file beside the old one, then in its place; the lock keeps the name beside it ours."""
    fresh = path.with_name(".imported.new")
    try:
        with fresh.open("wb") as file:
            file.write(_as_csv(entries))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as fault:
        raise _not_kept(path.parent, fault) from None


def _as_csv(entries: Sequence[Entry]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        span = (entry.valid_from.isoformat(), entry.valid_to.isoformat())
        writer.writerow((entry.kind, entry.modality or "", *span, as_text(entry.value), entry.source))
    return out.getvalue().encode()
