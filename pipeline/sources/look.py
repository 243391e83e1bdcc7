"""A look at a source: the files it gives now, wherever they lie, ready to be read from this machine's disk."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from catalog.reasons import in_spanish
from catalog.targets import Keys
from pipeline.ingest.limits import MAX_FILE
from pipeline.sources.folder import Left, choose, still_moving
from pipeline.sources.reach import Reach, unreachable
from pipeline.sources.source import Marks, Source, file_name
from schemas.errors import BadSource

_KEPT = 50
"""Downloads; more sources than that on the web are loaded each time."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to be read. key: its place in words, under which its looks are kept; marks: how to know it again."""

    path: Path
    key: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class Look:
    """What a source gives now. `files` empty: its file is still being written, which `left` says."""

    files: tuple[Found, ...]
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Means:
    """How sources are reached. kept: the folder of downloads; keys: to buckets; moment: seconds since 1970."""

    kept: Path
    reach: Reach = field(default_factory=Reach)
    keys: Keys = field(default_factory=Keys, repr=False)
    pause: Callable[[float], None] = time.sleep
    moment: Callable[[], float] = time.time


def look(source: Source, known: Callable[[str], Marks], means: Means) -> Look:
    """What a source gives now. known: the marks kept for a key.

    SourceUnavailable: it cannot be reached. BadSource: it holds no product file. Nothing that is live is touched.
    """
    try:
        if source.kind != "path":
            return Look((_fetch(source, known(source.key), means),))
        return _in_folder(source, means) if source.path.is_dir() else _one_file(source, means)
    except OSError as fault:  # of a download: our own disk
        raise unreachable(source.key, str(fault.strerror), in_spanish(fault.strerror)) from None


def forget_downloads(kept: Path) -> None:
    """All but the newest: an address whose query changes is a new source each time. One missed is loaded anew."""
    folders = sorted((path for path in kept.glob("*") if path.is_dir()), key=lambda path: path.stat().st_mtime_ns)
    for old in folders[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _one_file(source: Source, means: Means) -> Look:
    if source.name and still_moving([source.path], moment=means.moment(), pause=means.pause):
        return Look((), (Left(source.path.name, "being_written"),))
    return Look((Found(source.path, source.key, _marks(source.path)),))


def _in_folder(source: Source, means: Means) -> Look:
    chosen = choose(source.path, source.pick, moment=means.moment(), pause=means.pause)
    if not chosen.files and all(item.why != "being_written" for item in chosen.left):
        raise BadSource(
            f"The folder {source.key} holds no spreadsheet. What is published stays.",
            es=f"La carpeta {source.key} no tiene ninguna hoja de cálculo. Lo publicado sigue igual.",
        )
    whole = source.pick == "newest"
    keys = [source.key if whole else str(source.path / path.name) for path in chosen.files]
    found = tuple(Found(path, key, _marks(path)) for path, key in zip(chosen.files, keys, strict=True))
    return Look(found, chosen.left)


def _marks(path: Path) -> Marks:
    """The digest of a file; of one too large to be read, or that is none, nothing is known."""
    if not path.is_file() or path.stat().st_size > MAX_FILE:
        path.stat()
        return Marks()
    with path.open("rb") as file:
        return Marks(sha256=hashlib.file_digest(file, "sha256").hexdigest())


def _fetch(source: Source, known: Marks, means: Means) -> Found:
    to = means.kept / hashlib.sha256(source.key.encode()).hexdigest()[:16] / file_name(source.place)
    # Only what still lies here whole may be answered by «not changed».
    known = known if to.is_file() and _marks(to).sha256 == known.sha256 else Marks()
    if source.kind == "bucket":
        from pipeline.sources.bucket import fetch

        return Found(to, source.key, fetch(source, to, known, means.reach, means.keys))
    from pipeline.sources.web import download

    return Found(to, source.key, download(source.place, to, known, means.reach))
