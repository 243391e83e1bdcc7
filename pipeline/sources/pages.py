"""A web page where a workbook should be: recognised by what it begins with, never by what it is called. Pure."""

from __future__ import annotations

import re
from typing import Literal

LOOKED_AT = 64 * 1024
"""Bytes from the beginning that are looked into."""
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.I)
_SIGN_IN = re.compile(
    rb"type=[\"']?password|accounts\.google\.com/|login\.microsoftonline\.com|ServiceLogin|"
    rb"sign[ -]?in|log[ -]?in|inicie? sesi|iniciar sesi",
    re.I,
)

Page = Literal["page", "sign_in"]


def page_in(head: bytes) -> Page | None:
    """`sign_in` or any other `page`; None for what may be a product file."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: LOOKED_AT - LOOKED_AT % 2].decode("utf-16", "replace").encode()
    if not _PAGE.match(_without_comments(head.removeprefix(b"\xef\xbb\xbf"))):
        return None
    return "sign_in" if _SIGN_IN.search(head) else "page"


def _without_comments(head: bytes) -> bytes:
    """From the first thing that is said."""
    head = head.lstrip()
    while head.startswith(b"<!--"):
        head = head.partition(b"-->")[2].lstrip()
    return head
