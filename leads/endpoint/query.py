"""A query as it was written: percent-decoded strictly, `+` is a plus. What does not decode is refused, not repaired."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from leads.endpoint.problems import Fault, Problem
from schemas.lead import click_id_fault

_BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parameter(query: bytes, name: str) -> str | None:
    """The one value of a name; None without it. Problem `malformed`: it is there twice, or does not decode to text."""
    values = [
        value for given, _, value in (part.partition(b"=") for part in query.split(b"&")) if given == name.encode()
    ]
    if len(values) > 1:
        raise refuse(name, "twice", "está dos veces", "it is there twice")
    return _decoded(values[0], name) if values else None


def _decoded(value: bytes, name: str) -> str:
    if _BROKEN.search(value):
        raise refuse(name, "percent", "tiene un % sin sus dos cifras", "it has a % without its two digits")
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise refuse(name, "utf8", "no es UTF-8", "it is not UTF-8") from None


def click_id_in(query: bytes, name: str) -> str:
    """The click_id a query carries. Problem `malformed`: none, or one that cannot be kept byte for byte."""
    value = parameter(query, name)
    if value is None:
        raise refuse(name, "missing", "falta", "it is missing")
    if click_id_fault(value):
        raise refuse(name, "click_id", "no se puede guardar byte por byte", "it cannot be kept byte for byte")
    return value


def refuse(name: str, code: str, spanish: str, english: str) -> Problem:
    """The problem of one parameter."""
    return Problem("malformed", [Fault(f"?{name}", code, f"{name}: {spanish}.", f"{name}: {english}.")])


def redirect(portal: str, click_id: str, product_id: str | None) -> str:
    """The portal's URL with the click_id and product appended, every byte that is not unreserved percent-encoded."""
    said = {"click_id": click_id} | ({"product_id": product_id} if product_id else {})
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items())
    joint = "" if portal.endswith(("?", "&")) else "&" if "?" in portal else "?"
    return f"{portal}{joint}{pairs}"
