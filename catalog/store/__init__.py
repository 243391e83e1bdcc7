"""The catalogue's memory: uploads, plans, decisions, releases and deliveries. All catalogue SQL is in this folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.store.arrivals import Arrival, Arrivals, NewArrival
from catalog.store.audit import Audit, Deed
from catalog.store.database import Database, open_database
from catalog.store.decisions import Action, Decision, Decisions, Scope
from catalog.store.ids import Ids
from catalog.store.ledger import Look, Looks, Waivers
from catalog.store.mappings import Mappings
from catalog.store.people import People, Tokens
from catalog.store.previews import Preview, Previews
from catalog.store.receipts import Receipts
from catalog.store.releases import Delivery, Kind, Lifespan, ReleaseInfo, Releases
from catalog.store.schedule import Schedule, Waiting
from catalog.store.sessions import Sessions
from catalog.store.sync import Run, SourceMemory, SyncMemory
from catalog.store.uploads import NewUpload, Staged, Upload, UploadInfo, Uploads

__all__ = [
    "Action",
    "Arrival",
    "Decision",
    "Deed",
    "Delivery",
    "Kind",
    "Lifespan",
    "Look",
    "NewArrival",
    "NewUpload",
    "Preview",
    "ReleaseInfo",
    "Run",
    "Scope",
    "SourceMemory",
    "Staged",
    "Store",
    "Upload",
    "UploadInfo",
    "Waiting",
    "open_store",
]


@dataclass(frozen=True, slots=True)
class Store:
    """One opened store; each part has its own questions."""

    database: Database
    uploads: Uploads
    decisions: Decisions
    releases: Releases
    schedule: Schedule
    previews: Previews
    audit: Audit
    looks: Looks
    waivers: Waivers
    mappings: Mappings
    people: People
    sessions: Sessions
    tokens: Tokens
    arrivals: Arrivals
    receipts: Receipts
    ids: Ids
    sync: SyncMemory

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
        Schedule(database), Previews(database), Audit(database),
        Looks(database), Waivers(database), Mappings(database),
        People(database), Sessions(database), Tokens(database), Arrivals(database),
        Receipts(database), Ids(database), SyncMemory(database),
    )  # fmt: skip
