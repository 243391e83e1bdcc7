"""Which files of a folder are product files: spreadsheets that are whole. The rest is left aside, and said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.sources.source import Pick

Why = Literal["hidden", "lock", "temporary", "other_kind", "being_written"]

_KINDS = frozenset((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv", ".txt"))
_TEMPORARY = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", "~")
_FRESH_SECONDS = 10.0
"""A file changed so recently may still be on its way, and is looked at twice."""
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Left:
    """A file that was not read, and why."""

    name: str
    why: Why


@dataclass(frozen=True, slots=True)
class Chosen:
    """The product files of a folder, and what was left aside."""

    files: tuple[Path, ...]
    left: tuple[Left, ...]


def why_left(name: str) -> Why | None:
    """Why a file of this name is no product file; None for one that is. Pure."""
    low = name.lower()
    if name.startswith(("~$", ".~lock.")):
        return "lock"
    if name.startswith("."):
        return "hidden"
    if low.endswith(_TEMPORARY) or name.startswith("~"):
        return "temporary"
    return None if any(low.endswith(kind) for kind in _KINDS) else "other_kind"


def choose(folder: Path, pick: Pick, *, moment: float, pause: Callable[[float], None]) -> Chosen:
    """The newest product file of a folder, or all of them. moment: now, in seconds since 1970; OSError: no folder."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    left = [Left(name, why) for name in names if (why := why_left(name))]
    aside = {item.name for item in left}
    files = [folder / name for name in names if name not in aside]
    if pick == "newest":
        files = sorted(files, key=_age)[-1:]
    moving = still_moving(files, moment=moment, pause=pause)
    left += [Left(path.name, "being_written") for path in moving]
    return Chosen(tuple(path for path in files if path not in moving), tuple(left))


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def still_moving(files: Iterable[Path], *, moment: float, pause: Callable[[float], None]) -> frozenset[Path]:
    """The files that change between two looks; only those changed just now are looked at twice."""
    fresh = {path: _form(path) for path in files if moment - path.stat().st_mtime < _FRESH_SECONDS}
    if not fresh:
        return frozenset()
    pause(PAUSE_SECONDS)
    return frozenset(path for path, form in fresh.items() if not path.exists() or _form(path) != form)


def _form(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
