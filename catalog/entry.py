"""An entry: one product as the store, the plan and the release carry it, serialised once. Standard library only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from schemas.product import Lineage, Origin, Product, from_record, to_record

if TYPE_CHECKING:
    from catalog.brand import BrandRecord


def canonical(value: object) -> str:
    """JSON with no spare space, in the order given. Text that is no valid Unicode is escaped, to be storable."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or _encodes(text) else json.dumps(value, separators=(",", ":"))


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def digest_of(parts: Iterable[str]) -> str:
    """SHA-256 (hex) over texts, each closed by a line end so that no two lists read alike."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode("utf-8", "replace"))
        total.update(b"\n")
    return total.hexdigest()


# No slots: cached_property keeps the parsed product in the instance.
@dataclass(frozen=True)
class Entry:
    """One product as proposed or published, written once as JSON text: its record and where each value came from."""

    code: str
    record: str
    lineage: str = "{}"

    @classmethod
    def of(cls, product: Product, lineage: Lineage | None = None, *, file: str = "", sha256: str = "") -> Entry:
        """The entry of a product read from `file` (its name and SHA-256 go into the lineage)."""
        entry = cls(product.code, canonical(to_record(product)), lineage_text(lineage or {}, file=file, sha256=sha256))
        entry.__dict__["product"] = product
        return entry

    @cached_property
    def product(self) -> Product:
        """The product the record was made of."""
        return from_record(json.loads(self.record))

    @cached_property
    def origins(self) -> Lineage:
        """Where each value came from, as values."""
        return {name: Origin(**place) for name, place in json.loads(self.lineage).get("values", {}).items()}


def lineage_text(lineage: Lineage, *, file: str, sha256: str) -> str:
    """Lineage as manifests show it: `{"file", "sha256", "values": {field: {"sheet", "cell", "raw"[, "reading"]}}}`."""
    values = {name: _place(lineage[name]) for name in sorted(lineage)}
    return canonical({"file": file, "sha256": sha256, "values": values}) if values or file else "{}"


def _place(origin: Origin) -> dict[str, str]:
    place = {"sheet": origin.sheet, "cell": origin.cell, "raw": origin.raw}
    return place if origin.reading is None else {**place, "reading": origin.reading}


@dataclass(frozen=True, slots=True)
class Content:
    """What one release publishes: its number, its content digest, code -> entry, the brand where it was recorded."""

    release: int
    digest: str
    entries: Mapping[str, Entry]
    brand: BrandRecord | None = None
