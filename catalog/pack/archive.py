"""The pack as one ZIP whose bytes depend on its contents alone: fixed dates, order, modes; a manifest of digests.

How small deflate makes them is the matter of the zlib that Python was built with: another build may give other bytes,
which hold the same files (of the workbook, itself a ZIP: the same cells).
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

MANIFEST = "manifest.json"
SCHEMA = "vitrina.pack/1"
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The first moment a ZIP can name."""
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Contents:
    """What a pack holds. content: the release's digest; since: the release sent before it, None: the first."""

    release: int
    content: str
    since: int | None
    files: Mapping[str, bytes]


def archive_bytes(contents: Contents) -> bytes:
    """The ZIP: `manifest.json` first, then every file in order of its path. Same contents, same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for path, body in {MANIFEST: manifest_bytes(contents), **dict(sorted(contents.files.items()))}.items():
            archive.writestr(_place(path), body, zipfile.ZIP_DEFLATED, 6)
    return held.getvalue()


def _place(path: str) -> zipfile.ZipInfo:
    place = zipfile.ZipInfo(path, _BEGINNING)
    place.create_system = _UNIX
    place.external_attr = _PLAIN_FILE
    return place


def manifest_bytes(contents: Contents) -> bytes:
    """`{"schema", "release", "content", "since", "files": {path: {"sha256", "size"}}}`, for whoever wants to check."""
    files = {
        path: {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
        for path, body in sorted(contents.files.items())
    }
    said = {"schema": SCHEMA, "release": contents.release, "content": contents.content, "since": contents.since}
    return (json.dumps({**said, "files": files}, ensure_ascii=False, indent=1) + "\n").encode()
