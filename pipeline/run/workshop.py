"""An opened catalogue: its settings, store, targets and brand, for one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from catalog import publish as publishing
from catalog.store import Store, open_store
from catalog.targets import DirectoryTarget
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
def open_workshop(settings: CatalogSettings, *, now: Callable[[], datetime], today: date) -> Iterator[Workshop]:
    """Open the catalogue of `settings.home`, making it on first use. StoreUnavailable where it cannot be."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.home / "catalog.db", now=now)
    targets = [DirectoryTarget(name, target.path) for name, target in settings.all_targets.items()]
    try:
        place = publishing.Place(store, settings.home, targets)
        yield Workshop(settings, store, place, brand_of(settings.lender), today)
    finally:
        store.close()
