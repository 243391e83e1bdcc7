"""Addresses of the desk's own pages, whatever stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode


def path_of(code: str) -> str:
    """The address of a product's page, whatever its code is written with: a browser takes `..` out of a path."""
    dotted = any(part in ("", ".", "..") for part in code.split("/"))
    return with_asked("/productos/-", {"codigo": code}) if dotted or code == "-" else f"/productos/{quote(code)}"


def with_asked(path: str, asked: Mapping[str, str]) -> str:
    """An address with what is asked there; what is empty is left out."""
    query = urlencode({name: value for name, value in asked.items() if value}, quote_via=quote, safe="")
    return f"{path}{'&' if '?' in path else '?'}{query}" if query else path
