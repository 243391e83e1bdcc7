"""A site in a folder: only changed files are written, each whole or not at all; pages that left are removed.

`.vitrina-pages.json` remembers key and content of each page. It only saves work: damaged or lost, everything is drawn
again.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from catalog.render.site import Site

MEMORY = ".vitrina-pages.json"
_OURS = re.compile(r"(?:en/|assets/)?[a-z0-9_-]+\.(?:html|css|png|jpg)\Z")


class _Kept(NamedTuple):
    """A page as it was left on disk. size, modified, changed (ns) tell an untouched file without reading it."""

    key: str
    sha256: str
    size: int
    modified: int
    changed: int


def known_pages(out_dir: Path) -> Mapping[str, str]:
    """path -> key of the pages that lie in `out_dir` as they were written; missing and altered ones are left out."""
    return {path: kept.key for path, kept in _memory(out_dir).items() if _intact(f"{out_dir}/{path}", kept)}


def write_site(site: Site, out_dir: Path) -> None:
    """Brings `out_dir` to `site`. Pages without bytes are taken to lie there, as `known_pages` said. Raises OSError."""
    before = _memory(out_dir)
    after: dict[str, _Kept] = {}
    for path, (key, content) in site.pages.items():
        after[path] = before[path] if content is None else _put(out_dir / path, key, content)
    for path in before.keys() - after.keys():
        (out_dir / path).unlink(missing_ok=True)
    if after != before:
        text = json.dumps(after, separators=(",", ":"))
        _replace(out_dir / MEMORY, text.encode())


def _memory(out_dir: Path) -> dict[str, _Kept]:
    try:
        table = json.loads((out_dir / MEMORY).read_bytes())
        return {path: _Kept(*kept) for path, kept in table.items() if _inside(path)}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _inside(path: str) -> bool:
    """A memory somebody edited must not make us remove files that are not pages of ours."""
    return _OURS.match(path) is not None


def _intact(target: str, kept: _Kept) -> bool:
    try:
        found = os.stat(target)  # noqa: PTH116 - tens of thousands at a time: a Path costs twice the look itself
        if (found.st_size, found.st_mtime_ns, found.st_ctime_ns) == (kept.size, kept.modified, kept.changed):
            return True
        return found.st_size == kept.size and sha256(Path(target).read_bytes()).hexdigest() == kept.sha256
    except OSError:
        return False


def _put(target: Path, key: str, content: bytes) -> _Kept:
    digest = sha256(content).hexdigest()
    if not (target.is_file() and target.read_bytes() == content):
        _replace(target, content)
    return _stamp(target, key, digest)


def _stamp(target: Path, key: str, digest: str) -> _Kept:
    found = target.stat()
    return _Kept(key, digest, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _replace(target: Path, content: bytes) -> None:
    """The old file or the new one, never half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".vitrina-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
