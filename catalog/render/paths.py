"""Where each page lies. A path depends on the product's code alone: it stays when other products come and go. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import Final

from catalog.render.words import Lang

STYLE: Final = "assets/style.css"
_PLAIN = re.compile(r"[A-Z0-9](?:[A-Z0-9_-]{0,58}[A-Z0-9])?\Z")
_RESERVED = re.compile(r"(?:index(?:-\d+)?|con|prn|aux|nul|(?:com|lpt)\d)\Z")
"""Our own page names, and device names that Windows gives no file."""
_MARKED = re.compile(r"-x[0-9a-f]{12}\Z")
_OTHER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=65_536)
def slug(code: str) -> str:
    """A file name's stem of a-z, 0-9, `_` and `-`: `LIB-001` is `lib-001`.

    Any code that is not plain capitals and digits (`lib-001`, `a/b`, `..`) also gets a digest of itself, which no
    plain one can end in: two codes never share a file, even on a disk that ignores case.
    """
    plain = code.lower()
    if _PLAIN.match(code) and not _RESERVED.match(plain) and not _MARKED.search(plain):
        return plain
    digest = sha256(code.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    stem = _OTHER.sub("-", plain).strip("-")[:40].strip("-")
    return f"{stem or 'producto'}-x{digest}"


def folder(lang: Lang) -> str:
    """Spanish lies at the root, English in `en/`."""
    return "" if lang == "es" else f"{lang}/"


def root_from(lang: Lang) -> str:
    """The way back to the root from a page in this language."""
    return "" if lang == "es" else "../"


def index_name(page: int) -> str:
    """`index.html`, `index-2.html`: pages of the catalogue, from 1."""
    return "index.html" if page == 1 else f"index-{page}.html"
