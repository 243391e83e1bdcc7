"""What a person wrote as a source -> what it is. Pure.

A source is recognised again by its place (`key`), never by the name the settings give it. Query and fragment of an
address may carry a secret (a signed link): people and the store see a digest of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from catalog.targets.bucket import address_of
from schemas.errors import BadSource, WrongUse
from schemas.settings import SourceSettings

Kind = Literal["path", "web", "bucket"]
Pick = Literal["newest", "all"]

_GOOGLE = "docs.google.com"
_SHEET = re.compile(r"/spreadsheets/(?:u/\d+/)?d/((?:e/)?[\w-]{10,})(?:/|$)")
_LONGEST_NAME = 120
"""Bytes; file systems take 255, and a name grows while it is written."""
_STRANGE = re.compile(r"[/\\\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Marks:
    """How a content is recognised again. etag, modified: as the server gave them; sha256: of the content itself."""

    etag: str | None = None
    modified: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One place to read from. name: the settings' word; place: what is asked for; key: how it is shown and kept."""

    kind: Kind
    place: str
    key: str
    name: str | None = None
    pick: Pick = "newest"
    endpoint: str | None = None

    @property
    def label(self) -> str:
        """As a person calls it."""
        return f"{self.name} ({self.key})" if self.name else self.key

    @property
    def path(self) -> Path:
        """The file or folder of a `path` source."""
        return Path(self.place)


def source_of(text: str, *, name: str | None = None, settings: SourceSettings | None = None) -> Source:
    """The source a text names. WrongUse: an address with another scheme, a user or password in it, or no host.

    SettingsError: an s3:// address with a key in it, or without a bucket.
    """
    pick = settings.pick if settings else "newest"
    endpoint = settings.endpoint if settings else None
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if not scheme:
        return Source("path", text, text, name, pick)
    if scheme == "s3":
        _check_object(text)
        return Source("bucket", text, text, name, pick, endpoint)
    if scheme in ("https", "http"):
        _check_address(text)
        return Source("web", text, shown(text), name, pick)
    raise WrongUse(
        f"{scheme}:// is not read; give a file, a folder, https:// or s3://bucket/key.",
        es=f"{scheme}:// no se lee; indique un archivo, una carpeta, https:// o s3://depósito/archivo.",
    )


def _check_object(text: str) -> None:
    if not address_of(text).prefix:
        raise WrongUse(
            f"{text} names a bucket and no file in it; write s3://bucket/file.xlsx.",
            es=f"{text} nombra un depósito y ningún archivo; escriba s3://deposito/archivo.xlsx.",
        )


def _check_address(text: str) -> None:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or any(letter <= " " for letter in text):
        raise WrongUse(
            "The source is no address such as https://example.com/productos.xlsx.",
            es="La fuente no es una dirección como https://ejemplo.com/productos.xlsx.",
        )
    if parts.username is not None or parts.password is not None:
        raise WrongUse(
            "The address of a source may not carry a user or a password: it would show in logs and reports.",
            es="La dirección de una fuente no puede llevar usuario ni contraseña: quedaría a la vista en registros.",
        )


def shown(address: str) -> str:
    """An address without what may be secret in it; two that differ only there are still told apart."""
    parts = urlsplit(address)
    secret = f"{parts.query}#{parts.fragment}" if parts.query or parts.fragment else ""
    mark = f"?…{hashlib.sha256(secret.encode()).hexdigest()[:8]}" if secret else ""
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")) + mark


def named_sources(settings: Mapping[str, SourceSettings]) -> tuple[Source, ...]:
    """The sources of the settings, in their order."""
    return tuple(source_of(one.place, name=name, settings=one) for name, one in settings.items())


def download_address(address: str) -> str:
    """What to ask for: the link of a Google sheet means the whole workbook as .xlsx; any other is taken as it is."""
    parts = urlsplit(address)
    sheet = _SHEET.match(parts.path) if parts.hostname == _GOOGLE else None
    rest = parts.path[sheet.end() :] if sheet else ""
    if sheet is None or rest.startswith(("export", "pub?")) or "output=" in parts.query:
        return address
    published = sheet[1].startswith("e/")
    how = "pub?output=xlsx" if published else "export?format=xlsx"
    return f"https://{_GOOGLE}/spreadsheets/d/{sheet[1]}/{how}"


def file_name(place: str) -> str:
    """The plain name a download is kept under. BadSource: the path of the address leaves its folder."""
    parts = urlsplit(place)
    steps = [unquote(step) for step in parts.path.split("/")]
    if any(step in (".", "..") or _STRANGE.search(step) for step in steps):
        raise BadSource(
            f"The address {shown(place)} has «..» or a hidden separator in its path; it is not read.",
            es=f"La dirección {shown(place)} lleva «..» o un separador escondido en su ruta; no se lee.",
        )
    sheet = _SHEET.match(parts.path) if parts.hostname == _GOOGLE else None
    if sheet:
        return f"google-{sheet[1].removeprefix('e/')}.xlsx"
    return steps[-1].strip().encode()[-_LONGEST_NAME:].decode("utf-8", "ignore") or "productos"
