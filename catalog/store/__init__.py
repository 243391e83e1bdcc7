"""The catalogue's memory: uploads, plans, decisions, releases and deliveries. All catalogue SQL is in this folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.store.database import Database, open_database
from catalog.store.ledger import Look, Looks, Waivers
from catalog.store.mappings import Mappings
from catalog.store.releases import Delivery, Kind, Lifespan, ReleaseInfo, Releases
from catalog.store.uploads import Action, Decision, Decisions, NewUpload, Scope, Upload, UploadInfo, Uploads

__all__ = [
    "Action",
    "Decision",
    "Delivery",
    "Kind",
    "Lifespan",
    "Look",
    "NewUpload",
    "ReleaseInfo",
    "Scope",
    "Store",
    "Upload",
    "UploadInfo",
    "open_store",
]


@dataclass(frozen=True, slots=True)
class Store:
    """One opened store; each part has its own questions."""

    database: Database
    uploads: Uploads
    decisions: Decisions
    releases: Releases
    looks: Looks
    waivers: Waivers
    mappings: Mappings

    def close(self) -> None:
        """Let go of the database."""
        self.database.engine.dispose()


def open_store(place: Path | str, *, now: Callable[[], datetime]) -> Store:
    """Open the store at a path (SQLite) or a database URL; it is made, or brought up to date, when need be.

    StoreUnavailable: it cannot be opened or written, is no store, or was written by a newer version.
    """
    database = open_database(place, now)
    return Store(
        database, Uploads(database), Decisions(database), Releases(database),
        Looks(database), Waivers(database), Mappings(database),
    )  # fmt: skip
