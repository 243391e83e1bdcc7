"""Where a logo lies: named in the brand sheet, beside the workbook, or in the settings; and how its file is read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pipeline.brand.logo import MOST_READ, Logo, examine

FOLDERS = ("marca", "Marca", "brand")
_NAMES = tuple(
    f"{stem}{ending}"
    for stem in ("logo", "Logo", "LOGO")
    for ending in (".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG")
)
_ENDINGS = frozenset((".png", ".jpg", ".jpeg"))
_MOST_LISTED = 200
_LONGEST = 150


def is_plain_name(name: str) -> bool:
    """Is it the name of a file and nothing else: no folder, no drive, nothing hidden?"""
    bad = any(sign in name for sign in "/\\:\0") or any(ord(sign) < 32 for sign in name)
    return 0 < len(name) <= _LONGEST and not bad and not name.startswith(".")


def named(folder: Path, name: str) -> Path | None:
    """The file of that plain name beside the workbook or in its brand folder; None where there is none.

    A link that leads out of the workbook's folder counts as none: a workbook must not reach other files.
    """
    home = folder.resolve()
    for place in (folder, *(folder / one for one in FOLDERS)):
        path = place / name
        if path.is_file() and path.resolve().is_relative_to(home):
            return path
    return None


def beside(folder: Path) -> Path | None:
    """`logo.png` or `logo.jpg` beside the workbook, else in its folder `marca`, or the only picture in there."""
    for place in (folder, *(folder / one for one in FOLDERS)):
        found = next((place / name for name in _NAMES if (place / name).is_file()), None)
        found = found or (_only_picture(place) if place != folder else None)
        if found:
            return found
    return None


def _only_picture(place: Path) -> Path | None:
    if not place.is_dir():
        return None
    try:
        listed = [entry for entry, _ in zip(sorted(place.iterdir()), range(_MOST_LISTED), strict=False)]
    except OSError:
        return None
    pictures = [path for path in listed if path.suffix.lower() in _ENDINGS and path.is_file()]
    return pictures[0] if len(pictures) == 1 else None


def read_logo(path: Path) -> Logo | None:
    """The logo of a file with its faults; None where no such file is there. One that may not be read is unreadable."""
    try:
        size, content = _read(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return Logo(path.name, b"", (("logo.unreadable", ()),))
    faults = examine(content, path.name, size=size)
    return Logo(path.name, content if size <= MOST_READ else b"", faults)


def _read(path: Path) -> tuple[int, bytes]:
    # not to wait for the other end of a named pipe
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError("not a regular file")
        return about.st_size, (file.read(MOST_READ) if about.st_size <= MOST_READ else b"")
