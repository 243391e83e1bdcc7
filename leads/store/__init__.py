"""The memory of leads: leads, answers, offers, applications, owed postbacks, attempts, audit. All lead SQL is here.

Functions that take a `Tx` do one thing inside a transaction and compose; `LeadStore` gives the transactions:
`store.read(fn)` looks, `store.write(fn)` commits on its own, `store.writer.submit(fn)` shares its commit with whatever
else waits and gives a Future that is done once that is durable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from leads.store.audit import write_audit
from leads.store.database import Database, Tx, open_database
from leads.store.fresh import Fresh, keep_fresh
from leads.store.journeys import (
    Application,
    Begun,
    Conflict,
    InFlight,
    KeptOffer,
    Question,
    Stored,
    abandon_answer,
    applications_of,
    begin_answer,
    count_applications,
    find_offer,
    finish_answer,
    keep_application,
    keep_offers,
    seal_applicant,
    unseal_applicant,
)
from leads.store.leads import Happened, Lead, Recorded, find_lead, name_product, record_status, touch_lead
from leads.store.writer import GroupWriter, apart

__all__ = [
    "Application",
    "Begun",
    "Conflict",
    "Fresh",
    "Happened",
    "InFlight",
    "KeptOffer",
    "Lead",
    "LeadStore",
    "Question",
    "Recorded",
    "Stored",
    "Tx",
    "abandon_answer",
    "apart",
    "applications_of",
    "begin_answer",
    "count_applications",
    "find_lead",
    "find_offer",
    "finish_answer",
    "keep_application",
    "keep_fresh",
    "keep_offers",
    "name_product",
    "open_leads",
    "record_status",
    "seal_applicant",
    "touch_lead",
    "unseal_applicant",
    "write_audit",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LeadStore:
    """One opened store."""

    database: Database
    writer: GroupWriter

    def read(self, look: Callable[[Tx], T]) -> T:
        """What `look` finds, in one view. StoreUnavailable."""
        with self.database.read() as tx:
            return look(tx)

    def write(self, work: Callable[[Tx], T]) -> T:
        """What `work` gives, once it is durable; what it raises undoes it. StoreUnavailable."""
        return self.writer.submit(work).result()

    def close(self) -> None:
        """Finish the writes that wait and let go of the database."""
        self.writer.close()
        self.database.engine.dispose()


def open_leads(
    place: Path | str, *, market: str, now: Callable[[], datetime], stall_seconds: float = 10.0
) -> LeadStore:
    """Open the store at a path (SQLite) or a database URL; it is made, or brought up to date, when need be.

    `market`: CO or MX, whose postbacks are owed here; `now` gives aware moments; `stall_seconds`: when PostgreSQL ends
    the transaction of a process that stopped in the middle of it. StoreUnavailable, WrongUse.
    """
    database = open_database(place, now, market, stall_seconds)
    return LeadStore(database, GroupWriter(database))
