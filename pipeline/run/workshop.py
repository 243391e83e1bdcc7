"""An opened catalogue: its settings, store, targets and brand, for one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from catalog import publish as publishing
from catalog.store import Store, open_store
from catalog.targets import Keys, Target, address_of, open_target
from pipeline.brand import brand_of
from schemas.product import Brand
from schemas.settings import CatalogSettings


@dataclass(frozen=True, slots=True)
class Workshop:
    """An opened catalogue: its settings, store, targets, brand and the day."""

    settings: CatalogSettings
    store: Store
    place: publishing.Place
    brand: Brand
    today: date

    @property
    def home(self) -> Path:
        """Where state lives."""
        return self.settings.home


@contextmanager
def open_workshop(
    settings: CatalogSettings, *, now: Callable[[], datetime], today: date, keys: Keys | None = None
) -> Iterator[Workshop]:
    """Open the catalogue of `settings.home`, making it on first use. StoreUnavailable where it cannot be.

    keys: to the buckets among the targets, of which none is asked yet.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.home / "catalog.db", now=now)
    try:
        targets = list(_targets(settings, keys or Keys()))
        place = publishing.Place(store, settings.home, targets)
        yield Workshop(settings, store, place, brand_of(settings.lender), today)
    finally:
        store.close()


def _targets(settings: CatalogSettings, keys: Keys) -> Iterator[Target]:
    for name, said in settings.all_targets.items():
        yield open_target(name, said.path or address_of(said.url or "", said.endpoint), keys)
