"""Reading what is published: resolve `current.json` once, trust nothing that does not match its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from catalog.reasons import in_spanish
from schemas.errors import TargetUnavailable
from schemas.product import Campaign, Product, from_campaign_record, from_record

CURRENT = "current.json"
MANIFEST = "manifest.json"
CATALOG = "catalog.json"
FILES = "files"
RELEASES = "releases"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file by content: SHA-256 in hex and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """What `current.json` says: the release that is live and the digest of its manifest."""

    release: int
    manifest: str


# No slots: cached_property keeps what was parsed in the instance.
@dataclass(frozen=True)
class PublishedRelease:
    """One release as it lies in a target; every byte it gives was checked against the manifest.

    `digest` is the manifest's and changes with every release: keep what you derive from a release under it.
    """

    number: int
    digest: str
    requirements: str
    content: str
    files: Mapping[str, FileRef]
    folder: Path = field(repr=False)

    def read_file(self, path: str) -> bytes:
        """The bytes of one file of the release. KeyError: no such path; TargetUnavailable: gone or altered."""
        ref = self.files[path]
        body = _read(self.folder / FILES / ref.sha256)
        if hashlib.sha256(body).hexdigest() != ref.sha256:
            raise _altered(path)
        return body

    @cached_property
    def catalog(self) -> dict[str, Any]:
        """`catalog.json` as parsed."""
        parsed: dict[str, Any] = json.loads(self.read_file(CATALOG))
        return parsed

    @property
    def market(self) -> str:
        """The Lender's market, CO or MX."""
        return str(self.catalog["market"])

    @property
    def lender(self) -> Mapping[str, Any]:
        """The Lender as published: name, legal_name and the like."""
        lender: Mapping[str, Any] = self.catalog["lender"]
        return lender

    @cached_property
    def products(self) -> Mapping[str, Product]:
        """Code -> product, in the order published."""
        return {record["code"]: from_record(record) for record in self.catalog["products"]}

    @cached_property
    def campaigns(self) -> Mapping[str, tuple[Campaign, ...]]:
        """Code -> its campaigns by date; a product that has none is not among them."""
        found: dict[str, tuple[Campaign, ...]] = {}
        for record in self.catalog.get("campaigns", ()):
            campaign = from_campaign_record(record)
            found[campaign.product] = (*found.get(campaign.product, ()), campaign)
        return found


def read_pointer(folder: Path) -> Pointer | None:
    """What `current.json` names; None while nothing has been published. TargetUnavailable: it cannot be understood."""
    try:
        return parse_pointer((folder / CURRENT).read_bytes())
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise _unreadable(CURRENT, fault) from None


def parse_pointer(body: bytes) -> Pointer:
    """What the bytes of `current.json` name. TargetUnavailable: they cannot be understood."""
    try:
        said = json.loads(body)
        return Pointer(int(said["release"]), str(said["manifest"]))
    except (ValueError, KeyError, TypeError):
        raise _altered(CURRENT) from None


def read_current(folder: Path | str) -> PublishedRelease:
    """The release that is live in a target directory. Resolve it once per request and use what it gives throughout.

    TargetUnavailable: nothing is published there yet, or what lies there does not match its digests.
    """
    folder = Path(folder)
    pointer = read_pointer(folder)
    if pointer is None:
        raise TargetUnavailable(
            "Nothing has been published there yet: «vitrina publish» makes the first release.",
            es="Allí todavía no se ha publicado nada: «vitrina publish» crea la primera versión.",
        )
    return read_release(folder, pointer)


def read_release(folder: Path, pointer: Pointer) -> PublishedRelease:
    """The release a pointer names, its manifest checked against the pointer's digest."""
    name = f"{RELEASES}/{pointer.release}/{MANIFEST}"
    body = _read(folder / name)
    if hashlib.sha256(body).hexdigest() != pointer.manifest:
        raise _altered(name)
    said = json.loads(body)
    return PublishedRelease(
        number=said["release"],
        digest=pointer.manifest,
        requirements=said["requirements"],
        content=said["content"],
        files={path: FileRef(**ref) for path, ref in said["files"].items()},
        folder=folder,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise _unreadable(path.name, fault) from None


def _altered(name: str) -> TargetUnavailable:
    return TargetUnavailable(
        f"The published file {name} was altered after it was published: «vitrina releases --verify» says what else.",
        es=f"El archivo publicado {name} cambió después de publicarse: «vitrina releases --verify» dice qué más.",
    )


def _unreadable(name: str, fault: OSError) -> TargetUnavailable:
    return TargetUnavailable(
        f"The published file {name} cannot be read: {fault.strerror}.",
        es=f"El archivo publicado {name} no se puede leer: {in_spanish(fault.strerror)}.",
    )
