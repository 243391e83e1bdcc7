"""Text the Lender wrote, made safe for a page: simple HTML is sanitised, plain text is escaped into paragraphs."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from html import unescape
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from nh3 import Cleaner

SIMPLE_TAGS = frozenset({"p", "br", "b", "strong", "i", "em", "ul", "ol", "li"})
"""The simple HTML a description may hold, without attributes (which tags: assumed, product_data_requirements)."""

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_TAG = re.compile(r"</?[a-zA-Z!]")
_BLOCK_EDGE = re.compile(r"<(?:/?(?:p|li|ul|ol)|br)\b[^>]*>")
_ANY_TAG = re.compile(r"<[^>]*>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@cache
def _cleaner() -> Cleaner:
    from nh3 import Cleaner

    return Cleaner(tags=set(SIMPLE_TAGS), attributes={"*": set()}, link_rel=None)


def line(text: str) -> str:
    """One line without control characters (not escaped yet): names and list items."""
    return _CONTROL.sub("", text)


@lru_cache(maxsize=2_048)
def prose(text: str) -> Markup:
    """Blocks of safe HTML. Text that is no HTML has its blank lines made paragraphs and its line ends breaks."""
    text = _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip()
    if "<" in text and _TAG.search(text):
        return Markup(_cleaner().clean(text))  # noqa: S704 - what the sanitiser let through
    return Markup("").join(_paragraph(part) for part in _BLANK_LINES.split(text) if part)


def _paragraph(text: str) -> Markup:
    # Text that writes `&amp;` for a lone ampersand means the ampersand: it is decoded once, then escaped.
    plain = unescape(text) if "&" in text else text
    return Markup("<p>") + Markup("<br>\n").join(escape(row.strip()) for row in plain.split("\n")) + Markup("</p>")


@lru_cache(maxsize=2_048)
def visible(text: str) -> str:
    """What a person reads of it, on one line and not escaped: for the card and for machine-readable data."""
    text = _CONTROL.sub("", text)
    if "<" in text and _TAG.search(text):
        text = _ANY_TAG.sub("", _BLOCK_EDGE.sub(" ", _cleaner().clean(text)))
    return " ".join((unescape(text) if "&" in text else text).split())
