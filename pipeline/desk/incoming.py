"""Where files that arrive lie: `home/incoming/<folder>/<file>`, each with what was found in it beside it.

A file is written aside, settled and only then entered in the store, so a crash leaves either a whole arrival or a
folder that belongs to none and is swept out when a desk begins.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from catalog.store import Arrival, NewArrival, Store
from schemas.errors import CannotRun

MOST_BYTES = 64_000_000
"""A larger product workbook is no product workbook (assumed): 100,000 rows with long descriptions fit."""
MOST_FILES = 20
KEPT = 200
"""Arrivals whose files are kept (assumed): some years of a Lender's monthly workbook."""
_LONGEST_NAME = 150
_FORBIDDEN = frozenset('/\\:*?"<>|')


def file_name(sent: str) -> str:
    """The last part of a name as a browser sent it, without anything a file system or a header could trip over."""
    last = unicodedata.normalize("NFC", sent).replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if c.isprintable() and c not in _FORBIDDEN).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    room = _LONGEST_NAME // 4  # a letter takes up to four bytes, and file systems count bytes
    if not dot:
        return shown[:room] or "archivo"
    return f"{stem[:room] or 'archivo'}.{ending[:10]}"


@dataclass(slots=True)
class Receiving:
    """A file that is arriving."""

    name: str
    folder: str
    path: Path
    file: BinaryIO
    size: int = 0

    def take(self, data: bytes) -> None:
        """Some more of it. A disk that is full is the caller's to tell (OSError)."""
        self.file.write(data)
        self.size += len(data)


@dataclass(frozen=True, slots=True)
class Incoming:
    """The folder of the files that arrive."""

    home: Path
    store: Store

    @property
    def root(self) -> Path:
        """`home/incoming`."""
        return self.home / "incoming"

    def begin(self, sent_name: str) -> Receiving:
        """A place for a file of this name. CannotRun: the disk takes nothing."""
        name, folder = file_name(sent_name), secrets.token_hex(16)
        path = self.root / folder / name
        try:
            path.parent.mkdir(parents=True)
            return Receiving(name, folder, path, path.open("wb"))
        except OSError as fault:
            raise no_room(fault) from None

    def keep(self, receiving: Receiving, *, by: str, partial: bool) -> int:
        """The file is whole: settle it on the disk and enter it; its number. CannotRun: the disk took not all."""
        try:
            receiving.file.flush()
            os.fsync(receiving.file.fileno())
            receiving.file.close()
            with receiving.path.open("rb") as file:
                digest = _digest(file)
        except OSError as fault:
            self.drop(receiving)
            raise no_room(fault) from None
        return self.store.arrivals.add(
            NewArrival(
                folder=receiving.folder,
                file=receiving.name,
                size=receiving.size,
                sha256=digest,
                by=by,
                partial=partial,
            )
        )

    def drop(self, receiving: Receiving) -> None:
        """The file is not wanted, or did not arrive whole."""
        with contextlib.suppress(OSError):  # a full disk does not take the rest of it either
            receiving.file.close()
        shutil.rmtree(receiving.path.parent, ignore_errors=True)

    def path_of(self, arrival: Arrival) -> Path:
        """The file of an arrival."""
        return self.root / arrival.folder / arrival.file

    def beside(self, arrival: Arrival, name: str) -> Path:
        """What was found in it, under a name of ours."""
        return self.root / arrival.folder / f".{name}"

    def copy(self, arrival: Arrival, *, by: str) -> int:
        """The same file once more, to be checked anew; its number."""
        receiving = self.begin(arrival.file)
        try:
            with self.path_of(arrival).open("rb") as file:
                shutil.copyfileobj(file, receiving.file)
        except OSError as fault:
            self.drop(receiving)
            raise no_room(fault) from None
        receiving.size = arrival.size
        return self.keep(receiving, by=by, partial=arrival.partial)

    def prune(self) -> None:
        """Forget the files of all but the newest arrivals; what was staged of them is in the store."""
        for folder in self.store.arrivals.settled_folders(but=KEPT):
            shutil.rmtree(self.root / folder, ignore_errors=True)

    def sweep(self) -> int:
        """Remove what belongs to no arrival; how many folders that were. For when a desk begins."""
        if not self.root.is_dir():
            return 0
        known = self.store.arrivals.folders()
        strays = [one for one in self.root.iterdir() if one.name not in known]
        for stray in strays:
            shutil.rmtree(stray, ignore_errors=True)
        return len(strays)


def _digest(file: BinaryIO) -> str:
    digest = sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def no_room(fault: OSError) -> CannotRun:
    """The disk did not take a file."""
    from catalog.reasons import in_spanish

    why = fault.strerror or type(fault).__name__
    return CannotRun(
        f"The file could not be kept: {why}. Nothing was changed; try again later.",
        es=f"No se pudo guardar el archivo: {in_spanish(why)}. No cambió nada; intente más tarde.",
    )
