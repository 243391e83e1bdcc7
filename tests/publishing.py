"""What the publishing tests share: an invented lender's products, pages, and a place to publish from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from catalog.disk import Disk
from catalog.entry import Entry
from catalog.plan import Plan, Terms, make_plan
from catalog.publish import Order, Outcome, Place, publish
from catalog.release import build
from catalog.store import open_store
from catalog.targets import DirectoryTarget
from schemas.product import Brand, Origin, Product

BRAND = Brand(name="Crédito Ejemplo", legal_name="Crédito Ejemplo S.A.S.")
TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Unhurried(Disk):
    """Leaves the waiting for the disk out: a killed process loses nothing that the kernel has."""

    def settle(self, paths: Sequence[Path]) -> None:
        """Nothing."""

    def settle_folder(self, path: Path) -> None:
        """Nothing."""


def noon() -> datetime:
    """A clock that stands still."""
    return NOON


def product(code: str = "LIB-001", **values: Any) -> Product:
    """A personal loan of an invented lender."""
    usual: dict[str, Any] = {
        "name": f"Libre Inversión {code}",
        "description_short": "Crédito para lo que necesite.",
        "category": "INDIVIDUAL",
        "country": "CO",
        "currency": "COP",
        "rate_min": Decimal("24.9"),
        "rate_basis": "EA",
    }
    return Product(code=code, **{**usual, **values})


def entry(code: str = "LIB-001", **values: Any) -> Entry:
    """The entry of such a loan, its name read from cell B4."""
    lineage = {"name": Origin("Productos", "B4", f"Libre Inversión {code}")}
    return Entry.of(product(code, **values), lineage, file="productos.xlsx", sha256="ab" * 32)


def entries(*codes: str, **values: Any) -> dict[str, Entry]:
    """Several of them, by code."""
    return {code: entry(code, **values) for code in codes}


def pages_of(shown: Mapping[str, Entry]) -> dict[str, tuple[str, bytes | None]]:
    """One page a product, an index and a style sheet; what `render_site` gives."""
    pages: dict[str, tuple[str, bytes | None]] = {
        f"{code.lower()}.html": (f"k-{item.record}", f"<h1>{item.product.name}</h1>{item.record}".encode())
        for code, item in shown.items()
    }
    pages["index.html"] = ("k-index", " ".join(shown).encode())
    pages["assets/style.css"] = ("k-style", b"h1{}")
    return pages


def unhurried(raw: Any, _record: object) -> None:
    """The same for SQLite: only a power cut would tell the difference."""
    raw.execute("PRAGMA synchronous=OFF").close()


def place_at(folder: Path, *, disk: Disk | None = None) -> Place:
    """A store, its home and one target below a folder."""
    disk = disk or Unhurried()
    store = open_store(folder / "home" / "catalog.db", now=noon)
    sa.event.listen(store.database.engine, "connect", unhurried)
    return Place(store, folder / "home", (DirectoryTarget("published", folder / "published", disk),), disk)


def order_of(place: Place, shown: Mapping[str, Entry], **details: Any) -> Order:
    """An order to publish exactly these entries on top of what is live."""
    current = place.store.releases.current()
    base_files = place.store.releases.files(current.number) if current else None
    draft = build(shown, pages_of(shown), BRAND, base_files=base_files)
    usual = {"base": current.number if current else None, "requirements": "2026-07-01+1", "by": "ana"}
    return Order(draft=draft, **{**usual, **details})


def publish_these(place: Place, shown: Mapping[str, Entry]) -> Outcome:
    """Publish exactly these entries."""
    return publish(place, order_of(place, shown))


def plan_of(
    base: Any, candidate: Sequence[Entry], held: Mapping[str, Sequence[str]] | None = None, **more: Any
) -> Plan:
    """A plan of a full upload, with the usual guard."""
    return make_plan(base, candidate, held or {}, Terms(**{"today": TODAY, "requirements": "2026-07-01+1", **more}))
