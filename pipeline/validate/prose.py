"""Texts for people: their length, the tags in them, and whether sanitising would take something away.

Allowed tags are those of simple HTML, without attributes (assumed: the documentation says "simple HTML" and no more).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nh3

TAGS = frozenset(("p", "br", "b", "strong", "i", "em", "ul", "ol", "li"))
_SIMPLE = re.compile(
    r"(?:[^<>&]++|</?+(?:p|b|strong|i|em|ul|ol|li)>|<br ?/?>|&(?:amp|lt|gt|quot|nbsp|apos|#\d{1,6});|&(?=[\s&]))*+\Z"
)
"""Text that needs no closer look: nothing but plain characters, allowed tags and common entities."""
_TAG = re.compile(r"<\s*(?:/\s*)?([A-Za-z][A-Za-z0-9:_-]*)([^<>]*)>?|<!--|<!\[CDATA\[|<\?|<!", re.DOTALL)
_BARE = frozenset(("", "/"))


def length(value: str | Sequence[str]) -> int:
    """Characters as written, markup included (assumed); of a list, of all its items."""
    return len(value) if isinstance(value, str) else sum(len(item) for item in value)


@lru_cache(maxsize=16_384)
def is_simple(text: str) -> bool:
    """Is the text plain, or made of allowed tags only? Quick, and right: the slow look is for the rest."""
    return ("<" not in text and "&" not in text) or _SIMPLE.match(text) is not None


def foreign_tag(text: str) -> str | None:
    """The first tag that simple HTML does not have, or an allowed one with attributes: as written, shortened."""
    if is_simple(text):
        return None
    for found in _TAG.finditer(text):
        name, rest = found.group(1), found.group(2)
        if name is None or name.lower() not in TAGS or rest.strip() not in _BARE:
            return found.group()[:60]
    return None


def any_tag(text: str) -> str | None:
    """The first thing that looks like a tag, in a text that may have none."""
    if "<" not in text:
        return None
    found = _TAG.search(text)
    return found.group()[:60] if found else None


@cache
def _cleaner() -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(tags=set(TAGS), attributes={"*": set()})


def visible(text: str) -> str:
    """The text a reader sees, without markup."""
    return html.unescape(_TAG.sub("", text)) if "<" in text or "&" in text else text


def keeps_its_text(text: str) -> bool:
    """Does sanitising leave what the reader sees as it was? A faulty tag is a finding of its own."""
    return is_simple(text) or foreign_tag(text) is not None or not lost_text(text)


def lost_text(text: str) -> str:
    """What sanitising would take from the visible text, shortened; empty where nothing is lost."""
    before, after = _squeezed(visible(text)), _squeezed(visible(_cleaner().clean(text)))
    if before == after:
        return ""
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return before[start : start + 40] or text[:40]


def _squeezed(text: str) -> str:
    return "".join(text.split())
